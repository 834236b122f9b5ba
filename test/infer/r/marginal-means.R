# Marginal means, slopes and pairwise comparisons by the R package emmeans on the data of anova.R.
# Rscript marginal-means.R   writes marginal-means.json beside itself.
suppressMessages({ library(lmerTest); library(emmeans); library(jsonlite) })
d <- read.csv("anova.csv"); for (f in c("g", "a", "b", "c")) d[[f]] <- factor(d[[f]])
cases <- list(
  list(id = "two factors", formula = "y ~ a * b + x + z + (1 | g)", over = c("a", "b")),
  list(id = "by", formula = "y ~ a * b + x + z + (1 | g)", over = "a", by = "b"),
  list(id = "one of two", formula = "y ~ a * b + c + (1 | g)", over = "a"),
  list(id = "sum coding", formula = "y ~ a * b + c + (1 | g)", over = "c", contrasts = list(a = "contr.sum", b = "contr.helmert", c = "contr.sum")),
  list(id = "polynomial", formula = "y ~ poly(x, 2) * b + a + (1 | g)", over = "b", at = list(x = 1.5)),
  list(id = "log", formula = "y ~ log(z) * a + (1 | g)", over = "a"),
  list(id = "slopes", formula = "y ~ a * x + b * z + (1 | g)", over = "a", slopes = "x"),
  list(id = "slopes of a square", formula = "y ~ b * I(x^2) + x + (1 | g)", over = "b", slopes = "x", at = list(x = 2)),
  list(id = "empty cell", formula = "y ~ a * c + x + (1 | g)", over = c("a", "c"), hole = TRUE),
  list(id = "empty cell, margin", formula = "y ~ a * c + x + (1 | g)", over = "a", hole = TRUE),
  list(id = "no intercept", formula = "y ~ 0 + a + b + x + (1 | g)", over = "a"))
out <- lapply(cases, function(case) {
  data <- if (isTRUE(case$hole)) d[d$hole == 1, ] else d
  m <- lmer(as.formula(case$formula), data, contrasts = case$contrasts, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9)))
  run <- function(ddf) {
    emm_options(lmer.df = ddf)
    args <- list(m, specs = case$over, data = data, lmer.df = ddf)
    if (!is.null(case$by)) args$by <- case$by
    if (!is.null(case$at)) args$at <- case$at
    e <- if (is.null(case$slopes)) do.call(emmeans, args) else do.call(emtrends, c(args, list(var = case$slopes, delta.var = 1e-6))) # one-sided differences, so small ones
    means <- as.data.frame(summary(e)); p <- as.data.frame(summary(pairs(e, reverse = FALSE)))
    q <- function(n) p[[n]]
    est <- setdiff(names(means), c(case$over, case$by, "SE", "df", "lower.CL", "upper.CL"))[1]
    list(levels = lapply(c(case$over, case$by), function(n) as.character(means[[n]])), estimate = means[[est]], se = means$SE, df = means$df,
         low = means$lower.CL, high = means$upper.CL, contrast = as.character(p$contrast), by = if (is.null(case$by)) NULL else as.character(p[[case$by]]),
         pair_estimate = p$estimate, pair_se = p$SE, pair_df = p$df, t = p$t.ratio, p = p$p.value)
  }
  c(case, list(satterthwaite = run("satterthwaite"), kenward_roger = run("kenward-roger")))
})
writeLines(toJSON(out, auto_unbox = FALSE, digits = NA, na = "null", null = "null"), "marginal-means.json")
