# Residual degrees of freedom n - 2 tr H + tr HH of models in test/reference, from dense matrices at their theta:
# Rscript residual-df.R (in this folder) > residual-df.json
suppressMessages({ library(lme4); library(jsonlite) })
root <- "../../reference"
ids <- c("sleep_slope_reml", "sleep_two_terms_reml", "sleep_int_ml", "penicillin_reml", "pastes_reml", "machines_nested_reml",
         "oxide_source_reml", "sim_crossed_reml", "sim_weights_reml", "sim_weights_slope_reml", "sim_three_slopes_reml",
         "dyestuff2_reml", "orthodont_slope_reml", "sim_unbalanced_reml", "sim_tiny_reml", "cake_recipe_nested_reml")
out <- list()
for (id in ids) {
  fit <- fromJSON(file.path(root, "fits", paste0(id, ".json")))
  d <- read.csv(file.path(root, "data", fit$data), stringsAsFactors = FALSE)
  meta <- fromJSON(file.path(root, "data", sub("csv$", "meta.json", fit$data)), simplifyVector = FALSE)
  for (name in names(meta$columns)) {
    column <- meta$columns[[name]]
    if (!is.null(column$levels)) d[[name]] <- factor(d[[name]], unlist(column$levels), ordered = column$kind == "ordered")
  }
  w <- if (is.null(fit$weights)) NULL else d[[fit$weights]]
  f <- as.formula(fit$formula)
  lf <- lFormula(f, d, weights = w, REML = TRUE, control = lmerControl(check.nobs.vs.nRE = "ignore"))
  Lt <- lf$reTrms$Lambdat; Lt@x <- as.numeric(fit$theta)[lf$reTrms$Lind]
  root_w <- if (is.null(w)) rep(1, nrow(lf$fr)) else sqrt(model.weights(lf$fr))
  A <- root_w * cbind(as.matrix(t(Lt %*% lf$reTrms$Zt)), lf$X)
  q <- nrow(Lt)
  K <- crossprod(A) + diag(rep(c(1, 0), c(q, ncol(lf$X))))
  H <- A %*% solve(K, t(A))
  rdf <- sum((diag(nrow(A)) - H)^2)
  if (is.null(w)) { # the hat matrix of lme4, at its own optimum
    own <- hatvalues(lmer(f, d, REML = fit$method == "REML"), fullHatMatrix = TRUE)
    stopifnot(abs(sum((diag(nrow(A)) - own)^2) / rdf - 1) < 1e-3)
  }
  out[[id]] <- rdf
}
cat(toJSON(out, digits = I(16), auto_unbox = TRUE))
