#' Read data once for many fits
#'
#' Forms the sufficient statistics of a model, from which fits follow without the data: [webgpu_lmm()] takes them for `data`.
#'
#' @param file Where to keep the moments; without it they last as long as the session.
#' @inheritParams webgpu_lmm
#' @param ... Options by name; `webgpu_options("moments")` lists them.
#' @return The path of the moments, of class `webgpu_moments`.
#' @examples
#' \dontrun{
#' moments <- webgpu_moments(~ stim + (1 | donor), sce, normalize = "log1p-cp10k")
#' webgpu_lmm(moments, table = c("toptable:stimstim", "glance"))
#' webgpu_lmm(moments, emmeans = "stim")
#' }
#' @export
webgpu_moments <- function(formula, data, col_data = NULL, file = NULL, ..., assay = NULL, command = NULL) {
  given <- resolve_options("moments", list(...))
  folder <- tempfile("webgpu-lmm-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  text <- formula_text(formula)
  handed <- hand_over(data, col_data, assay, text, given, folder)
  if (is.null(file)) file <- tempfile("webgpu-lmm-", fileext = ".moments")
  run_command(c(handed_words("moments", handed, text), paste0("--out=", file)), handed$names, command)
  structure(file, class = "webgpu_moments")
}

#' Predict new rows from a saved fit
#'
#' @param fit The file that `webgpu_lmm(..., save = "FILE.fit")` has kept.
#' @param newdata A data frame, or the path of a table, with the columns of the formula.
#' @param ... Options by name, such as `interval = "prediction"` or `random_effects = "none"`; `webgpu_options("predict")` lists
#'   them.
#' @inheritParams webgpu_lmm
#' @return A data frame with a row for each row of `newdata` and response.
#' @examples
#' \dontrun{
#' webgpu_lmm(Reaction ~ Days + (Days | Subject), lme4::sleepstudy, save = "sleep.fit")
#' webgpu_predict("sleep.fit", data.frame(Days = 10, Subject = "308"), interval = "prediction")
#' }
#' @export
webgpu_predict <- function(fit, newdata, ..., command = NULL) {
  given <- resolve_options("predict", list(...))
  folder <- tempfile("webgpu-lmm-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  is_frame <- is.data.frame(newdata)
  rows <- if (is_frame) write_frame(as.data.frame(newdata), file.path(folder, "rows.csv")) else newdata
  out <- file.path(folder, "predictions.tsv")
  names <- if (is_frame) stats::setNames("the new rows", rows)
  run_command(c("predict", fit, rows, flag_words("predict", given), paste0("--out=", out)), names, command)
  read_table(out)
}
