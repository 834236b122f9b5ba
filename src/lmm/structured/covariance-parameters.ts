/**
 * Where the parameters of a covariance by blocks stand: log standard deviations of the residuals in the columns of the
 * layout, the correlations of each group, then each random term: the factor of any covariance (lower triangle by rows), or
 * log standard deviations and correlations of a structured one.
 */
import { fitRowLayout } from '../../glmm/fit-row.ts';
import type { CovarianceBlock, CovarianceBlocks, CovarianceLayout } from '../../moments/covariance-blocks.ts';
import type { DesignMoments, TermMoments } from '../../moments/moments.ts';
import { thetaLength, triangleSize } from '../../types/parameters.ts';
import type { Structure } from './structure.ts';
import { structureOf, turnedExchangeable, unstructuredCorrelations } from './structures.ts';

/** A random term's covariance G: any, as a factor, or sd_i sd_j K_ij. */
export interface TermCovariance {
  readonly q: number;
  readonly name: CovarianceLayout['terms'][number];
  /** Null for any covariance. */
  readonly structure: Structure | null;
  /** Log standard deviations of a structured one: one an effect, or one for all. */
  readonly deviations: number;
  readonly offset: number;
  readonly parameters: number;
}

export interface CovarianceParameters {
  readonly layout: CovarianceLayout;
  readonly count: number;
  /** Of the residuals; parameters of group g begin at `scales + g * structure.parameters`. */
  readonly scales: number;
  /** As users know it, and as blocks have it. */
  readonly structure: Structure;
  readonly blockStructure: Structure;
  readonly terms: readonly TermCovariance[];
}

export function covarianceParameters(layout: CovarianceLayout, terms: readonly TermMoments[]): CovarianceParameters {
  const structure = residualStructure(layout);
  const scales = layout.scales.length;
  let offset = scales + layout.groups.length * structure.parameters;
  const made = terms.map(({ q }, t): TermCovariance => {
    const name = layout.terms[t] ?? null;
    const own = name === null ? null : structureOf(name, q);
    const deviations = own === null ? 0 : name === 'ar1' ? 1 : q;
    const parameters = own === null ? triangleSize(q) : deviations + own.parameters;
    offset += parameters;
    return { q, name, structure: own, deviations, offset: offset - parameters, parameters };
  });
  const blockStructure = layout.form === 'means' ? turnedExchangeable(layout.visits.length) : structure;
  return { layout, count: offset, scales, structure, blockStructure, terms: made };
}

/**
 * Numbers that a fit of a design has for its covariance: the relative factors of its terms; of one with blocks t, and the standard
 * errors of the coefficients of its dispersion model.
 */
export function searchedLength(design: Pick<DesignMoments, 'blocks' | 'family' | 'terms' | 'p'>): number {
  const { blocks, family, terms } = design;
  if (family) return fitRowLayout(design).length;
  if (!blocks) return thetaLength(terms);
  return covarianceParameters(blocks.layout, terms).count + blocks.layout.dispersion;
}

function residualStructure({ structure, visits, dispersion }: CovarianceLayout): Structure {
  if (structure === 'us' && dispersion > 0) return unstructuredCorrelations(visits.length);
  return structureOf(structure ?? 'diag', visits.length);
}

/** Where the correlations of a group begin. */
export function correlationsAt({ scales, structure }: CovarianceParameters, group: number): number {
  return scales + group * structure.parameters;
}

/** Parameters that the rows of a block depend on, increasing. */
export function parametersOf(parameters: CovarianceParameters, block: CovarianceBlock): Int32Array {
  const { scales, structure, terms, layout } = parameters;
  const places: number[] = [];
  for (let c = 0; c < scales; c++) {
    let touched = false;
    for (let a = 0; a < block.size; a++) touched ||= block.scales[a * scales + c] !== 0;
    if (touched) places.push(c);
  }
  const from = correlationsAt(parameters, block.group);
  const largest = layout.structure === 'us' ? block.positions.reduce((most, v) => Math.max(most, v), 0) : -1;
  for (let k = 0; k < structure.parameters; k++) {
    // Element (i, j) of the factor belongs to visit i.
    if (largest >= 0 && k >= (largest * (largest + 1)) / 2) break;
    places.push(from + k);
  }
  for (const { offset, parameters: own } of terms) for (let k = 0; k < own; k++) places.push(offset + k);
  return Int32Array.from(places);
}

/** Parameters that no block tells anything of: visits or pairs of visits that a response lacks. */
export function idleParameters(parameters: CovarianceParameters, { blocks }: CovarianceBlocks): Uint8Array {
  const idle = new Uint8Array(parameters.count).fill(1);
  for (const block of blocks) for (const k of parametersOf(parameters, block)) idle[k] = 0;
  return idle;
}

/**
 * Subjects of the correlation that fewest of them tell: those with two rows whose covariance it moves. With few, given the standard
 * deviations that other rows tell, the likelihood of a correlation often has two maxima, one at each end of its range.
 */
export function fewestSubjects(parameters: CovarianceParameters, { blocks, layout }: CovarianceBlocks): number {
  const { structure, scales, count } = parameters;
  // Blocks of the other forms are means or neighbours, not subjects; they are made of long series.
  if (layout.form !== 'subjects' || structure.parameters === 0) return Number.POSITIVE_INFINITY;
  const told = new Float64Array(count);
  const t = new Float64Array(count);
  for (let g = 0; g < layout.groups.length; g++) structure.start(t, correlationsAt(parameters, g), 0.5, layout.spacing);
  for (const { size: m, positions, group, count: alike, subjects } of blocks) {
    const K = new Float64Array(m * m);
    const dK = new Float64Array(structure.parameters * m * m);
    const at = correlationsAt(parameters, group);
    structure.evaluate(t, at, positions, m, K, dK);
    for (let k = 0; k < structure.parameters; k++) {
      const moved = new Set<number>();
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < a; b++) {
          if (subjects[a] === subjects[b] && dK[(k * m + a) * m + b] !== 0) moved.add(subjects[a]);
        }
      }
      told[at + k] += alike * moved.size;
    }
  }
  return told.subarray(scales).reduce((least, n) => (n > 0 ? Math.min(least, n) : least), Number.POSITIVE_INFINITY);
}

/**
 * Subjects that tell a correlation of residuals up to which random effects of the same subjects may explain it as well, so that
 * searches begin on either side.
 */
export const CONTESTED_SUBJECTS = 40;

/**
 * Whether blocks are strata of variance beside one random effect a level, or none: independent residuals whose standard deviations
 * go by columns of scales (`strata-rows.ts`).
 */
export function areStrata({ layout, terms }: CovarianceParameters, blocks: readonly CovarianceBlock[]): boolean {
  if (layout.structure !== null && layout.structure !== 'diag') return false;
  if (terms.length > 1 || terms.some(({ q, structure }) => q > 1 || structure !== null)) return false;
  return blocks.every(({ sums, sign, effects }) =>
    effects.every(({ z, levels }) =>
      sums ? sign > 0 && z.every((value) => value === 0) : levels.every((k) => k === 0),
    ),
  );
}
