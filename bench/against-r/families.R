# Times R's engines of generalised mixed models on the first genes of a table of cells.
#   Rscript families.R CELLS.tsv OUT.tsv FAMILY FORMULA GENES
# CELLS.tsv: covariates, then y0, y1, ...; FORMULA is the right side. OUT.tsv: engine, gene, seconds of a processor, logLik.
suppressPackageStartupMessages(library(lme4))
arguments <- commandArgs(TRUE)
cells <- read.delim(arguments[1], stringsAsFactors = TRUE)
family <- arguments[3]
genes <- seq_len(as.integer(arguments[5])) - 1
hasTMB <- requireNamespace("glmmTMB", quietly = TRUE)
seconds <- function(work) {
  spent <- system.time(work, gcFirst = FALSE)
  spent[["user.self"]] + spent[["sys.self"]]
}
rows <- list()
keep <- function(engine, gene, spent, fit)
  rows[[length(rows) + 1]] <<- data.frame(engine, gene, seconds = spent, logLik = as.numeric(logLik(fit)))
for (gene in genes) {
  cells$y <- cells[[paste0("y", gene)]]
  model <- as.formula(paste("y", arguments[4]))
  if (family == "poisson") {
    spent <- seconds(fit <- suppressMessages(suppressWarnings(glmer(model, cells, family = poisson))))
    keep("lme4::glmer", gene, spent, fit)
  } else if (gene == 0) {
    spent <- seconds(fit <- suppressMessages(suppressWarnings(glmer.nb(model, cells))))
    keep("lme4::glmer.nb", gene, spent, fit)
  }
  if (hasTMB) {
    kind <- if (family == "poisson") poisson() else glmmTMB::nbinom2()
    spent <- seconds(fit <- suppressMessages(suppressWarnings(glmmTMB::glmmTMB(model, cells, family = kind))))
    keep("glmmTMB", gene, spent, fit)
  }
}
write.table(do.call(rbind, rows), arguments[2], sep = "\t", quote = FALSE, row.names = FALSE)
