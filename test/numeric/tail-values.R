# Writes tail-values.json: upper tails of chi-squared [statistic, df, log p] and F [statistic, df1, df2, log p] by R's
# pchisq and pf.  Run: Rscript tail-values.R > tail-values.json
chi <- expand.grid(df = c(0.1, 0.5, 1, 1.7, 2, 3, 5, 10.4, 31, 100, 2500.5, 1e4, 1e6), ratio = c(1e-3, 0.2, 0.9, 0.999, 1, 1.001, 1.05, 1.5, 4, 20))
chi$statistic <- chi$df * chi$ratio
chi <- rbind(chi[, c("statistic", "df")],
  expand.grid(statistic = c(30, 200, 900, 1500, 1850, 5000, 1e5), df = c(0.3, 1, 2, 3, 4.5, 12, 60)))
chi$log <- pchisq(chi$statistic, chi$df, lower.tail = FALSE, log.p = TRUE)
f <- expand.grid(statistic = c(1e-3, 0.3, 0.9, 0.9999, 1, 1.0001, 1.1, 2, 8, 40, 900, 1e5),
  df1 = c(0.4, 1, 2, 3.5, 7, 40, 1000, 1e6), df2 = c(0.7, 1, 3.3, 12, 57.6, 300, 8000.5, 1e6))
f$log <- pf(f$statistic, f$df1, f$df2, lower.tail = FALSE, log.p = TRUE)
f <- f[is.finite(f$log) & f$log != 0, ]
# R's pbeta loses these tails (it warns for the last); the tests have them from 40 digits.
lost <- with(f, (statistic == 40 & df1 == 40 & df2 > 8000) | (statistic == 900 & df1 == 7 & df2 == 1e6))
f <- f[!lost, ]
chi <- chi[is.finite(chi$log) & chi$log != 0, ]
row <- function(...) paste0("[", paste(sprintf("%.17g", c(...)), collapse = ","), "]")
cat('{"chiSquared":[\n', paste(apply(chi[, c("statistic", "df", "log")], 1, row), collapse = ",\n"), '],\n"f":[\n',
  paste(apply(f[, c("statistic", "df1", "df2", "log")], 1, row), collapse = ",\n"), "]}\n", sep = "")
