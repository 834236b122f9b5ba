# Times lme4 and lmerTest on the genes of a table of log expression, and writes what they find.
#   Rscript refit.R Y.tsv OBS.tsv OUT.tsv
# Y.tsv: one gene a row, name first, one cell a column; OBS.tsv: donor and stim of each cell, in that order.
suppressPackageStartupMessages({ library(lme4); library(lmerTest) })
arguments <- commandArgs(TRUE)
y <- as.matrix(read.delim(arguments[1], row.names = 1, check.names = FALSE))
obs <- read.delim(arguments[2], stringsAsFactors = TRUE)
# Processor time and time on the wall.
seconds <- function(work) {
  spent <- system.time(work, gcFirst = FALSE)
  c(spent[["user.self"]] + spent[["sys.self"]], spent[["elapsed"]])
}
genes <- rownames(y)
obs$y <- y[1, ]
template <- suppressMessages(lme4::lmer(y ~ stim + (1 | donor), obs))
tested <- suppressMessages(lmerTest::lmer(y ~ stim + (1 | donor), obs))
rows <- list()
refits <- c(0, 0)
tests <- c(0, 0)
for (gene in genes) {
  value <- y[gene, ]
  refits <- refits + seconds(fit <- suppressMessages(suppressWarnings(refit(template, newresp = value))))
  obs$y <- value
  tests <- tests + seconds({
    full <- suppressMessages(suppressWarnings(lmerTest::lmer(y ~ stim + (1 | donor), obs)))
    table <- coef(summary(full, ddf = "Satterthwaite"))
  })
  rows[[gene]] <- data.frame(
    response = gene, term = rownames(table), estimate = table[, "Estimate"], std.error = table[, "Std. Error"],
    df = table[, "df"], p.value = table[, "Pr(>|t|)"], logLik = as.numeric(logLik(full)),
    refit.logLik = as.numeric(logLik(fit)), singular = isSingular(full)
  )
}
write.table(do.call(rbind, rows), arguments[3], sep = "\t", quote = FALSE, row.names = FALSE)
cat(R.version.string, format(packageVersion("lme4")), format(packageVersion("lmerTest")),
  sprintf("%.6f", c(refits, tests) / length(genes)), sep = "\t")
cat("\n")
