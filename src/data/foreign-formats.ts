/** Formats that are not read, and how to get what is in them into one that is. */

const ADVICE: Readonly<Record<string, string>> = {
  rds: "in R: write.csv(readRDS('FILE'), 'data.csv'); for a Seurat object or SingleCellExperiment write an .h5ad with zellkonverter::writeH5AD or anndataR",
  rdata: "in R: load('FILE'), then write.csv(the_table, 'data.csv')",
  rda: "in R: load('FILE'), then write.csv(the_table, 'data.csv')",
  xlsx: 'in a spreadsheet program save the sheet as CSV (UTF-8)',
  xls: 'in a spreadsheet program save the sheet as CSV (UTF-8)',
  ods: 'in a spreadsheet program save the sheet as CSV (UTF-8)',
  feather: "in Python: pandas.read_feather('FILE').to_parquet('data.parquet')",
  arrow: "in Python: pandas.read_feather('FILE').to_parquet('data.parquet')",
  sav: "in R: write.csv(haven::read_sav('FILE'), 'data.csv')",
  dta: "in R: write.csv(haven::read_dta('FILE'), 'data.csv')",
  sas7bdat: "in R: write.csv(haven::read_sas('FILE'), 'data.csv')",
  loom: "in Python: anndata.io.read_loom('FILE').write_h5ad('data.h5ad')",
  h5seurat: "in R: SeuratDisk::Convert('FILE', dest = 'h5ad')",
  mtx: 'give the folder that holds matrix.mtx, features.tsv and barcodes.tsv',
  pkl: "in Python: pandas.read_pickle('FILE').to_parquet('data.parquet'), of files that you trust",
  json: 'write the records as a CSV table',
};

/** How to convert a file of a format that is not read, by its extension where none is given; undefined for others. */
export function conversionAdvice(path: string, format?: string): string | undefined {
  const bare = path.replace(/[/\\]+$/, '').replace(/\.gz$/i, '');
  const extension = format ?? /\.([^./\\]+)$/.exec(bare)?.[1]?.toLowerCase();
  const advice = extension === undefined || !Object.hasOwn(ADVICE, extension) ? undefined : ADVICE[extension];
  return advice?.replace('FILE', bare.slice(Math.max(bare.lastIndexOf('/'), bare.lastIndexOf('\\')) + 1));
}
