import type { Design } from '../types/design.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { collapseRows, type Strata, strataMeans } from './collapse.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import type { ResponseMoments } from './moments.ts';

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
  private readonly strata: Strata | null;
  private readonly projector: Projector;
  /** Rows up to which there is nothing beside the fixed effects to lose digits; of parts, whose sums are joined, none. */
  private readonly saturated: number;

  /** @param transforms of rows that are part of a whole, its T (`projectDesign`) */
  constructor(design: Design, transforms?: readonly Float64Array[]) {
    this.design = design;
    const p = design.fixed.names.length;
    const columns = design.random.reduce((sum, term) => sum + term.levels.length * term.names.length, 0);
    const limit = Math.floor(Math.max(64, Math.min(STRATA_SHARE * design.n, 8 * (p + columns))));
    this.strata = collapseRows(design, limit);
    this.projector = projectDesign(design, this.strata, undefined, transforms);
    this.saturated = transforms ? 0 : p;
    this.part = this.strata
      ? {
          kind: 'strata',
          strata: this.strata.representative.length,
          stratum: this.strata.of,
          weight: design.weights ?? null,
        }
      : rowsPart(this.projector, design);
  }

  /** In words, for `--explain`. */
  get description(): string {
    const { n } = this.design;
    return this.strata
      ? `${n} rows collapse into ${this.strata.representative.length} strata: two additions an entry`
      : `${n} rows with ${this.projector.moments.p} + ${this.projector.moments.factors.reduce((s, f) => s + f.q, 0)} products an entry`;
  }

  get moments() {
    return this.projector.moments;
  }

  /** Turns the sums of some responses into their moments, the first of them at `from`; returns those that need a centred pass. */
  finish(sums: PartSums, out: ResponseMoments, from: number): number[] {
    const again: number[] = [];
    const { strata, part } = this;
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
      else if (part.kind === 'rows') this.finishRows(part, sums, k, out, g);
      // Only a second look can tell a constant from a response whose digits are gone.
      // An offset takes part in what cancels.
      const whole = sums.total[k] + (this.ownOffset?.total ?? 0);
      if (this.design.n > this.saturated && !(whole <= CANCELLATION_LIMIT * out.rss[g])) again.push(g);
    }
    return again;
  }

  /** Does response g again from all its values (length n), into the moments that `finish` gave. */
  addCentred(g: number, values: Float64Array, out: ResponseMoments): void {
    const { strata, projector } = this;
    out.ztr.fill(0, g * projector.moments.q, (g + 1) * projector.moments.q);
    out.qty.fill(0, g * projector.moments.p, (g + 1) * projector.moments.p);
    if (!strata) {
      addDenseResponse(projector, values, 0, out, g);
      return;
    }
    const { mean, within } = strataMeans(strata, values, this.design.weights ?? null);
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
    addDenseResponse(this.projector, y, Math.max(0, within), out, g, workspace);
    out.constant[g] = 0;
  }

  private finishRows(
    part: RowsPart,
    { total, expressed, sums: [own, zty] }: PartSums,
    k: number,
    out: ResponseMoments,
    g: number,
  ): void {
    const { moments } = this.projector;
    const { p, q: Q } = moments;
    const { offset } = this.design;
    const first = k * (p + 2);
    let rss = total[k];
    out.mean[g] = own[first] / this.design.n;
    for (let j = 0; j < p; j++) out.qty[g * p + j] = own[first + 1 + j];
    for (let c = 0; c < Q; c++) out.ztr[g * Q + c] = zty[c * expressed.length + k];
    if (offset) {
      // y - o: the offset's own sums are taken off.
      const shift = this.offsetSums(offset, part);
      rss += shift.total - 2 * own[first + 1 + p];
      for (let j = 0; j < p; j++) out.qty[g * p + j] -= shift.qty[j];
      for (let c = 0; c < Q; c++) out.ztr[g * Q + c] -= shift.zty[c];
    }
    for (let j = 0; j < p; j++) {
      const value = out.qty[g * p + j];
      rss -= value * value;
      for (const factor of moments.factors) {
        const size = factor.levels.length * factor.q;
        for (let c = 0; c < size; c++) out.ztr[g * Q + factor.offset + c] -= factor.ztx[c * p + j] * value;
      }
    }
    out.rss[g] = Math.max(0, rss);
  }

  private ownOffset: OffsetSums | null = null;

  /** What the sums of an offset alone come to. */
  private offsetSums(offset: Float64Array, { p, basis, width, columns, z, zColumns, weight }: RowsPart): OffsetSums {
    if (this.ownOffset) return this.ownOffset;
    const own = { total: 0, qty: new Float64Array(p), zty: new Float64Array(zColumns) };
    offset.forEach((o, i) => {
      own.total += (weight ? weight[i] : 1) * o * o;
      for (let k = 0; k < p; k++) own.qty[k] += o * basis[i * p + k];
      for (let a = i * width; a < (i + 1) * width; a++) own.zty[columns[a]] += o * z[a];
    });
    this.ownOffset = own;
    return own;
  }
}

type RowsPart = Extract<PassPart, { readonly kind: 'rows' }>;

interface OffsetSums {
  readonly total: number;
  readonly qty: Float64Array;
  readonly zty: Float64Array;
}

/** The rows of a design that does not collapse. */
function rowsPart({ m, q, rootWeight, factors, moments }: Projector, { weights, offset }: Design): RowsPart {
  const { p, q: zColumns } = moments;
  const width = moments.factors.reduce((sum, factor) => sum + factor.q, 0);
  const basis = new Float64Array(m * p);
  const columns = new Int32Array(m * width);
  const z = new Float64Array(m * width);
  for (let i = 0; i < m; i++) {
    const root = rootWeight ? rootWeight[i] : 1;
    for (let k = 0; k < p; k++) basis[i * p + k] = root * q[k * m + i];
    let at = i * width;
    factors.forEach((factor, f) => {
      const { q: qf, offset: from } = moments.factors[f];
      for (let a = 0; a < qf; a++) {
        columns[at] = from + factor.codes[i] * qf + a;
        z[at++] = root * root * factor.z[i * qf + a];
      }
    });
  }
  return {
    kind: 'rows',
    weight: weights ?? null,
    p,
    basis,
    width,
    columns,
    z,
    zColumns,
    offset: offset ? offset.map((o, i) => o * (weights ? weights[i] : 1)) : null,
  };
}
