# Objects with a gene, protein or response a row and a sample or cell a column.

#' Such an object as its parts, or `NULL` for anything else.
#'
#' @return A list: `values`, any matrix with row and column names; `samples`, the data frame of its columns in their order;
#'   `weights`, a matrix or `NULL`; `symbols` of genes or `NULL`; `cells`, whether columns are cells, most of whose values are 0.
#' @noRd
genes_of <- function(data, col_data, assay) {
  is_experiment <- inherits(data, "SummarizedExperiment")
  if (!is.null(assay) && !is_experiment) refuse("OptionError", "'assay' is for a SummarizedExperiment", option = "assay")
  parts <- if (is_experiment) {
    parts_of_experiment(data, assay)
  } else if (inherits(data, "EList")) {
    list(values = as.matrix(data$E), samples = data$targets, weights = data$weights)
  } else if (is.matrix(data) || inherits(data, c("Matrix", "DelayedMatrix"))) {
    list(values = data)
  } else if (is.data.frame(data) && !is.null(col_data)) {
    list(values = as.matrix(data))
  }
  if (is.null(parts)) return()
  if (!is.null(col_data)) parts$samples <- col_data
  if (is.null(parts$samples)) {
    refuse("DataError", "a matrix tells nothing of its columns", "Give a data frame of them, a row a column, as 'col_data'.")
  }
  name_parts(parts, by_position = inherits(data, "EList") && is.null(col_data))
}

parts_of_experiment <- function(data, assay) {
  if (!requireNamespace("SummarizedExperiment", quietly = TRUE)) {
    refuse("DataError", "the package SummarizedExperiment, whose object this is, is not installed")
  }
  known <- SummarizedExperiment::assayNames(data)
  if (is.character(assay) && !assay %in% known) {
    refuse("OptionError", sprintf("there is no assay '%s'", assay), paste0("There are: ", paste(known, collapse = ", "), "."),
      option = "assay"
    )
  }
  genes <- SummarizedExperiment::rowData(data)
  symbols <- intersect(c("Symbol", "symbol", "gene_name", "gene_symbols"), names(genes))
  list(
    values = SummarizedExperiment::assay(data, if (is.null(assay)) 1L else assay),
    samples = as.data.frame(SummarizedExperiment::colData(data), optional = TRUE),
    symbols = if (length(symbols) > 0L) as.character(genes[[symbols[1L]]]),
    cells = inherits(data, "SingleCellExperiment")
  )
}

#' Gives rows and columns names, and puts the rows of `samples` in the order of the columns.
#'
#' @param by_position Whether the rows of `samples` are in that order already, as in limma; so are those of a data frame without
#'   row names.
#' @noRd
name_parts <- function(parts, by_position) {
  values <- parts$values
  if (min(dim(values)) == 0L) refuse("DataError", "the matrix has no rows or no columns")
  columns <- colnames(values)
  samples <- parts$samples
  if (is.data.frame(samples)) {
    if (by_position || is.null(columns) || .row_names_info(samples) < 0L) {
      if (nrow(samples) != ncol(values)) {
        problem <- sprintf("%d columns of the data, but %d rows that describe them", ncol(values), nrow(samples))
        refuse("DataError", problem, "Give a row a column, or row names that are the names of the columns.")
      }
      if (is.null(columns)) columns <- paste0("sample", seq_len(ncol(values)))
    } else {
      found <- match(columns, rownames(samples))
      if (anyNA(found)) {
        problem <- sprintf("nothing describes column '%s' of the data", columns[is.na(found)][1L])
        refuse("DataError", problem, "The row names of the table of columns are their names.")
      }
      samples <- samples[found, , drop = FALSE]
    }
  }
  rows <- if (is.null(rownames(values))) as.character(seq_len(nrow(values))) else rownames(values)
  dimnames(values) <- list(rows, columns)
  parts$values <- values
  parts$samples <- samples
  parts
}

#' Writes a sparse matrix as a folder of 10x.
#' @noRd
write_tenx <- function(values, symbols, folder) {
  matrix <- sparse_matrix(values)
  if (!all(is.finite(matrix@x))) {
    refuse("DataError", "the matrix has missing or infinite values", "Give a matrix without them, or a dense one.")
  }
  dir.create(folder)
  Matrix::writeMM(matrix, file.path(folder, "matrix.mtx"))
  features <- rownames(values)
  if (!is.null(symbols)) features <- paste(features, ifelse(is.na(symbols), features, symbols), "Gene Expression", sep = "\t")
  write_lines(features, file.path(folder, "features.tsv"))
  write_lines(colnames(values), file.path(folder, "barcodes.tsv"))
  folder
}

#' Any matrix as a `dgCMatrix` without stored zeros.
#' @noRd
sparse_matrix <- function(values) {
  if (!requireNamespace("Matrix", quietly = TRUE)) refuse("DataError", "the package Matrix is not installed")
  if (inherits(values, "DelayedMatrix")) values <- methods::as(values, "dgCMatrix")
  general <- methods::as(methods::as(methods::as(values, "CsparseMatrix"), "generalMatrix"), "dMatrix")
  Matrix::drop0(general)
}
