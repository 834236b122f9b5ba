# Makes combination.csv and combination.fits.tsv: Rscript combination.R, in this folder (R 4.2.2, lmerTest 3.1-3).
# Weights (some zero), an offset, missing values in every role, a filter and a split, all in one model.
suppressMessages(library(lmerTest))
set.seed(3)
d <- read.csv("../reference/data/sim_weights_offset.csv")
n <- nrow(d)
d$s <- rep(c("one", "two"), length.out = n)
d$f <- sample(c("a", "b", "c"), n, TRUE)
d$w[sample(n, 6)] <- 0
d$o[sample(n, 5)] <- NA
d$y[sample(n, 7)] <- NA
d$y0[sample(n, 9)] <- NA
d$f[sample(n, 3)] <- NA
write.csv(d, "combination.csv", row.names = FALSE)
control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), check.conv.singular = "ignore")
fits <- NULL
for (s in c("one", "two")) for (y in c("y", "y0")) {
  part <- d[d$s == s & d$x > -1.5 & d$f %in% c("a", "b") & d$w > 0, ]
  m <- lmer(as.formula(paste(y, "~ x * f + offset(o) + (1 | g)")), part, weights = w, control = control)
  k <- coef(summary(m))
  fits <- rbind(fits, data.frame(split = s, response = y, term = rownames(k), estimate = k[, 1], se = k[, 2],
    df = k[, 3], p = k[, 5], n = nobs(m), sigma = sigma(m), loglik = as.numeric(logLik(m))))
}
fits[-(1:3)] <- lapply(fits[-(1:3)], function(v) format(v, digits = 15, trim = TRUE))
write.table(fits, "combination.fits.tsv", sep = "\t", row.names = FALSE, quote = FALSE)
