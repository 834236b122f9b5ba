# What R says of the application's examples, for the comparison on its last tab.
#
#   node dist/cli.js simulate --kind cells --genes 2000 --cells 2400 --donors 12 --density 0.1 --seed 4 --out CELLS
#   Rscript demo/reference/reference.R CELLS examples/visits.csv demo/reference/reference.json
#
# Every 80th gene of the cells, those that vary: Kenward and Roger's adjustment takes pbkrtest seconds for each. The optimum of
# lme4 by tight convergence.

suppressMessages({
  library(lmerTest)
  library(Matrix)
})

arguments <- commandArgs(trailingOnly = TRUE)
control <- lmerControl(
  optimizer = "nloptwrap",
  calc.derivs = FALSE,
  check.conv.singular = "ignore",
  optCtrl = list(xtol_abs = 1e-10, ftol_abs = 1e-12, maxeval = 10000)
)
software <- paste0(
  "R ", getRversion(), ", lme4 ", packageVersion("lme4"), ", lmerTest ", packageVersion("lmerTest"),
  ", pbkrtest ", packageVersion("pbkrtest")
)

collect <- function(formula, normalisation, responses, response_of, data) {
  started <- proc.time()[["user.self"]]
  fits <- lapply(responses, function(response) {
    data$y <- response_of(response)
    model <- suppressMessages(lmer(formula, data, control = control))
    list(logLik = as.numeric(logLik(model)), table = coef(summary(model, ddf = "Kenward-Roger")))
  })
  spent <- proc.time()[["user.self"]] - started
  column <- function(name) unlist(lapply(fits, function(fit) unname(fit$table[, name])))
  right <- paste("~", deparse(formula[[3]]))
  list(
    formula = if (normalisation == "none") paste("y", right) else right,
    normalisation = normalisation,
    software = software,
    secondsPerModel = signif(spent / length(fits), 3),
    terms = rownames(fits[[1]]$table),
    responses = I(responses),
    logLik = I(unlist(lapply(fits, `[[`, "logLik"))),
    estimate = column("Estimate"),
    standardError = column("Std. Error"),
    df = column("df")
  )
}

folder <- arguments[1]
counts <- readMM(gzfile(file.path(folder, "matrix.mtx.gz")))
genes <- read.delim(file.path(folder, "features.tsv.gz"), header = FALSE)[[1]]
cells <- read.delim(file.path(folder, "obs.tsv"), stringsAsFactors = TRUE)
totals <- colSums(counts)
chosen <- seq(1, length(genes), by = 80)
chosen <- chosen[rowSums(counts[chosen, ] > 0) > 0]
row_of <- setNames(seq_along(genes), genes)

reference <- list(
  cells = collect(
    y ~ stim + (1 | donor) + (1 | sample), "log1p-cp10k", genes[chosen],
    function(gene) log1p(1e4 * counts[row_of[[gene]], ] / totals), cells
  ),
  visits = local({
    visits <- read.csv(arguments[2], stringsAsFactors = TRUE)
    collect(y ~ time * arm + (time | subject), "none", "y", function(name) visits$y, visits)
  })
)
writeLines(jsonlite::toJSON(reference, auto_unbox = TRUE, digits = 15), arguments[3])
