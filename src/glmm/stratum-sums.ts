import type { Extras, FamilyKernel, RowDerivatives, RowOrder } from './family-kernel.ts';
import { clearDerivatives, FIELDS, rowDerivatives } from './family-kernel.ts';

/** Which pseudo-rows belong together: `of` names the stratum of each, those of stratum s are `rows` from `rowStart[s]` to `rowStart[s + 1]`. */
interface Strata {
  readonly count: number;
  readonly of: Int32Array;
  readonly rowStart: Int32Array;
  readonly rows: Int32Array;
}

/** Derivatives of a family added up over the pseudo-rows of strata. */
export class StratumSums {
  /** Of the order evaluated last, by stratum. */
  readonly sums: RowDerivatives;
  private readonly kernel: FamilyKernel;
  private readonly strata: Strata;
  /** By pseudo-row, of kernels that do not add up themselves; the sums where each is its own stratum. */
  private readonly derivatives: RowDerivatives;

  constructor(kernel: FamilyKernel, strata: Strata) {
    const { count, of } = strata;
    const each = count === of.length && of.every((s, i) => s === i);
    this.kernel = kernel;
    this.strata = strata;
    this.sums = rowDerivatives(count, kernel.extras);
    const rows = kernel.evaluateSums ? 0 : of.length;
    this.derivatives = each ? this.sums : rowDerivatives(rows, kernel.extras);
  }

  /** At some linear predictors of the pseudo-rows. */
  evaluate(eta: Float64Array, extras: Extras, order: RowOrder): void {
    const { kernel, strata, sums, derivatives } = this;
    if (derivatives === sums) kernel.evaluate(eta, extras, order, sums);
    else if (kernel.evaluateSums) {
      clearDerivatives(sums, order);
      kernel.evaluateSums(strata.of, eta, extras, order, sums);
    } else {
      kernel.evaluate(eta, extras, order, derivatives);
      for (const field of FIELDS[order]) addUp(strata, derivatives[field], sums[field]);
    }
  }
}

/** One field; those by extras are several arrays one behind the other. */
function addUp({ count, rowStart, rows }: Strata, from: Float64Array, out: Float64Array): void {
  for (let base = 0, at = 0; base < from.length; base += rows.length) {
    for (let s = 0; s < count; s++) {
      let sum = 0;
      for (let k = rowStart[s], end = rowStart[s + 1]; k < end; k++) sum += from[base + rows[k]];
      out[at++] = sum;
    }
  }
}
