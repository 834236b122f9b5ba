/**
 * The parameters of a covariance as users know them, by the names of the tidy table, as functions of t: with their derivatives
 * and the scales on which their estimates are nearly normal.
 */
import type { DesignMoments, TermMoments } from '../../moments/moments.ts';
import { isHeterogeneous } from '../../types/residual.ts';
import { solveUpper, solveUpperBoth } from '../covariance-factor.ts';
import { rowOfElement, termCovariance } from './block-covariance.ts';
import { knownParameters } from './block-residuals.ts';
import {
  type CovarianceParameters,
  correlationsAt,
  covarianceParameters,
  type TermCovariance,
} from './covariance-parameters.ts';
import type { NormalScale } from './normal-scale.ts';
import { deviationColumns } from './residual-summary.ts';

/** One parameter; `t` has zeros where nothing is known of a parameter. */
export interface CovarianceQuantity {
  readonly effect: 'ran_pars' | 'dispersion';
  readonly group: string | null;
  readonly term: string;
  readonly scale: NormalScale;
  /** Elements of t that it depends on; none of a correlation that a structure has at zero. */
  readonly support: readonly number[];
  /** Whether it is in units of the response by elements of t that are. */
  readonly hasUnit: boolean;
  /** Of a correlation of random effects the numbers of their standard deviations. */
  readonly effects: readonly number[];
  /** Another one, by its number, of which this is a power: a structure has fewer parameters than it has correlations. */
  readonly powerOf: { readonly member: number; readonly power: number } | null;
  /** NaN where it is not defined. */
  value(t: Float64Array): number;
  /** What an element of t is small beside, as far as this quantity goes: one, or the size of an effect. */
  unit(t: Float64Array, element: number): number;
}

export interface CovarianceQuantities {
  /** Random terms, then correlations and other parameters of the residuals, dispersion, standard deviations of residuals. */
  readonly members: readonly CovarianceQuantity[];
  values(t: Float64Array): Float64Array;
  /** Derivatives by t, members x parameters. */
  gradients(t: Float64Array): Float64Array;
}

const LOG: NormalScale = { kind: 'log', least: 0 };
const FISHER: NormalScale = { kind: 'fisher', least: -1 };
const IDENTITY: NormalScale = { kind: 'identity', least: 0 };
/** Step of central differences in units of the element: errors of 1e-10 from its square and from rounding alike. */
const STEP = 1e-5;

export function covarianceQuantities(design: DesignMoments): CovarianceQuantities {
  const { blocks } = design;
  if (!blocks) throw new RangeError('the design has no blocks of a covariance');
  const parameters = covarianceParameters(blocks.layout, design.terms);
  const members: CovarianceQuantity[] = [];
  for (const [e, term] of parameters.terms.entries()) {
    members.push(...termQuantities(term, design.terms[e], members.length));
  }
  members.push(...correlationQuantities(parameters), ...deviationQuantities(parameters, design));
  return {
    members,
    values(t) {
      const known = knownParameters(t, parameters.count);
      return Float64Array.from(members, (member) => member.value(known));
    },
    gradients(t) {
      const known = knownParameters(t, parameters.count);
      const out = new Float64Array(members.length * parameters.count);
      members.forEach((member, i) => {
        for (const k of member.support) out[i * parameters.count + k] = slopeAlong(member, known, k);
      });
      return out;
    },
  };
}

/** Derivative of a quantity by an element of t, which is moved and put back. */
export function slopeAlong(quantity: Pick<CovarianceQuantity, 'value' | 'unit'>, t: Float64Array, k: number): number {
  const step = STEP * quantity.unit(t, k);
  const whole = t[k];
  t[k] = whole + step;
  const above = quantity.value(t);
  t[k] = whole - step;
  const below = quantity.value(t);
  t[k] = whole;
  return (above - below) / (2 * step);
}

const one = () => 1;

/** Correlations and ranges of residuals, then the coefficients of their dispersion model. */
function correlationQuantities(parameters: CovarianceParameters): CovarianceQuantity[] {
  const { layout, structure } = parameters;
  const { visits, groups, dispersion } = layout;
  // An exchangeable correlation has its own least value; a range is positive.
  const isEqual = layout.structure === 'cs' || layout.structure === 'csh';
  const naturalScale = (name: string): NormalScale =>
    name === 'range' ? LOG : isEqual ? { kind: 'fisher', least: -1 / (visits.length - 1) } : FISHER;
  const natural = structure.natural(new Float64Array(parameters.count), 0).map(({ name }) => name);
  const plain = { hasUnit: false, effects: [], powerOf: null, unit: one } as const;
  const out: CovarianceQuantity[] = [];
  groups.forEach((level, g) => {
    const group = groupName(level);
    const at = correlationsAt(parameters, g);
    if (layout.structure === 'us') {
      visits.forEach((visit, a) => {
        for (let b = a + 1; b < visits.length; b++) {
          const pair = Float64Array.of(a, b);
          const K = new Float64Array(4);
          out.push({
            ...{ ...plain, effect: 'ran_pars', group, term: `cor__${visit}.${visits[b]}`, scale: FISHER },
            support: [...rowElements(at, a), ...rowElements(at, b)],
            value(t) {
              structure.evaluate(t, at, pair, 2, K, null);
              return K[1] / Math.sqrt(K[0] * K[3]);
            },
          });
        }
      });
    }
    natural.forEach((name, k) => {
      out.push({
        ...{ ...plain, effect: 'ran_pars', group, term: name, scale: naturalScale(name) },
        support: Array.from({ length: structure.parameters }, (_, e) => at + e),
        value: (t) => structure.natural(t, at)[k].value,
      });
    });
  });
  layout.scales.slice(0, dispersion).forEach((term, c) => {
    const value = (t: Float64Array) => t[c];
    out.push({ ...plain, effect: 'dispersion', group: null, term, scale: IDENTITY, support: [c], value });
  });
  return out;
}

