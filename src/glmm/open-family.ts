import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { openBinomial } from './families/binomial.ts';
import { NegativeBinomialKernel } from './families/nbinom2.ts';
import { PoissonKernel } from './families/poisson.ts';
import type { FamilyKernel } from './family-kernel.ts';

/** The kernel of an evidence's family and link. */
export function openFamily(evidence: FamilyEvidence): FamilyKernel {
  switch (evidence.family) {
    case 'poisson':
      return new PoissonKernel(evidence);
    case 'binomial':
      return openBinomial(evidence);
    case 'nbinom2':
      return new NegativeBinomialKernel(evidence);
    default:
      throw new Error(`family ${evidence.family}`);
  }
}
