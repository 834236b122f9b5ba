import type { Design } from '../types/design.ts';
import { collapseRows, type Strata, strataMeans } from './collapse.ts';
import { addDenseResponse } from './dense.ts';
import { type Projector, projectDesign } from './design-moments.ts';
import { emptyResponseMoments, type ResponseMoments } from './moments.ts';

/**
 * y'y above this multiple of the residual sum of squares: a centred pass does the response again. Sums over n rows err
 * by some ten to a hundred units in the last place, times this ratio, times n in the criterion: 1e4 keeps its bound.
 */
export const CANCELLATION_LIMIT = 1e4;

/** Strata pay while they are far fewer than rows: sums by stratum take `strata` numbers a response, else p + Q. */
const STRATA_SHARE = 0.25;

/**
 * Sums of sparse responses under one design, entry by entry; rows that are not visited count as zeros.
 *
 * A categorical design collapses into strata: an entry then costs two additions, to the sum of its stratum and to the
 * response's sum of squares, whatever p is. Otherwise an entry costs its row's p + (random effects) products.
 * All arrays are laid out by stratum or column first, response innermost, so that the entries of one cell touch
 * neighbouring memory.
 */
export class SparseMoments {
  readonly design: Design;
  readonly responses: number;
  private readonly strata: Strata | null;
  private readonly projector: Projector;
  private readonly sums: Float64Array; // strata: S x G; else unused
  private readonly qty: Float64Array; // p x G
  private readonly zty: Float64Array; // Q x G
  private readonly offsets: Float64Array | null; // o'W y, G
  private readonly total: Float64Array; // y'W y, G
  private readonly plain: Float64Array; // sum of y, G
  private readonly expressed: Int32Array;
  private readonly weight: Float64Array | null; // prior weight by row

  constructor(design: Design, responses: number) {
    this.design = design;
    this.responses = responses;
    const p = design.fixed.names.length;
    const columns = design.random.reduce((sum, term) => sum + term.levels.length * term.names.length, 0);
    const limit = Math.floor(Math.max(64, Math.min(STRATA_SHARE * design.n, 8 * (p + columns))));
    this.strata = collapseRows(design, limit);
    this.projector = projectDesign(design, this.strata);
    const G = responses;
    const S = this.strata ? this.strata.representative.length : 0;
    this.sums = new Float64Array(S * G);
    this.qty = new Float64Array(this.strata ? 0 : p * G);
    this.zty = new Float64Array(this.strata ? 0 : columns * G);
    this.offsets = design.offset && !this.strata ? new Float64Array(G) : null;
    this.total = new Float64Array(G);
    this.plain = new Float64Array(this.strata ? 0 : G);
    this.expressed = new Int32Array(G);
    this.weight = design.weights ?? null;
  }

  /** In words, for `--explain`. */
  get description(): string {
    const { n } = this.design;
    return this.strata
      ? `${n} rows collapse into ${this.strata.representative.length} strata: two additions an entry`
      : `${n} rows with ${this.projector.moments.p} + ${this.projector.moments.factors.reduce((s, f) => s + f.q, 0)} products an entry`;
  }

  /** Memory of the sums. */
  get bytes(): number {
    return 8 * (this.sums.length + this.qty.length + this.zty.length + 4 * this.responses);
  }

  get moments() {
    return this.projector.moments;
  }

  /** Adds value y of response g in used row i. */
  add(i: number, g: number, y: number): void {
    const G = this.responses;
    if (y === 0) return;
    this.expressed[g]++;
    const w = this.weight ? this.weight[i] : 1;
    this.total[g] += w * y * y;
    if (this.strata) {
      this.sums[this.strata.of[i] * G + g] += y;
      return;
    }
    this.plain[g] += y;
    const { q, m, rootWeight, factors, moments } = this.projector;
    const root = rootWeight ? rootWeight[i] : 1;
    for (let k = 0; k < moments.p; k++) this.qty[k * G + g] += y * root * q[k * m + i];
    for (let f = 0; f < factors.length; f++) {
      const { codes, z } = factors[f];
      const { q: qf, offset } = moments.factors[f];
      for (let a = 0; a < qf; a++) this.zty[(offset + codes[i] * qf + a) * G + g] += y * w * z[i * qf + a];
    }
    if (this.offsets && this.design.offset) this.offsets[g] += w * this.design.offset[i] * y;
  }

