# Values of R's own functions for the statistics behind the plots.
# Rscript plot-statistics.R > plot-statistics.json

numbers <- function(x) paste0("[", paste(formatC(x, digits = 17, format = "g", width = 1), collapse = ", "), "]")

# An irregular sample with ties, made without a random generator.
sample <- round(10 * sin((1:60)^1.5)^3 + (1:60) / 20, 3)
sample[c(7, 21, 33)] <- 0

quartiles <- quantile(sample, c(0.05, 0.25, 0.5, 0.75, 0.975), names = FALSE)
reach <- 1.5 * (quartiles[4] - quartiles[2])
inside <- sample[sample >= quartiles[2] - reach & sample <= quartiles[4] + reach]

# The kernel density without the binning of density().
h <- bw.nrd0(sample)
grid <- seq(-12, 14, length.out = 27)
density <- sapply(grid, function(x) mean(dnorm(x, sample, h)))

beta <- expand.grid(p = c(1e-10, 0.025, 0.5, 0.975), a = c(1, 2, 37, 9000, 20000))
beta$b <- 20001 - beta$a
log10p <- c(-1e-6, -0.1, -0.30103, -1, -3.5, -20, -300)

cat("{\n")
cat('  "sample": ', numbers(sample), ",\n", sep = "")
cat('  "quantiles": ', numbers(quartiles), ",\n", sep = "")
cat('  "whiskers": ', numbers(range(inside)), ",\n", sep = "")
cat('  "bandwidth": ', numbers(h), ",\n", sep = "")
cat('  "densityAt": ', numbers(grid), ",\n", sep = "")
cat('  "density": ', numbers(density), ",\n", sep = "")
cat('  "betaP": ', numbers(beta$p), ",\n", sep = "")
cat('  "betaA": ', numbers(beta$a), ",\n", sep = "")
cat('  "betaB": ', numbers(beta$b), ",\n", sep = "")
cat('  "betaQuantile": ', numbers(qbeta(beta$p, beta$a, beta$b)), ",\n", sep = "")
cat('  "log10P": ', numbers(log10p), ",\n", sep = "")
cat('  "chiSquare": ', numbers(qchisq(log10p * log(10), 1, lower.tail = FALSE, log.p = TRUE)), "\n", sep = "")
cat("}\n")