/** Elements of row `visit` of the factor of `us` whose elements begin at `at`. */
function rowElements(at: number, visit: number): number[] {
  return Array.from({ length: visit }, (_, j) => at + (visit * (visit - 1)) / 2 + j);
}

/** Standard deviations of residuals: one where all are equal, else one a visit. */
function deviationQuantities(parameters: CovarianceParameters, { blocks }: DesignMoments): CovarianceQuantity[] {
  if (!blocks) return [];
  const { visits, groups, dispersion, structure } = parameters.layout;
  const byVisit = visits.length > 0 && (dispersion > 0 || (structure !== null && isHeterogeneous(structure)));
  const columns = deviationColumns(parameters, blocks);
  return groups.flatMap((level, g) => {
    const own = columns[g];
    const at = correlationsAt(parameters, g);
    const add = (term: string, slots: readonly number[]): CovarianceQuantity => {
      const seen = slots.filter((slot) => own.scales[slot] !== null);
      const elements = seen.flatMap((slot) => [
        ...[...(own.scales[slot] ?? []).keys()].filter((c) => own.scales[slot]?.[c] !== 0),
        ...(structure === 'us' ? rowElements(at, slot) : []),
      ]);
      return {
        ...{ effect: 'ran_pars', group: groupName(level), term, scale: LOG },
        ...{ hasUnit: false, effects: [], powerOf: null, unit: one },
        support: [...new Set(elements)].sort((a, b) => a - b),
        value(t) {
          const [first = Number.NaN, ...others] = seen.map((slot) => own.deviation(t, slot));
          return others.every((value) => isNear(value, first)) ? first : Number.NaN;
        },
      };
    };
    const all = [...own.scales.keys()];
    return [
      ...(!byVisit || dispersion > 0 ? [add('sd__Observation', all)] : []),
      ...(byVisit ? visits.map((visit, v) => add(`sd__${visit}`, [v])) : []),
    ];
  });
}

function groupName(level: string): string {
  return level === '' ? 'Residual' : `Residual:${level}`;
}

/** Equal but for rounding; of values that are no numbers none are. */
function isNear(value: number, other: number): boolean {
  return Math.abs(value - other) <= 1e-12 * Math.abs(other);
}

/** Standard deviations and correlations of a random term in raw units, lower triangle by columns; `first` is the number of the first. */
function termQuantities(
  term: TermCovariance,
  { group, names, transform }: TermMoments,
  first: number,
): CovarianceQuantity[] {
  const { q, structure, deviations, offset, parameters } = term;
  const own = new Float64Array(q * q);
  const space = new Float64Array(q * q);
  /** G, in raw units. */
  const covariance = (t: Float64Array): Float64Array => {
    termCovariance(term, t, own, space);
    return structure ? own : solveUpperBoth(transform, own, q);
  };
  const deviation = (G: Float64Array, i: number) => Math.sqrt(Math.max(0, G[i * q + i]));
  const inverse = structure ? null : solveUpper(transform, identity(q), q);
  const elements = Array.from({ length: parameters }, (_, k) => k);
  /** Whether element k of the term moves what some effects have. */
  const moves = (effects: readonly number[], k: number): boolean => {
    if (inverse) return effects.some((i) => inverse[i * q + rowOfElement(k)] !== 0);
    if (effects.length > 1) return k >= deviations;
    return k < deviations && (deviations === 1 || effects[0] === k);
  };
  const unitOf =
    (effects: readonly number[]) =>
    (t: Float64Array, element: number): number => {
      if (!inverse) return 1;
      const row = rowOfElement(element - offset);
      const G = covariance(t);
      let least = Number.POSITIVE_INFINITY;
      for (const i of effects) least = Math.min(least, deviation(G, i) / Math.abs(inverse[i * q + row]));
      return least > 0 && Number.isFinite(least) ? least : 1;
    };
  /** Number of the standard deviation of effect j, and of its correlation with effect i, in a lower triangle by columns. */
  const numberOf = (i: number, j: number) => first + (j * (2 * q - j + 1)) / 2 + i - j;
  return names.flatMap((name, j) =>
    names.slice(j).map((other, lag): CovarianceQuantity => {
      const i = j + lag;
      const effects = lag === 0 ? [j] : [j, i];
      // Of an autoregression a correlation is a power of the first; equal ones are the first.
      const isCopy =
        lag === 0 ? deviations === 1 && j > 0 : (term.name === 'cs' || term.name === 'ar1') && (i !== 1 || j !== 0);
      const original = lag === 0 ? first : numberOf(1, 0);
      return {
        effect: 'ran_pars',
        group,
        term: lag === 0 ? `sd__${name}` : `cor__${name}.${other}`,
        scale: lag === 0 ? LOG : { kind: 'fisher', least: term.name === 'cs' ? -1 / (q - 1) : -1 },
        support: elements.filter((k) => moves(effects, k)).map((k) => offset + k),
        hasUnit: lag === 0,
        effects: lag === 0 ? [] : [numberOf(j, j), numberOf(i, i)],
        powerOf: isCopy ? { member: original, power: lag > 0 && term.name === 'ar1' ? lag : 1 } : null,
        value(t) {
          const G = covariance(t);
          return lag === 0 ? deviation(G, j) : G[i * q + j] / Math.sqrt(G[i * q + i] * G[j * q + j]);
        },
        unit: unitOf(effects),
      };
    }),
  );
}

function identity(q: number): Float64Array {
  return Float64Array.from({ length: q * q }, (_, i) => (i % (q + 1) === 0 ? 1 : 0));
}
