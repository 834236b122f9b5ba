# limma's cameraPR for the tests of gene sets: Rscript camera-ranked.R > camera-ranked.json
suppressMessages({ library(limma); library(jsonlite) })
set.seed(11)
n <- 400
t <- rt(n, 9)
t[1:30] <- t[1:30] + 1.2
t[31:70] <- t[31:70] - 0.7
sets <- list(up = 1:30, down = 31:70, mixed = c(5, 40, 100:140), one = 7, two = c(350, 360), most = 3:398, null = 200:260)
test <- function(statistic, ...) {
  r <- cameraPR(statistic, sets, sort = FALSE, ...)
  list(n = r$NGenes, direction = as.character(r$Direction), p = r$PValue, fdr = r$FDR)
}
# Very different tails: a set whose p is far below what doubles print short.
far <- t; far[1:30] <- far[1:30] + 12
df <- runif(n, 3, 40)
out <- list(versions = list(R = as.character(getRversion()), limma = as.character(packageVersion("limma"))),
            statistic = t, far = far, sets = lapply(sets, function(s) as.list(s - 1L)),
            usual = test(t), none = test(t, inter.gene.cor = 0), strong = test(t, inter.gene.cor = 0.2),
            far_usual = test(far),
            zscore = list(t = t, df = df, log10p = (log(2) + pt(-abs(t), df, log.p = TRUE)) / log(10), z = zscoreT(t, df)),
            tail = list(z = c(1, 10, 37, 40, 100, 1000), log10p = (log(2) + pnorm(-c(1, 10, 37, 40, 100, 1000), log.p = TRUE)) / log(10)))
cat(toJSON(out, digits = NA, auto_unbox = TRUE), "\n")
