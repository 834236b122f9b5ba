/**
 * Whether the covariance of one model lies inside that of another where residuals or random effects are structured. Residuals
 * have the covariance S K S, S the diagonal of exp(columns of scales), K the correlations of a structure: a model is inside another
 * where its scales are combinations of the other's and its correlations a case of the other's.
 *
 *     none < cs, ar1, ...    cs < toep < us    ar1 < toep    ar1 < ad < us        with equal deviations or one a visit alike
 */

import { type RandomDifference, randomDifference } from '../infer/likelihood-ratio.ts';
import { designScales, scaleColumns } from '../moments/scale-columns.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { ResidualRows, StructureName } from '../types/residual.ts';
import {
  columnsInside,
  embedDesign,
  embeddedDifference,
  sameGroups,
  sameNumbers,
  termComparisons,
} from './nested-models.ts';

/** Correlations of a structure, whatever its standard deviations are. */
type Correlations = 'none' | 'cs' | 'ar1' | 'toep' | 'ad' | 'us' | 'sp_exp';

const CORRELATIONS: Readonly<Record<StructureName, Correlations>> = {
  us: 'us',
  cs: 'cs',
  csh: 'cs',
  ar1: 'ar1',
  ar1h: 'ar1',
  toep: 'toep',
  toeph: 'toep',
  ad: 'ad',
  adh: 'ad',
  diag: 'none',
  sp_exp: 'sp_exp',
};

/** What each is a case of, beside itself; no correlations are a case of all. */
const CASE_OF: Readonly<Record<Correlations, readonly Correlations[]>> = {
  none: ['cs', 'ar1', 'toep', 'ad', 'us', 'sp_exp'],
  cs: ['toep', 'us'],
  ar1: ['toep', 'ad', 'us'],
  toep: ['us'],
  ad: ['us'],
  us: [],
  sp_exp: [],
};

/**
 * What the random effects and residuals of a larger model have more than those of a model inside it; null where it is not
 * inside.
 */
export function nestedDifference(small: Design, large: Design): RandomDifference | null {
  const residuals = residualDifference(small, large);
  if (!residuals) return null;
  const random = randomEffectsDifference(small, large);
  if (!random || residuals.kind === 'interior') return random;
  return random.kind === 'interior' ? residuals : { kind: 'several' };
}

/** Whether the residuals of two designs have different covariances. */
export function differentResiduals(a: Design, b: Design): boolean {
  return a !== b && (residualDifference(a, b) === null || residualDifference(b, a) === null);
}

function residualDifference(small: Design, large: Design): RandomDifference | null {
  if (!scalesInside(small, large)) return null;
  const [own, other] = [small, large].map(({ residual }) => correlationsOf(residual));
  if (own !== other && !CASE_OF[own].includes(other)) return null;
  if (own === 'none') {
    if (other !== 'sp_exp') return { kind: 'interior' };
    // Correlations of times are positive: none of them is the edge of their range.
    const groups = large.residual?.by?.levels.length ?? 1;
    return groups === 1 ? { kind: 'one effect', effects: 0 } : { kind: 'several' };
  }
  return small.residual && large.residual && sharesRoles(small.residual, large.residual) ? { kind: 'interior' } : null;
}

function correlationsOf(residual: ResidualRows | undefined): Correlations {
  if (!residual) return 'none';
  const own = CORRELATIONS[residual.structure];
  // Two visits have one correlation.
  return own !== 'none' && residual.visit?.levels.length === 2 ? 'us' : own;
}

function scalesInside(small: Design, large: Design): boolean {
  const [own, other] = [small, large].map((design) => {
    const { columns, layoutScales } = scaleColumns(designScales(design));
    const x = new Float64Array(design.n * columns.length);
    columns.forEach((column, k) => {
      x.set(column, k * design.n);
    });
    return { names: layoutScales.scales, x };
  });
  return columnsInside(own, other, small.n) !== null;
}

/** Whether two structures are over the same visits or times of the same subjects, the groups of the second within the first's. */
function sharesRoles(small: ResidualRows, large: ResidualRows): boolean {
  if (!sameGroups(small.subject, large.subject) || !samePlaces(small, large)) return false;
  const [outer, inner] = [small.by, large.by];
  if (!outer || outer.levels.length === 1) return true;
  if (!inner) return false;
  const image = new Int32Array(inner.levels.length).fill(-1);
  return inner.codes.every((code, i) => {
    if (image[code] < 0) image[code] = outer.codes[i];
    return image[code] === outer.codes[i];
  });
}

/** Whether two structures are over the same visits in the same order, or over the same times. */
export function samePlaces(a: ResidualRows, b: ResidualRows): boolean {
  if (a.time || b.time) return sameNumbers(a.time?.values, b.time?.values);
  return a.visit !== null && b.visit !== null && sameCodes(a.visit.codes, b.visit.codes);
}

export function sameCodes(a: Int32Array, b: Int32Array): boolean {
  return a === b || (a.length === b.length && a.every((code, i) => code === b[i]));
}

/**
 * Of the random effects. A structured term lies in one with the same columns that has its structure, or (`diag`) one that holds
 * it, and in a term of any covariance. The effects of `diag` are terms of their own: each variance has its own bound.
 */
function randomEffectsDifference(small: Design, large: Design): RandomDifference | null {
  const left = [...large.random];
  const rest = small.random.filter((term) => {
    const at = term.structure ? left.findIndex((other) => holdsStructured(term, other)) : -1;
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const free = left.filter(({ structure }) => structure === undefined || structure === 'diag');
  const [inner, outer] = [rest, free].map((terms) => terms.flatMap((term) => singleTerms(term, small.n)));
  const [a, b] = [
    { ...small, random: inner },
    { ...large, random: outer },
  ];
  const embedding = embedDesign(a, b);
  if (!embedding) return null;
  const structured = left.filter((term) => !free.includes(term));
  if (structured.length === 0) return embeddedDifference(a, b, embedding);
  const more = structured.map(({ names }) => ({ effects: names.length, inside: [] }));
  return randomDifference([...termComparisons(a, b, embedding), ...more]);
}

function holdsStructured(term: RandomTerm, other: RandomTerm): boolean {
  const wider = other.structure === term.structure || (term.structure === 'diag' && other.structure === 'cs');
  return (
    wider && sameGroups(term, other) && term.names.join('\n') === other.names.join('\n') && sameNumbers(term.z, other.z)
  );
}

function singleTerms(term: RandomTerm, n: number): RandomTerm[] {
  const { structure, ...plain } = term;
  if (structure !== 'diag') return [term];
  return term.names.map((name, k) => ({ ...plain, names: [name], z: term.z.subarray(k * n, (k + 1) * n) }));
}
