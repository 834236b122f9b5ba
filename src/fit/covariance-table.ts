/** The covariances of structured models in the columns of a table of fits. */

import { solveUpperBoth } from '../lmm/covariance-factor.ts';
import { termCovariance } from '../lmm/structured/block-covariance.ts';
import {
  type CovarianceParameters,
  covarianceParameters,
  searchedLength,
} from '../lmm/structured/covariance-parameters.ts';
import { MOST_CORRELATED, type ResidualSummary, residualSummary } from '../lmm/structured/residual-summary.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import type { CovarianceTable } from '../types/fit-table.ts';
import { nameUnion } from '../types/parameters.ts';

/** Writes models of structured designs into the columns of a table. */
export interface CovarianceWriter {
  readonly table: CovarianceTable;
  /**
   * Takes what a fit of model m has for its covariance. Gives the number of parameters that it has, the mean variance of its
   * residuals, and the covariance of each random term in raw units.
   */
  write(
    design: DesignMoments,
    m: number,
    theta: Float64Array,
  ): { readonly parameters: number; readonly meanVariance: number; readonly covariances: Float64Array[] };
}

/** What fits of one design share. */
interface DesignCovariance {
  readonly parameters: CovarianceParameters;
  readonly summary: ResidualSummary;
  /** Place of each of its visits among those of all designs. */
  readonly visitAt: readonly number[];
}

/** Null for a run without structured designs. */
export function covarianceWriter(moments: Moments, information: 'observed' | 'expected'): CovarianceWriter | null {
  const layouts = moments.batches.flatMap(({ design }) => (design.blocks ? [design.blocks.layout] : []));
  const [first] = layouts;
  if (!first) return null;
  const models = moments.names.length;
  const visits = nameUnion(layouts.map((layout) => layout.visits));
  const placeOf = new Map(visits.map((visit, place) => [visit, place]));
  const groups = nameUnion(layouts.map((layout) => layout.groups));
  const dispersion = nameUnion(layouts.map((layout) => layout.scales.slice(0, layout.dispersion)));
  const width = moments.batches.reduce((most, { design }) => Math.max(most, searchedLength(design)), 0);
  const known = new Map<DesignMoments, DesignCovariance>();
  const covarianceOf = (design: DesignMoments): DesignCovariance => {
    let made = known.get(design);
    if (!made && design.blocks) {
      const parameters = covarianceParameters(design.blocks.layout, design.terms);
      const visitAt = design.blocks.layout.visits.map((visit) => placeOf.get(visit) ?? 0);
      made = { parameters, summary: residualSummary(parameters, design.blocks), visitAt };
    }
    if (!made) throw new RangeError('a design without blocks beside one that has them');
    known.set(design, made);
    return made;
  };
  const names = nameUnion(
    moments.batches.flatMap(({ design }) => {
      if (!design.blocks) return [];
      const { structure, count } = covarianceOf(design).parameters;
      return [structure.natural(new Float64Array(count), 0).map(({ name }) => name)];
    }),
  );
  const numbers = (length: number) => new Float64Array(models * length).fill(Number.NaN);
  const slots = Math.max(1, visits.length);
  const table: CovarianceTable = {
    structure: first.structure,
    residual: first.text,
    dispersionFormula: first.dispersionText,
    information,
    by: first.by,
    groups,
    visits,
    parameters: numbers(width),
    sd: numbers(groups.length * slots),
    correlation: numbers(groups.length * (visits.length <= MOST_CORRELATED ? visits.length ** 2 : 0)),
    names,
    values: numbers(groups.length * names.length),
    dispersion: { names: dispersion, estimate: numbers(dispersion.length), standardError: numbers(dispersion.length) },
  };
  return {
    table,
    write(design, m, theta) {
      const { parameters, summary, visitAt } = covarianceOf(design);
      const { layout, count } = parameters;
      table.parameters.set(theta, m * width);
      const t = theta.subarray(0, count);
      summary.groups(t).forEach(({ sd, correlation, parameters: natural }, g) => {
        const group = m * groups.length + groups.indexOf(layout.groups[g]);
        sd.forEach((value, v) => {
          table.sd[group * slots + (visitAt[v] ?? 0)] = value;
        });
        if (correlation.length > 0 && table.correlation.length > 0)
          visitAt.forEach((a, i) => {
            visitAt.forEach((b, j) => {
              table.correlation[(group * visits.length + a) * visits.length + b] = correlation[i * visitAt.length + j];
            });
          });
        for (const { name, value } of natural) table.values[group * names.length + names.indexOf(name)] = value;
      });
      for (let c = 0; c < layout.dispersion; c++) {
        const to = m * dispersion.length + dispersion.indexOf(layout.scales[c]);
        table.dispersion.estimate[to] = t[c];
        table.dispersion.standardError[to] = theta[count + c];
      }
      return {
        parameters: t.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0),
        meanVariance: summary.deviations(t).meanVariance,
        covariances: parameters.terms.map((term, e) => {
          const { q } = term;
          const G = new Float64Array(q * q);
          termCovariance(term, t, G, new Float64Array(q * q));
          return term.structure ? G : solveUpperBoth(design.terms[e].transform, G, q);
        }),
      };
    },
  };
}

/** Relative covariance factor L with sigma^2 L L' = G, lower triangle by columns; columns of no variance are zero. */
export function relativeFactor(G: Float64Array, q: number, sigma: number): Float64Array {
  const out: number[] = [];
  const L = new Float64Array(q * q);
  for (let j = 0; j < q; j++) {
    let square = G[j * q + j];
    for (let c = 0; c < j; c++) square -= L[j * q + c] ** 2;
    const own = square > 1e-14 * G[j * q + j] ? Math.sqrt(square) : 0;
    L[j * q + j] = own;
    for (let i = j + 1; i < q; i++) {
      let sum = G[i * q + j];
      for (let c = 0; c < j; c++) sum -= L[i * q + c] * L[j * q + c];
      L[i * q + j] = own > 0 ? sum / own : 0;
    }
    for (let i = j; i < q; i++) out.push(L[i * q + j] / sigma);
  }
  return Float64Array.from(out);
}
