# Predictions for new rows, with and without random effects, and the variance of their errors, computed densely in R:
# Rscript predictions.R > predictions.json, in this folder. Needs lme4 and jsonlite.
#
# With c = Z G z, the covariance of the responses with the random part of a new row, the best linear unbiased predictor
# of x'b + z'u has the error variance (universal kriging; no mixed-model equations are formed)
#     z'G z - c'V^-1 c + (x - X'V^-1 c)' (X'V^-1 X)^-1 (x - X'V^-1 c)
suppressPackageStartupMessages({library(lme4); library(jsonlite)})

read <- function(name) {
  meta <- fromJSON(file.path("../reference/data", sub("csv$", "meta.json", name)), simplifyVector = FALSE)
  d <- read.csv(file.path("../reference/data", name), check.names = FALSE, colClasses = "character", na.strings = "NA")
  for (v in names(d)) {
    m <- meta$columns[[v]]
    d[[v]] <- if (m$kind == "numeric") as.numeric(d[[v]]) else
      factor(d[[v]], levels = unlist(m$levels), ordered = m$kind == "ordered")
  }
  d
}

cases <- list(
  list(id = "sleep slopes", data = "sleepstudy.csv", formula = "Reaction ~ Days + (Days | Subject)", REML = TRUE,
       new = data.frame(Subject = c("308", "335", "new1", "372"), Days = c(0, 5.5, 3, 12))),
  list(id = "sleep polynomial", data = "sleepstudy.csv", formula = "Reaction ~ poly(Days, 2) + (1 | Subject)", REML = FALSE,
       new = data.frame(Subject = c("308", "new1"), Days = c(10, 2.5))),
  list(id = "crossed", data = "sim_crossed.csv", formula = "rt ~ a * b + (a | subj) + (1 | item)", REML = TRUE,
       new = data.frame(a = c("hi", "lo", "hi"), b = c("q", "r", "q"), subj = c("s01", "s99", "s03"),
                        item = c("i99", "i02", "i05"))),
  list(id = "nested", data = "machines.csv", formula = "score ~ Machine + (1 | Worker/Machine)", REML = TRUE,
       new = data.frame(Machine = c("A", "B", "C"), Worker = c("1", "6", "9"))),
  list(id = "weights", data = "sim_weights_offset.csv", formula = "y0 ~ x + (x | g)", REML = TRUE, weights = "w",
       new = data.frame(x = c(0.3, -2), g = c("g01", "zz"), w = c(2, 0.5))),
  list(id = "two terms", data = "sleepstudy.csv", formula = "Reaction ~ Days + (1 | Subject) + (0 + Days | Subject)",
       REML = TRUE, new = data.frame(Subject = c("309", "372"), Days = c(4, 11)))
)

run <- function(case) {
  d <- read(case$data)
  if (!is.null(case$weights)) d$.w <- d[[case$weights]]
  control <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhobeg = 0.2, rhoend = 1e-11, maxfun = 1e6),
                         calc.derivs = FALSE)
  arguments <- list(as.formula(case$formula), d, REML = case$REML, control = control)
  if (!is.null(case$weights)) arguments$weights <- d$.w
  m <- suppressWarnings(do.call(lmer, arguments))
  X <- getME(m, "X"); Z <- as.matrix(getME(m, "Z")); L <- as.matrix(getME(m, "Lambda"))
  w <- weights(m)
  G <- sigma(m)^2 * L %*% t(L)
  V <- Z %*% G %*% t(Z) + diag(sigma(m)^2 / w)
  Vi <- solve(V)
  C <- solve(t(X) %*% Vi %*% X)

  # rows of X and Z for the new data: the new rows behind the old ones, in one design
  new <- case$new
  both <- d[rep(1, nrow(new)), , drop = FALSE]
  for (v in names(new)) {
    if (is.factor(d[[v]])) {
      levels <- c(levels(d[[v]]), setdiff(new[[v]], levels(d[[v]])))
      both[[v]] <- factor(new[[v]], levels = levels)
    } else both[[v]] <- new[[v]]
  }
  fixed <- delete.response(terms(m))
  frame <- model.frame(fixed, both[, intersect(names(both), all.vars(fixed)), drop = FALSE],
                       xlev = lapply(Filter(is.factor, model.frame(m)[, attr(fixed, "term.labels")[attr(fixed, "order") == 1], drop = FALSE]), levels))
  x <- model.matrix(fixed, frame)
  bars <- findbars(formula(m)); if (!is.list(bars)) bars <- list(bars)
  flist <- getME(m, "flist"); cnms <- getME(m, "cnms"); Gp <- getME(m, "Gp")
  groups <- names(cnms)
  variance <- numeric(nrow(new)); own <- numeric(nrow(new)); fit <- numeric(nrow(new))
  b <- as.vector(getME(m, "b")); beta <- fixef(m)
  for (i in seq_len(nrow(new))) {
    z <- numeric(ncol(Z)); extra <- 0; total <- 0
    for (t in seq_along(cnms)) {
      group <- sub("\\.[0-9]+$", "", groups[t])
      parts <- strsplit(group, ":", fixed = TRUE)[[1]]
      level <- paste(vapply(parts, function(p) as.character(both[i, p]), ""), collapse = ":")
      q <- length(cnms[[t]])
      row <- vapply(cnms[[t]], function(name) if (name == "(Intercept)") 1 else if (name %in% colnames(x)) x[i, name] else
        as.numeric(both[i, name]), 0)
      known <- levels(flist[[group]])
      k <- match(level, known)
      block <- as.matrix(VarCorr(m)[[t]])
      total <- total + as.numeric(t(row) %*% block %*% row)
      if (is.na(k)) extra <- extra + as.numeric(t(row) %*% block %*% row)
      else z[Gp[t] + (k - 1) * q + seq_len(q)] <- row
    }
    cc <- Z %*% G %*% z
    rest <- x[i, ] - t(X) %*% Vi %*% cc
    variance[i] <- extra + t(z) %*% G %*% z - t(cc) %*% Vi %*% cc + t(rest) %*% C %*% rest
    own[i] <- total
    fit[i] <- sum(x[i, ] * beta) + sum(z * b)
  }
  stopifnot(isTRUE(all.equal(fit, as.numeric(predict(m, both, allow.new.levels = TRUE)))))
  list(id = case$id, data = case$data, formula = case$formula, method = if (case$REML) "REML" else "ML",
       weights = if (is.null(case$weights)) NA else case$weights, new = as.list(new),
       conditional = fit, se_conditional = sqrt(variance),
       population = as.numeric(x %*% beta), se_population = sqrt(diag(x %*% C %*% t(x))),
       group_variance = own, sigma = sigma(m))
}
cat(toJSON(lapply(cases, run), digits = 15, auto_unbox = TRUE, na = "null", pretty = TRUE), "\n")
