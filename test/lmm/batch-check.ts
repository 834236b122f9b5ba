/**
 * Batches of `test/reference/batches`: their data and models, and R's table (`NAME.fits.tsv`) against a run of ours, quantity
 * by quantity.
 */
import { existsSync, readFileSync } from 'node:fs';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { readBulk, readObsTable } from '../../src/reading/tables.node.ts';
import type { FitTable } from '../../src/types/fit-table.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Table } from '../../src/types/table.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

export interface BatchCheck {
  passed: number;
  /** Responses whose standard errors, degrees of freedom and p-values were compared. */
  tested: number;
  /** What is beyond its bound, by response. */
  failures: string[];
  /** Largest difference of each quantity, and where. */
  worst: Record<string, { difference: number; bound: number; at: string }>;
  /** Median, 95 % and largest count of evaluations. */
  evaluations: [number, number, number];
}

/** The table of a stored batch (`NAME.obs`) and its responses: `NAME.y` or `NAME.counts`, with weights where it has `NAME.w`. */
export async function readBatch(name: string): Promise<{ table: Table; responses: DenseResponses }> {
  const find = (part: string) =>
    ['tsv', 'tsv.gz'].map((end) => `${REFERENCE}batches/${name}.${part}.${end}`).find((path) => existsSync(path));
  const [obs, values, weights] = [find('obs'), find('y') ?? find('counts'), find('w')];
  if (obs === undefined || values === undefined) throw new Error(`no batch ${name}`);
  const table = await readObsTable(obs);
  const { rows, responses } = matchBulk(
    await readBulk(values),
    table.rowNames ?? [],
    weights === undefined ? undefined : await readBulk(weights),
  );
  if (rows.length !== table.rows) throw new Error(`${name}: rows without a sample`);
  return { table, responses };
}

/** The batches of rows, one response or sample each: their names, what they are, R's numbers of responses and formulas. */
export const BULK_BATCHES = [
  {
    name: 'sim_weighted',
    what: 'weights of each response’s own',
    count: 200,
    adjusted: 50,
    formula: '~ visit + age + (1 | individual)',
  },
  { name: 'sim_slopes', what: 'correlated slopes', count: 200, adjusted: 50, formula: '~ time + (time | subject)' },
  {
    name: 'shock_bulk',
    what: 'bulk samples of 11 patients',
    count: 2000,
    adjusted: 100,
    formula: '~ time + (1 | patient)',
  },
] as const;

const strip = (name: string) => name.replace(/[()]/g, '');
// R's pt() has no digits left below 1e-300.
const logP = (p: number) => Math.log(Math.max(p, 1e-290));

/**
 * Compares every response that R fitted, its tests where R has them by our method (Kenward and Roger's for some responses
 * only); further responses of ours are ignored.
 */
