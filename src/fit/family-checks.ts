/** Whether responses vary about their fitted means as their family says. */
import { isCounts } from '../types/family.ts';
import type { FamilyChecks, FitTable } from '../types/fit-table.ts';
import type { MomentFit } from './readable-fit.ts';
import { type ResponseRows, responseChecks } from './response-rows.ts';

/** Pearson's chi-squared over its degrees of freedom from which on responses vary more than their family allows. */
const OVERDISPERSED = 1.5;

/** The table with checks of every model, and the notes with what they say. */
export function withFamilyChecks(
  { table, notes }: MomentFit,
  rowsOf: (model: number) => ResponseRows | null,
): Pick<MomentFit, 'table' | 'notes'> {
  const { family, models } = table;
  if (!family) return { table, notes };
  const numbers = () => new Float64Array(models).fill(Number.NaN);
  const counts = isCounts(family.family);
  const checks = {
    ...{ pearson: numbers(), ratio: numbers(), deviance: numbers() },
    zeros: counts ? { observed: numbers(), expected: numbers() } : null,
  } satisfies FamilyChecks;
  for (let model = 0; model < models; model++) {
    const rows = rowsOf(model);
    if (!rows) continue;
    const found = responseChecks(rows, counts);
    const df = table.dfResidual[model];
    checks.pearson[model] = found.pearson;
    checks.deviance[model] = found.deviance;
    if (found.dispersed && df > 0) checks.ratio[model] = found.pearson / df;
    if (!checks.zeros) continue;
    checks.zeros.observed[model] = found.zeros;
    checks.zeros.expected[model] = found.expectedZeros;
  }
  return addChecks({ table, notes }, checks);
}

/** The table with checks that have been made, and the notes with what they say. */
export function addChecks(
  { table, notes }: Pick<MomentFit, 'table' | 'notes'>,
  checks: FamilyChecks,
): Pick<MomentFit, 'table' | 'notes'> {
  const { family } = table;
  if (!family) return { table, notes };
  const checked: FitTable = { ...table, family: { ...family, checks } };
  return { table: checked, notes: [...notes, ...dispersionNotes(checked, checks)] };
}

function dispersionNotes({ family, models }: FitTable, { ratio }: FamilyChecks): string[] {
  if (family?.family !== 'poisson' && family?.family !== 'binomial') return [];
  const over = ratio.filter((value) => value > OVERDISPERSED);
  if (over.length === 0) return [];
  const what = models === 1 ? 'the response varies' : `${over.length} of ${models} responses vary`;
  const how = `Pearson’s chi-squared is ${over.length === 1 ? '' : 'up to '}${Math.max(...over).toPrecision(3)} times its degrees of freedom`;
  const remedy =
    family.family === 'poisson'
      ? 'take “family: nbinom2”, or add a random effect of each row'
      : 'add a random effect of each row, (1 | ROW)';
  return [
    `WARNING: ${what} more than the family ${family.family} allows: ${how}, and standard errors are too small; ${remedy}`,
  ];
}
