/** Small random designs and responses of every family, for properties that hold at any point. */
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import type { TestRandom } from '../lmm/random.ts';
import type { FamilyRowsOf } from './row-evidence.ts';

export interface RandomRows {
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly levels?: number;
  readonly perLevel?: number;
  /** Mean of counts on the logarithmic scale, or the intercept of a linear predictor. */
  readonly intercept?: number;
  readonly deviation?: number;
  /** A slope in place of an intercept as random effect; without offset and weights. */
  readonly plain?: boolean;
}

const CATEGORIES = 4;

function poisson(random: TestRandom, mean: number): number {
  let count = 0;
  for (let product = random.uniform(); product > Math.exp(-mean) && count < 500; count++) product *= random.uniform();
  return count;
}

/** Rows with an intercept, a covariate and a factor in X, and one random effect. */
export function randomRows(random: TestRandom, options: RandomRows): FamilyRowsOf {
  const { family, link, levels = 6, perLevel = 7, intercept = 0.3, deviation = 0.8, plain = false } = options;
  const n = levels * perLevel;
  const codes = Int32Array.from({ length: n }, (_, i) => i % levels);
  const covariate = random.normals(n);
  const factor = Float64Array.from({ length: n }, () => random.integer(2));
  const constant = family === 'cumulative' ? [] : [1];
  const x = Float64Array.from(Array.from({ length: n }, (_, i) => [...constant, covariate[i], factor[i]]).flat());
  const z = Float64Array.from({ length: n }, (_, i) => (plain ? 1 : 1 + 0.5 * covariate[i]));
  const offset = Float64Array.from({ length: n }, () => (plain ? 0 : 0.4 * random.normal()));
  const weights = Float64Array.from({ length: n }, () => (plain || family === 'nbinom1' ? 1 : 1 + random.integer(2)));
  const trials = Float64Array.from({ length: n }, () => (family === 'binomial' ? 1 + random.integer(4) : 1));
  const effects = random.normals(levels).map((value) => deviation * value);
  const y = Float64Array.from({ length: n }, (_, i) => {
    const eta = intercept + 0.4 * covariate[i] - 0.3 * factor[i] + z[i] * effects[codes[i]] + offset[i];
    const share = 1 / (1 + Math.exp(-eta));
    if (family === 'binomial') {
      return Array.from({ length: trials[i] }, () => Number(random.uniform() < share)).reduce((a, b) => a + b, 0);
    }
    if (family === 'Gamma') return Math.exp(eta + 0.6 * random.normal());
    if (family === 'beta') return 1 / (1 + Math.exp(-eta - 0.7 * random.normal()));
    if (family === 'cumulative') {
      const at = eta + Math.log(1 / random.uniform() - 1);
      return 1 + Number(at > -1) + Number(at > 0.4) + Number(at > 1.5);
    }
    const mean = Math.exp(eta);
    return poisson(random, family === 'poisson' ? mean : mean * Math.exp(0.7 * random.normal() - 0.2));
  });
  return {
    ...{ family, link, y, x, z, codes, offset, weights, trials },
    categories: family === 'cumulative' ? CATEGORIES : 0,
  };
}
