# Errors of the command as conditions that keep their tag and their remedy.

#' Errors
#'
#' A run that could not be done ends with an error of class `FormulaError`, `DataError`, `OptionError`, `DeviceError`,
#' `AbortError` or `CommandError`, all of class `FitError`, so that `tryCatch(..., FormulaError = function(e) e$remedy)` catches
#' one of them. A model that fails numerically raises nothing: it has a status in the table `"glance"` and a row in `"status"`.
#'
#' Fields of the condition: `message` is the whole text; `problem` says what is wrong, `remedy` what to do about it (`NULL` where
#' nobody knows); `tag` is the class; `status` the exit status of the command (1 unreadable input or no device, 2 misuse); `fields`
#' what else is known of the place: `path`, `line`, `position` (in a formula), `source`, `option`.
#'
#' Notes on data and models are messages of class `webgpu_lmm_note`, reports of progress messages of class
#' `webgpu_lmm_progress` with fields `phase`, `done` and `total`. Models that did not converge are told by a warning.
#'
#' @name FitError
#' @aliases FormulaError DataError OptionError DeviceError AbortError CommandError
#' @keywords error
NULL

fit_error <- function(tag, problem, remedy = NULL, fields = list(), status = NULL) {
  told <- is.null(remedy) || grepl(remedy, problem, fixed = TRUE)
  structure(
    class = c(tag, "FitError", "error", "condition"),
    list(
      message = if (told) problem else paste(problem, remedy, sep = "\n"), call = NULL,
      problem = problem, remedy = remedy, tag = tag, status = status, fields = fields
    )
  )
}

refuse <- function(tag, problem, remedy = NULL, ...) stop(fit_error(tag, problem, remedy, list(...)))

say <- function(line, class = "webgpu_lmm_note", ...) {
  message(structure(class = c(class, "message", "condition"), list(message = paste0(line, "\n"), call = NULL, ...)))
}

#' The error that the command has written as a line of JSON: a flat object of texts and numbers.
#' @noRd
read_failure <- function(line) {
  text <- "\"(?:[^\"\\\\]|\\\\.)*\""
  pairs <- regmatches(line, gregexpr(paste0(text, ":(?:", text, "|-?[0-9.]+)"), line, perl = TRUE))[[1L]]
  keys <- regmatches(pairs, regexpr(text, pairs, perl = TRUE))
  # Literals of JSON are literals of R.
  values <- lapply(substring(pairs, nchar(keys) + 2L), str2lang)
  stats::setNames(values, vapply(keys, str2lang, ""))
}

#' The nearest of some names, in a remedy; `otherwise` where none is near.
#' @noRd
did_you_mean <- function(name, known, otherwise) {
  distance <- if (length(known) > 0L) utils::adist(name, known, ignore.case = TRUE)[1L, ] else Inf
  if (min(distance) <= max(1, nchar(name) / 3)) sprintf("Did you mean '%s'?", known[which.min(distance)]) else otherwise
}
