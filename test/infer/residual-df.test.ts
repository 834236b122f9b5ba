import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { residualDegrees } from '../../src/infer/moderation/residual-df.ts';
import { denseMoments, tableResponses } from '../../src/moments/table-moments.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Reference {
  readonly data: string;
  readonly formula: string;
  readonly weights?: string | null;
  readonly theta: number | number[];
}

const values = JSON.parse(readFileSync(new URL('r/residual-df.json', import.meta.url), 'utf8')) as Record<
  string,
  number
>;

describe('degrees of freedom of residuals', () => {
  it.each(Object.entries(values))("%s as trace (I - H)'(I - H) from R's dense matrices", (id, expected) => {
    const reference = JSON.parse(readFileSync(`${REFERENCE}fits/${id}.json`, 'utf8')) as Reference;
    const table = referenceTable(reference.data);
    const formula = parseFormula(reference.formula);
    const design = buildDesign(formula, table, { weights: reference.weights ?? undefined });
    const [{ design: moments }] = denseMoments(design, tableResponses(formula, table)).batches;
    const theta = Float64Array.from([reference.theta].flat());
    const eliminated = residualDegrees(moments, 1)(theta);
    expect(Math.abs(eliminated - expected)).toBeLessThan(TOLERANCE.residualDf * expected);
    // By eigenvalues, where the design allows it.
    const spectral = residualDegrees(moments, 1e6)(theta);
    expect(Math.abs(spectral - eliminated)).toBeLessThan(TOLERANCE.residualDf * expected);
  });

  it('are n - p where all variances are zero, and tend to n minus the rank of (X, Z)', () => {
    const table = referenceTable('dyestuff.csv');
    const formula = parseFormula('Yield ~ 1 + (1 | Batch)');
    const [{ design }] = denseMoments(buildDesign(formula, table), tableResponses(formula, table)).batches;
    for (const responses of [1, 100]) {
      const degrees = residualDegrees(design, responses);
      expect(degrees(Float64Array.of(0))).toBeCloseTo(29, 12);
      expect(degrees(Float64Array.of(1e4))).toBeCloseTo(24, 6);
    }
  });
});
