#!/usr/bin/env node
/**
 * Writes the options of the commands that the Python package runs to python/src/webgpu_lmm/options.json, from the table in
 * src/options/entries.ts as the build has it: after `npm run build`,
 *
 *     node scripts/python-options.mjs
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The file that the package reads. */
export const OPTIONS_FILE = fileURLToPath(new URL('../python/src/webgpu_lmm/options.json', import.meta.url));

const COMMANDS = ['fit', 'compare', 'moments', 'predict'];

/** `minCells` as `min_cells`, also within quotation marks in a help. */
const inSnakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const inPython = (help) => help.replace(/“(\w+)”/g, (_, name) => inSnakeCase(name));

/** Text of the file for a table of options. */
export function pythonOptions(options) {
  const lines = Object.entries(options).flatMap(([name, entry]) => {
    const commands = COMMANDS.filter((command) => entry.in.includes(command));
    if (commands.length === 0) return [];
    const { kind, choices, fallback, without, optional } = entry;
    const flag = entry.flag ?? inSnakeCase(name).replaceAll('_', '-');
    const described = {
      ...{
        name: inSnakeCase(name),
        flag: `--${flag}`,
        commands,
        kind,
        choices,
        bare: optional !== undefined || undefined,
      },
      ...{ default: without === undefined ? fallback : inPython(without), help: inPython(entry.help) },
    };
    return [`  ${JSON.stringify(described)}`];
  });
  return `[\n${lines.join(',\n')}\n]\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { OPTIONS } = await import('../dist/steps.js');
  writeFileSync(OPTIONS_FILE, pythonOptions(OPTIONS));
}
