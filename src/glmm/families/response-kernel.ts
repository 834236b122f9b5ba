import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import type { Extras, FamilyKernel, Remainder, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { clearDerivatives } from '../family-kernel.ts';

/** What all families share: the response that is loaded, and its constant. */
export abstract class ResponseKernel implements FamilyKernel {
  readonly extras: number;
  readonly least: Float64Array;
  abstract readonly hasSecond: boolean;
  protected readonly rows: number;
  /** Shared by all responses. */
  protected readonly mass: Float64Array;
  /** The response's numbers: statistic k of pseudo-row i at `at` + k rows + i, then the constant, then the tail. */
  protected values: Float64Array = new Float64Array(0);
  protected at = 0;
  /** Where its constant stands. */
  protected end = 0;
  private readonly statistics: number;

  constructor(evidence: FamilyEvidence, least: readonly number[]) {
    this.rows = evidence.rows;
    this.mass = evidence.mass;
    this.statistics = evidence.statistics;
    this.extras = least.length;
    this.least = Float64Array.from(least);
  }

  load(values: Float64Array, at: number): void {
    this.values = values;
    this.at = at;
    this.end = at + this.statistics * this.rows;
  }

  remainder(_extras: Extras, order: RowOrder, out: Remainder): void {
    out.value = this.values[this.end];
    if (order === 1) return;
    out.first.fill(0);
    out.second.fill(0);
  }

  abstract evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void;
  abstract starts(eta: Float64Array): Extras[];
  abstract means(eta: Float64Array, extras: Extras): Float64Array;
}

/** Families that form sums of strata at once; those of the pseudo-rows themselves are a special case. */
export abstract class SummingKernel extends ResponseKernel {
  private readonly each: Int32Array;

  constructor(evidence: FamilyEvidence, least: readonly number[]) {
    super(evidence, least);
    this.each = Int32Array.from({ length: this.rows }, (_, i) => i);
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    clearDerivatives(out, order);
    this.evaluateSums(this.each, eta, extras, order, out);
  }

  abstract evaluateSums(of: Int32Array, eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void;
}
