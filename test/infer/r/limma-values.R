# Values of limma, edgeR and stats for the tests of empirical Bayes: Rscript limma-values.R > limma-values.json
suppressMessages({ library(limma); library(edgeR); library(jsonlite) })
set.seed(4)
out <- list(versions = list(R = as.character(getRversion()), limma = as.character(packageVersion("limma")),
                            edgeR = as.character(packageVersion("edgeR"))))

# Variances around a prior, with outliers, with unequal degrees of freedom, with a trend.
squeeze <- function(var, df, covariate = NULL, robust = FALSE) {
  s <- squeezeVar(var, df, covariate = covariate, robust = robust)
  n <- length(var)
  list(var = var, df = rep_len(df, n), covariate = covariate, robust = robust, df_prior = rep_len(s$df.prior, n),
       var_prior = rep_len(s$var.prior, n), var_post = s$var.post)
}
n <- 80
unequal <- runif(n, 3, 9)
a <- rnorm(n, 6, 2)
prior <- 0.5 * 8 / rchisq(n, 8)
x <- prior * rchisq(n, 5) / 5
xu <- prior * rchisq(n, unequal) / unequal
wild <- replace(x, c(3, 40), c(60, 25))
wildu <- replace(xu, c(3, 40), c(60, 25))
same <- 0.7 * rchisq(n, 6) / 6
out$squeeze <- list(
  plain = squeeze(x, 5),
  unequal = squeeze(xu, unequal),
  trend = squeeze(x * exp(0.3 * a - 0.02 * a^2), 5, covariate = a),
  few = squeeze(x[1:5], 5, covariate = a[1:5]),
  none = squeeze(xu, replace(unequal, c(2, 7), 0), covariate = a),
  equal_variances = squeeze(same * 0.9 + 0.07, 6),
  robust = squeeze(wild, 5, robust = TRUE),
  robust_clean = squeeze(x, 5, robust = TRUE),
  robust_unequal = squeeze(wildu, unequal, robust = TRUE),
  robust_trend = squeeze(wildu * exp(0.2 * a), unequal, covariate = a, robust = TRUE),
  robust_none = squeeze(wildu * exp(0.2 * a), replace(unequal, c(2, 7), 0), covariate = a, robust = TRUE),
  robust_equal_variances = squeeze(replace(0.7 * qchisq(ppoints(n), 8) / 8, 5, 40), 6, robust = TRUE),
  robust_large_df = squeeze(0.5 * 30 / rchisq(n, 30) * rchisq(n, 4000) / 4000, 4000 + runif(n), robust = TRUE)
)

# Two groups and a covariate: t, lods, F.
group <- rep(0:1, each = 5); z <- rnorm(10)
X <- cbind("(Intercept)" = 1, group = group, z = z)
E <- matrix(rnorm(60 * 10), 60) * sqrt(0.5 * 6 / rchisq(60, 6)) + 7
E[1:6, 6:10] <- E[1:6, 6:10] + 3
fit <- lmFit(E, X)
bayes <- function(...) {
  e <- eBayes(fit, ...)
  both <- topTable(e, coef = c("group", "z"), number = Inf, sort.by = "none")
  list(t = unname(e$t), df_total = unname(e$df.total), p = unname(e$p.value), lods = unname(e$lods), F = both$F, F_p = both$P.Value)
}
out$ebayes <- list(coefficients = unname(fit$coefficients), stdev_unscaled = unname(fit$stdev.unscaled), sigma = unname(fit$sigma),
                   df = unname(fit$df.residual), mean = unname(fit$Amean), cov = unname(fit$cov.coefficients),
                   plain = bayes(), robust = bayes(robust = TRUE), trend = bayes(trend = TRUE))

# The lowess curve and the smoothing spline with 3 degrees of freedom.
lx <- round(c(sort(runif(60, 0, 10)), 3, 3, 3, 9.9), 2); ly <- sin(lx) + rnorm(64, 0, 0.3); ly[20] <- 6
curve <- function(...) { o <- order(lx); y <- numeric(64); y[o] <- lowess(lx, ly, ...)$y; y }
out$lowess <- list(x = lx, y = ly, half = curve(f = 0.5), wide = curve(), no_delta = curve(f = 0.4, delta = 0), once = curve(f = 0.5, iter = 0))
lambda <- seq(0.05, 0.95, 0.05)
p <- c(runif(300), rbeta(100, 0.3, 6), 0.2, 0.2)
pi0 <- sapply(lambda, function(l) mean(p >= l) / (1 - l))
# smooth.spline stops its search early; its own criterion solved to the last digit:
at_df <- function(l) smooth.spline(lambda, pi0, lambda = exp(l))
root <- uniroot(function(l) at_df(l)$df - 3, c(-15, 5), tol = 1e-14)$root
out$qvalue <- list(p = p, pi0 = pi0, smooth = at_df(root)$y, default = smooth.spline(lambda, pi0, df = 3)$y)
minimum <- quantile(pi0, 0.1); m <- length(p); W <- sapply(lambda, function(l) sum(p >= l))
mse <- (W / (m^2 * (1 - lambda)^2)) * (1 - W / m) + (pi0 - minimum)^2
out$qvalue$bootstrap <- min(pi0[mse == min(mse)], 1)

# voom with fixed effects, and factors of normalisation.
counts <- matrix(rnbinom(120 * 8, mu = exp(runif(120, 0, 8)) %o% runif(8, 0.5, 2), size = 5), 120)
counts[9, ] <- 0
two <- cbind(1, rep(0:1, 4))
v <- voom(counts, two)
factors <- calcNormFactors(counts)
vf <- voom(DGEList(counts, norm.factors = factors), two)
out$voom <- list(counts = counts, group = two[, 2], E = unname(v$E), weights = unname(v$weights), tmm = unname(factors),
                 tmm_E = unname(vf$E), tmm_weights = unname(vf$weights))
cat(toJSON(out, digits = I(16), auto_unbox = TRUE, na = "string", null = "null"))
