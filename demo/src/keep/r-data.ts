/** R code that reads the data of a run into `d`, a row for each row of the model frame. */

import { leftOf } from '../model/formula-names.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { dataPath } from './equivalents.ts';
import { rVoom } from './r-voom.ts';
import { bare, type RSettings, rName, rString } from './r-words.ts';

const PARQUET = /\.(parquet|pq)$/i;

export interface RData {
  readonly libraries: readonly string[];
  readonly lines: readonly string[];
  /** Lines that need the rows and levels of the model. */
  readonly after?: readonly string[];
  /** Left side of the formula. */
  readonly left: string;
}

/** R code that reads a table: delimited text, or Parquet. */
function readTable(path: string, options: string): string {
  if (PARQUET.test(path)) {
    const table = `as.data.frame(arrow::read_parquet(${rString(path)}))`;
    return options.startsWith('row.names')
      ? `local({ t <- ${table}; \`rownames<-\`(t[-1], t[[1]]) })`
      : `${table} |> rapply(as.factor, 'character', how = 'replace')`;
  }
  return `${/\.(tsv|txt|tab)(\.gz)?$/i.test(path) ? 'read.delim' : 'read.csv'}(${rString(path)}, ${options})`;
}

/** R code that reads the annotation of cells or samples, named by its first column. */
function readObs(path: string): string[] {
  return [
    `d <- ${readTable(path, 'row.names = 1, stringsAsFactors = TRUE, check.names = FALSE')}`,
    ...(PARQUET.test(path) ? ['d[] <- lapply(d, function(x) if (is.character(x)) factor(x) else x)'] : []),
  ];
}