  /** The sums as moments, and the responses that need a centred pass. */
  finish(): { responses: ResponseMoments; again: number[] } {
    const out = emptyResponseMoments(this.projector.moments, this.responses);
    const again: number[] = [];
    const { strata } = this;
    const S = strata ? strata.representative.length : 0;
    const y = new Float64Array(S);
    const workspace = new Float64Array(S);
    for (let g = 0; g < this.responses; g++) {
      out.expressed[g] = this.expressed[g];
      if (this.expressed[g] === 0 && !this.design.offset) {
        out.constant[g] = 1;
        continue;
      }
      if (strata) this.finishStrata(strata, g, y, workspace, out);
      else this.finishRows(g, out);
      // Only a second look can tell a constant from a response whose digits are gone.
      // An offset takes part in what cancels.
      const whole = this.total[g] + (this.ownOffset?.total ?? 0);
      if (this.design.n > this.projector.moments.p && !(whole <= CANCELLATION_LIMIT * out.rss[g])) again.push(g);
    }
    return { responses: out, again };
  }

  /** Does response g again from all its values (length n), into the moments that `finish` gave. */
  addCentred(g: number, values: Float64Array, out: ResponseMoments): void {
    const { strata, projector, weight } = this;
    out.ztr.fill(0, g * projector.moments.q, (g + 1) * projector.moments.q);
    out.qty.fill(0, g * projector.moments.p, (g + 1) * projector.moments.p);
    if (!strata) {
      addDenseResponse(projector, values, 0, out, g);
      return;
    }
    const { mean, within } = strataMeans(strata, values, weight);
    addDenseResponse(projector, mean, within, out, g, new Float64Array(mean.length));
  }

  private finishStrata(
    strata: Strata,
    g: number,
    y: Float64Array,
    workspace: Float64Array,
    out: ResponseMoments,
  ): void {
    const S = y.length;
    let within = this.total[g];
    for (let s = 0; s < S; s++) {
      const sum = this.sums[s * this.responses + g];
      const count = strata.count[s];
      y[s] = sum / count;
      const w = this.weight ? this.weight[strata.representative[s]] : 1;
      within -= (w * sum * sum) / count;
    }
    addDenseResponse(this.projector, y, Math.max(0, within), out, g, workspace);
    out.constant[g] = 0;
  }

  private finishRows(g: number, out: ResponseMoments): void {
    const { moments, q, m, rootWeight, factors } = this.projector;
    const { p, q: Q } = moments;
    const G = this.responses;
    const { offset } = this.design;
    let rss = this.total[g];
    out.mean[g] = this.plain[g] / this.design.n;
    for (let k = 0; k < p; k++) out.qty[g * p + k] = this.qty[k * G + g];
    for (let c = 0; c < Q; c++) out.ztr[g * Q + c] = this.zty[c * G + g];
    if (offset && this.offsets) {
      // y - o: the offset's own sums are taken off.
      const own = this.offsetSums(offset, q, m, rootWeight, factors);
      rss += own.total - 2 * this.offsets[g];
      for (let k = 0; k < p; k++) out.qty[g * p + k] -= own.qty[k];
      for (let c = 0; c < Q; c++) out.ztr[g * Q + c] -= own.zty[c];
    }
    for (let k = 0; k < p; k++) {
      const value = out.qty[g * p + k];
      rss -= value * value;
      for (const factor of moments.factors) {
        const size = factor.levels.length * factor.q;
        for (let c = 0; c < size; c++) out.ztr[g * Q + factor.offset + c] -= factor.ztx[c * p + k] * value;
      }
    }
    out.rss[g] = Math.max(0, rss);
  }

  private ownOffset: { total: number; qty: Float64Array; zty: Float64Array } | null = null;

  private offsetSums(
    offset: Float64Array,
    q: Float64Array,
    m: number,
    rootWeight: Float64Array | null,
    factors: Projector['factors'],
  ) {
    if (this.ownOffset) return this.ownOffset;
    const { moments } = this.projector;
    const own = { total: 0, qty: new Float64Array(moments.p), zty: new Float64Array(moments.q) };
    for (let i = 0; i < offset.length; i++) {
      const o = offset[i];
      const root = rootWeight ? rootWeight[i] : 1;
      own.total += root * root * o * o;
      for (let k = 0; k < moments.p; k++) own.qty[k] += o * root * q[k * m + i];
      factors.forEach(({ codes, z }, f) => {
        const { q: qf, offset: from } = moments.factors[f];
        for (let a = 0; a < qf; a++) own.zty[from + codes[i] * qf + a] += o * root * root * z[i * qf + a];
      });
    }
    this.ownOffset = own;
    return own;
  }
}
