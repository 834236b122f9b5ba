# Quantiles of draws and BCa probabilities as the package boot forms them. From this folder:
#   Rscript r-quantiles.R > r-quantiles.json
library(boot)
library(jsonlite)
set.seed(1)
draws <- sort(signif(rexp(199), 12))
alphas <- c(0.005, 0.01, 0.025, 0.05, 0.1, 0.333, 0.5, 0.9, 0.95, 0.975, 0.991, 0.995)
quantiles <- boot:::norm.inter(draws, alphas)[, 2]
bca <- expand.grid(alpha = c(0.025, 0.975), z0 = c(-0.3, 0, 0.2), a = c(-0.05, 0, 0.1))
z <- bca$z0 + qnorm(bca$alpha)
bca$probability <- pnorm(bca$z0 + z / (1 - bca$a * z))
p <- c(1e-10, 0.001, 0.3, 0.49, 0.4901, 0.4999, 0.499999, 0.5, 0.505, 0.51, 0.8, 0.9999)
cat(toJSON(list(boot = as.character(packageVersion("boot")), draws = draws, alphas = alphas, quantiles = quantiles,
  bca = bca, normal = list(p = p, q = qnorm(p))), digits = NA, auto_unbox = TRUE), "\n")
