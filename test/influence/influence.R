# Leave-one-level-out fits of R: Rscript influence.R > influence.json, in this folder. Needs lme4 and jsonlite.
# lme4::influence gives the estimates without each level; dfbetas is lme4's; Cook's distance by its definition
# (delta' V^-1 delta / p), as influence.ME has it: lme4's own has a factor (levels - p) / levels beside it.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)
read <- function(name) {
  d <- read.csv(file.path("../reference/data", name), check.names = FALSE)
  d
}
cases <- list(
  list(id = "sleep slopes", data = "sleepstudy.csv", formula = "Reaction ~ Days + (Days | Subject)", group = "Subject", REML = TRUE),
  list(id = "sleep intercepts", data = "sleepstudy.csv", formula = "Reaction ~ Days + (1 | Subject)", group = "Subject", REML = FALSE),
  list(id = "weights", data = "sim_weights_offset.csv", formula = "y ~ x + offset(o) + (1 | g)", group = "g", REML = TRUE, weights = "w")
)
run <- function(case) {
  d <- read(case$data)
  groups <- unique(d[[case$group]])
  fit <- function(rows) {
    d <- d[rows, ]
    arguments <- list(as.formula(case$formula), d, REML = case$REML, control = tight)
    if (!is.null(case$weights)) arguments$weights <- d[[case$weights]]
    suppressWarnings(do.call(lmer, arguments))
  }
  whole <- fit(seq_len(nrow(d)))
  V <- as.matrix(vcov(whole)); b <- fixef(whole)
  # one step: lme4's deviance function at the theta of the whole, without the level
  fixed <- function(rows) {
    m <- fit(rows)
    f <- update(m, devFunOnly = TRUE)
    theta <- getME(whole, "theta")
    environment(f); f(theta)
    rho <- environment(f)
    rho$pp$beta(1)
  }
  out <- lapply(as.character(groups), function(g) {
    rows <- which(d[[case$group]] != g)
    m <- fit(rows)
    delta <- fixef(m) - b
    list(level = g, estimate = as.numeric(fixef(m)), dfbetas = as.numeric(delta / sqrt(diag(as.matrix(vcov(m))))),
         cooks = as.numeric(t(delta) %*% solve(V) %*% delta) / length(b),
         sd = as.data.frame(VarCorr(m))$sdcor, one_step = as.numeric(fixed(rows)))
  })
  if (is.null(case$weights)) {
    data <- d
    model <- eval(substitute(lmer(F, data, REML = R, control = tight), list(F = as.formula(case$formula), R = case$REML)))
    known <- influence(model, groups = case$group, data = data)
    estimates <- t(sapply(out, `[[`, "estimate"))
    stopifnot(max(abs(estimates - known[[2]]) / rep(sqrt(diag(V)), each = nrow(estimates))) < 1e-3)
    stopifnot(max(abs(t(sapply(out, `[[`, "dfbetas")) - dfbetas(known))) < 1e-3)
    n <- length(groups); p <- length(b)
    stopifnot(max(abs(sapply(out, `[[`, "cooks") * (n - p) / n - cooks.distance(known))) < 1e-3)
  }
  list(id = case$id, data = case$data, formula = case$formula, method = if (case$REML) "REML" else "ML",
       weights = if (is.null(case$weights)) NA else case$weights,
       se = as.numeric(sqrt(diag(V))), levels = out)
}
cat(toJSON(lapply(cases, run), digits = 15, auto_unbox = TRUE, na = "null"), "\n")
