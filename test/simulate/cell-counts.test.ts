import { describe, expect, it } from 'vitest';
import { buildStratum, drawCell } from '../../src/simulate/cell-counts.ts';
import { Random } from '../../src/simulate/random.ts';

const CELLS = 40_000;
/** Pearson's statistic over its degrees of freedom; for the 5 to 20 here 3.5 has a chance below 1e-4. */
const CHI_SQUARED_PER_DF = 3.5;

/** Negative binomial probabilities of 0 .. last - 1, and of everything above as the last. */
function probabilities(mean: number, dispersion: number, last: number): number[] {
  const size = 1 / dispersion;
  const ratio = (mean * dispersion) / (1 + mean * dispersion);
  const values = [(1 + mean * dispersion) ** -size];
  for (let k = 1; k < last; k++) values.push(values[k - 1] * ((k - 1 + size) / k) * ratio);
  return [...values, 1 - values.reduce((sum, value) => sum + value, 0)];
}

describe('drawCell', () => {
  // Rates over seven orders of magnitude, with unlike dispersions inside one bin.
  const rates = [30, 0.0004, 1.5, 1.52, 1.48, 0.08, 0.081, 0.3, 6, 6.1, 1e-6, 11, 14];
  const dispersions = [0.2, 0.5, 0.1, 2, 0.6, 0.3, 1.5, 0.001, 0.05, 1, 0.3, 0.4, 0.4];
  const stratum = buildStratum(Float64Array.from(rates, Math.log), Float64Array.from(dispersions));
  const size = 0.8;
  const random = new Random(3);
  const histogram = rates.map(() => new Map<number, number>());
  for (let cell = 0; cell < CELLS; cell++) {
    const counts = new Int32Array(rates.length);
    const found = drawCell(stratum, size, random, counts);
    if (found !== counts.filter((count) => count > 0).length) throw new Error('miscounted the entries');
    counts.forEach((count, gene) => {
      histogram[gene].set(count, (histogram[gene].get(count) ?? 0) + 1);
    });
  }

  it.each(rates.map((rate, gene) => [rate, dispersions[gene], gene] as const))(
    'follows the negative binomial law at rate %d, dispersion %d',
    (rate, dispersion, gene) => {
      const expected = probabilities(size * rate, dispersion, 60);
      // Neighbouring counts are pooled until each cell of the table expects at least ten.
      let pooledExpected = 0;
      let pooledSeen = 0;
      let chiSquared = 0;
      let cells = 0;
      const above = [...histogram[gene]].reduce((sum, [count, times]) => sum + (count >= 60 ? times : 0), 0);
      expected.forEach((probability, count) => {
        pooledExpected += probability * CELLS;
        pooledSeen += count === 60 ? above : (histogram[gene].get(count) ?? 0);
        if (pooledExpected < 10) return;
        chiSquared += (pooledSeen - pooledExpected) ** 2 / pooledExpected;
        cells++;
        pooledExpected = 0;
        pooledSeen = 0;
      });
      expect(chiSquared / Math.max(1, cells - 1)).toBeLessThan(CHI_SQUARED_PER_DF);
      expect(pooledSeen).toBeLessThan(pooledExpected + 15);
    },
  );

  it('keeps genes independent', () => {
    const pair = buildStratum(Float64Array.of(Math.log(0.5), Math.log(0.5)), Float64Array.of(0.3, 0.3));
    let both = 0;
    let first = 0;
    let second = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const counts = new Int32Array(2);
      drawCell(pair, 1, random, counts);
      if (counts[0] > 0) first++;
      if (counts[1] > 0) second++;
      if (counts[0] > 0 && counts[1] > 0) both++;
    }
    const chance = (first / CELLS) * (second / CELLS);
    expect(Math.abs(both / CELLS - chance)).toBeLessThan(5 * Math.sqrt(chance / CELLS));
  });
});
