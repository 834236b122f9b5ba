/** Evidence of a generalised model with every row of a design as a pseudo-row, and the numbers of one response. */
import type { FamilyEffects, FamilyEvidence } from '../../src/moments/family-evidence.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';

export interface RowModel {
  readonly family: FamilyName;
  readonly link: LinkName;
  /** rows x p row-major. */
  readonly x: Float64Array;
  readonly effects: readonly FamilyEffects[];
  /** Counts, successes, positive values, proportions in (0, 1), or categories 1..J. */
  readonly y: Float64Array;
  readonly trials?: Float64Array;
  readonly weights?: Float64Array;
  readonly offset?: Float64Array;
}

export function rowEvidence(model: RowModel): { evidence: FamilyEvidence; values: Float64Array } {
  const { family, link, x, effects, y } = model;
  const rows = y.length;
  const weight = (i: number) => model.weights?.[i] ?? 1;
  const offset = Float64Array.from(y, (_, i) => {
    const own = model.offset?.[i] ?? 0;
    if (family === 'Gamma') return 0;
    return family === 'poisson' ? own + Math.log(weight(i)) : own;
  });
  const mass = Float64Array.from(y, (_, i) => {
    if (family === 'poisson') return 1;
    return weight(i) * (family === 'binomial' ? (model.trials?.[i] ?? 1) : 1);
  });
  const J = family === 'cumulative' ? Math.max(...y) : 0;
  const counts = family === 'nbinom2' ? Float64Array.from(new Set(y)).sort() : new Float64Array(0);
  const columns: Float64Array[] = [];
  let constant = 0;
  const tail: number[] = [];
  const total = (of: (i: number) => number) => {
    // Logarithms of factorials of large counts are billions: what their sum rounds off is carried (Neumaier).
    let sum = 0;
    let lost = 0;
    y.forEach((_, i) => {
      const value = weight(i) * of(i);
      const next = sum + value;
      lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
      sum = next;
    });
    return sum + lost;
  };
  if (family === 'binomial') {
    columns.push(y.map((k, i) => weight(i) * k));
    constant = total((i) => {
      const m = model.trials?.[i] ?? 1;
      return lgamma(m + 1) - lgamma(y[i] + 1) - lgamma(m - y[i] + 1);
    });
  } else if (family === 'poisson') {
    columns.push(y.map((k, i) => weight(i) * k));
    constant = total((i) => -lgamma(y[i] + 1) - y[i] * Math.log(weight(i)));
  } else if (family === 'nbinom2') {
    columns.push(y.map((k, i) => weight(i) * k));
    constant = total((i) => -lgamma(y[i] + 1));
    for (const count of counts) tail.push(total((i) => (y[i] === count ? 1 : 0)));
  } else if (family === 'nbinom1') {
    columns.push(y);
    constant = total((i) => -lgamma(y[i] + 1));
  } else if (family === 'Gamma') {
    columns.push(y.map((value, i) => weight(i) * value * Math.exp(-(model.offset?.[i] ?? 0))));
    constant = total((i) => -Math.log(y[i]));
    tail.push(total((i) => Math.log(y[i]) - (model.offset?.[i] ?? 0)), total((i) => Math.log(y[i])));
    constant = 0;
  } else if (family === 'beta') {
    columns.push(y.map((value, i) => weight(i) * Math.log(value)));
    columns.push(y.map((value, i) => weight(i) * Math.log1p(-value)));
    constant = total((i) => -Math.log(y[i]) - Math.log1p(-y[i]));
  } else {
    for (let j = 1; j <= J; j++) columns.push(y.map((value, i) => (value === j ? weight(i) : 0)));
  }
  const values = Float64Array.from([...columns.flatMap((column) => [...column]), constant, ...tail]);
  const categories = Array.from({ length: J }, (_, j) => String(j + 1));
  return {
    evidence: {
      ...{ family, link, rows, x, offset, mass, effects, counts, categories },
      statistics: columns.length,
      width: values.length,
    },
    values,
  };
}

/** log of the gamma function: Stirling's series beyond 20, the recurrence below. */
export function lgamma(x: number): number {
  let shift = 0;
  while (x < 20) shift -= Math.log(x++);
  const z = 1 / (x * x);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / x;
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
