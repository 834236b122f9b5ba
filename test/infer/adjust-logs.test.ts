import { describe, expect, it } from 'vitest';
import { ADJUSTMENTS, adjustPValues } from '../../src/infer/adjust.ts';
import { adjustLog10P } from '../../src/infer/adjust-logs.ts';

/** Evenly spread p-values with some small ones, ties and one that is not tested; log10. */
const ORDINARY = Float64Array.from({ length: 60 }, (_, i) =>
  i === 7 ? Number.NaN : Math.log10(((i * 37) % 60 < 12 ? 1e-6 : 1) * ((((i * 37) % 60) + 1) / 61)),
);

describe('adjusted p-values in logarithms', () => {
  it.each(ADJUSTMENTS)('are those of p-values by %s', (method) => {
    const plain = adjustPValues(
      ORDINARY.map((value) => 10 ** value),
      method,
    );
    adjustLog10P(ORDINARY, method).forEach((value, i) => {
      if (Number.isNaN(plain[i])) expect(value).toBeNaN();
      else expect(value).toBeCloseTo(Math.log10(plain[i]), 12);
    });
  });

  it.each(ADJUSTMENTS)('go on below every double by %s: shifted where all are small, by as much', (method) => {
    // Ten small p, the rest as large as 1: the same ranks and shares whatever the small ones are.
    const family = (shift: number): Float64Array =>
      Float64Array.from({ length: 40 }, (_, i) =>
        i < 10 ? -20 - 3 * ((i * 7) % 10) - shift : Math.log10((i + 1) / 41),
      );
    const near = adjustLog10P(family(0), method);
    const far = adjustLog10P(family(400), method);
    for (let i = 0; i < 10; i++) expect(far[i]).toBeCloseTo(near[i] - 400, 9);
    for (let i = 10; i < 40; i++) expect(far[i]).toBeCloseTo(near[i], 12);
  });
});
