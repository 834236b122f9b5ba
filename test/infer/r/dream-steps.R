# The steps of dream, variance fractions and voom with random effects, put together from lme4, lmerTest and limma:
# Rscript dream-steps.R (in this folder) > dream-steps.json
suppressMessages({ library(lmerTest); library(limma); library(jsonlite) })
root <- "../../reference"
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE)
read <- function(name) read.delim(file.path(root, "batches", name), check.names = FALSE)

# Residual degrees of freedom, moderated t with Satterthwaite's df plus the prior's, B, and F of several coefficients.
dream <- function(y, formula, obs, coefs, w = NULL) {
  one <- lapply(seq_len(nrow(y)), function(g) {
    obs$y <- y[g, ]; obs$w <- if (is.null(w)) 1 else w[g, ]
    m <- suppressMessages(lmer(as.formula(paste("y", formula)), obs, weights = w, control = tight))
    s <- coef(summary(m)); H <- hatvalues(m, fullHatMatrix = TRUE)
    list(beta = s[, "Estimate"], se = s[, "Std. Error"], df = s[, "df"], sigma = sigma(m), mean = mean(obs$y), V = as.matrix(vcov(m)),
         rdf = nrow(obs) - 2 * sum(diag(H)) + sum(H * H))
  })
  get <- function(k) t(sapply(one, function(x) x[[k]]))
  sigma <- as.numeric(get("sigma")); rdf <- as.numeric(get("rdf")); mean <- as.numeric(get("mean"))
  fit <- list(coefficients = get("beta"), stdev.unscaled = get("se") / sigma, sigma = sigma, df.residual = rdf, Amean = mean)
  bayes <- function(...) {
    e <- eBayes(fit, ...)
    df <- get("df") + e$df.prior
    p <- 2 * pt(-abs(e$t), df)
    F <- sapply(seq_along(one), function(g) {
      t <- e$t[g, coefs]; r <- cov2cor(one[[g]]$V[coefs, coefs])
      f <- drop(t %*% solve(r, t)) / length(coefs)
      c(f, pf(f, length(coefs), mean(df[g, coefs]), lower.tail = FALSE))
    })
    list(df_prior = rep_len(e$df.prior, length(sigma)), s2_post = e$s2.post, t = unname(e$t), df = unname(df), p = unname(p),
         lods = unname(e$lods), F = F[1, ], F_p = F[2, ])
  }
  list(coefs = coefs, genes = rownames(y), rdf = rdf, plain = bayes(), robust = bayes(robust = TRUE), trend = bayes(trend = TRUE))
}
matrix_of <- function(name, n) { d <- read(name)[1:n, ]; m <- as.matrix(d[, -1]); rownames(m) <- d[[1]]; m }
obs <- read("sim_weighted.obs.tsv"); y <- matrix_of("sim_weighted.y.tsv", 40); w <- matrix_of("sim_weighted.w.tsv", 40)
weighted <- dream(y, "~ visit + age + (1 | individual)", obs, c("visitV2", "visitV3"), w)
slopes <- dream(matrix_of("sim_slopes.y.tsv", 40), "~ time + (time | subject)", read("sim_slopes.obs.tsv"), c("(Intercept)", "time"))

# Variance fractions: population variances of each column's (or term's) part of X b, scaled to that of X b.
fractions <- lapply(1:5, function(g) {
  obs$y <- y[g, ]
  m <- suppressMessages(lmer(y ~ visit + age + (1 | individual), obs, control = tight))
  X <- getME(m, "X"); b <- fixef(m); n <- nrow(X)
  popvar <- function(x) var(x) * (n - 1) / n
  total <- popvar(drop(X %*% b))
  share <- function(groups) { v <- sapply(groups, function(j) popvar(drop(X[, j, drop = FALSE] %*% b[j]))); v / sum(v) * total }
  rest <- c(VarCorr(m)$individual[1], sigma(m)^2)
  done <- function(v) { all <- c(v, rest); unname(all / sum(all)) }
  list(coefficient = done(share(as.list(2:ncol(X)))), term = done(share(split(2:ncol(X), attr(X, "assign")[-1]))))
})

# voom with random effects: fits by maximum likelihood, conditional fitted values, limma's trend.
set.seed(8)
donor <- factor(rep(1:10, each = 3)); stim <- rep(0:2, 10)
mu <- exp(runif(90, 1, 8)); effect <- matrix(rnorm(90 * 10, 0, 0.5), 90)
counts <- matrix(rnbinom(90 * 30, mu = mu * exp(effect[, donor]) %*% diag(runif(30, 0.6, 1.6)), size = 8), 90)
lib <- colSums(counts); E <- t(log2(t(counts + 0.5) / (lib + 1) * 1e6))
first <- lapply(1:90, function(g) {
  m <- suppressMessages(lmer(E[g, ] ~ stim + (1 | donor), REML = FALSE, control = tight))
  list(sigma = sigma(m), fitted = predict(m))
})
sx <- rowMeans(E) + mean(log2(lib + 1)) - log2(1e6)
sy <- sqrt(sapply(first, function(x) x$sigma))
trend <- approxfun(lowess(sx, sy, f = 0.5), rule = 2, ties = list("ordered", mean))
fitted <- t(sapply(first, function(x) x$fitted))
weights <- 1 / trend(log2(1e-6 * t(t(2^fitted) * (lib + 1))))^4
dim(weights) <- dim(E)
cat(toJSON(list(weighted = weighted, slopes = slopes, fractions = fractions,
                voom = list(counts = unname(counts), stim = stim, donor = as.integer(donor), weights = weights)),
           digits = I(14), auto_unbox = TRUE))
