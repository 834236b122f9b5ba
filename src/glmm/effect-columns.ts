import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { dot } from '../numeric/dense.ts';
import { triangleSize } from '../types/parameters.ts';
import { LevelFactor } from './level-factor.ts';
import { type LevelFronts, levelFronts } from './level-fronts.ts';
import { type RowStrata, rowStrata } from './row-strata.ts';

/** A random term: columns, place among the columns of a stratum, place in theta. */
export interface ModeTerm {
  readonly q: number;
  readonly offset: number;
  readonly theta: number;
  readonly levels: number;
  /** First column of H of each level. */
  readonly columns: Int32Array;
}

/** False for one component of all levels, and for strata of one pseudo-row each. */
export interface EffectPlan {
  readonly split?: boolean;
  readonly collapse?: boolean;
}

/** Columns of the random effects by stratum, A = Z L_theta, and products with them and with H = I + A'WA. */
export class EffectColumns {
  readonly strata: RowStrata;
  /** Its rows are the strata. */
  readonly plan: LevelFronts;
  readonly factor: LevelFactor;
  /** In the order of the evidence. */
  readonly terms: readonly ModeTerm[];
  readonly p: number;
  readonly m: number;
  /** strata x width: columns of Z and of A that belong to a stratum. */
  readonly z: Float64Array;
  readonly a: Float64Array;
  /** X beta by stratum. */
  protected readonly fixed: Float64Array;

  constructor(evidence: FamilyEvidence, { split = true, collapse = true }: EffectPlan) {
    const strata = rowStrata(evidence, collapse);
    const { effects, count } = strata;
    const plan = levelFronts(effects, count, split);
    this.strata = strata;
    this.plan = plan;
    this.factor = new LevelFactor(plan);
    this.p = strata.x.length / count;
    const terms: ModeTerm[] = new Array(effects.length);
    for (const group of plan.factors) {
      for (const { term, q, offset } of group.terms) {
        const columns = group.first.map((column) => column + offset);
        terms[term] = { q, offset: group.offset + offset, theta: 0, levels: group.levels, columns };
      }
    }
    let theta = 0;
    this.terms = terms.map((term) => {
      theta += triangleSize(term.q);
      return { ...term, theta: theta - triangleSize(term.q) };
    });
    this.m = theta;
    const numbers = (length: number) => new Float64Array(length);
    this.z = numbers(count * plan.width);
    this.terms.forEach(({ q, offset }, t) => {
      for (let i = 0; i < count; i++) {
        for (let c = 0; c < q; c++) this.z[i * plan.width + offset + c] = effects[t].z[i * q + c];
      }
    });
    this.a = numbers(count * plan.width);
    this.fixed = numbers(count);
  }

  /** X beta, and the rows of A. */
  protected prepare(parameters: Float64Array): void {
    const { p, a, z, fixed } = this;
    const { x, count } = this.strata;
    const { width } = this.plan;
    for (let i = 0; i < count; i++) fixed[i] = dot(x, i * p, parameters, 0, p);
    for (const { q, offset: at, theta } of this.terms) {
      for (let i = 0; i < count; i++) {
        const row = i * width + at;
        let t = p + theta;
        for (let c = 0; c < q; c++) {
          let sum = 0;
          for (let r = c; r < q; r++) sum += z[row + r] * parameters[t++];
          a[row + c] = sum;
        }
      }
    }
  }

  /** out = base + A v by stratum; without base A v alone. */
  addEffects(v: Float64Array, out: Float64Array, base?: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors } = plan;
    const F = factors.length;
    for (let i = 0; i < out.length; i++) {
      let sum = base ? base[i] : 0;
      const cell = cellOf[i] * F;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cell + f];
        const { q } = factors[f];
        for (let c = 0; c < q; c++) sum += a[at++] * v[column + c];
      }
      out[i] = sum;
    }
  }

  /** Forms and factors H of a component at weights W by stratum, without those below zero where it is to have none. */
  protected factorAt(component: number, w: Float64Array, nonNegative: boolean): number {
    const { a, plan, factor } = this;
    const { cellOf, cellBlock, cellStride, width, factors, rows, rowsFrom } = plan;
    const { values } = factor;
    const F = factors.length;
    const pairs = (F * (F + 1)) / 2;
    factor.identity(component);
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      const weight = w[i];
      if (nonNegative && weight < 0) continue;
      const cell = cellOf[i];
      let block = cell * pairs;
      for (let f = 0; f < F; f++) {
        const { q, offset } = factors[f];
        const row = i * width + offset;
        for (let g = 0; g <= f; g++, block++) {
          const at = cellBlock[block];
          const stride = cellStride[cell * F + g];
          const columns = factors[g].q;
          const other = i * width + factors[g].offset;
          for (let r = 0; r < q; r++) {
            const scaled = weight * a[row + r];
            const end = f === g ? r + 1 : columns;
            for (let c = 0; c < end; c++) values[at + r * stride + c] += scaled * a[other + c];
          }
        }
      }
    }
    return factor.factor(component);
  }

  /** out = H^-1 A'v. */
  solveTransposed(v: Float64Array, out: Float64Array): void {
    out.fill(0);
    for (let c = 0; c < this.plan.components; c++) {
      this.addTransposed(c, v, out);
      this.factor.solve(c, out);
    }
  }

  /** out += A'v over the strata of a component. */
  protected addTransposed(component: number, v: Float64Array, out: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors, rows, rowsFrom } = plan;
    const F = factors.length;
    for (let j = rowsFrom[component]; j < rowsFrom[component + 1]; j++) {
      const i = rows[j];
      const cell = cellOf[i] * F;
      for (let f = 0, at = i * width; f < F; f++) {
        const column = cellColumn[cell + f];
        const { q } = factors[f];
        for (let c = 0; c < q; c++) out[column + c] += a[at++] * v[i];
      }
    }
  }
}
