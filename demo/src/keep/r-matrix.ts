/** R code that reads a matrix of cells with its annotation: 10x, AnnData, MuData, Zarr. */

import type { DataSummary } from '../protocol/protocol.ts';
import { dataPath } from './equivalents.ts';
import { rString } from './r-words.ts';

const PARQUET = /\.(parquet|pq)$/i;

/** R code that reads a table: delimited text, or Parquet. */
export function readTable(path: string, options: string): string {
  if (PARQUET.test(path)) {
    const table = `as.data.frame(arrow::read_parquet(${rString(path)}))`;
    return options.startsWith('row.names')
      ? `local({ t <- ${table}; \`rownames<-\`(t[-1], t[[1]]) })`
      : `${table} |> rapply(as.factor, 'character', how = 'replace')`;
  }
  return `${/\.(tsv|txt|tab)(\.gz)?$/i.test(path) ? 'read.delim' : 'read.csv'}(${rString(path)}, ${options})`;
}

/** R code that reads the annotation of cells or samples, named by its first column. */
export function readObs(path: string): string[] {
  return [
    `d <- ${readTable(path, 'row.names = 1, stringsAsFactors = TRUE, check.names = FALSE')}`,
    ...(PARQUET.test(path) ? ['d[] <- lapply(d, function(x) if (is.character(x)) factor(x) else x)'] : []),
  ];
}

