import { withScratch } from '../numeric/scratch.ts';
import type { Design } from '../types/design.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { collapseRows, type Strata, strataMeans } from './collapse.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import type { DesignMoments, ResponseMoments } from './moments.ts';
import { type RowSums, rowSumsOf } from './row-sums.ts';

/**
 * y'y above this multiple of the residual sum of squares: a centred pass does the response again. Sums over n rows err
 * by some ten to a hundred units in the last place, times this ratio, times n in the criterion: 1e4 keeps its bound.
 */
export const CANCELLATION_LIMIT = 1e4;

/** Strata pay while they are far fewer than rows: sums by stratum take `strata` numbers a response, else p + Q. */
const STRATA_SHARE = 0.25;

/** Moments of sparse responses under one design from sums over their entries: what is to be summed, and what the sums say. */
export class SparseMoments {
  readonly design: Design;
  /** What a pass sums for it. */
  readonly part: PassPart;
  readonly moments: DesignMoments;
  private readonly transforms: readonly Float64Array[] | undefined;
  private readonly strata: Strata | null;
  private readonly rows: RowSums | null;
  /** Of the strata; of rows only while a response is done again, as it takes much memory. */
  private projector: Projector | null;
  /** Rows up to which there is nothing beside the fixed effects to lose digits; of parts, whose sums are joined, none. */
  private readonly saturated: number;

  /** @param transforms of rows that are part of a whole, its T (`projectDesign`) */
  constructor(design: Design, transforms?: readonly Float64Array[]) {
    this.design = design;
    this.transforms = transforms;
    const p = design.fixed.names.length;
    const columns = design.random.reduce((sum, term) => sum + term.levels.length * term.names.length, 0);
    const most = (products: number) => Math.floor(Math.max(64, Math.min(STRATA_SHARE * design.n, products)));
    this.strata = collapseRows(design, most(8 * (p + columns)));
    this.saturated = transforms ? 0 : p;
    if (this.strata) {
      this.projector = projectDesign(design, this.strata, undefined, transforms);
      this.moments = this.projector.moments;
      this.rows = null;
      const { representative, of } = this.strata;
      this.part = { kind: 'strata', strata: representative.length, stratum: of, weight: design.weights ?? null };
      return;
    }
    this.projector = null;
    const { moments, rows } = withScratch(8 * design.n * p, (memory) => {
      const projector = projectDesign(design, null, undefined, transforms, memory);
      return { moments: projector.moments, rows: rowSumsOf(projector, design, most(2 * (p + columns))) };
    });
    this.moments = moments;
    this.rows = rows;
    this.part = rows.part;
  }

  /** In words, for `--explain`. */
  get description(): string {
    const { n } = this.design;
    if (this.strata)
      return `${n} rows collapse into ${this.strata.representative.length} strata: two additions an entry`;
    return this.rows?.description ?? '';
  }

  /** Turns the sums of some responses into their moments, the first of them at `from`; returns those that need a centred pass. */
  finish(sums: PartSums, out: ResponseMoments, from: number): number[] {
    const again: number[] = [];
    const { strata, rows } = this;
    const S = strata ? strata.representative.length : 0;
    const y = new Float64Array(S);
    const workspace = new Float64Array(S);
    for (let k = 0; k < sums.expressed.length; k++) {
      const g = from + k;
      out.expressed[g] = sums.expressed[k];
      if (sums.expressed[k] === 0 && !this.design.offset) {
        out.constant[g] = 1;
        continue;
      }
      if (strata) this.finishStrata(strata, sums, k, y, workspace, out, g);
      else rows?.finish(sums, k, out, g);
      // Only a second look can tell a constant from a response whose digits are gone.
      // An offset takes part in what cancels.
      const whole = sums.total[k] + (rows?.offsetSquares ?? 0);
      if (this.design.n > this.saturated && !(whole <= CANCELLATION_LIMIT * out.rss[g])) again.push(g);
    }
    return again;
  }

  /** Does response g again from all its values (length n), into the moments that `finish` gave. */
  addCentred(g: number, values: Float64Array, out: ResponseMoments): void {
    const { strata, moments, design } = this;
    out.ztr.fill(0, g * moments.q, (g + 1) * moments.q);
    out.qty.fill(0, g * moments.p, (g + 1) * moments.p);
    this.projector ??= projectDesign(design, strata, undefined, this.transforms);
    const { projector } = this;
    if (!strata) {
      addDenseResponse(projector, values, 0, out, g);
      return;
    }
    const { mean, within } = strataMeans(strata, values, design.weights ?? null);
    addDenseResponse(projector, mean, within, out, g, new Float64Array(mean.length));
  }

  private finishStrata(
    strata: Strata,
    { total, expressed, sums: [sums] }: PartSums,
    k: number,
    y: Float64Array,
    workspace: Float64Array,
    out: ResponseMoments,
    g: number,
  ): void {
    const S = y.length;
    let within = total[k];
    for (let s = 0; s < S; s++) {
      const sum = sums[s * expressed.length + k];
      const count = strata.count[s];
      y[s] = sum / count;
      const w = this.design.weights ? this.design.weights[strata.representative[s]] : 1;
      within -= (w * sum * sum) / count;
    }
    if (this.projector) addDenseResponse(this.projector, y, Math.max(0, within), out, g, workspace);
    out.constant[g] = 0;
  }
}
