/** What pages show is what the commands above it print. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, type Row, rowsOf, run, temporaryFolder, textOf } from './command.ts';

const PAGES = [
  'comparing-models',
  'repeated-measures',
  'unequal-variances',
  'couples',
  'families',
  'single-cell-counts',
  'guides/first-fit',
  'guides/proteomics',
  'guides/eeg',
];
const folder = temporaryFolder();

/** A table of a page: names of its columns, and its rows. */
interface ShownTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A command of a page, as a shell would split it, with the tables that follow it. */
interface ShownCommand {
  readonly args: readonly string[];
  readonly tables: readonly ShownTable[];
}

/** Words of a command line, without its quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/(['"])(.*?)\1/g, '$2'));
}

/** Cells of a row of a table, where `\|` stands for a bar. */
function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|').replace('&lt;', '<'));
}

/** Commands of `fit` and `compare` with tables of their output: those with a column `response`. */
function shownCommands(page: string): ShownCommand[] {
  const commands: { args: string[]; tables: ShownTable[] }[] = [];
  const text = textOf(join(ROOT, `docs/${page}.md`)).replaceAll(/\\\n\s*/g, '');
  for (const [block] of text.matchAll(/^ +webgpu-lmm .*|^#.*|(?:^\|.*\n)+/gm)) {
    if (!block.startsWith('|')) {
      commands.push({ args: wordsOf(block.trim()).slice(1), tables: [] });
      continue;
    }
    const [names, , ...rows] = block.trimEnd().split('\n').map(cellsOf);
    if (names.includes('response')) commands.at(-1)?.tables.push({ names, rows });
  }
  return commands.filter(({ args, tables }) => (args[0] === 'fit' || args[0] === 'compare') && tables.length > 0);
}

/** Rows of everything that a command writes, to its standard output or to files. */
async function printedRows(args: readonly string[]): Promise<Row[]> {
  const files: string[] = [];
  const own = args.map((arg, i) => {
    if (args[i - 1] !== '--out') return arg;
    const [, table, name] = /^(.*=)?(.*)$/.exec(arg) ?? [];
    files.push(join(folder, name));
    return `${table ?? ''}${join(folder, name)}`;
  });
  const { stdout, stderr, status } = await run(own);
  // A model without a fit (3) may be what a page is about.
  expect([0, 3], stderr).toContain(status);
  return [stdout, ...files.map(textOf)].filter((text) => text !== '').flatMap((text) => rowsOf(text));
}

/** Whether a printed value is what a page shows: the same text, NA as nothing, or the number to the digits shown. */
function agrees(shown: string, printed: string | undefined): boolean {
  if (shown === (printed === 'NA' ? '' : printed)) return true;
  const [, decimals = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e(-?\d+))?$/.exec(shown) ?? [];
  const unit = 10 ** (Number(exponent) - decimals.length);
  return shown !== '' && Math.abs(Number(shown) - Number(printed)) <= 0.501 * unit;
}

describe.each(PAGES)('docs/%s.md', (page) => {
  const commands = shownCommands(page);

  it('shows commands with their output', () => {
    expect(commands.length).toBeGreaterThanOrEqual(page.startsWith('guides/') ? 1 : 3);
  });

  it.each(commands.map((command) => [command.args.join(' '), command] as const))('%s', async (_, { args, tables }) => {
    const printed = await printedRows(args);
    const absent = tables.flatMap(({ names, rows }) =>
      rows.filter((row) => !printed.some((values) => row.every((cell, i) => agrees(cell, values[names[i]])))),
    );
    expect(absent).toEqual([]);
  });
});