/** R code that reads `counts`, cells x genes, and where the file has one the annotation `d`. */
export function readMatrix(summary: DataSummary, layer: string): readonly string[] {
  const path = dataPath(summary);
  const { obs } = summary.roles;
  if (/\.(zarr|zip)$/i.test(path)) return zarrMatrix(summary, layer);
  if (/\.(h5ad|h5mu)$/i.test(path)) return hdf5Matrix(summary, layer);
  if (/\.h5$/i.test(path)) {
    return [
      `x <- h5read(${rString(path)}, "matrix")`,
      'counts <- sparseMatrix(i = as.vector(x$indices), p = as.vector(x$indptr), x = as.numeric(x$data),',
      '  dims = as.vector(x$shape), index1 = FALSE, dimnames = list(x$features$id, x$barcodes))',
      'counts <- t(counts[x$features$feature_type == "Gene Expression", ]) # cells x genes',
      ...readObs(obs ?? 'obs.tsv'),
      ...ALIGN,
    ];
  }
  const matrix = summary.name.replace(/^.*\//, '');
  const prefix = matrix.replace(/matrix\.mtx(\.gz)?$/, '');
  return [
    // Files that were chosen one by one lie where R runs.
    `folder <- ${rString(path === summary.name ? '.' : path)}`,
    `part <- function(name) file.path(folder, grep(name, list.files(folder), value = TRUE)[1])`,
    `features <- read.delim(part(${rString(`^${prefix}(features|genes)[.]tsv`)}), header = FALSE)`,
    `counts <- readMM(part(${rString(`^${prefix}matrix[.]mtx`)}))`,
    `dimnames(counts) <- list(features[[1]], readLines(part(${rString(`^${prefix}barcodes[.]tsv`)})))`,
    'if (ncol(features) > 2) counts <- counts[features[[3]] == "Gene Expression", ]',
    'counts <- t(as(counts, "CsparseMatrix")) # cells x genes',
    ...readObs(obs ?? 'obs.tsv'),
    ...ALIGN,
  ];
}

/** AnnData, and modalities of MuData, which are AnnData in a group of their own. */
function hdf5Matrix({ name, roles }: DataSummary, layer: string): string[] {
  const { modality = null, obs } = roles;
  const isMuData = /\.h5mu$/i.test(name);
  const place = (part: string): string => (isMuData ? `paste0(at, ${rString(part)})` : rString(part));
  const [values, genes] = [
    layer === '' ? 'X' : layer === 'raw' ? 'raw/X' : `layers/${layer}`,
    layer === 'raw' ? 'raw/var' : 'var',
  ];
  return [
    `file <- ${rString(name)}`,
    ...(isMuData
      ? [
          modality
            ? `modality <- ${rString(modality)}`
            : 'modality <- with(h5ls(file, recursive = 2), name[group == "/mod"][1])',
          'at <- paste0("mod/", modality, "/")',
        ]
      : []),
    ...ANNOTATION,
    ...(obs === null ? [`d <- annotation(${place('obs')})`, ...(isMuData ? ALL_CELLS : [])] : []),
    `x <- h5read(file, ${place(values)})`,
    'if (is.list(x)) {',
    `  of <- h5readAttributes(file, ${place(values)})`,
    '  entries <- list(p = as.vector(x$indptr), x = as.numeric(x$data), dims = as.vector(of$shape), index1 = FALSE)',
    '  by <- if (of[["encoding-type"]] == "csr_matrix") list(j = as.vector(x$indices)) else list(i = as.vector(x$indices))',
    '  counts <- do.call(sparseMatrix, c(by, entries))',
    '} else counts <- t(x)',
    `dimnames(counts) <- list(index(${place('obs')}), index(${place(genes)}))`,
    ...(obs === null ? [] : [...readObs(obs), ...ALIGN]),
  ];
}

/** R functions that read an annotation, as AnnData stores it. */
const ANNOTATION = [
  'index <- function(place) as.vector(h5read(file, paste0(place, "/", h5readAttributes(file, place)[["_index"]])))',
  'annotation <- function(place) {',
  '  obs <- h5read(file, place)',
  '  d <- lapply(obs[as.character(h5readAttributes(file, place)[["column-order"]])], function(x) {',
  '    if (!is.list(x)) as.vector(x)',
  '    else if (!is.null(x$categories)) factor(x$codes, seq_along(x$categories) - 1, x$categories)',
  '    else replace(as.vector(x$values), as.logical(x$mask), NA)',
  '  })',
  '  d <- lapply(d, function(x) if (is.character(x)) factor(x) else x)',
  '  data.frame(d, row.names = index(place), check.names = FALSE)',
  '}',
];

/** R code that adds the columns of all cells which a modality lacks; those of its own stand there with its name before. */
const ALL_CELLS = [
  'all <- annotation("obs")[rownames(d), , drop = FALSE]',
  'own <- startsWith(names(all), paste0(modality, ":"))',
  'all[substring(names(all)[own], nchar(modality) + 2)] <- all[own]',
  'd <- cbind(d, all[setdiff(names(all), names(d))])',
];

/** Zarr stores, which R reads by Python's packages. */
function zarrMatrix({ name: path, roles: { modality, obs } }: DataSummary, layer: string): string[] {
  const read = (module: string): string =>
    `reticulate::import(${rString(module)}, convert = FALSE)$read_zarr(${rString(path)})`;
  const item = (of: string, key: string): string => `reticulate::py_get_item(${of}, ${rString(key)})`;
  const values = layer === '' ? 'a$X' : layer === 'raw' ? 'a$raw$X' : item('a$layers', layer);
  return [
    ...(modality
      ? [`all <- ${read('mudata')} # by Python's mudata and zarr`, `a <- ${item('all$mod', modality)}`]
      : [`a <- ${read('anndata')} # by Python's anndata and zarr`]),
    // R takes no integers and no single precision in a sparse matrix.
    `counts <- reticulate::py_to_r(${values}$astype("float64"))`,
    'names_of <- function(index) as.character(reticulate::py_to_r(index$to_list()))',
    `dimnames(counts) <- list(names_of(a$obs_names), names_of(${layer === 'raw' ? 'a$raw' : 'a'}$var_names))`,
    ...(obs === null
      ? [
          'frame <- function(a) {',
          '  d <- reticulate::py_to_r(a$obs)',
          '  d[] <- lapply(d, function(x) if (is.character(x)) factor(x) else x)',
          '  `rownames<-`(d, names_of(a$obs_names))',
          '}',
          'd <- frame(a)',
          ...(modality
            ? [
                `modality <- ${rString(modality)}`,
                ...ALL_CELLS.map((line) => line.replace('annotation("obs")', 'frame(all)')),
              ]
            : []),
        ]
      : [...readObs(obs), ...ALIGN]),
  ];
}

/** Cells that have both counts and a row of the annotation. */
const ALIGN = [
  'both <- intersect(rownames(counts), rownames(d))',
  'counts <- counts[both, ]',
  'd <- d[both, , drop = FALSE]',
];
