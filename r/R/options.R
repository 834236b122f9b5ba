# Options of the command as arguments: `min_cells = 50` for `--min-cells 50`. The file options.tsv is made of the one table of
# options that the library, the command and its help have in common. An option has the library's name in snake case; the name of
# its flag is taken too, where it is another (`re_form` for `random_effects`), and the name that it had before, with a message.

cache <- new.env(parent = emptyenv())

option_table <- function() {
  if (is.null(cache$options)) {
    path <- system.file("options.tsv", package = "webgpulmm", mustWork = TRUE)
    cache$options <- utils::read.delim(path, quote = "", colClasses = "character", na.strings = character(), encoding = "UTF-8")
  }
  cache$options
}

#' The options of a verb, without what the package itself says, where a run reads and writes; shards and runs that go on are the
#' command's alone.
#' @noRd
options_of <- function(verb) {
  table <- option_table()
  belongs <- vapply(strsplit(table$commands, " "), function(verbs) verb %in% verbs, NA)
  own <- c("obs", "format", "formula", "out", "out_file", "shard", "save_part", "resume")
  table[belongs & !table$name %in% own, ]
}

#' The options of a verb
#'
#' @param verb `"fit"` ([webgpu_lmm()]), `"compare"`, `"moments"` or `"predict"`.
#' @return A data frame with columns `option`, `values`, `default` and `meaning`.
#' @examples
#' head(webgpu_options("fit"))
#' @export
webgpu_options <- function(verb = c("fit", "compare", "moments", "predict")) {
  table <- options_of(match.arg(verb))
  values <- ifelse(table$choices == "", table$kind, gsub(" ", ", ", table$choices))
  data.frame(option = table$name, values = values, default = table$default, meaning = table$help)
}

#' The options under their own names, without those that are `NULL`.
#' @noRd
resolve_options <- function(verb, given) {
  table <- options_of(verb)
  given <- spread_terms_of_r(given)
  if (length(given) > 0L && (is.null(names(given)) || any(names(given) == ""))) {
    refuse("OptionError", "options are given by name", sprintf("webgpu_options(\"%s\") lists them.", verb))
  }
  found <- list()
  by_flag <- gsub("-", "_", table$flag)
  for (name in names(given)[!vapply(given, is.null, NA)]) {
    row <- match(name, table$name, match(name, by_flag, match(name, table$former)))
    if (is.na(row)) {
      remedy <- did_you_mean(name, table$name, sprintf("webgpu_options(\"%s\") lists them.", verb))
      refuse("OptionError", sprintf("%s has no option '%s'", verb, name), remedy, option = name)
    }
    own <- table$name[row]
    if (own %in% names(found)) {
      refuse("OptionError", sprintf("'%s' is given twice, as '%s' too", own, name), "Leave one of them out.", option = own)
    }
    if (name == table$former[row]) message(sprintf("'%s' is called '%s' now", name, own))
    found[[own]] <- if (table$kind[row] == "texts") spec_texts(given[[name]]) else given[[name]]
  }
  found
}

#' Arguments of `lmer` and `glmer` in the words of the command: `REML = FALSE`, `family = poisson()`.
#' @noRd
spread_terms_of_r <- function(given) {
  if (is.logical(given$REML)) {
    given$method <- if (given$REML) "REML" else "ML"
    given$REML <- NULL
  }
  if (is.function(given$family)) given$family <- given$family()
  if (is.list(given$family)) {
    if (is.null(given$link)) given$link <- given$family$link
    given$family <- given$family$family
    if (given$family == "gaussian" && identical(given$link, "identity")) given$link <- NULL
  }
  given
}

#' What may be given several times, as texts: `list(arm = c("b", "a"))` as `arm=b,a`.
#' @noRd
spec_texts <- function(value) {
  texts <- vapply(value, option_text, "", USE.NAMES = FALSE)
  names <- names(value)
  if (is.null(names)) texts else ifelse(names == "", texts, paste0(names, "=", texts))
}

