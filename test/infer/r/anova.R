# F tests of terms in an unbalanced design with an empty cell, covariates and several codings (lmerTest, pbkrtest).
# Rscript anova.R   writes anova.csv and anova.json beside itself.
library(lmerTest); library(jsonlite)
set.seed(7)
n <- 240
d <- data.frame(g = factor(sample(15, n, TRUE)), a = factor(sample(c("p", "q", "r"), n, TRUE, c(.5, .3, .2))),
                b = factor(sample(c("u", "v"), n, TRUE)), c = factor(sample(4, n, TRUE)),
                x = round(rnorm(n), 3), z = round(runif(n, 10, 20), 2))
d$y <- round(5 + as.numeric(d$a) * 0.4 + (d$b == "v") * 0.6 * as.numeric(d$a) + 0.3 * d$x * (d$b == "u") + 0.1 * d$z +
             rnorm(15)[d$g] + rnorm(n), 4)
d$hole <- as.integer(!(d$a == "r" & d$c == "4"))
write.csv(d, "anova.csv", row.names = FALSE, quote = FALSE)
cases <- list(
  list(id = "three-way", formula = "y ~ a * b * x + z + (1 | g)"),
  list(id = "sum", formula = "y ~ a * b + c + x:b + (1 | g)", contrasts = list(a = "contr.sum", b = "contr.sum", c = "contr.sum")),
  list(id = "helmert", formula = "y ~ a * c + b + (1 | g)", contrasts = list(a = "contr.helmert", c = "contr.sum")),
  list(id = "empty-cell", formula = "y ~ a * c + x + (1 | g)", hole = TRUE),
  list(id = "no-intercept", formula = "y ~ 0 + a * b + x + (1 | g)"),
  list(id = "polynomial", formula = "y ~ poly(x, 2) * b + a + (1 | g)"),
  list(id = "nested", formula = "y ~ a / b + z + (1 | g)"))
out <- lapply(cases, function(case) {
  data <- if (isTRUE(case$hole)) d[d$hole == 1, ] else d
  m <- lmer(as.formula(case$formula), data, contrasts = case$contrasts,
            control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9)))
  table <- function(type, ddf) {
    a <- suppressMessages(anova(m, type = type, ddf = ddf))
    lapply(seq_len(nrow(a)), function(i) list(term = rownames(a)[i], sum_sq = a[i, 1], num_df = a[i, 3], den_df = a[i, 4], F = a[i, 5], p = a[i, 6]))
  }
  c(case, list(type1 = table(1, "Satterthwaite"), type2 = table(2, "Satterthwaite"), type3 = table(3, "Satterthwaite"),
               type3_kr = table(3, "Kenward-Roger")))
})
writeLines(toJSON(out, auto_unbox = TRUE, digits = NA, null = "null", na = "null", pretty = FALSE), "anova.json")
