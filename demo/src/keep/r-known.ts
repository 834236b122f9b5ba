/** What a run says of one response, for its R code. */

import type { TestColumns } from 'webgpu-lmm';
import type { Results } from '../results/results-view.ts';
import type { RKnown } from './r-tests.ts';

export function rKnown({ outcome: { table }, source }: Results, model: number): RKnown {
  const degrees = ({ names, df, pValue }: TestColumns): number[] =>
    names.map((_, k) => {
      const at = model * names.length + k;
      // A test without degrees of freedom is one by z.
      return Number.isNaN(df[at]) && !Number.isNaN(pValue[at]) ? Number.POSITIVE_INFINITY : df[at];
    });
  return {
    degrees: degrees(table.coefficients),
    contrastDegrees: degrees(table.contrasts),
    isExample: source.kind === 'example',
  };
}