#' The words of a command line for options under their own names. The command judges the values.
#' @noRd
flag_words <- function(verb, given) {
  table <- options_of(verb)
  unlist(lapply(names(given), function(name) option_words(as.list(table[match(name, table$name), ]), given[[name]])))
}

option_words <- function(option, value) {
  flag <- paste0("--", option$flag)
  if (option$kind == "switch") return(if (is_on(option, value)) flag)
  if (isFALSE(value)) return()
  if (isTRUE(value)) {
    if (option$bare == "") refuse("OptionError", sprintf("'%s' needs a value", option$name), option$help, option = option$name)
    return(flag)
  }
  text <- if (option$kind == "texts") value else option_text(value)
  # emmeans() takes a formula.
  paste0(flag, "=", if (option$name == "emmeans") sub("^~ *", "", text) else text)
}

is_on <- function(option, value) {
  choices <- strsplit(option$choices, " ")[[1L]]
  if (isTRUE(value) || isFALSE(value)) return(value)
  if (is.character(value) && length(value) == 1L && value %in% choices) return(value == choices[2L])
  wanted <- if (length(choices) > 0L) paste0("\"", choices, "\"", collapse = " or ") else "TRUE or FALSE"
  refuse("OptionError", sprintf("%s = %s: %s is needed", option$name, option_text(value), wanted), option = option$name)
}

#' A value as the command takes it: commas between several, quotes where they must be; formulas as texts.
#' @noRd
option_text <- function(value) {
  if (inherits(value, "formula")) return(formula_text(value))
  if (!is.atomic(value)) refuse("OptionError", sprintf("a value is a %s", class(value)[1L]), "Give numbers or texts.")
  csv_record(value)
}

csv_record <- function(values) {
  texts <- if (is.numeric(values)) vapply(values, format, "", digits = 15L, scientific = 15L) else as.character(values)
  if (length(texts) == 1L) texts else paste(quoted(texts), collapse = ",")
}

formula_text <- function(formula) {
  if (is.character(formula)) formula else paste(deparse(formula, 500L), collapse = " ")
}

#' What the command says, with its flags as arguments: `--min-cells 3` as `min_cells = 3`.
#' @noRd
in_r <- function(text) {
  # What the command says of names of its outputs, which are files of the package here.
  text <- sub(" For a file of that name write \\S+\\.$", "", text, perl = TRUE)
  flags <- gregexpr("--[a-z][a-z0-9-]*(?: ('(?:[^']|'\\\\'')*'|[^\\s,;:]*[^\\s,;:.]))?", text, perl = TRUE)
  regmatches(text, flags) <- lapply(regmatches(text, flags), function(found) vapply(found, as_argument, "", USE.NAMES = FALSE))
  text
}

as_argument <- function(found) {
  flag <- sub(" .*", "", found)
  table <- option_table()
  option <- table[match(substring(flag, 3L), table$flag), ]
  if (is.na(option$name)) return(found)
  choices <- strsplit(option$choices, " ")[[1L]]
  rest <- substring(found, nchar(flag) + 1L)
  if (option$kind == "switch") {
    return(paste0(option$name, if (length(choices) > 0L) sprintf(" = \"%s\"", choices[2L]), rest))
  }
  # The word behind a flag is its value, or the sentence goes on.
  word <- substring(rest, 2L)
  is_quoted <- startsWith(word, "'")
  value <- if (is_quoted) gsub("'\\''", "'", substr(word, 2L, nchar(word) - 1L), fixed = TRUE) else word
  if (option$kind %in% c("whole", "number") && grepl("^[0-9.e+-]*[0-9]$", word)) return(paste(option$name, "=", word))
  if (is_quoted || value %in% choices) paste(option$name, "=", encodeString(value, quote = "\"")) else paste0(option$name, rest)
}
