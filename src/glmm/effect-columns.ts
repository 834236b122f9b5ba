import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { dot } from '../numeric/dense.ts';
import { triangleSize } from '../types/parameters.ts';
import { LevelFactor } from './level-factor.ts';
import { type LevelFronts, levelFronts } from './level-fronts.ts';

/** A random term: columns, place among the columns of a pseudo-row, place in theta. */
export interface ModeTerm {
  readonly q: number;
  readonly offset: number;
  readonly theta: number;
  readonly levels: number;
  /** First column of H of each level. */
  readonly columns: Int32Array;
}

/** Columns of the random effects by pseudo-row, A = Z L_theta, and products with them and with H = I + A'WA. */
export class EffectColumns {
  readonly plan: LevelFronts;
  readonly factor: LevelFactor;
  /** In the order of the evidence. */
  readonly terms: readonly ModeTerm[];
  readonly p: number;
  readonly m: number;
  /** rows x width: columns of Z and of A that belong to a pseudo-row. */
  readonly z: Float64Array;
  readonly a: Float64Array;
  protected readonly evidence: FamilyEvidence;
  /** X beta + offset. */
  protected readonly fixed: Float64Array;

  constructor(evidence: FamilyEvidence, split: boolean) {
    const { rows, effects, x } = evidence;
    const plan = levelFronts(effects, rows, split);
    this.evidence = evidence;
    this.plan = plan;
    this.factor = new LevelFactor(plan);
    this.p = x.length / rows;
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
    this.z = numbers(rows * plan.width);
    this.terms.forEach(({ q, offset }, t) => {
      for (let i = 0; i < rows; i++) {
        for (let c = 0; c < q; c++) this.z[i * plan.width + offset + c] = effects[t].z[i * q + c];
      }
    });
    this.a = numbers(rows * plan.width);
    this.fixed = numbers(rows);
  }

  /** X beta + offset, and the rows of A. */
  protected prepare(parameters: Float64Array): void {
    const { p, a, z, fixed } = this;
    const { x, offset, rows } = this.evidence;
    const { width } = this.plan;
    for (let i = 0; i < rows; i++) fixed[i] = offset[i] + dot(x, i * p, parameters, 0, p);
    for (const { q, offset: at, theta } of this.terms) {
      for (let i = 0; i < rows; i++) {
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

  /** The column of H behind those of a component. */
  protected columnsEnd(component: number): number {
    const last = this.plan.frontsFrom[component + 1] - 1;
    return this.plan.pivot[last] + this.plan.k[last];
  }

  /** out = base + A v by pseudo-row; without base A v alone. */
  addEffects(v: Float64Array, out: Float64Array, base?: Float64Array): void {
    const { a, plan } = this;
    const { cellOf, cellColumn, width, factors } = plan;
    const F = factors.length;
    const n = this.evidence.rows;
    for (let i = 0; i < n; i++) {
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

  /** Forms and factors H of a component at weights W by pseudo-row, without those below zero where it is to have none. */
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

  /** out += A'v over the rows of a component. */
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
