/**
 * The parameters of a covariance as users know them, by the names of the tidy table, as functions of t: with their gradients
 * and the scales on which their estimates are nearly normal.
 */
import type { DesignMoments } from '../../moments/moments.ts';
import { isHeterogeneous } from '../../types/residual.ts';
import { solveUpper } from '../covariance-factor.ts';
import { termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import { type CovarianceParameters, covarianceParameters } from './covariance-parameters.ts';
import { groupCovariances } from './residual-summary.ts';

/** Log, Fisher's z over (least, 1), or the value itself. */
export interface NormalScale {
  readonly kind: 'log' | 'fisher' | 'identity';
  readonly least: number;
}

export interface QuantityName {
  readonly effect: 'ran_pars' | 'dispersion';
  readonly group: string | null;
  readonly term: string;
  readonly scale: NormalScale;
}

export interface CovarianceQuantities {
  /** Random terms, then correlations and other parameters of the residuals, dispersion, standard deviations of residuals. */
  readonly names: readonly QuantityName[];
  /** NaN where a quantity is not defined. */
  values(t: Float64Array): Float64Array;
  /** Derivatives by t, names x parameters. */
  gradients(t: Float64Array): { readonly values: Float64Array };
}

const LOG: NormalScale = { kind: 'log', least: 0 };
const FISHER: NormalScale = { kind: 'fisher', least: -1 };
/** Step of central differences: parameters are logarithms, or of order one. */
const STEP = 1e-5;

export function covarianceQuantities(design: DesignMoments): CovarianceQuantities {
  const { blocks } = design;
  if (!blocks) throw new RangeError('the design has no blocks of a covariance');
  const { layout } = blocks;
  const parameters = covarianceParameters(layout, design.terms);
  const { structure, visits, groups, dispersion } = layout;
  const groupName = (level: string) => (level === '' ? 'Residual' : `Residual:${level}`);
  const names: QuantityName[] = [];
  const add = (group: string | null, term: string, scale: NormalScale, effect: QuantityName['effect'] = 'ran_pars') =>
    names.push({ effect, group, term, scale });
  for (const { group, names: effects } of design.terms) {
    effects.forEach((name, j) => {
      add(group, `sd__${name}`, LOG);
      for (const other of effects.slice(j + 1)) add(group, `cor__${name}.${other}`, FISHER);
    });
  }
  // An exchangeable correlation has its own least value; a range is positive.
  const equal = structure === 'cs' || structure === 'csh';
  const naturalScale = (name: string): NormalScale =>
    name === 'range' ? LOG : equal ? { kind: 'fisher', least: -1 / (visits.length - 1) } : FISHER;
  const natural = parameters.structure.natural(new Float64Array(parameters.count), 0).map(({ name }) => name);
  groups.forEach((level) => {
    const group = groupName(level);
    if (structure === 'us') {
      visits.forEach((visit, a) => {
        for (const other of visits.slice(a + 1)) add(group, `cor__${visit}.${other}`, FISHER);
      });
    }
    for (const name of natural) add(group, name, naturalScale(name));
  });
  for (const name of layout.scales.slice(0, dispersion)) {
    add(null, name, { kind: 'identity', least: 0 }, 'dispersion');
  }
  const byVisit = visits.length > 0 && (dispersion > 0 || (structure !== null && isHeterogeneous(structure)));
  groups.forEach((level) => {
    const group = groupName(level);
    // One standard deviation where all are equal, else one a visit.
    if (!byVisit || dispersion > 0) add(group, 'sd__Observation', LOG);
    if (byVisit) for (const visit of visits) add(group, `sd__${visit}`, LOG);
  });

  const values = (t: Float64Array): Float64Array => {
    const known = knownParameters(t, parameters.count);
    const out = termQuantities(design, parameters, known);
    const covariances = groupCovariances(parameters, blocks, known);
    const m = visits.length;
    for (const { correlation, parameters: own } of covariances) {
      if (structure === 'us') {
        for (let a = 0; a < m; a++) for (let b = a + 1; b < m; b++) out.push(correlation[a * m + b]);
      }
      for (const { value } of own) out.push(value);
    }
    for (let c = 0; c < dispersion; c++) out.push(known[c]);
    for (const { sd } of covariances) {
      if (!byVisit || dispersion > 0) out.push(sd.every((value) => isNear(value, sd[0])) ? sd[0] : Number.NaN);
      if (byVisit) out.push(...sd);
    }
    return Float64Array.from(out);
  };
  return {
    names,
    values,
    gradients(t) {
      const m = parameters.count;
      const out = new Float64Array(names.length * m);
      const moved = knownParameters(t, m);
      for (let e = 0; e < m; e++) {
        const whole = moved[e];
        moved[e] = whole + STEP;
        const above = values(moved);
        moved[e] = whole - STEP;
        const below = values(moved);
        moved[e] = whole;
        for (let i = 0; i < names.length; i++) out[i * m + e] = (above[i] - below[i]) / (2 * STEP);
      }
      return { values: out };
    },
  };
}

/** Equal but for rounding; of values that are no numbers none are. */
function isNear(value: number, other: number): boolean {
  return Math.abs(value - other) <= 1e-12 * Math.abs(other);
}

/** Standard deviations and correlations of the random terms in raw units, lower triangles by columns. */
function termQuantities({ terms }: DesignMoments, parameters: CovarianceParameters, t: Float64Array): number[] {
  return parameters.terms.flatMap((term, e) => {
    const { q } = term;
    const own = new Float64Array(q * q);
    termCovariance(term, t, own, own.slice());
    let G: Float64Array = own;
    if (!term.structure) {
      // T^-1 G T^-T
      const half = solveUpper(terms[e].transform, own, q);
      G = solveUpper(
        terms[e].transform,
        half.map((_, i) => half[(i % q) * q + Math.floor(i / q)]),
        q,
      );
    }
    const out: number[] = [];
    for (let j = 0; j < q; j++) {
      out.push(Math.sqrt(Math.max(0, G[j * q + j])));
      for (let i = j + 1; i < q; i++) out.push(G[i * q + j] / Math.sqrt(G[i * q + i] * G[j * q + j]));
    }
    return out;
  });
}
