# The arguments and the checks of mmrm (CRAN, 0.3), after its reference, for where it isn't installed: it fits nothing.
mmrm_control <- function(n_cores = 1L, method = c("Satterthwaite", "Kenward-Roger", "Residual", "Between-Within"),
                         vcov = NULL, start = NULL, accept_singular = TRUE, drop_visit_levels = TRUE) {
  method <- match.arg(method)
  stopifnot(is.null(vcov) || vcov %in% c("Asymptotic", "Empirical", "Empirical-Jackknife",
                                         "Empirical-Bias-Reduced", "Kenward-Roger", "Kenward-Roger-Linear"))
  if (method == "Kenward-Roger") stopifnot(is.null(vcov) || startsWith(vcov, "Kenward-Roger"))
  list(method = method, vcov = vcov)
}
mmrm <- function(formula, data, weights = NULL, covariance = NULL, contrasts = NULL, reml = TRUE,
                 control = mmrm_control(...), ...) {
  stopifnot(is.data.frame(data), is.logical(reml), reml || control$method != "Kenward-Roger")
  stopifnot(is.null(weights) || (is.numeric(weights) && length(weights) == nrow(data) && all(weights > 0)))
  stopifnot(length(formula) == 3, !"offset" %in% all.names(formula))
  types <- c("us", "toep", "toeph", "ar1", "ar1h", "ad", "adh", "cs", "csh", "sp_exp", "sp_gau")
  parts <- function(e) if (is.call(e) && identical(e[[1]], as.name("+"))) c(parts(e[[2]]), parts(e[[3]])) else list(e)
  summands <- parts(formula[[3]])
  special <- Filter(function(e) is.call(e) && as.character(e[[1]]) %in% types, summands)
  stopifnot("exactly one covariance structure" = length(special) == 1)
  bar <- special[[1]][[2]]
  stopifnot(identical(bar[[1]], as.name("|")), is.name(bar[[2]]))
  groups <- if (is.call(bar[[3]])) as.list(bar[[3]])[-1] else list(bar[[3]])
  stopifnot("subject, or group / subject" = all(sapply(groups, is.name)) && length(groups) <= 2)
  columns <- lapply(c(bar[[2]], groups), eval, data)
  timed <- startsWith(as.character(special[[1]][[1]]), "sp_")
  stopifnot("visits are a factor, times numbers" = if (timed) is.numeric(columns[[1]]) else is.factor(columns[[1]]))
  stopifnot("groups are factors" = all(sapply(columns[-1], is.factor)))
  stopifnot("a visit once in a subject" = !anyDuplicated(data.frame(columns[[1]], columns[[length(columns)]])))
  fixed <- Reduce(function(a, b) call("+", a, b), Filter(function(e) !identical(e, special[[1]]), summands))
  eval(formula[[2]], data)
  names <- colnames(model.matrix(eval(call("~", fixed)), data))
  structure(list(coefficients = setNames(numeric(length(names)), names), control = control,
                 structure = as.character(special[[1]][[1]]), groups = length(groups)), class = "mmrm")
}
coef.mmrm <- function(object, ...) object$coefficients
vcov.mmrm <- function(object, ...) {
  names <- names(object$coefficients)
  matrix(diag(length(names)), length(names), dimnames = list(names, names))
}
summary.mmrm <- function(object, ...) invisible(object)
df_1d <- function(object, contrast) {
  stopifnot(inherits(object, "mmrm"), is.numeric(contrast), length(contrast) == length(coef(object)))
  list(est = 0, se = 1, df = 1, t_stat = 0, p_val = 1)
}
df_md <- function(object, contrast) {
  stopifnot(inherits(object, "mmrm"), is.matrix(contrast), ncol(contrast) == length(coef(object)), nrow(contrast) > 0)
  list(num_df = nrow(contrast), denom_df = 1, f_stat = 0, p_val = 1)
}
