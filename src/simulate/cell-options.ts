import { FitError } from '../errors.ts';
import { checkCount, checkRange, checkSeed } from './option-checks.ts';

/** What {@link simulateCells} can be asked for; only the three sizes are required. */
export interface CellOptions {
  readonly genes: number;
  readonly cells: number;
  readonly donors: number;
  readonly seed?: number; // 1
  /** Expected share of non-zero counts, strictly between 0 and 1. */
  readonly density?: number; // 0.08
  /** `within`: column `stim` (ctrl, stim), both in each donor; `between`: column `group` (control, disease), one per donor. */
  readonly condition?: 'within' | 'between'; // 'within'
  /** Levels of `cell_type`, 1 to 26, named A, B ... */
  readonly cellTypes?: number; // 3
  /** Levels of `batch`, to which cells go at random within donors; 0 leaves the column out. */
  readonly batches?: number; // 0
  /** Share of the genes that respond to the condition. */
  readonly effectFraction?: number; // 0.2
  /** Standard deviation of their natural-log fold changes. */
  readonly effectSd?: number; // 0.5
  /** Mean over the genes of the donor standard deviation (natural-log scale); each gene's own is gamma distributed, shape 2. */
  readonly donorSd?: number; // 0.2
  /**
   * Mean over the genes of the standard deviation between samples of one donor (donor x condition), gamma distributed like
   * that of donors; for a condition within donors. Cells of a sample are no replicates of the condition because of it.
   */
  readonly sampleSd?: number; // 0.1
  /** Standard deviation of the batch effects (natural-log scale). */
  readonly batchSd?: number; // 0.1
  /** Median over the genes of the dispersion: variance = mean + dispersion x mean^2. */
  readonly dispersion?: number; // 0.3
  /** Standard deviation over the genes of the natural log of the mean. */
  readonly meanSd?: number; // 2
  /** Standard deviation over the cells of the natural log of the library size. */
  readonly sizeSd?: number; // 0.35
}

/** The options with all defaults filled in. */
export type FullCellOptions = Required<CellOptions>;

/** Fills in the defaults and refuses what makes no sense (FitError, tag OptionError). */
export function completeCellOptions(options: CellOptions): FullCellOptions {
  const full: FullCellOptions = {
    seed: 1,
    density: 0.08,
    condition: 'within',
    cellTypes: 3,
    batches: 0,
    effectFraction: 0.2,
    effectSd: 0.5,
    donorSd: 0.2,
    sampleSd: 0.1,
    batchSd: 0.1,
    dispersion: 0.3,
    meanSd: 2,
    sizeSd: 0.35,
    ...options,
  };
  checkCount('genes', full.genes, 1);
  checkCount('donors', full.donors, 1);
  checkCount('cells', full.cells, 1);
  checkCount('cellTypes', full.cellTypes, 1);
  checkRange('cellTypes', full.cellTypes, 1, 26);
  checkCount('batches', full.batches, 0);
  checkSeed(full.seed);
  checkRange('density', full.density, 0, 1, true);
  checkRange('effectFraction', full.effectFraction, 0, 1);
  // Larger spreads on the log scale only overflow: exp(10) is a factor of 22,000.
  for (const name of ['effectSd', 'donorSd', 'sampleSd', 'batchSd', 'meanSd', 'sizeSd'] as const)
    checkRange(name, full[name], 0, 10);
  checkRange('dispersion', full.dispersion, 1e-6, 1e3);
  if (full.condition !== 'within' && full.condition !== 'between') {
    throw new FitError('OptionError', `condition is '${String(full.condition)}', but must be 'within' or 'between'`, {
      option: 'condition',
      remedy: "Choose 'within' (each donor has both conditions) or 'between' (each donor has one).",
    });
  }
  const fewest = full.condition === 'within' ? 2 * full.donors : full.donors;
  if (full.cells < fewest) {
    throw new FitError('OptionError', `${full.cells} cells are too few for ${full.donors} donors`, {
      option: 'cells',
      remedy: `Ask for at least ${fewest} cells, or for fewer donors.`,
    });
  }
  return full;
}
