# Limits of profiles where those of lme4 (r-profiles.R) fail or are interpolated too coarsely: roots of the deviance formed
# from dense n x n matrices and minimised by optim. From this folder:
#   Rscript r-limits.R > r-limits.json
suppressPackageStartupMessages(library(lme4))
library(jsonlite)
reference <- "../reference/"
load_fit <- function(id) {
  fit <- fromJSON(paste0(reference, "fits/", id, ".json"), simplifyVector = TRUE)
  meta <- fromJSON(paste0(reference, "data/", sub("csv$", "meta.json", fit$data)), simplifyVector = FALSE)
  data <- read.csv(paste0(reference, "data/", fit$data))
  for (name in names(meta$columns)) {
    column <- meta$columns[[name]]
    if (column$kind %in% c("factor", "ordered")) data[[name]] <- factor(data[[name]], levels = unlist(column$levels))
  }
  data$prior <- if (is.null(fit$weights) || is.na(fit$weights)) 1 else data[[fit$weights]]
  model <- lmer(as.formula(fit$formula), data = data, weights = prior, REML = FALSE, control = lmerControl(optimizer = "bobyqa",
    optCtrl = list(rhoend = 1e-10), calc.derivs = FALSE, check.conv.singular = "ignore"))
  list(y = getME(model, "y"), X = as.matrix(getME(model, "X")), terms = getME(model, "mmList"), groups = getME(model, "flist"),
    assign = attr(getME(model, "flist"), "assign"), w = model.frame(model)[["(weights)"]])
}
# Parameters: by term log sds and, with two effects, atanh of the correlation; log sigma. `held` fixes one of them by name.
describe <- function(m) {
  out <- data.frame(name = character(), kind = character())
  for (t in seq_along(m$terms)) {
    effects <- colnames(m$terms[[t]]); g <- names(m$groups)[m$assign[t]]
    for (i in seq_along(effects)) {
      out <- rbind(out, data.frame(name = paste0("sd_", effects[i], "|", g), kind = "log"))
      if (i == 1 && length(effects) == 2) out <- rbind(out, data.frame(name = paste0("cor_", effects[2], ".", effects[1], "|", g), kind = "atanh"))
    }
  }
  rbind(out, data.frame(name = "sigma", kind = "log"))
}
deviance_at <- function(m, values, beta = NULL) {
  n <- length(m$y); at <- 0; V <- diag(values[length(values)]^2 / m$w)
  for (t in seq_along(m$terms)) {
    Z <- m$terms[[t]]; same <- outer(m$groups[[m$assign[t]]], m$groups[[m$assign[t]]], "==")
    if (ncol(Z) == 1) { G <- matrix(values[at + 1]^2); at <- at + 1 }
    else { s <- values[at + c(1, 3)]; G <- diag(s) %*% matrix(c(1, values[at + 2], values[at + 2], 1), 2) %*% diag(s); at <- at + 3 }
    V <- V + (Z %*% G %*% t(Z)) * same
  }
  L <- tryCatch(chol(V), error = function(e) NULL); if (is.null(L)) return(1e10)
  X <- m$X; y <- m$y
  if (!is.null(beta)) { y <- y - X[, beta$name] * beta$value; X <- X[, colnames(X) != beta$name, drop = FALSE] }
  e <- backsolve(L, y, transpose = TRUE); A <- backsolve(L, X, transpose = TRUE)
  if (ncol(X) > 0) e <- qr.resid(qr(A), e)
  2 * sum(log(diag(L))) + sum(e^2) + n * log(2 * pi)
}
minimise <- function(m, parameters, held, start) {
  free <- parameters$name != held$name
  unpack <- function(v) { x <- numeric(nrow(parameters)); x[free] <- v
    x <- ifelse(parameters$kind == "log", exp(x), tanh(x)); if (any(!free)) x[!free] <- held$value; x }
  beta <- if (held$name %in% colnames(m$X)) held else NULL
  f <- function(v) deviance_at(m, unpack(v), beta)
  best <- NULL
  for (s in start) {
    o <- optim(s[free], f, method = "BFGS", control = list(reltol = 1e-14, maxit = 500, ndeps = rep(1e-5, sum(free))))
    o <- optim(o$par, f, method = "BFGS", control = list(reltol = 1e-15, maxit = 500, ndeps = rep(1e-6, sum(free))))
    if (is.null(best) || o$value < best$value) best <- o
  }
  full <- numeric(nrow(parameters)); full[free] <- best$par
  if (any(!free)) full[!free] <- start[[1]][!free]
  list(value = best$value, par = full)
}
wanted <- list(
  list("dyestuff2_ml", 0.95, "sigma", c(2.2, 3.6), c(3.8, 6)),
  list("sim_weights_reml", 0.99, "x", c(0.2, 0.55), c(0.65, 1)), list("sim_weights_reml", 0.99, "(Intercept)", c(-3, 0.6), c(1.2, 4)),
  list("sim_weights_slope_reml", 0.95, "x", c(0.2, 0.55), c(0.65, 1)),
  list("orthodont_cent_ml", 0.5, "cor_I(age - 11).(Intercept)|Subject", c(-0.3, 0.1), c(0.6, 0.9)),
  list("orthodont_cent_ml", 0.5, "sd_I(age - 11)|Subject", c(0.03, 0.07), NULL),
  list("igf_reml", 0.95, "sigma", c(0.7, 0.8), c(0.85, 0.95)),
  list("sim_crossed_ml", 0.95, "sd_alo|subj", NULL, c(1.7, 2.1)),
  list("sim_crossed_ml", 0.95, "cor_alo.(Intercept)|subj", NULL, c(-0.3, 0.1))
)
out <- list(); models <- list()
for (case in wanted) {
  id <- case[[1]]; z <- qchisq(case[[2]], 1)
  if (is.null(models[[id]])) {
    m <- load_fit(id); parameters <- describe(m); s <- sd(m$y)
    first <- function(k) ifelse(parameters$name == "sigma", log(s / 2), ifelse(parameters$kind == "log", log(s * k), 0))
    models[[id]] <- list(m = m, parameters = parameters, best = minimise(m, parameters, list(name = "none"), list(first(0.5), first(0.05))), first = first)
  }
  with(models[[id]], {
    excess <- function(x) minimise(m, parameters, list(name = case[[3]], value = x), list(best$par))$value - best$value - z
    root <- function(range) {
      if (is.null(range)) return(NULL)
      ends <- c(excess(range[1]), excess(range[2])); message(id, " ", case[[3]], " ", paste(range, collapse = " "), ": ", paste(round(ends, 3), collapse = " "))
      if (prod(ends) > 0) return(NULL)
      uniroot(excess, range, f.lower = ends[1], f.upper = ends[2], tol = 1e-7)$root
    }
    out[[length(out) + 1]] <<- list(id = id, level = case[[2]], name = case[[3]], lower = root(case[[4]]), upper = root(case[[5]]))
  })
}
cat(toJSON(list(R = R.version.string, limits = out), digits = 12, auto_unbox = TRUE, null = "null"), "\n")
