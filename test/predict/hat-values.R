# Hat values and residuals of lme4: Rscript hat-values.R > hat-values.json, in this folder. Needs lme4 and jsonlite.
suppressPackageStartupMessages({library(lme4); library(jsonlite)})
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-11, maxfun = 1e6), calc.derivs = FALSE)
cases <- list(
  list(data = "sleepstudy.csv", formula = "Reaction ~ Days + (Days | Subject)"),
  list(data = "penicillin.csv", formula = "diameter ~ 1 + (1 | plate) + (1 | sample)"),
  list(data = "sim_weights_offset.csv", formula = "y ~ x + offset(o) + (1 | g)", weights = "w")
)
run <- function(case) {
  d <- read.csv(file.path("../reference/data", case$data))
  arguments <- list(as.formula(case$formula), d, control = tight)
  if (!is.null(case$weights)) arguments$weights <- d[[case$weights]]
  m <- do.call(lmer, arguments)
  h <- hatvalues(m)
  r <- residuals(m, type = "pearson")
  list(data = case$data, formula = case$formula, weights = if (is.null(case$weights)) NA else case$weights,
       hat = as.numeric(h), pearson = as.numeric(r), standardised = as.numeric(r / (sigma(m) * sqrt(1 - h))), sigma = sigma(m))
}
cat(toJSON(lapply(cases, run), digits = 12, auto_unbox = TRUE, na = "null"), "\n")
