/** What a comparison found, in a few lines for stderr. */
import type { ReportedTests } from '../compare/comparison-tables.ts';
import type { ModelFits } from '../compare/model-fits.ts';
import { NO_STRUCTURE } from '../formula/residual.ts';
import { type OutputTable, outputRows } from '../result/output-table.ts';
import { probability } from '../result/summary/text-columns.ts';
import { familyText } from '../types/family.ts';
import { STATUSES } from '../types/fit-table.ts';

/** Adjusted p-values up to here are counted. */
const COUNTED = 0.05;
/** Formulas that selections are counted by; the rest are summed. */
const LISTED = 10;

/** How often each model ranks first, with medians over the responses; of one that fits none, why. */
export function modelLines(summary: OutputTable, by: string, fits: readonly ModelFits[]): string[] {
  return [...outputRows(summary)].map((row, k) => {
    const responses = Number(row['responses']);
    const beside = [row['residual'], row['family']].filter((text) => text !== undefined).map((text) => `, ${text}`);
    const model = `model ${row['model']}, ${row['formula']}${beside.join('')}`;
    if (responses === 0) return `${model}: ${noFit(fits[k])}`;
    const first = `ranks first for ${row['first']} of ${responses} ${responses === 1 ? 'response' : 'responses'}`;
    const delta = `median ${by} ${digits(row['delta.median'])} above the best`;
    const r2 = `median R2 ${digits(row['r2.marginal.median'])} marginal, ${digits(row['r2.conditional.median'])} conditional`;
    const both = beside.length > 0 ? ` (by AICc ${row['first.AICc']}, by BIC ${row['first.BIC']})` : '';
    return `${model}: ${first}${both}; ${delta}; ${r2}`;
  });
}

/** What there is to say of a model without a fit to be ranked: the reason of the one response, or how many have which status. */
function noFit({ models, status, messages }: ModelFits): string {
  if (models === 1) return `no fit (${messages[0] ?? STATUSES[status[0]]})`;
  const counts = new Map<string, number>();
  for (const code of status) counts.set(STATUSES[code], (counts.get(STATUSES[code]) ?? 0) + 1);
  return `no fit of ${models} responses (${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')})`;
}

/** Which structure was chosen for how many responses. */
export function bestLines(best: OutputTable, by: string): string[] {
  const chosen = [...outputRows(best)].map((row) => {
    return row['residual'] === null ? null : `${row['residual']} beside ${row['formula']}`;
  });
  return countLines(chosen).map((line) => `best by ${by}: ${line}`);
}

/** One line a test: its numbers where there is one response, else how many are below 0.05. */
export function testLines(fits: readonly ModelFits[], tests: readonly ReportedTests[], left?: OutputTable): string[] {
  const terms = left?.columns.find(({ name }) => name === 'term');
  return tests.map((test, t) => {
    const dropped = terms?.kind === 'string' ? terms.values[t + 1] : null;
    const pair = `model ${test.small + 1} in model ${test.large + 1}${differingPair(fits[test.small], fits[test.large])}`;
    const what = dropped === null ? pair : `without ${dropped}`;
    if (fits[0].models === 1) {
      if (!(test.df[0] > 0)) return `${what}: no test, as ${untested(fits, test, dropped !== null)}`;
      const p = `p = ${probability(test.log10P[0])}`;
      const drawn = test.bootstrapP ? `, by bootstrap ${drawnText(test.bootstrapP[0])}` : '';
      return `${what}: chisq ${digits(test.chisq[0])}, df ${test.df[0]}, ${p}${drawn} (${test.reference[0]})`;
    }
    const adjusted = test.bootstrapAdjustedP ?? test.adjustedP;
    const tested = adjusted.filter((p) => !Number.isNaN(p));
    if (tested.length === 0) return `${what}: no test of any of ${fits[0].models} responses`;
    const found = tested.filter((p) => p <= COUNTED).length;
    return `${what}: p.adjusted <= ${COUNTED} for ${found} of ${tested.length} responses`;
  });
}

/** Why the one response has no test. */
function untested(fits: readonly ModelFits[], { small, large }: ReportedTests, isTerm: boolean): string {
  const lacking = [large, small].find((k) => !Number.isFinite(fits[k].criterion[0]));
  if (lacking === undefined) return 'both models have as many parameters';
  const which = !isTerm ? `model ${lacking + 1}` : lacking === large ? 'the whole model' : 'the model without it';
  return `${which} has ${noFit(fits[lacking])}`;
}

function drawnText(p: number): string {
  return Number.isNaN(p) ? 'none, as too many draws had no fit' : p.toPrecision(3);
}

/** ` (ar1 in us)`, ` (poisson in nbinom2)`; nothing where the two have the same structure and family. */
function differingPair(small: ModelFits, large: ModelFits): string {
  const texts = [small, large].map(({ residual, family }) => [
    residual?.split('(')[0].trim() ?? NO_STRUCTURE,
    familyText(family),
  ]);
  const [a, b] = texts.map((own, k) => own.filter((text, i) => text !== texts[1 - k][i]).join(' '));
  return a === b ? '' : ` (${a} in ${b})`;
}

/** How many responses kept which formula. */
export function selectionLines(selected: readonly (string | null)[]): string[] {
  return countLines(selected);
}

/** How many responses have which model, the most frequent first, and how many none. */
function countLines(models: readonly (string | null)[]): string[] {
  const counts = new Map<string, number>();
  for (const model of models) counts.set(model ?? 'no fit', (counts.get(model ?? 'no fit') ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const lines = sorted.slice(0, LISTED).map(([model, count]) => `${count} of ${models.length}: ${model}`);
  const others = sorted.slice(LISTED).reduce((sum, [, count]) => sum + count, 0);
  return others > 0 ? [...lines, `${others} of ${models.length}: other models`] : lines;
}

function digits(value: unknown): string {
  if (typeof value !== 'number' || Number.isNaN(value)) return 'NA';
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
