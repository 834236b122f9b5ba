#' Fit one mixed model for each response
#'
#' One model for each gene of an object of Bioconductor, each row of a matrix, each response of a data frame. The command
#' `webgpu-lmm` does the work ([webgpu_command()] says how it is found).
#'
#' @param formula A formula or its text, in the language of `lmer`: `y ~ time * arm + (time | subject)` for a data frame,
#'   without the left side where responses are rows, `~ condition + (1 | donor)`. Every name is a column. `NULL` for moments.
#' @param data One of
#'   * a data frame with an observation a row;
#'   * a matrix, dense or of the package Matrix, with a response a row and a sample or cell a column, and `col_data`;
#'   * a `SummarizedExperiment` or `SingleCellExperiment`;
#'   * an `EList` of limma, with its weights and targets;
#'   * [webgpu_moments()];
#'   * the path of anything that the command reads (`.h5ad`, `.h5`, `.zarr`, a 10x folder, `.csv`, `.parquet`), or several.
#' @param col_data A data frame that describes the columns of a matrix: by row names, or in their order where it has none. Or the
#'   path of such a table.
#' @param table What to return: `"tidy"`, `"glance"`, `"toptable:NAME"` (a coefficient or contrast), `"ranef"`, `"anova"`,
#'   `"emmeans"`, `"pairs"`, `"genesets"`, `"variance"`, `"augment"`, `"status"`; several in a vector.
#' @param ... Options by name, such as `normalize = "log1p-cp10k"`, `min_cells = 50`, `ddf = "satterthwaite"`,
#'   `moderate = TRUE`, `weights = "voom"` (or a matrix of weights), `contrasts = c(late = "visitV4 - visitV3")`,
#'   `responses` (names, or a data frame beside `data`), `split_by = "cell_type"`, `quiet = TRUE`, `no_notes = TRUE`:
#'   [webgpu_options()] lists them. `REML = FALSE` and `family = poisson()` are taken as in `lmer` and `glmer`.
#' @param assay Name or number of the assay of a `SummarizedExperiment`; the first by default.
#' @param command The command, where it is not found by itself.
#' @return A data frame of class `webgpu_lmm`, or a list of them by the names of the tables. `"tidy"` and `"glance"` have the
#'   columns of broom, with the name of the response in front. The attribute `webgpu_lmm` is a list of `formula`, `options`, `notes`
#'   and `version`.
#' @section Factors: Levels keep their order, ordered factors their polynomial contrasts; `contrasts(column)` and
#'   `options("contrasts")` count where they are `contr.treatment`, `contr.sum`, `contr.helmert` or `contr.poly`.
#' @section Errors and notes: See [FitError]. Notes are messages, and say what each test rests on.
#' @seealso [as_toptable()], [webgpu_compare()], [webgpu_predict()]
#' @examples
#' \dontrun{
#' fit <- webgpu_lmm(Reaction ~ Days + (Days | Subject), lme4::sleepstudy)
#' fit[fit$effect == "fixed", c("term", "estimate", "std.error", "df", "p.value")]
#'
#' genes <- webgpu_lmm(~ stim + (1 | donor) + (1 | sample), sce,
#'   normalize = "log1p-cp10k", min_cells = 50, table = "toptable:stimstim"
#' )
#' head(as_toptable(genes))
#' }
#' @export
webgpu_lmm <- function(formula = NULL, data, col_data = NULL, table = "tidy", ..., assay = NULL, command = NULL) {
  if (inherits(formula, "webgpu_moments") && missing(data)) {
    data <- formula
    formula <- NULL
  }
  given <- resolve_options("fit", list(...))
  # An option that makes a table asks for it.
  made <- c(emmeans = "emmeans", anova = "anova", gene_sets = "genesets")
  if (missing(table)) table <- c(unname(made[intersect(names(made), names(given))]), table)[1L]
  formulas <- if (is.null(formula)) character() else formula_text(formula)
  run_tables("fit", formulas, data, col_data, assay, given, table, command)
}

#' Compare models of each response on the same rows
#'
#' @param formulas Two formulas or more, or their texts; one with `tests = "ranova"` (tests of its random terms) or `"drop1"` (of
#'   its fixed ones), `select = "lrt"` (backward selection), `cv = 10` (cross-validation), `structures` (of residuals) or `families`.
#' @param table `"models"` (criteria of each model and response, the default), `"tests"` (likelihood ratios), `"summary"`,
#'   `"best"`; `"ranova"`, `"drop1"`, `"cv"`, `"folds"` or `"path"` of the other comparisons; several in a vector.
#' @inheritParams webgpu_lmm
#' @param ... Options by name; `webgpu_options("compare")` lists them.
#' @return As of [webgpu_lmm()].
#' @examples
#' \dontrun{
#' webgpu_compare(
#'   list(Reaction ~ Days + (1 | Subject), Reaction ~ Days + (Days | Subject)), lme4::sleepstudy, table = "tests"
#' )
#' }
#' @export
webgpu_compare <- function(formulas, data, col_data = NULL, table = "models", ..., assay = NULL, command = NULL) {
  given <- resolve_options("compare", list(...))
  # An option that makes another comparison asks for its table.
  if (missing(table)) table <- c(given$tests, if (!is.null(given$cv)) "cv", if (!is.null(given$select)) "path", table)[1L]
  listed <- if (inherits(formulas, "formula")) list(formulas) else formulas
  run_tables("compare", vapply(listed, formula_text, "", USE.NAMES = FALSE), data, col_data, assay, given, table, command)
}

#' The tables of a run.
#' @noRd
run_tables <- function(verb, formulas, data, col_data, assay, given, table, command) {
  folder <- tempfile("webgpu-lmm-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  handed <- hand_over(data, col_data, assay, formulas, given, folder)
  paths <- file.path(folder, paste0("table", seq_along(table), ".tsv"))
  words <- c(handed_words(verb, handed, formulas), paste0("--out=", table, "=", paths))
  notes <- run_command(words, handed$names, command)
  facts <- list(
    formula = formulas, options = Filter(is.atomic, given), notes = notes, version = webgpu_version(command), table = ""
  )
  tables <- Map(function(name, path) {
    facts$table <- name
    structure(read_table(path), class = c("webgpu_lmm", "data.frame"), webgpu_lmm = facts)
  }, table, paths)
  if (length(table) == 1L) tables[[1L]] else tables
}

#' @rdname webgpu_lmm
#' @param x A table.
#' @param n Rows to print.
#' @param digits Significant digits to print.
#' @export
print.webgpu_lmm <- function(x, n = 20L, digits = 4L, ...) {
  facts <- attr(x, "webgpu_lmm")
  title <- c(facts$table, if (length(facts$formula) > 0L) c("of", paste(facts$formula, collapse = ", ")))
  if (!is.null(facts)) cat("#", title, "\n")
  print(utils::head(as.data.frame(x), n), digits = digits, row.names = FALSE)
  if (nrow(x) > n) cat(sprintf("# and %d more rows\n", nrow(x) - n))
  invisible(x)
}
