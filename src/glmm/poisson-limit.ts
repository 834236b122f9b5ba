import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { Moments } from '../moments/moments.ts';
import { logFactorial } from '../numeric/log-factorial.ts';
import { rowStrata } from './row-strata.ts';

/**
 * The Poisson model that a negative binomial one is at nu = 0. There offsets need no nodes: rows of a stratum j with n_j cells,
 * y_j counts and offset o_j are one pseudo-row of offset O = log sum n_j exp(o_j) with S = sum y_j,
 *
 *     sum_j [ y_j (t + o_j) - n_j exp(t + o_j) ] = S (t + O) - exp(t + O) + sum_j y_j (o_j - O)
 *
 * so that its fit costs a fraction, and is where the search of the negative binomial one begins.
 */
export class PoissonLimit {
  readonly evidence: FamilyEvidence;
  /** Pseudo-row of the limit of each pseudo-row. */
  private readonly of: Int32Array;
  private readonly shift: Float64Array;
  /** log v! of the counts. */
  private readonly logFactorials: Float64Array;
  private readonly values: Float64Array;

  constructor(evidence: FamilyEvidence) {
    const { rows, offset, mass, counts } = evidence;
    const { count, of, x, effects } = rowStrata(evidence);
    const exposure = new Float64Array(count);
    for (let i = 0; i < rows; i++) exposure[of[i]] += mass[i] * Math.exp(offset[i]);
    this.of = of;
    this.evidence = {
      ...{ family: 'poisson', link: 'log', rows: count, x, offset: exposure.map(Math.log) },
      ...{ mass: new Float64Array(count).fill(1), effects },
      ...{ statistics: 1, counts: new Float64Array(0), categories: [], width: count + 1 },
    };
    this.shift = offset.map((o, i) => o - this.evidence.offset[of[i]]);
    this.logFactorials = counts.map(logFactorial);
    this.values = new Float64Array(count + 1);
  }

  /** The limit's numbers of the response whose own stand in `values` from `at` on; valid until the next call. */
  response(values: Float64Array, at: number): Float64Array {
    const { of, shift, logFactorials, values: out } = this;
    const rows = of.length;
    out.fill(0);
    let constant = values[at + rows];
    for (let v = 0; v < logFactorials.length; v++) constant -= values[at + rows + 1 + v] * logFactorials[v];
    for (let i = 0; i < rows; i++) {
      const y = values[at + i];
      out[of[i]] += y;
      constant += y * shift[i];
    }
    // The Poisson family's constant is that at exp(eta) = S.
    for (let s = 0; s < out.length - 1; s++) if (out[s] > 0) constant += out[s] * (Math.log(out[s]) - 1);
    out[out.length - 1] = constant;
    return out;
  }

  /** Linear predictors of the limit, offsets included, as those of the pseudo-rows, into `eta`. */
  spread(limit: Float64Array, offset: Float64Array, eta: Float64Array): void {
    const { of, evidence } = this;
    for (let i = 0; i < eta.length; i++) eta[i] = limit[of[i]] - evidence.offset[of[i]] + offset[i];
  }
}

/** Moments of Poisson's models from those of negative binomials of the same responses. */
export function poissonLimitMoments(moments: Moments): Moments {
  const batches = moments.batches.map((batch) => {
    const { design, responses } = batch;
    if (!design.family || !responses.family) throw new RangeError('a limit is one of negative binomials');
    const { width } = design.family;
    const limit = new PoissonLimit(design.family);
    const { evidence } = limit;
    const family = new Float64Array(responses.count * evidence.width);
    for (let k = 0; k < responses.count; k++) {
      family.set(limit.response(responses.family, k * width), k * evidence.width);
    }
    return { ...batch, design: { ...design, family: evidence }, responses: { ...responses, family } };
  });
  return { ...moments, batches };
}
