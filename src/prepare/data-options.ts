/** What of its data a run takes and what it makes of them, whatever the data are. */
import type { ContrastCoding } from '../formula/contrasts.ts';
import { checkOptions } from '../options/check.ts';
import { chosen, type OptionName, type OptionValue } from '../options/entries.ts';

/** Options of every door that takes data; `options/entries.ts` has their words. */
export interface DataOptions {
  /** R's formula language, `y ~ x + (1 | g)`; without a left side where the responses come as a matrix. */
  readonly formula: string;
  /** Column of prior weights, or `voom`: precision weights of counts by the trend of their variances. */
  readonly weights?: string | undefined;
  /** Library sizes of voom as they are, or scaled by trimmed means. */
  readonly normFactors?: OptionValue<'normFactors'> | undefined;
  /** Column added to the linear predictor, or `library`: the log of the counts of each row over all responses. */
  readonly offset?: string | undefined;
  /** Distribution of the response; `gaussian` without it. */
  readonly family?: OptionValue<'family'> | undefined;
  /** Of the family; its default without it. */
  readonly link?: OptionValue<'link'> | undefined;
  /** Column of the trials that a binomial response counts the successes of. */
  readonly trials?: string | undefined;
  /** Covariance of a subject's residuals, `us(visit | subject)` or `us(visit | arm / subject)`; independent ones without it. */
  readonly residual?: string | undefined;
  /** Right side in which the log standard deviation of the residuals is linear, `~ sex`; equal ones without it. */
  readonly dispersion?: string | undefined;
  /** Of comparisons: families of the same responses beside each other, `poisson,nbinom2`, `binomial,binomial(probit)`. */
  readonly families?: string | undefined;
  /** Of comparisons: structures of residuals beside each formula, `us,csh,ar1(visit | subject)`, `none`; `auto` takes the best of all. */
  readonly structures?: string | undefined;
  /** Column of the totals that normalisation divides by; sums over all responses without it. */
  readonly totals?: string | Float64Array | undefined;
  /** Of counts. */
  readonly normalize?: OptionValue<'normalize'> | undefined;
  /** @deprecated It is called `normalize`. */
  readonly normalisation?: OptionValue<'normalize'> | undefined;
  /** Column whose levels get a fit each. */
  readonly splitBy?: string | undefined;
  /** Condition on the rows, `cell_type == 'B cells' & n > 5`. */
  readonly where?: string | undefined;
  /** Keep the responses seen in at least so many rows. */
  readonly minCells?: number | undefined;
  /** Leave out rows with fewer counts over all responses. */
  readonly minCounts?: number | undefined;
  /** Columns to be taken as factors, `column` or `column=level1,level2`; as ordered factors. */
  readonly factor?: readonly string[] | undefined;
  readonly ordered?: readonly string[] | undefined;
  /** Coding of factors by column; treatment, and poly for ordered factors, without it. */
  readonly coding?: Readonly<Record<string, ContrastCoding>> | undefined;
  /** @deprecated It is called `coding`. */
  readonly contrastCodings?: Readonly<Record<string, ContrastCoding>> | undefined;
  /** Missing values: leave rows out, per response (default for several responses), or refuse them. */
  readonly na?: OptionValue<'na'> | undefined;
  /** What becomes of the values of responses in memory: a zero is missing, then a logarithm is taken. */
  readonly zeroIsMissing?: boolean | undefined;
  readonly transform?: OptionValue<'transform'> | undefined;
  /** Of the fits to come: one that is forced on the device may have dense moments formed there. */
  readonly backend?: OptionValue<'backend'> | undefined;
  /** Mebibytes at most for the sums of a pass. */
  readonly memory?: number | undefined;
  /** Threads that read a matrix, and those of the first pass of voom. */
  readonly threads?: number | undefined;
}

/** Where data are read from files: what the files hold, and how they are spelt. */
export interface InputOptions extends DataOptions {
  /** Path of the annotation, where the data do not carry it. */
  readonly obs?: string | undefined;
  /** True when `weights` is a file in the bulk layout, else it is a column. */
  readonly weightsFile?: boolean | undefined;
  readonly responses?: string | undefined;
  readonly layer?: string | undefined;
  readonly modality?: string | undefined;
  readonly featureType?: string | undefined;
  /** Of several files: genes that all of them have, or all genes, zero in the cells of a file that lacks them. */
  readonly matchGenes?: OptionValue<'matchGenes'> | undefined;
  /** Column to make that names the file of each row. */
  readonly sampleColumn?: string | undefined;
  /** Genome of a CellRanger file with several; prefix of the files of a 10x folder with several sets. */
  readonly genome?: string | undefined;
  readonly prefix?: string | undefined;
  /** Spelling of numbers and of missing values in text tables. */
  readonly decimal?: OptionValue<'decimal'> | undefined;
  readonly naStrings?: readonly string[] | undefined;
}

/** Factors of normalisation of `weights: voom`; undefined without it. */
export function voomFactors({
  weights,
  normFactors,
}: Pick<DataOptions, 'weights' | 'normFactors'>): OptionValue<'normFactors'> | undefined {
  return weights === 'voom' ? chosen('normFactors', normFactors) : undefined;
}

/** The column of prior weights, where they are one. */
export function weightColumn({
  weights,
  weightsFile,
}: Pick<InputOptions, 'weights' | 'weightsFile'>): string | undefined {
  return weights === 'voom' || weightsFile ? undefined : weights;
}

/** The column of totals, where they are one. */
export function totalsColumn({ totals }: Pick<DataOptions, 'totals'>): string | undefined {
  return typeof totals === 'string' ? totals : undefined;
}

/** What {@link DataOptions} holds as the table of options describes it; contrasts and totals have other forms here. */
const CHECKED = [
  ...[
    'formula',
    'weights',
    'normFactors',
    'offset',
    'family',
    'link',
    'trials',
    'residual',
    'dispersion',
    'structures',
    'families',
    'normalize',
    'splitBy',
    'where',
    'minCells',
    'minCounts',
  ],
  ...['factor', 'ordered', 'na', 'zeroIsMissing', 'transform', 'backend', 'memory', 'threads'],
] as readonly OptionName[]; // each is a key of the table

/** @throws OptionError for a value that its option does not take */
export function checkDataOptions(options: DataOptions): void {
  checkOptions(options, CHECKED);
}
