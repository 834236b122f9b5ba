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
import { TOLERANCE } from '../tolerance.ts';

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

export function run(
  folder: string,
  command: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, LANGUAGE: 'en', NO_COLOR: '1', ...environment },
  });
  expect(status, `${words.join(' ')}\n${stderr}`).toBe(0);
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
      // Responses of a table are named as the formula has them.
      (row.get('response') === response || (summary.responses === 0 && !given.formula.startsWith('cbind'))),
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
export async function compareAll(
  folder: string,
  cases: readonly PageCase[],
  r: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Compared[]> {
  const made: (Awaited<ReturnType<typeof caseCode>> & { readonly failure?: string })[] = [];
  for (const [k, entry] of cases.entries()) {
    // A case that the command refuses is a failure of its own.
    const failed = (error: unknown) => ({ code: '', shown: '', ours: new Map(), failure: String(error) });
    made.push(await caseCode(folder, k, entry).catch(failed));
  }
  writeFileSync(join(folder, 'page.R'), made.map(({ code }) => code).join('\n'));
  const out = run(folder, r, ['--vanilla', '--no-echo', '-f', 'page.R'], environment);
  return made.map(({ ours, shown: code, failure }, k) => {
    if (failure !== undefined) return { ours, code, theirs: failure };
    const error = new RegExp(`<error ${k}>\\t(.*)`).exec(out);
    if (error) return { ours, code, theirs: error[1] };
    const rows = [...out.matchAll(new RegExp(`<row ${k}>\\t([^\\n]*)`, 'g'))].map(([, line]) => line.split('\t'));
    return { ours, code, theirs: new Map(rows.map(([term, ...values]) => [term, values.map(Number)])) };
  });
}

/** Holds estimates, standard errors, degrees of freedom and p of R, as far as its table has them, against the command's. */
export function expectTheSame({ ours, theirs, code }: Compared, { packages, terms }: PageCase): void {
  const tolerance = packages.includes('glmmTMB') ? TOLERANCE.demo.rTrace : TOLERANCE.demo.rCode;
  if (typeof theirs === 'string') throw new Error(`${theirs}\n${code}`);
  expect([...theirs.keys()].filter((term) => !ours.has(term))).toEqual([]);
  expect(theirs.size).toBe(terms ?? ours.size);
  for (const [term, [estimate, se, df, p]] of theirs) {
    const [b, s, f, q] = ours.get(term) ?? [];
    expect(Math.abs(b - estimate) / s, `${term}: ${b} and ${estimate}`).toBeLessThan(tolerance);
    // glmmTMB's by REML hold the uncertainty of the variances, which the page leaves to its degrees of freedom.
    if (se !== undefined) expect(Math.abs(s / se - 1), `${term}: ${s} and ${se}`).toBeLessThan(TOLERANCE.demo.rCode);
    if (Number.isFinite(df))
      expect(Math.abs(f / df - 1), `${term}: ${f} and ${df}`).toBeLessThan(TOLERANCE.demo.reference.df);
    if (p !== undefined) expect(Math.log10(q) - Math.log10(p), `${term}: p ${q} and ${p}`).toBeCloseTo(0, 1);
  }
}