/** Reads `counts`, cells x genes, and where the file has one the annotation `d`. */
function readMatrix(summary: DataSummary, layer: string): RData['lines'] {
  const path = dataPath(summary);
  const { obs } = summary.roles;
  if (/\.(h5mu|zarr|zip)$/i.test(path)) return pythonMatrix(summary, layer);
  if (/\.h5ad$/i.test(path)) {
    const place = layer === '' ? 'X' : layer === 'raw' ? 'raw/X' : `layers/${layer}`;
    const annotation = [
      'obs <- h5read(file, "obs")',
      'about <- h5readAttributes(file, "obs")',
      'd <- lapply(obs[as.character(about[["column-order"]])], function(x) {',
      '  if (is.list(x)) factor(x$codes, seq_along(x$categories) - 1, x$categories) else as.vector(x)',
      '})',
      'd <- lapply(d, function(x) if (is.character(x)) factor(x) else x)',
      'd <- data.frame(d, row.names = as.vector(obs[[about[["_index"]]]]), check.names = FALSE)',
    ];
    return [
      `file <- ${rString(path)}`,
      ...(obs === null ? annotation : []),
      `x <- h5read(file, ${rString(place)})`,
      'if (is.list(x)) {',
      `  of <- h5readAttributes(file, ${rString(place)})`,
      '  entries <- list(p = as.vector(x$indptr), x = as.numeric(x$data), dims = as.vector(of$shape), index1 = FALSE)',
      '  by <- if (of[["encoding-type"]] == "csr_matrix") list(j = as.vector(x$indices)) else list(i = as.vector(x$indices))',
      '  counts <- do.call(sparseMatrix, c(by, entries))',
      '} else counts <- t(x)',
      `var <- h5readAttributes(file, ${rString(layer === 'raw' ? 'raw/var' : 'var')})[["_index"]]`,
      `colnames(counts) <- as.vector(h5read(file, paste0(${rString(layer === 'raw' ? 'raw/var/' : 'var/')}, var)))`,
      ...(obs === null
        ? ['rownames(counts) <- rownames(d)']
        : [
            'rownames(counts) <- as.vector(h5read(file, paste0("obs/", h5readAttributes(file, "obs")[["_index"]])))',
            ...readObs(obs),
            ...ALIGN,
          ]),
    ];
  }
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

/** Stores that R reads by Python's packages. */
function pythonMatrix({ name: path, roles: { modality, obs } }: DataSummary, layer: string): string[] {
  const isFile = /\.h5mu$/i.test(path);
  const one = `reticulate::import("anndata")$read_zarr(${rString(path)})`;
  const several = `reticulate::import("mudata")$read_${isFile ? 'h5mu' : 'zarr'}(${rString(path)})`;
  const values = layer === '' ? 'a$X' : layer === 'raw' ? 'a$raw$X' : `a$layers[[${rString(layer)}]]`;
  return [
    ...(modality || isFile
      ? [
          `all <- ${several} # by Python's mudata`,
          modality ? `a <- all$mod[[${rString(modality)}]]` : 'a <- all$mod[[all$mod_names[1]]]',
        ]
      : [`a <- ${one} # by Python's anndata`]),
    `counts <- ${values}`,
    `dimnames(counts) <- list(rownames(a$obs), rownames(${layer === 'raw' ? 'a$raw$var' : 'a$var'}))`,
    ...(obs === null
      ? [
          'd <- a$obs',
          ...(modality || isFile
            ? [
                '# columns of all cells, where the matrix has no own',
                'd <- cbind(d, all$obs[rownames(d), setdiff(names(all$obs), names(d)), drop = FALSE])',
              ]
            : []),
          'd[] <- lapply(d, function(x) if (is.character(x)) factor(x) else x)',
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

/** The response of a matrix or a bulk table, with what is done to its values. */
function response(settings: Settings & RSettings, value: string, totals: string): string[] {
  const { normalize, transform, zeroIsMissing } = settings;
  const lines =
    normalize === 'none'
      ? [`d$y <- ${value}`]
      : [`d$y <- log1p(${normalize === 'log1p-cpm' ? '1e6' : '1e4'} * ${value} / ${totals})`];
  if (zeroIsMissing) lines.push('d$y[d$y == 0] <- NA');
  if (transform !== 'none') lines.push(`d$y <- ${transform}(d$y)`);
  return lines;
}

export function rData(settings: Settings & RSettings, summary: DataSummary, name: string): RData {
  const { layer, minCounts, offset, totals } = settings;
  const libraries: string[] = [];
  const lines: string[] = [];
  const path = dataPath(summary);
  if (summary.kind === 'matrix') {
    libraries.push('Matrix', ...(/\.(h5ad|h5)$/i.test(path) ? ['rhdf5'] : []));
    lines.push(...readMatrix(summary, layer));
    if (minCounts > 0) {
      lines.push(
        `enough <- Matrix::rowSums(counts) >= ${minCounts}`,
        'counts <- counts[enough, ]',
        'd <- d[enough, , drop = FALSE]',
      );
    }
    lines.push(
      ...response(
        settings,
        `counts[rownames(d), ${rString(name)}]`,
        totals === '' ? 'Matrix::rowSums(counts)[rownames(d)]' : `d[[${rString(totals)}]]`,
      ),
    );
    if (offset === 'library') lines.push('d$library <- log(Matrix::rowSums(counts))');
    return { libraries, lines, left: 'y' };
  }
  if (summary.kind === 'bulk') {
    lines.push(
      `values <- ${readTable(path, 'row.names = 1, check.names = FALSE')}`,
      ...readObs(summary.roles.obs ?? ''),
      'd <- d[intersect(rownames(d), colnames(values)), , drop = FALSE]',
      'values <- values[rownames(d)]',
    );
    if (minCounts > 0) lines.push(`d <- d[colSums(values)[rownames(d)] >= ${minCounts}, , drop = FALSE]`);
    if (settings.weights !== 'voom') {
      lines.push(
        ...response(
          settings,
          `unlist(values[${rString(name)}, rownames(d)])`,
          totals === '' ? 'colSums(values)[rownames(d)]' : `d[[${rString(totals)}]]`,
        ),
      );
    }
    if (offset === 'library') lines.push('d$library <- log(colSums(values)[rownames(d)])');
    if (summary.roles.weights !== null) {
      lines.push(
        `w <- ${readTable(summary.roles.weights, 'row.names = 1, check.names = FALSE')}`,
        `d$w <- unlist(w[${rString(name)}, rownames(d)])`,
      );
    }
    return { libraries, lines, after: settings.weights === 'voom' ? rVoom(settings, name) : [], left: 'y' };
  }
  lines.push(`d <- ${readTable(path, 'stringsAsFactors = TRUE, check.names = FALSE')}`);
  const left = leftOf(settings.formula);
  const several = /^cbind\(/.test(left) && settings.family === 'gaussian';
  const one = left === '' || several ? rName(name) : left;
  const column = rName(bare(one));
  if (settings.zeroIsMissing) lines.push(`d$${column}[which(d$${column} == 0)] <- NA`);
  if (settings.transform !== 'none') lines.push(`d$${column} <- ${settings.transform}(d$${column})`);
  return { libraries, lines, left: one };
}
