/** The sets of a file tested by the genes of a run: which sets, in which order, and what of them is known there. */
import { type GeneSet, placeGeneSets } from '../data/table/gene-sets.ts';
import { cameraRanked, type GeneSetTests, INTER_GENE_CORRELATION, zScores } from './camera-ranked.ts';

/** Sets with fewer genes that were tested are left out unless told. */
export const LEAST_SET = 5;

/** Genes with one test each; arrays are of one length. */
export interface RankedGenes {
  /** Lists of names, by any of which a set may name a gene: ids, symbols. Empty names are none. */
  readonly names: readonly (readonly string[])[];
  readonly estimate: Float64Array;
  /** log10 of two-sided p-values; NaN for genes without a test. */
  readonly log10P: Float64Array;
}

/** How sets are tested. */
export interface GeneSetTestOptions {
  /** Between the genes of a set, when nothing is tested; 0.01 unless told, as in limma. */
  readonly correlation?: number | undefined;
  /** Sets with fewer genes that were tested are left out (5). */
  readonly least?: number | undefined;
}

/** Tested sets in the order of p, those that cannot be tested last; arrays are of one length. */
export interface TestedGeneSets {
  readonly sets: readonly GeneSet[];
  readonly tests: GeneSetTests;
  /** Places of the genes of each set among those of the run. */
  readonly places: readonly Int32Array[];
  readonly correlation: number;
  /** Sets that were left out, as too few of their genes were tested. */
  readonly leftOut: number;
  /** Names of genes in the sets, and how many of them the run has. */
  readonly named: number;
  readonly known: number;
  /** Genes with a test. */
  readonly ranked: number;
}

/**
 * Tests gene sets by the z-scores of genes (`zScores`, `cameraRanked`).
 *
 * @throws DataError where no gene of any set is known, and for fewer than three genes with a test; OptionError for a
 *   correlation that is none
 */
export function testGeneSets(
  { names, estimate, log10P }: RankedGenes,
  sets: readonly GeneSet[],
  { correlation = INTER_GENE_CORRELATION, least = LEAST_SET }: GeneSetTestOptions = {},
): TestedGeneSets {
  const { places, named, known } = placeGeneSets(sets, names);
  const statistic = zScores(estimate, log10P);
  const isTested = (at: number): boolean => !Number.isNaN(statistic[at]);
  const kept = [...sets.keys()].filter((k) => places[k].filter(isTested).length >= Math.max(1, least));
  const found = cameraRanked(
    statistic,
    kept.map((k) => places[k]),
    correlation,
  );
  const order = Int32Array.from(kept.keys()).sort((a, b) => rankOf(found.log10P[a]) - rankOf(found.log10P[b]) || a - b);
  const inOrder = (values: Float64Array): Float64Array => Float64Array.from(order, (k) => values[k]);
  return {
    sets: Array.from(order, (k) => sets[kept[k]]),
    tests: {
      size: Int32Array.from(order, (k) => found.size[k]),
      difference: inOrder(found.difference),
      statistic: inOrder(found.statistic),
      df: found.df,
      pValue: inOrder(found.pValue),
      log10P: inOrder(found.log10P),
      adjustedP: inOrder(found.adjustedP),
      messages: Array.from(order, (k) => found.messages[k]),
    },
    places: Array.from(order, (k) => places[kept[k]]),
    correlation,
    leftOut: sets.length - kept.length,
    named,
    known,
    ranked: statistic.reduce((sum, _, at) => sum + (isTested(at) ? 1 : 0), 0),
  };
}

/** What was not tested comes last. */
function rankOf(log10P: number): number {
  return Number.isNaN(log10P) ? 1 : log10P;
}
