/** How many responses of a run have an effect, by coefficient and contrast. */
import type { FitTable, TestColumns } from '../../types/fit-table.ts';
import { count } from './text-columns.ts';

/** Adjusted p-values up to here are counted. */
export const COUNTED = 0.05;
/** Tests that a line names at most, and splits of each. */
const LISTED = 8;

/** One test of all models, with the p-values that decide: drawn ones, else moderated ones, else those of the table. */
export interface EffectTests {
  readonly name: string;
  readonly index: number;
  readonly tests: TestColumns;
  /** Where the p-values are from. */
  readonly source: 'table' | 'moderated' | 'bootstrap';
  readonly statistic: Float64Array;
  readonly df: Float64Array;
  readonly log10P: Float64Array;
  readonly adjustedP: Float64Array;
  readonly found: number;
  readonly tested: number;
}

/** Contrasts, then coefficients without the intercept (where there is no other, the intercept). */
export function effectTests(table: FitTable): EffectTests[] {
  const of = (kind: 'contrasts' | 'coefficients'): EffectTests[] => {
    const tests = table[kind];
    const moderated = table.moderation?.[kind];
    const drawn = table.bootstrap?.[kind];
    const { adjustedP } = drawn ?? moderated ?? tests;
    const { log10P } = drawn ?? moderated ?? tests;
    const { statistic, df } = moderated ?? tests;
    const width = tests.names.length;
    return tests.names.map((name, index) => {
      let found = 0;
      let tested = 0;
      for (let at = index; at < adjustedP.length; at += width) {
        if (Number.isNaN(adjustedP[at])) continue;
        tested++;
        if (adjustedP[at] <= COUNTED) found++;
      }
      return {
        name,
        index,
        tests,
        source: drawn ? 'bootstrap' : moderated ? 'moderated' : 'table',
        statistic,
        df,
        log10P,
        adjustedP,
        found,
        tested,
      };
    });
  };
  const coefficients = of('coefficients');
  const slopes = coefficients.filter(({ name }) => name !== '(Intercept)');
  const all = [...of('contrasts'), ...slopes];
  return all.length > 0 ? all : coefficients;
}

/** Whether p-values of several models are adjusted together. */
export function isAdjusted({ adjust, adjustAcross, splits, models }: FitTable): boolean {
  const families = splits && adjustAcross === 'within' ? new Set(splits).size : 1;
  return adjust !== 'none' && models > families;
}

/** What the counted p-values are, by how they were adjusted. */
export function errorRate(table: FitTable): string {
  const { adjust } = table;
  if (!isAdjusted(table)) return `p <= ${COUNTED} (not adjusted)`;
  return `${adjust === 'BH' || adjust === 'storey' ? 'FDR' : 'family-wise error'} ${100 * COUNTED} %`;
}

/** `1,234 of 20,000 responses at FDR 5 % for condstim; 20 for sexM`; null where nothing is tested many times. */
export function discoveryLine(table: FitTable): string | null {
  const all = effectTests(table);
  const most = Math.max(0, ...all.map(({ tested }) => tested));
  const together = table.adjust === 'none' || isAdjusted(table);
  if (table.models < 2 || most < 2 || !together) return null;
  const noun = table.splits ? 'models' : 'responses';
  const parts = all.slice(0, LISTED).map(({ name, found, tested, index, tests, adjustedP }, k) => {
    const number = k === 0 ? `${count(found)} of ${count(tested)} ${noun} at ${errorRate(table)}` : count(found);
    const less = k > 0 && tested !== all[0].tested ? ` of ${count(tested)}` : '';
    return `${number}${less} for ${name}${bySplit(table, found, adjustedP, index, tests.names.length)}`;
  });
  if (all.length > LISTED) parts.push(`${all.length - LISTED} more coefficients`);
  return parts.join('; ');
}

/** ` (B cells 12, T cells 8)`. */
function bySplit({ splits }: FitTable, found: number, adjustedP: Float64Array, index: number, width: number): string {
  if (!splits || found === 0) return '';
  const counts = new Map<string, number>();
  splits.forEach((split, model) => {
    counts.set(split, (counts.get(split) ?? 0) + (adjustedP[model * width + index] <= COUNTED ? 1 : 0));
  });
  if (counts.size < 2 || counts.size > LISTED) return '';
  return ` (${[...counts].map(([split, number]) => `${split} ${count(number)}`).join(', ')})`;
}
