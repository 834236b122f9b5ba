import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { BetaKernel } from './families/beta.ts';
import { openBinomial } from './families/binomial.ts';
import { CumulativeKernel } from './families/cumulative.ts';
import { GammaKernel } from './families/gamma.ts';
import { LinearNegativeBinomialKernel } from './families/nbinom1.ts';
import { NegativeBinomialKernel } from './families/nbinom2.ts';
import { PoissonKernel } from './families/poisson.ts';
import type { FamilyKernel } from './family-kernel.ts';

/** The kernel of an evidence's family and link. */
export function openFamily(evidence: FamilyEvidence): FamilyKernel {
  switch (evidence.family) {
    case 'binomial':
      return openBinomial(evidence);
    case 'poisson':
      return new PoissonKernel(evidence);
    case 'nbinom2':
      return new NegativeBinomialKernel(evidence);
    case 'nbinom1':
      return new LinearNegativeBinomialKernel(evidence);
    case 'Gamma':
      return new GammaKernel(evidence);
    case 'beta':
      return new BetaKernel(evidence);
    case 'cumulative':
      return new CumulativeKernel(evidence);
  }
}
