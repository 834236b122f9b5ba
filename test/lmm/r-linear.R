# Least squares of R, for test/lmm/linear.test.ts: Rscript test/lmm/r-linear.R > test/lmm/r-linear.json
n <- 24
d <- data.frame(
  x = sin(1:n) * 2,
  f = factor(rep(c('a', 'b', 'c'), each = n / 3)),
  w = 1 + (1:n %% 4) / 2,
  o = cos(1:n) / 3
)
d$y <- 5 + 0.7 * d$x + c(0, 1, -0.5)[d$f] + sin(7 * (1:n)) + d$o
number <- function(x) paste0('[', paste(format(x, digits = 17, trim = TRUE), collapse = ', '), ']')
fit <- function(name, formula, weights = rep(1, n)) {
  d$weight <- weights
  m <- lm(formula, d, weights = weight)
  s <- coef(summary(m))
  new <- data.frame(x = c(-1, 0.5, 3), f = factor(c('a', 'c', 'b')), weight = 1)
  p <- suppressWarnings(predict(m, new, interval = 'confidence', level = 0.9))
  cat(sprintf(
    '"%s": {"formula": "%s", "estimate": %s, "se": %s, "p": %s, "sigma": %s, "df": %d, "logLik": %s, "reml": %s, "aic": %s, "low": %s, "high": %s}',
    name, deparse(formula), number(s[, 1]), number(s[, 2]), number(s[, 4]), number(summary(m)$sigma), m$df.residual,
    number(logLik(m)), number(logLik(m, REML = TRUE)), number(AIC(m)), number(p[, 2]), number(p[, 3])
  ))
}
cat('{"data": {')
cat(paste(sapply(c('x', 'w', 'o', 'y'), function(v) sprintf('"%s": %s', v, number(d[[v]]))), collapse = ', '))
cat('}, "fits": {')
fit('plain', y ~ x + f); cat(', ')
fit('interaction', y ~ x * f); cat(', ')
fit('weights', y ~ x + f, d$w); cat(', ')
fit('mean', y ~ 1)
cat('}}\n')
