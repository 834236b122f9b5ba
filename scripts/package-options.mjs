#!/usr/bin/env node
/**
 * Writes the options of the commands that the packages for Python and R run, from the table in src/options/entries.ts as the build
 * has it, to python/src/webgpu_lmm/options.json and r/inst/options.tsv: after `npm run build`,
 *
 *     node scripts/package-options.mjs
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files that the packages read. */
export const PYTHON_OPTIONS = fileURLToPath(new URL('../python/src/webgpu_lmm/options.json', import.meta.url));
export const R_OPTIONS = fileURLToPath(new URL('../r/inst/options.tsv', import.meta.url));

const COMMANDS = ['fit', 'compare', 'moments', 'predict'];

/** `minCells` as `min_cells`, also within quotation marks in a help. */
const inSnakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const inWords = (help) => help.replace(/“(\w+)”/g, (_, name) => inSnakeCase(name));

/** The options of those commands as the packages know them. */
function described(options) {
  return Object.entries(options).flatMap(([name, entry]) => {
    const commands = COMMANDS.filter((command) => entry.in.includes(command));
    if (commands.length === 0) return [];
    const { kind, choices, fallback, without, optional, formerly } = entry;
    const former = formerly && inSnakeCase(formerly);
    const flag = entry.flag ?? inSnakeCase(name).replaceAll('_', '-');
    const own = {
      name: inSnakeCase(name),
      flag,
      former,
      commands,
      kind,
      choices,
      bare: optional !== undefined || undefined,
    };
    return [{ ...own, default: without === undefined ? fallback : inWords(without), help: inWords(entry.help) }];
  });
}

/** Text of Python's file for a table of options: an option a line. */
export function pythonOptions(options) {
  const lines = described(options).map((option) => `  ${JSON.stringify({ ...option, flag: `--${option.flag}` })}`);
  return `[\n${lines.join(',\n')}\n]\n`;
}

const R_COLUMNS = ['name', 'flag', 'former', 'commands', 'kind', 'choices', 'bare', 'default', 'help'];

/** Text of R's file: tab-separated, lists with blanks between. */
export function rOptions(options) {
  const lines = described(options).map((option) =>
    R_COLUMNS.map((column) => [option[column] ?? ''].flat().join(' ')).join('\t'),
  );
  return `${[R_COLUMNS.join('\t'), ...lines].join('\n')}\n`;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { OPTIONS } = await import('../dist/steps.js');
  writeFileSync(PYTHON_OPTIONS, pythonOptions(OPTIONS));
  writeFileSync(R_OPTIONS, rOptions(OPTIONS));
}
