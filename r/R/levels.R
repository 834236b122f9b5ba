# Factors of R as options of the command, since the files between them hold texts.

#' Characters of a list of levels on a command line, where systems have their limits.
#' @noRd
longest_levels <- 30000L
level_number <- "^ *[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)? *$"
#' Numbers and truth as the command labels them.
#' @noRd
level_canonical <- "^(-?(0|[1-9][0-9]{0,14})(\\.[0-9]*[1-9])?|TRUE|FALSE)$"

#' What `factor`, `ordered` and `coding` have to say of these columns.
#'
#' Levels keep their order, those of texts that of `factor()`; texts that look like numbers stay levels. Columns that the user
#' has named in an option are left to it.
#'
#' @param names Columns of which a formula or an option speaks.
#' @param coded Those of them whose coding shapes a model matrix.
#' @noRd
level_options <- function(frame, names, coded, given) {
  found <- list(factor = character(), ordered = character(), coding = character())
  named <- function(name, options) {
    specs <- unlist(given[options])
    any(specs == name | startsWith(as.character(specs), paste0(name, "=")))
  }
  for (name in names) {
    column <- frame[[name]]
    if (name %in% coded && !named(name, "coding")) {
      found$coding <- c(found$coding, coding_of(column, name))
    }
    if (named(name, c("factor", "ordered")) || !(is.factor(column) || is.character(column))) next
    levels <- levels(droplevels(as.factor(column)))
    if (length(levels) == 0L) next
    missing <- intersect(levels, c("", "NA", "NaN", "nan"))
    if (length(missing) > 0L) {
      problem <- sprintf("'%s' has a level '%s', which a table of texts takes for missing", name, missing[1L])
      refuse("DataError", problem, "Rename it, or make it NA.")
    }
    record <- csv_record(levels)
    if (is.ordered(column) && nchar(record) <= longest_levels) {
      found$ordered <- c(found$ordered, paste0(name, "=", record))
    } else {
      found$factor <- c(found$factor, factor_option(name, levels))
    }
  }
  found[lengths(found) > 0L]
}

#' What `factor` has to say of levels that a file does not show as they are; often nothing.
#' @noRd
factor_option <- function(name, levels) {
  are_numbers <- all(grepl(level_number, levels))
  values <- suppressWarnings(as.numeric(levels))
  if (are_numbers && anyDuplicated(values) > 0L) {
    problem <- sprintf("levels of '%s' are different texts of one number, such as 1 and 01", name)
    refuse("DataError", problem, "Rename them: a table of texts cannot tell them apart.")
  }
  record <- csv_record(levels)
  # Levels by the thousand belong to a grouping factor, whose order is nobody's concern.
  too_many <- nchar(record) > longest_levels
  in_order <- too_many || !is.unsorted(match(levels, sort(levels, method = "radix")))
  if (!are_numbers && !all(levels %in% c("TRUE", "true", "FALSE", "false"))) {
    return(if (!in_order) paste0(name, "=", record))
  }
  canonical <- all(grepl(level_canonical, levels)) && !is.unsorted(if (are_numbers) values else levels)
  if ((in_order && canonical) || too_many) name else paste0(name, "=", record)
}

codings <- c("treatment", "sum", "helmert", "poly")

#' The coding of a factor where it is not what the command takes by itself: that of `contrasts(column)`, else of
#' `options("contrasts")`.
#' @noRd
coding_of <- function(column, name) {
  if (!(is.factor(column) || is.character(column) || is.logical(column))) return()
  asked <- attr(column, "contrasts")
  if (is.null(asked)) asked <- getOption("contrasts")[[if (is.ordered(column)) 2L else 1L]]
  coding <- if (is.character(asked)) sub("^contr\\.", "", asked) else known_coding(asked)
  if (!coding %in% codings) {
    problem <- sprintf("the contrasts of '%s' are none of %s", name, paste0("contr.", codings, collapse = ", "))
    refuse("DataError", problem, "Take one of these; relevel() gives contr.treatment another base.")
  }
  if (coding != (if (is.ordered(column)) "poly" else "treatment")) paste0(name, "=", coding)
}

#' The coding that has this matrix.
#' @noRd
known_coding <- function(matrix) {
  for (coding in codings) {
    columns <- getExportedValue("stats", paste0("contr.", coding))(nrow(matrix))
    if (isTRUE(all.equal(unname(as.matrix(columns)), unname(as.matrix(matrix)), check.attributes = FALSE))) return(coding)
  }
  "own"
}

#' Names in the formulas whose coding shapes a model matrix: all but responses and grouping factors.
#'
#' @section Errors: `DataError` for factors that a function of the formula makes, where `options("contrasts")` asks for a coding
#'   that reaches columns alone.
#' @noRd
coded_names <- function(formulas) {
  makers <- c("factor", "as.factor", "ordered", "cut", "interaction", "relevel", "ifelse")
  usual <- identical(unname(getOption("contrasts")), c("contr.treatment", "contr.poly"))
  names_in <- function(term) {
    if (is.name(term)) return(as.character(term))
    if (!is.call(term)) return(character())
    verb <- if (is.name(term[[1L]])) as.character(term[[1L]]) else ""
    if (verb %in% makers && !usual) {
      problem <- sprintf("options(\"contrasts\") does not reach %s", formula_text(term))
      refuse("DataError", problem, "Make it a column of the data.")
    }
    parts <- as.list(term)[-1L]
    if (verb == "~") parts <- parts[length(parts)]
    if (verb %in% c("|", "||")) parts <- parts[1L]
    unlist(lapply(parts, names_in))
  }
  # What R cannot read the command will refuse.
  read <- function(text) tryCatch(str2lang(text), error = function(e) NULL)
  unique(unlist(lapply(lapply(formulas, read), names_in)))
}
