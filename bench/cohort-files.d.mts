/** Sizes of a cohort: an even number of samples, two of each donor; cells of a sample on average. */
export interface CohortSize {
  readonly samples: number;
  readonly genes: number;
  readonly cells: number;
  readonly seed?: number;
}

/** Writes an .h5ad of each sample to `folder/data`, and `folder/samples.tsv`. */
export function writeCohort(
  folder: string,
  size: CohortSize,
): Promise<readonly { readonly sample: string; readonly path: string }[]>;
