import type { Table } from '../types/table.ts';
import { annotationTable, type CellAnnotation, drawAnnotation } from './cell-annotation.ts';
import { buildStratum, drawCell, type Stratum } from './cell-counts.ts';
import { type CellOptions, completeCellOptions, type FullCellOptions } from './cell-options.ts';
import { drawGenes, type GeneTruth, truthTable } from './gene-truth.ts';
import { checkCount } from './option-checks.ts';
import { Random, STREAM } from './random.ts';

export type { CellOptions } from './cell-options.ts';

/**
 * Counts of consecutive cells, compressed by cell: cell i of the block holds genes `indices[pointers[i] ..
 * pointers[i + 1]]`, increasing, with counts of at least 1 in `values`.
 */
export interface CellBlock {
  readonly pointers: Int32Array;
  readonly indices: Int32Array;
  readonly values: Int32Array;
}

/** A simulated experiment. The counts are drawn while they are read and never held as a whole. */
export interface SimulatedCells {
  /** Names of the genes. */
  readonly names: readonly string[];
  /** Barcodes. */
  readonly rowNames: readonly string[];
  /** One row a cell: `donor`, `stim` and `sample` or `group`, `batch`, `sex`, `age`, `cell_type`, `log_size`. */
  readonly obs: Table;
  /** One row a gene: `mean`, `effect`, `donor_sd`, `sample_sd`, `dispersion`, `is_null`, `cell_typeB` ... */
  readonly truth: Table;
  /** The counts, in the order of the cells; every call gives the same ones, whatever the size of the blocks. */
  blocks(options?: { readonly cellsPerBlock?: number }): Iterable<CellBlock>;
}

const CELLS_PER_BLOCK = 512;

/**
 * Simulates single-cell counts of several donors for models such as `~ stim + (1 | donor) + (1 | sample)`.
 *
 * The count of gene g in cell c is negative binomial with dispersion d_g and mean
 *
 *     size_c x exp(log mean_g + effect_g [stim] + type effect_g + donor_sd_g u_gd + sample_sd_g v_gds + batch effect_gb)
 *
 * with u, v ~ N(0, 1), so effects are natural-log fold changes of the mean count, not differences of log1p values. The overall level of the
 * means is set so that the expected share of non-zero counts is `density`.
 *
 * @throws FitError with tag OptionError for sizes and shares that make no sense.
 */
export function simulateCells(options: CellOptions): SimulatedCells {
  const full = completeCellOptions(options);
  const truth = drawGenes(full);
  const annotation = drawAnnotation(full);
  const total = truth.logMean.reduce((sum, value) => sum + Math.exp(value), 0);
  return {
    names: truth.names,
    rowNames: annotation.rowNames,
    obs: annotationTable(annotation, full, total),
    truth: truthTable(truth, annotation.typeNames),
    blocks: ({ cellsPerBlock = CELLS_PER_BLOCK } = {}) => {
      checkCount('cellsPerBlock', cellsPerBlock, 1);
      return drawBlocks(full, truth, annotation, cellsPerBlock);
    },
  };
}

/** Draws the counts block by block. Each cell has a random stream of its own; strata live as long as their donor. */
function* drawBlocks(
  options: FullCellOptions,
  truth: GeneTruth,
  annotation: CellAnnotation,
  cellsPerBlock: number,
): Generator<CellBlock> {
  const { genes, cells, seed } = options;
  const counts = new Int32Array(genes);
  const strata = new Map<number, Stratum>();
  let donorRates = new Float64Array(0);
  let donor = -1;
  let indices = new Int32Array(1024);
  let values = new Int32Array(1024);
  for (let first = 0; first < cells; first += cellsPerBlock) {
    const rows = Math.min(cellsPerBlock, cells - first);
    const pointers = new Int32Array(rows + 1);
    let used = 0;
    for (let row = 0; row < rows; row++) {
      const cell = first + row;
      if (annotation.donor[cell] !== donor) {
        donor = annotation.donor[cell];
        donorRates = drawDonor(seed, truth, donor);
        strata.clear();
      }
      const batch = options.batches > 0 ? annotation.batch[cell] : 0;
      const key = (batch * options.cellTypes + annotation.cellType[cell]) * 2 + annotation.condition[cell];
      let stratum = strata.get(key);
      if (stratum === undefined) {
        stratum = buildStratum(stratumRates(seed, truth, donorRates, annotation, cell), truth.dispersion);
        strata.set(key, stratum);
      }
      let left = drawCell(stratum, annotation.size[cell], new Random(seed, STREAM.counts, cell), counts);
      if (used + left > indices.length) {
        indices = grow(indices, used + left);
        values = grow(values, used + left);
      }
      for (let gene = 0; left > 0; gene++) {
        if (counts[gene] === 0) continue;
        indices[used] = gene;
        values[used++] = counts[gene];
        counts[gene] = 0;
        left--;
      }
      pointers[row + 1] = used;
    }
    yield { pointers, indices: indices.slice(0, used), values: values.slice(0, used) };
  }
}

/** Log rates of all genes in one donor at the first level of every factor. */
function drawDonor(seed: number, truth: GeneTruth, donor: number): Float64Array<ArrayBuffer> {
  const random = new Random(seed, STREAM.donorEffects, donor);
  return Float64Array.from(truth.logMean, (value, gene) => value + truth.donorSd[gene] * random.normal());
}

/** Log rates of all genes in the stratum to which a cell belongs. */
function stratumRates(
  seed: number,
  truth: GeneTruth,
  donorRates: Float64Array,
  annotation: CellAnnotation,
  cell: number,
): Float64Array {
  const rates = donorRates.slice();
  const add = (effects: Float64Array): void => {
    for (let gene = 0; gene < rates.length; gene++) rates[gene] += effects[gene];
  };
  const sample = new Random(seed, STREAM.sampleEffects, 2 * annotation.donor[cell] + annotation.condition[cell]);
  add(truth.sampleSd.map((sd) => sd * sample.normal()));
  if (annotation.condition[cell] === 1) add(truth.effect);
  if (annotation.cellType[cell] > 0) add(truth.typeEffects[annotation.cellType[cell] - 1]);
  if (truth.batchEffects.length > 0) add(truth.batchEffects[annotation.batch[cell]]);
  return rates;
}

/** A copy of at least `length` places, doubled so that growth costs little on average. */
function grow(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(length, 2 * array.length));
  larger.set(array);
  return larger;
}
