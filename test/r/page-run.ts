/** Runs the R code that the page shows for a model, and the command on the same files. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { rCode } from '../../demo/src/keep/r-code.ts';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { openDataSet } from '../../demo/src/worker/data-set.ts';
import { openFrame } from '../../demo/src/worker/frame.ts';
import { summarise } from '../../demo/src/worker/summary.ts';
import { COMMAND, example } from '../cli/command.ts';

export interface PageCase {
  readonly name: string;
  /** Packages without which it is skipped. */
  readonly packages: readonly string[];
  /** Files of the examples, or of the folder, the data first. */
  readonly files: readonly string[];
  readonly settings: Partial<Settings>;
  readonly response: string;
  readonly split?: string;
  /** Words of the command beside those of data and formula. */
  readonly words: readonly string[];
  /** R that gives a matrix, named by row: estimates, standard errors and (or not) degrees of freedom and p. */
  readonly table: string;
  /** Columns of the command's table that stand in the place of those. */
  readonly columns?: readonly string[];
  /** Rows of the table, where they are fewer than the command's. */
  readonly terms?: number;
}

/** Numbers of a row by term. */
export type Rows = ReadonlyMap<string, readonly number[]>;

export interface Compared {
  readonly ours: Rows;
  /** What R found, or what it said. */
  readonly theirs: Rows | string;
  readonly code: string;
}

const COLUMNS = ['estimate', 'std.error', 'df', 'p.value'];

/** Copies files of the examples into the folder, with theirs; those that it has stay. */
export function copied(folder: string, files: readonly string[]): void {
  for (const file of files) {
    if (existsSync(join(folder, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(example(file), join(folder, file));
  }
}

export async function summaryOf(folder: string, files: readonly string[]): Promise<DataSummary> {
  const named = files.map((name) => ({ name, file: new Blob([readFileSync(join(folder, name))]) }));
  const weights = files.find((name) => name.includes('peptides')) ?? null;
  const roles = weights === null ? null : { data: files[0], obs: files[1], weights };
  const data = await openDataSet(named, roles);
  const summary = await summarise(data, await openFrame(data, ''));
  await data.close();
  return summary;
}

export function run(folder: string, command: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, LANGUAGE: 'en', NO_COLOR: '1' },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** Rows of a table of the command, as columns by name. */
export function commandRows(folder: string, words: readonly string[]): ReadonlyMap<string, string>[] {
  const out = run(folder, process.execPath, [COMMAND, ...words, '--quiet', '--no-notes']);
  const [head, ...lines] = out
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return lines.map((line) => new Map(head.map((name, k) => [name, line[k] ?? ''])));
}

/** The code of a case with its table printed between marks. */
async function caseCode(
  folder: string,
  k: number,
  entry: PageCase,
): Promise<{ readonly code: string; readonly shown: string; readonly ours: Rows }> {
  const { files, settings, response, split, words, table, columns = COLUMNS } = entry;
  copied(folder, files);
  const summary = await summaryOf(folder, files);
  const given: Settings = { ...DEFAULT_SETTINGS, ...settings };
  const path = files[0].startsWith('cells/') ? 'cells' : files[0];
  const obs = summary.roles.obs === null ? [] : ['--obs', summary.roles.obs];
  const rows = commandRows(folder, [
    'fit',
    path,
    '--formula',
    given.formula,
    ...obs,
    ...words,
    '--format',
    'tidy',
  ]).filter(
    (row) =>
      ['fixed', 'contrast'].includes(row.get('effect') ?? '') &&
      (split === undefined || row.get('split') === split) &&
      (summary.responses === 0 || row.get('response') === response),
  );
  const numbers = (row: ReadonlyMap<string, string>, names: readonly string[]): number[] =>
    names.map((name) => {
      const text = row.get(name) ?? '';
      return text === 'NA' || text === '' ? Number.POSITIVE_INFINITY : Number(text);
    });
  const ours = new Map(rows.map((row) => [row.get('term') ?? '', numbers(row, columns)]));
  const of = (effect: string) => rows.filter((row) => row.get('effect') === effect);
  const shown = rCode(
    given,
    summary,
    response,
    split ?? null,
    of('fixed').map((row) => row.get('term') ?? ''),
    {
      degrees: of('fixed').map((row) => numbers(row, ['df'])[0]),
      contrastDegrees: of('contrast').map((row) => numbers(row, ['df'])[0]),
    },
  );
  const print = `found <- as.matrix(${table})
for (i in rownames(found)) cat("\\n<row ${k}>", i, format(found[i, ], digits = 15), sep = "\\t")`;
  // The page's code takes mmrm where it is installed; these numbers are those of the packages of Debian.
  const without =
    'requireNamespace <- function(package, ...) package != "mmrm" && base::requireNamespace(package, ...)';
  const code = `tryCatch(local({\n${without}\n${shown}\n${print}\n}), error = function(e) cat("\\n<error ${k}>\\t", conditionMessage(e)))\n`;
  return { code, shown, ours };
}

/** Runs all cases in one R, whose packages take seconds to load. */
export async function compareAll(folder: string, cases: readonly PageCase[], r: string): Promise<Compared[]> {
  const made: Awaited<ReturnType<typeof caseCode>>[] = [];
  for (const [k, entry] of cases.entries()) made.push(await caseCode(folder, k, entry));
  writeFileSync(join(folder, 'page.R'), made.map(({ code }) => code).join('\n'));
  const out = run(folder, r, ['--vanilla', '--no-echo', '-f', 'page.R']);
  return made.map(({ ours, shown: code }, k) => {
    const error = new RegExp(`<error ${k}>\\t(.*)`).exec(out);
    if (error) return { ours, code, theirs: error[1] };
    const rows = [...out.matchAll(new RegExp(`<row ${k}>\\t([^\\n]*)`, 'g'))].map(([, line]) => line.split('\t'));
    return { ours, code, theirs: new Map(rows.map(([term, ...values]) => [term, values.map(Number)])) };
  });
}
