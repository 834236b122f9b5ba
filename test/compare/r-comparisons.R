# Writes r-comparisons.json: comparisons of models by lme4's anova and drop1, on tables of test/reference/data.
# Run in this folder: Rscript r-comparisons.R > r-comparisons.json
suppressMessages({library(lme4); library(jsonlite)})
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e5), check.conv.singular = "ignore")
read <- function(name) {
  table <- read.csv(file.path("..", "reference", "data", paste0(name, ".csv")))
  meta <- fromJSON(file.path("..", "reference", "data", paste0(name, ".meta.json")), simplifyVector = FALSE)$columns
  for (column in names(meta)) {
    if (meta[[column]]$kind == "factor") table[[column]] <- factor(table[[column]], levels = unlist(meta[[column]]$levels))
    if (meta[[column]]$kind == "ordered") table[[column]] <- factor(table[[column]], levels = unlist(meta[[column]]$levels), ordered = TRUE)
  }
  table
}
fit <- function(formula, data, REML = FALSE) {
  f <- as.formula(formula)
  if (!grepl("|", formula, fixed = TRUE)) return(lm(f, data))
  lmer(f, data, REML = REML, control = control)
}
aicc <- function(model) {
  l <- logLik(model); k <- attr(l, "df"); n <- nobs(model)
  -2 * as.numeric(l) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
}
describe <- function(formula, data, REML = FALSE) {
  m <- fit(formula, data, REML)
  l <- if (inherits(m, "lm")) logLik(m, REML = REML) else logLik(m)
  k <- attr(l, "df")
  list(formula = formula, logLik = as.numeric(l), npar = k, AIC = -2 * as.numeric(l) + 2 * k,
    BIC = -2 * as.numeric(l) + log(nobs(m)) * k,
    AICc = -2 * as.numeric(l) + 2 * k + 2 * k * (k + 1) / (nobs(m) - k - 1))
}
# Backward by likelihood-ratio tests of ML fits, as drop1(test = "Chisq"), or by AIC.
backward <- function(formula, name, by, alpha = 0.05) {
  data <- read(name)
  path <- list()
  repeat {
    m <- fit(formula, data)
    d <- drop1(m, test = "Chisq")
    p <- d[["Pr(Chi)"]]
    if (is.null(p)) p <- d[["Pr(>Chi)"]]
    pick <- if (by == "lrt") which.max(replace(p, 1, -1)) else which.min(replace(d$AIC, 1, Inf))
    stop <- nrow(d) < 2 || (if (by == "lrt") p[pick] <= alpha else d$AIC[pick] >= d$AIC[1])
    if (stop) break
    term <- rownames(d)[pick]
    path[[length(path) + 1]] <- list(term = term, p = p[pick], AIC = d$AIC[pick], chisq = d$LRT[pick])
    formula <- gsub("\\s+", " ", paste(deparse(update(as.formula(formula), paste(". ~ . -", term))), collapse = ""))
  }
  list(data = name, by = by, AIC = AIC(fit(formula, data)), path = path)
}
models <- list(
  list(data = "sleepstudy", method = "ML", formulas = c("Reaction ~ Days", "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (Days || Subject)", "Reaction ~ Days + (Days | Subject)")),
  list(data = "sleepstudy", method = "REML", formulas = c("Reaction ~ Days", "Reaction ~ Days + (1 | Subject)", "Reaction ~ Days + (0 + Days | Subject)", "Reaction ~ Days + (Days | Subject)")),
  list(data = "orthodont", method = "ML", formulas = c("distance ~ age * Sex + (age | Subject)", "distance ~ age + Sex + (1 | Subject)", "distance ~ age + (1 | Subject)", "distance ~ Sex + (1 | Subject)")),
  list(data = "machines", method = "ML", formulas = c("score ~ Machine + (1 | Worker)", "score ~ Machine + (1 | Worker/Machine)", "score ~ Machine + (0 + Machine | Worker)", "score ~ 1 + (1 | Worker)")))
models <- lapply(models, function(set) {
  data <- read(set$data)
  c(set[c("data", "method")], list(models = lapply(set$formulas, describe, data = data, REML = set$method == "REML")))
})
selections <- list(
  c(list(formula = "distance ~ age * Sex + (1 | Subject)"), backward("distance ~ age * Sex + (1 | Subject)", "orthodont", "lrt", 0.001), alpha = 0.001),
  c(list(formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"), backward("angle ~ recipe * temperature + (1 | recipe:replicate)", "cake", "lrt"), alpha = 0.05),
  c(list(formula = "angle ~ recipe * temperature + (1 | recipe:replicate)"), backward("angle ~ recipe * temperature + (1 | recipe:replicate)", "cake", "aic"), alpha = 0.05))
cat(toJSON(list(software = list(R = as.character(getRversion()), lme4 = as.character(packageVersion("lme4"))),
  models = models, selections = selections), auto_unbox = TRUE, digits = 15, pretty = TRUE))
