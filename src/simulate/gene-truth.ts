import type { Column, Table } from '../types/table.ts';
import type { FullCellOptions } from './cell-options.ts';
import { Random, STREAM } from './random.ts';

/** What is true of each gene. Effects are natural-log fold changes; arrays have one value a gene unless said otherwise. */
export interface GeneTruth {
  readonly names: readonly string[];
  /** log of the expected count in a cell of median library size at the first level of every factor, an average donor. */
  readonly logMean: Float64Array;
  readonly dispersion: Float64Array;
  readonly donorSd: Float64Array;
  /** Between samples of one donor; zero for a condition between donors. */
  readonly sampleSd: Float64Array;
  /** Effect of `stim` or of `group`; 0 for null genes. */
  readonly effect: Float64Array;
  /** (cell types - 1) arrays: effects against the first type. */
  readonly typeEffects: readonly Float64Array[];
  /** One array a batch. */
  readonly batchEffects: readonly Float64Array[];
}

/** Share of the genes that mark a cell type, and the spread of those effects. */
const MARKER_FRACTION = 0.2;
const MARKER_SD = 0.8;
/** Spread over the genes of the log dispersion. */
const LOG_DISPERSION_SD = 0.5;
const DONOR_SD_SHAPE = 2;

/** Gauss-Hermite rule of five points for a standard normal: exact for polynomials of degree nine. */
const NORMAL_NODES = [0, 1.355626179974266, -1.355626179974266, 2.85697001387281, -2.85697001387281];
const NORMAL_WEIGHTS = [8 / 15, 0.222075922005613, 0.222075922005613, 0.011257411327721, 0.011257411327721];

/** Expected shares of the cell types: proportional to 1, 1/2, 1/3 ... */
export function typeShares(count: number): number[] {
  const total = Array.from({ length: count }, (_, type) => 1 / (type + 1)).reduce((sum, share) => sum + share, 0);
  return Array.from({ length: count }, (_, type) => 1 / (type + 1) / total);
}

/** Draws the parameters of all genes; the overall level of the means is set so that the expected density is as asked. */
export function drawGenes(options: FullCellOptions): GeneTruth {
  const { genes, seed } = options;
  const fill = (key: number, draw: (random: Random) => number, index = 0): Float64Array => {
    const random = new Random(seed, key, index);
    return Float64Array.from({ length: genes }, () => draw(random));
  };
  const deviation = fill(STREAM.geneMeans, (random) => options.meanSd * random.normal());
  const dispersion = fill(
    STREAM.geneDispersions,
    (random) => options.dispersion * Math.exp(LOG_DISPERSION_SD * random.normal()),
  );
  const donorSd = fill(
    STREAM.geneDonorSds,
    (random) => (options.donorSd * random.gamma(DONOR_SD_SHAPE)) / DONOR_SD_SHAPE,
  );
  const sampled = options.condition === 'within' ? options.sampleSd : 0;
  const sampleSd = fill(STREAM.geneSampleSds, (random) => (sampled * random.gamma(DONOR_SD_SHAPE)) / DONOR_SD_SHAPE);
  const effect = drawEffects(options);
  const typeEffects = Array.from({ length: options.cellTypes - 1 }, (_, type) =>
    fill(
      STREAM.geneTypes,
      (random) => {
        const marks = random.uniform() < MARKER_FRACTION;
        const size = MARKER_SD * random.normal();
        return marks ? size : 0;
      },
      type,
    ),
  );
  const batchEffects = Array.from({ length: options.batches }, (_, batch) =>
    fill(STREAM.geneBatches, (random) => options.batchSd * random.normal(), batch),
  );

  // Mean and variance of the log mean over cells: condition (half and half), types, donors, batches, library sizes.
  const shares = typeShares(options.cellTypes);
  const typical = new Float64Array(genes);
  const spread = new Float64Array(genes);
  for (let gene = 0; gene < genes; gene++) {
    let mean = 0;
    let square = 0;
    typeEffects.forEach((effects, type) => {
      mean += shares[type + 1] * effects[gene];
      square += shares[type + 1] * effects[gene] ** 2;
    });
    const groups = donorSd[gene] ** 2 + sampleSd[gene] ** 2;
    const variance = square - mean ** 2 + effect[gene] ** 2 / 4 + groups + options.sizeSd ** 2;
    typical[gene] = deviation[gene] + effect[gene] / 2 + mean;
    spread[gene] = Math.sqrt(variance + (options.batches > 0 ? options.batchSd ** 2 : 0));
  }
  const level = levelForDensity(options.density, typical, spread, dispersion);
  const digits = String(genes).length;
  return {
    names: Array.from({ length: genes }, (_, gene) => `gene${String(gene + 1).padStart(digits, '0')}`),
    logMean: deviation.map((value) => value + level),
    dispersion,
    donorSd,
    sampleSd,
    effect,
    typeEffects,
    batchEffects,
  };
}

/** Effects of the condition: exactly round(fraction x genes) genes have one, chosen by selection sampling. */
function drawEffects(options: FullCellOptions): Float64Array {
  const random = new Random(options.seed, STREAM.geneEffects);
  const effect = new Float64Array(options.genes);
  let wanted = Math.round(options.effectFraction * options.genes);
  for (let gene = 0; gene < options.genes; gene++) {
    const chosen = random.uniform() * (options.genes - gene) < wanted;
    const size = options.effectSd * random.normal();
    if (!chosen) continue;
    effect[gene] = size;
    wanted--;
  }
  return effect;
}

/** The level to add to the log means for the expected share of non-zero counts, by bisection. */
function levelForDensity(
  density: number,
  typical: Float64Array,
  spread: Float64Array,
  dispersion: Float64Array,
): number {
  const expected = (level: number): number => {
    let sum = 0;
    for (let gene = 0; gene < typical.length; gene++) {
      for (let node = 0; node < NORMAL_NODES.length; node++) {
        const mean = Math.exp(level + typical[gene] + spread[gene] * NORMAL_NODES[node]);
        sum -= NORMAL_WEIGHTS[node] * Math.expm1(-Math.log1p(mean * dispersion[gene]) / dispersion[gene]);
      }
    }
    return sum / typical.length;
  };
  let low = -40;
  let high = 40;
  // 80 / 2^24 is 5e-6 on the log scale: far below the sampling error of any data set.
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2;
    if (expected(middle) < density) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The truth as a table, one row a gene: `mean effect donor_sd sample_sd dispersion is_null`, then one column a cell type but the first. */
export function truthTable(truth: GeneTruth, typeNames: readonly string[]): Table {
  const numeric = (values: Float64Array): Column => ({ kind: 'numeric', values });
  const columns = new Map<string, Column>([
    ['mean', numeric(truth.logMean.map(Math.exp))],
    ['effect', numeric(truth.effect)],
    ['donor_sd', numeric(truth.donorSd)],
    ['sample_sd', numeric(truth.sampleSd)],
    ['dispersion', numeric(truth.dispersion)],
    ['is_null', { kind: 'logical', values: truth.effect.map((value) => (value === 0 ? 1 : 0)) }],
  ]);
  truth.typeEffects.forEach((effects, type) => {
    columns.set(`cell_type${typeNames[type + 1]}`, numeric(effects));
  });
  return { rows: truth.names.length, columns, rowNames: truth.names };
}
