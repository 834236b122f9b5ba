# Tables between R and files: every number with all its digits.

#' Columns of the command's tables that hold names, whatever these look like, and have no missing values.
#' @noRd
name_columns <- c("response", "split", "level", "effect", "term")
#' Columns that hold texts or nothing.
#' @noRd
text_columns <- c("gene", "group", "status", "message", "df.method", "family", "link", "residual", "arithmetic")

read_table <- function(path) {
  table <- utils::read.table(
    path, header = TRUE, sep = "\t", quote = "\"", comment.char = "", colClasses = "character", na.strings = character(),
    check.names = FALSE, encoding = "UTF-8"
  )
  others <- setdiff(names(table), name_columns)
  table[others] <- Map(read_column, table[others], others %in% text_columns)
  table
}

read_column <- function(texts, is_text) {
  texts[texts == "NA"] <- NA
  known <- texts[!is.na(texts)]
  if (is_text || length(known) == 0L) return(if (is_text) texts else as.numeric(texts))
  if (all(known %in% c("TRUE", "FALSE"))) return(texts == "TRUE")
  # as.numeric() takes more for a number than the command writes for one, such as 0x1A.
  if (all(grepl("^-?([0-9]+\\.?[0-9]*|\\.[0-9]+|Inf)(e[+-]?[0-9]+)?$", known, perl = TRUE))) as.numeric(texts) else texts
}

#' Writes the columns of a data frame for the command; `row_names` puts them first, under a name that is free.
#'
#' @param needed Whether a formula or an option speaks of a column: others that no text can say are left out.
#' @noRd
write_frame <- function(frame, path, row_names = NULL, needed = function(name) TRUE) {
  columns <- lapply(stats::setNames(nm = names(frame)), function(name) plain_column(frame[[name]], name, needed(name)))
  columns <- columns[!vapply(columns, is.null, NA)]
  if (anyDuplicated(names(frame)) > 0L) {
    problem <- sprintf("two columns are named '%s'", names(frame)[duplicated(names(frame))][1L])
    refuse("DataError", problem, "Give each its own name.")
  }
  if (!is.null(row_names)) {
    name <- "name"
    while (name %in% names(columns)) name <- paste0(name, "_")
    columns <- c(stats::setNames(list(row_names), name), columns)
  }
  write_columns(columns, path)
  path
}

#' Writes a matrix with its row names first, some rows at a time.
#' @noRd
write_matrix <- function(matrix, path) {
  if (!is.numeric(matrix) && !is.logical(matrix)) {
    refuse("DataError", "the matrix holds texts", "Give numbers, and their names as row names.")
  }
  rows <- max(1L, 2e6L %/% ncol(matrix))
  for (first in seq(1L, nrow(matrix), by = rows)) {
    part <- matrix[first:min(first + rows - 1L, nrow(matrix)), , drop = FALSE]
    columns <- lapply(seq_len(ncol(part)), function(k) as.double(part[, k]))
    write_columns(c(list(rownames(part)), columns), path, c("name", colnames(matrix)), more = first > 1L)
  }
  path
}

write_columns <- function(columns, path, header = names(columns), more = FALSE) {
  texts <- lapply(unname(columns), column_texts)
  write_lines(c(if (!more) paste(quoted(header), collapse = ","), do.call(paste, c(texts, sep = ","))), path, more)
}

write_lines <- function(lines, path, more = FALSE) {
  file <- file(path, if (more) "ab" else "wb")
  on.exit(close(file))
  writeLines(enc2utf8(lines), file, useBytes = TRUE)
}

#' A column as a vector of numbers, truths or texts, or `NULL` for one that nobody needs and no text can say.
#' @noRd
plain_column <- function(column, name, needed) {
  if (length(dim(column)) == 2L && ncol(column) == 1L) column <- column[, 1L]
  # Dates are numbers in a model matrix.
  if (inherits(column, c("Date", "POSIXt", "difftime"))) column <- as.double(column)
  if (is.factor(column)) column <- as.character(column)
  if (is.null(dim(column)) && (is.numeric(column) || is.logical(column) || is.character(column))) return(column)
  if (needed) {
    refuse("DataError", sprintf("column '%s' is a %s", name, class(column)[1L]), "Numbers, factors and texts can be handed over.")
  }
}

column_texts <- function(column) {
  texts <- if (is.logical(column)) {
    c("FALSE", "TRUE")[column + 1L]
  } else if (is.numeric(column)) {
    number_texts(column)
  } else {
    quoted(column)
  }
  texts[is.na(texts)] <- "NA"
  texts
}

#' Numbers from which the same doubles are read.
#' @noRd
number_texts <- function(numbers) {
  if (is.integer(numbers)) return(as.character(numbers))
  numbers <- as.double(numbers)
  whole <- all(numbers == trunc(numbers) & abs(numbers) < 1e15, na.rm = TRUE)
  sprintf(if (whole) "%.0f" else "%.17g", numbers)
}

quoted <- function(texts) {
  special <- grep("[\",\r\n]", texts)
  texts[special] <- paste0("\"", gsub("\"", "\"\"", texts[special], fixed = TRUE), "\"")
  texts
}
