# What the command is given to read: files as they are, objects of R through files of their own.

#' Gives data to the command by way of a folder for files.
#'
#' @param formulas Texts of the formulas, whose columns are needed.
#' @param given Options under their own names; `responses` may be a data frame beside `data`, `weights` a matrix.
#' @return A list: `path`, `obs` (a path or `NULL`), `options` of the user and of the hand-over, and `names`, what to call files
#'   of ours in messages.
#' @noRd
hand_over <- function(data, col_data, assay, formulas, given, folder) {
  if (is.numeric(given$weights) && !is.matrix(given$weights)) {
    remedy <- "Put it into the data, and give the name of its column: weights = \"NAME\"."
    refuse("OptionError", "'weights' is a vector", remedy, option = "weights")
  }
  col_data <- plain_frame(col_data)
  genes <- genes_of(data, col_data, assay)
  handed <- if (!is.null(genes)) {
    hand_genes(genes, formulas, given, folder)
  } else if (is.data.frame(data)) {
    hand_frame(as.data.frame(data), formulas, given, folder)
  } else if (is.character(data) && length(data) > 0L) {
    hand_samples(list(path = as.character(data), options = given), col_data, formulas, folder)
  } else {
    problem <- sprintf("data are a %s", class(data)[1L])
    refuse("DataError", problem, "A data frame, a matrix, a SummarizedExperiment, an EList or a path is needed.")
  }
  responses <- handed$options$responses
  if (length(responses) > 1L) {
    path <- file.path(folder, "responses.txt")
    write_lines(as.character(responses), path)
    handed$options$responses <- paste0("@", path)
    handed$names[path] <- "responses"
  }
  handed
}

#' What describes the columns of a matrix: a data frame, a path, or nothing.
#' @noRd
plain_frame <- function(col_data) {
  if (inherits(col_data, "DataFrame")) return(as.data.frame(col_data, optional = TRUE))
  is_path <- is.character(col_data) && length(col_data) == 1L
  if (is.null(col_data) || is.data.frame(col_data) || is_path) return(col_data)
  refuse("DataError", sprintf("'col_data' is a %s", class(col_data)[1L]), "A data frame or a path is needed.")
}

#' The words of a command line, up to where it writes.
#' @noRd
handed_words <- function(verb, handed, formulas) {
  formulas <- if (length(formulas) > 0L) paste0("--formula=", formulas)
  c(verb, handed$path, formulas, if (!is.null(handed$obs)) paste0("--obs=", handed$obs), flag_words(verb, handed$options))
}

hand_genes <- function(genes, formulas, given, folder) {
  weights <- if (is.null(given$weights)) genes$weights else given$weights
  has_weights <- is.matrix(weights)
  # Weights and voom are for tables of samples.
  as_cells <- (isTRUE(genes$cells) || inherits(genes$values, "Matrix")) && is.null(weights)
  path <- file.path(folder, if (as_cells) "data" else "data.csv")
  if (as_cells) write_tenx(genes$values, genes$symbols, path) else write_matrix(as.matrix(genes$values), path)
  handed <- list(path = path, options = given, names = stats::setNames("the data", path))
  if (has_weights) {
    if (!identical(dim(weights), dim(genes$values))) refuse("DataError", "the weights have other rows or columns than the data")
    dimnames(weights) <- dimnames(genes$values)
    handed$options$weights <- write_matrix(weights, file.path(folder, "weights.csv"))
    handed$names[handed$options$weights] <- "the weights"
  }
  hand_samples(handed, genes$samples, formulas, folder, colnames(genes$values))
}

#' Hands over what describes the samples: a data frame, or a path.
#' @noRd
hand_samples <- function(handed, samples, formulas, folder, names = rownames(samples)) {
  if (is.data.frame(samples)) {
    needed <- function(name) mentions(name, formulas, handed$options)
    handed$obs <- write_frame(samples, file.path(folder, "samples.csv"), names, needed)
    handed$names[handed$obs] <- "col_data"
    handed <- keep_levels(handed, samples, formulas)
  } else {
    handed$obs <- samples
  }
  handed
}

hand_frame <- function(frame, formulas, given, folder) {
  beside <- given$responses
  wide <- frame
  if (is.data.frame(beside) || is.matrix(beside)) {
    beside <- as.data.frame(beside, optional = TRUE)
    named <- .row_names_info(beside) > 0L && .row_names_info(frame) > 0L
    if (nrow(beside) != nrow(frame) || (named && !identical(rownames(beside), rownames(frame)))) {
      refuse("DataError", "the responses have other rows than the data", "Give both the same rows, in the same order.")
    }
    given$responses <- names(beside)
    wide <- data.frame(frame, beside, check.names = FALSE)
  }
  needed <- function(name) mentions(name, formulas, given) || name %in% names(beside)
  path <- write_frame(wide, file.path(folder, "data.csv"), needed = needed)
  keep_levels(list(path = path, options = given, names = stats::setNames("the data", path)), frame, formulas)
}

#' Tells the command of factors what a table of texts does not.
#' @noRd
keep_levels <- function(handed, frame, formulas) {
  names <- Filter(function(name) mentions(name, formulas, handed$options), names(frame))
  found <- level_options(frame, names, intersect(names, coded_names(formulas)), handed$options)
  for (option in names(found)) handed$options[[option]] <- c(handed$options[[option]], found[[option]])
  handed
}

#' Whether a formula or an option may speak of a column.
#' @noRd
mentions <- function(name, formulas, given) {
  any(grepl(name, c(formulas, unlist(Filter(is.character, given))), fixed = TRUE))
}
