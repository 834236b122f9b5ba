#' A table of genes as limma's topTable has it
#'
#' Genes by evidence for one coefficient or contrast, with their names as row names and limma's columns: `logFC`, `AveExpr`, `t`,
#' `P.Value`, `adj.P.Val`, and `B` of moderated tests (`moderate = TRUE`).
#'
#' @param fit A result of [webgpu_lmm()]: a table `"toptable:NAME"`, which has all of these columns; or a table `"tidy"`, which has
#'   no `AveExpr` and no `B`; or a list that holds one of them.
#' @param coef Name of the coefficient or contrast; may be left out where there is but one.
#' @param number Genes to return, all by default.
#' @return A data frame. Genes without a test come last. With `split_by` row names begin with the level.
#' @examples
#' \dontrun{
#' fit <- webgpu_lmm(~ stim + (1 | donor), elist, table = c("glance", "toptable:stimstim"), moderate = TRUE)
#' as_toptable(fit)
#' }
#' @export
as_toptable <- function(fit, coef = NULL, number = Inf) {
  table <- chosen_table(fit, coef)
  top <- if ("AveExpr" %in% names(table)) table else tests_of(as.data.frame(table), coef)
  others <- c("response", "split", "df.method", "log10p", "p.adjusted.within", "p.adjusted.all")
  columns <- setdiff(names(top), others)
  names <- if ("split" %in% names(top)) paste(top$split, top$response, sep = ".") else top$response
  top <- as.data.frame(top)[columns]
  rownames(top) <- make.unique(names)
  utils::head(top, number)
}

#' The table of a fit in which the tests of a coefficient are.
#' @noRd
chosen_table <- function(fit, coef) {
  tables <- if (is.data.frame(fit)) list(fit) else fit
  # A part of a table has its columns alone to tell what it is.
  by_columns <- function(table) if ("AveExpr" %in% names(table)) "toptable" else if ("effect" %in% names(table)) "tidy" else ""
  kinds <- vapply(tables, function(table) c(attr(table, "webgpu_lmm")$table, by_columns(table))[1L], "")
  named <- if (is.null(coef)) grepl("^toptable", kinds) else kinds == paste0("toptable:", paste(coef, collapse = ","))
  found <- c(which(named), which(kinds == "tidy"))
  if (length(found) > 0L) return(tables[[found[1L]]])
  name <- if (is.null(coef)) "NAME" else paste(coef, collapse = ",")
  refuse("OptionError", "there is no table of these tests", sprintf("Ask webgpu_lmm() for table = \"toptable:%s\".", name))
}

#' The tests of a coefficient in a tidy table, in limma's words.
#' @noRd
tests_of <- function(tidy, coef) {
  fixed <- tidy[tidy$effect %in% "fixed", ]
  terms <- unique(fixed$term)
  if (is.null(coef)) coef <- setdiff(terms, "(Intercept)")
  if (length(coef) != 1L) {
    refuse("OptionError", "one coefficient or contrast is needed", paste0("'coef' is one of ", paste(terms, collapse = ", "), "."))
  }
  if (!coef %in% terms) {
    otherwise <- paste0("There are: ", paste(terms, collapse = ", "), ".")
    refuse("OptionError", sprintf("no coefficient or contrast '%s'", coef), did_you_mean(coef, terms, otherwise))
  }
  rows <- fixed[fixed$term == coef, ]
  moderated <- "p.moderated" %in% names(rows)
  sources <- if (moderated) {
    c(logFC = "estimate", t = "statistic.moderated", P.Value = "p.moderated", adj.P.Val = "p.moderated.adjusted")
  } else {
    c(logFC = "estimate", t = "statistic", P.Value = "p.value", adj.P.Val = "p.adjusted")
  }
  rows <- rows[order(rows[[sources[["P.Value"]]]], -abs(rows[[sources[["t"]]]])), ]
  kept <- intersect(c("response", "split", "gene"), names(rows))
  data.frame(rows[kept], stats::setNames(rows[sources], names(sources)))
}