export function checkBatch(name: string, fits: FitTable): BatchCheck {
  const [head, ...lines] = readFileSync(`${REFERENCE}batches/${name}.fits.tsv`, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split('\t'));
  const models = new Map(fits.responses.map((response, m) => [response, m]));
  const out: BatchCheck = { passed: 0, tested: 0, failures: [], worst: {}, evaluations: [0, 0, 0] };
  const counts: number[] = [];
  for (const line of lines) {
    const reference = Object.fromEntries(head.map((column, i) => [column, line[i]]));
    if (reference['status'] !== 'ok') continue;
    const response = reference['response'];
    const m = models.get(response);
    if (m === undefined) {
      out.failures.push(`${response}: missing`);
      continue;
    }
    counts.push(fits.evaluations[m]);
    const bad: string[] = [];
    const see = (what: string, difference: number, bound: number) => {
      const worst = out.worst[what];
      if (!worst || !(difference <= worst.difference)) out.worst[what] = { difference, bound, at: response };
      if (!(difference <= bound)) bad.push(`${what} ${difference}`);
    };
    if (STATUSES[fits.status[m]] !== 'ok') bad.push(`status ${STATUSES[fits.status[m]]}`);
    if (!(fits.gradient[m] <= TOLERANCE.gradient)) bad.push(`gradient ${fits.gradient[m]}`);
    const logLik = Number(reference['loglik']);
    const loose = Math.max(TOLERANCE.criterion.absolute, TOLERANCE.criterion.relative * Math.abs(logLik));
    if (compareCoefficients(fits, m, reference, head, see, bad)) out.tested++;
    const sigma = Number(reference['sigma']);
    const variances = head.filter((column) => column.startsWith('var_'));
    const total = sigma ** 2 + variances.reduce((sum, column) => sum + Number(reference[column]), 0);
    see('sigma, relative', Math.abs(fits.sigma[m] / sigma - 1), TOLERANCE.sigma);
    see('logLik, absolute', Math.abs(fits.logLik[m] - logLik), loose);
    const width = fits.covariance.length / fits.models;
    for (const { group, names, covarianceOffset } of fits.terms) {
      for (const [i, term] of names.entries()) {
        const column = `var_${group}_${strip(term)}`;
        const variance = fits.covariance[m * width + covarianceOffset + i * names.length + i];
        // A column that R's table lacks is NaN, which is beyond every bound.
        const difference = Math.abs(variance - Number(reference[column])) / total;
        see('variance, of total', difference, TOLERANCE.batchVarianceOfTotal);
      }
    }
    if ((fits.singular[m] === 1) !== (reference['singular'] === 'TRUE')) bad.push(`singular ${fits.singular[m]}`);
    if (bad.length > 0) out.failures.push(`${response}: ${bad.slice(0, 3).join('; ')}`);
    else out.passed++;
  }
  counts.sort((a, b) => a - b);
  out.evaluations = [counts[counts.length >> 1], counts[Math.floor(counts.length * 0.95)], counts[counts.length - 1]];
  return out;
}

/** True where R has tests by the method of ours. */
function compareCoefficients(
  fits: FitTable,
  m: number,
  reference: Record<string, string>,
  head: readonly string[],
  see: (what: string, difference: number, bound: number) => void,
  bad: string[],
): boolean {
  const { names, estimate, standardError, df, pValue } = fits.coefficients;
  const adjusted = fits.ddf === 'kenward-roger';
  let tested = false;
  const seBound = adjusted ? TOLERANCE.kenwardRoger.standardError : TOLERANCE.standardError;
  for (const column of head.filter((c) => c.startsWith('beta_'))) {
    const name = column.slice(5);
    const k = names.findIndex((c) => strip(c) === name);
    if (k < 0) {
      bad.push(`no ${name}`);
      continue;
    }
    const at = m * names.length + k;
    const get = (what: string) => Number(reference[`${what}_${name}`]);
    const [se, degrees, p] = ['se', 'df', 'p'].map((what) => get(adjusted ? `kr_${what}` : what));
    see('estimate / se', Math.abs(estimate[at] - Number(reference[column])) / get('se'), TOLERANCE.coefficient);
    if (!Number.isFinite(degrees)) continue;
    tested = true;
    see('se, relative', Math.abs(standardError[at] / se - 1), seBound);
    see('df, relative', Math.abs(df[at] / degrees - 1), TOLERANCE.df);
    see('log p, relative', Math.abs(logP(pValue[at]) - logP(p)) / Math.max(1, Math.abs(logP(p))), TOLERANCE.pValue);
  }
  return tested;
}

/** The check in a line a quantity, for the log of the tests. */
export function describeCheck(name: string, check: BatchCheck): string {
  const lines = Object.entries(check.worst).map(
    ([what, { difference, bound, at }]) =>
      `  ${what}: worst ${difference.toExponential(1)} (bound ${bound.toExponential(0)}) at ${at}`,
  );
  const [median, most, largest] = check.evaluations;
  return [
    `${name}: ${check.passed} responses agree with R, ${check.tested} of them in tests, evaluations median ${median}, 95 % ${most}, most ${largest}`,
    ...lines,
  ].join('\n');
}
