/** R's generalised fits with their data as rows: columns, levels and response. */
import { readdirSync, readFileSync } from 'node:fs';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import type { FamilyEffects } from '../../src/moments/family-evidence.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import type { Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import type { FamilyRowsOf } from './row-evidence.ts';

export const FITS = new URL('../reference/glmm/fits/', import.meta.url).pathname;

export interface FamilyFit {
  readonly id: string;
  readonly data: string;
  readonly formula: string;
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly nAGQ: number;
  readonly weights: string | null;
  readonly status: string;
  readonly separated_terms?: readonly string[];
  readonly criterion: number;
  readonly theta: readonly number[];
  readonly coef: {
    readonly names: string[];
    readonly estimate: number[];
    readonly se: number[];
    readonly se_conditional: number[];
  };
  readonly dispersion: { readonly name: string; readonly value: number | null; readonly log_se: number | null } | null;
  readonly thresholds: { readonly estimate: number[]; readonly se: number[] } | null;
  /** Coefficients, covariance factors, logarithm of the dispersion or thresholds, with their covariance (null: held). */
  readonly joint: {
    readonly names: readonly string[];
    readonly estimate: readonly number[];
    readonly vcov: readonly (readonly (number | null)[])[];
  };
  /** Means at the modes, of ordinal responses probabilities of the category seen; of few rows. */
  readonly fitted: readonly number[] | null;
  readonly deviance_conditional: number | null;
  readonly pearson: number | null;
  readonly ranef: readonly { readonly mode: number[][]; readonly sd: number[][] }[];
}

export function familyFits(folder = FITS): FamilyFit[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json') && file !== 'lrt.json')
    .sort()
    .map((file) => JSON.parse(readFileSync(`${folder}${file}`, 'utf8')) as FamilyFit);
}

function numbers(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column === undefined) throw new Error(`no column ${name}`);
  return column.kind === 'factor' ? Float64Array.from(column.codes) : Float64Array.from(column.values);
}

export function tableOfFit(file: string): Table {
  return referenceTable(file, new URL('../reference/glmm/data/', import.meta.url).pathname);
}

/** The rows of a fit; null where it has not exactly one random term of one column. */
export function rowsOfFit(fit: FamilyFit, tableOf: (file: string) => Table = tableOfFit): FamilyRowsOf | null {
  const { effects, ...rows } = anyRowsOfFit(fit, tableOf);
  const [term] = effects;
  return effects.length === 1 && term.z.length === rows.y.length ? { ...rows, ...term } : null;
}

/** The rows of a fit with any random terms. */
export function anyRowsOfFit(
  fit: FamilyFit,
  tableOf: (file: string) => Table = tableOfFit,
): FamilyRowsOf & { readonly effects: readonly FamilyEffects[] } {
  const table = tableOf(fit.data);
  const [left, right] = fit.formula.split('~').map((side) => side.trim());
  const weights = fit.weights ?? undefined;
  const design = buildDesign(parseFormula(`~ ${right}`), table, { weights });
  const n = design.n;
  const effects = design.random.map(({ names, z, codes }) => {
    const q = names.length;
    return { z: z.map((_, e) => z[(e % q) * n + Math.floor(e / q)]), codes };
  });
  const kept = design.fixed.names.flatMap((name, k) =>
    fit.family === 'cumulative' && name === '(Intercept)' ? [] : [k],
  );
  const x = Float64Array.from(
    { length: n * kept.length },
    (_, e) => design.fixed.x[kept[e % kept.length] * n + Math.floor(e / kept.length)],
  );
  const of = (name: string) => numbers(table, name);
  const rows = { family: fit.family, link: fit.link, x, effects, offset: design.offset };
  const pair = left.match(/^cbind\((\w+), *(\w+) - \w+\)$/);
  const gather = (values: Float64Array) => Float64Array.from(design.rows, (i) => values[i]);
  if (pair !== null) return { ...rows, y: gather(of(pair[1])), trials: gather(of(pair[2])), weights: design.weights };
  const y = gather(of(left));
  if (fit.family === 'binomial' && design.weights !== undefined) {
    const trials = design.weights;
    return { ...rows, y: y.map((share, i) => Math.round(share * trials[i])), trials };
  }
  if (fit.family === 'cumulative') {
    const column = table.columns.get(left);
    if (column?.kind !== 'factor') throw new Error(`${left} is no factor`);
    const used = column.levels.map((_, j) => j).filter((j) => y.includes(j));
    return { ...rows, y: y.map((code) => used.indexOf(code) + 1), weights: design.weights, categories: used.length };
  }
  return { ...rows, y, weights: design.weights };
}
