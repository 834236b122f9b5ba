# Writes r-functions.json: columns that R makes with ns(), bs(), cut() and others on one small data frame, and what it makes
# of other rows afterwards.
# Run in this folder: Rscript r-functions.R && npx biome format --write r-functions.json   (R 4.2.2, jsonlite)
suppressMessages({ library(splines); library(jsonlite) })

d <- data.frame(
  x = c(1, 2.5, 3, 7, -2, 0.5, 4, 4.25, 6, 9.75, 2.5, 8.125),
  time = rep(0:3, 3),
  a = factor(rep(c("a1", "a2"), 6)),
  b = factor(rep(c("b1", "b2", "b3"), each = 2, times = 2)),
  k = rep(c(10, 2, 30.5), 4)
)
d$m <- d$x; d$m[c(3, 8)] <- NA
# rows that were not there, some of them beyond the range
new <- data.frame(x = c(-4, -2, 0.123456789, 2.5, 5, 9.75, 12.5), time = c(0, 1.5, 3, 4, -1, 2, 1),
  a = factor(c("a2", "a1", "a2", "a1", "a2", "a1", "a1"), levels(d$a)), b = factor(c("b3", "b1", "b2", "b3", "b1", "b2", "b3"), levels(d$b)),
  k = c(2, 10, 30.5, 2, 2, 10, 2))
new$m <- new$x

splines <- c("ns(x)", "ns(x, 1)", "ns(x, 2)", "ns(x, 3)", "ns(x, df = 5)", "ns(x, df = 4, intercept = TRUE)", "ns(x, knots = c(1, 4.5))", "ns(x, knots = 2)",
  "ns(x, knots = c(5, 1, 3), Boundary.knots = c(0, 8))", "ns(x, 3, Boundary.knots = c(8, -1))", "ns(x, df = 3, Boundary.knots = c(-10, 20))", "ns(m, 4)", "ns(log(x + 3), 3)",
  "ns(x, knots = c(3, 3))", "bs(x)", "bs(x, 4)", "bs(x, df = 6)", "bs(x, df = 5, degree = 2)", "bs(x, df = 3, degree = 1)", "bs(x, degree = 1)", "bs(x, df = 7, degree = 4, intercept = TRUE)",
  "bs(x, knots = c(1, 4.5), intercept = TRUE)", "bs(x, knots = c(4.5, 1), degree = 2)", "bs(x, knots = c(3, 3))", "bs(x, 5, Boundary.knots = c(-3, 11))", "bs(x, 5, Boundary.knots = c(0, 8))",
  "bs(m, df = 5)", "ns(time, 2)", "bs(time, df = 4)", "ns(x, 3):a", "ns(x, 2) * b", "a * bs(x, df = 4, degree = 2)", "0 + ns(x, 3, intercept = TRUE)")
factors <- c("cut(x, c(-5, 0, 2.5, 15))", "cut(x, c(-5, 0, 2.5, 15), right = FALSE)", "cut(x, c(-2, 2.5, 9.75), include.lowest = TRUE)", "cut(x, c(-2, 2.5, 9.75), right = FALSE, include.lowest = TRUE)",
  "cut(x, c(15, 0, -5, 2.5), labels = c(\"low\", \"mid\", \"high\"))", "cut(x, c(-Inf, 1, Inf))", "cut(x, breaks = c(-2.123456, 1/3, 2/3, 12345678.9))", "cut(x, c(-3, 1.0001, 1.0002, 1e6, 2e6))",
  "cut(x, 3)", "cut(x, 4, right = FALSE)", "cut(x, 3, dig.lab = 5)", "cut(x, breaks = 2, labels = c(\"lo\", \"hi\"))", "cut(x, 3, ordered_result = TRUE)", "cut(x, c(-5, 0.125, 2.225, 3.335, 15))",
  "cut(x * 1e5, 3)", "cut(x * 1e-7, 3)", "cut(m, 3)", "cut(time, c(-1, 0, 2, 3))", "cut(x, 3, labels = FALSE)", "a:cut(x, 2)",
  "interaction(a, b)", "interaction(a, b, sep = \"-\")", "interaction(a, b, lex.order = TRUE)", "interaction(b, a, k)", "interaction(a, cut(x, 2))", "interaction(a, x > 3)",
  "ifelse(x > 3, x, 0)", "ifelse(a == \"a1\" & x > 2, \"yes\", \"no\")", "ifelse(is.na(m), 0, m)", "I(pmin(x, 4))", "pmax(x, time, 1)", "sin(2 * pi * x) + cos(2 * pi * x / 3)", "round(x / 3, 1)")

predicted <- function(f, fr) {
  if (grepl("cut\\([^,]*, *(breaks = )?[0-9]", deparse1(f))) return(NULL) # cut() with a number of breaks learns again in R
  t <- delete.response(terms(fr))
  nfr <- model.frame(t, new, na.action = na.pass, xlev = .getXlevels(t, fr))
  model.matrix(t, nfr)
}
digits <- function(X) I(array(sprintf("%.17g", X), dim(X))) # JSON has 15
one <- function(rhs) {
  f <- as.formula(paste("~", rhs))
  fr <- model.frame(f, d, drop.unused.levels = TRUE)
  X <- model.matrix(f, fr)
  P <- tryCatch(suppressWarnings(predicted(f, fr)), error = function(e) NULL)
  list(formula = paste("~", rhs), rows = as.integer(rownames(fr)) - 1L, names = I(colnames(X)), x = digits(X), predicted = if (is.null(P)) NULL else digits(P))
}
out <- suppressWarnings(lapply(c(splines, factors), one))
key <- function(frame) lapply(as.list(frame), function(v) if (is.factor(v)) list(levels = levels(v), values = as.character(v)) else list(values = v))
ends <- list(c(-5, 0.125, 2.225, 3.335), c(0.0625, 0.0626, 1e-10), c(1.125, 1.135, 1234.5, 1e5, 123456.7, 1e15), c(-Inf, -0.5, 0, 2^0.5, Inf), c(1, 1 + 1e-9, 1 + 2e-9), c(1, 1 + 1e-14, 2),
  c(0.1 + 0.2, 0.3, 100), c(99.95, 99.96, 999.5, 9995), c(1e-300, 1e300))
labels <- lapply(ends, function(b) { b <- sort(b); list(breaks = sprintf("%.17g", b), labels = I(levels(cut(0, b))), wide = I(levels(cut(0, b, right = FALSE, dig.lab = 6)))) })
cat(toJSON(list(data = key(d), new = key(new), designs = out, labels = labels), digits = NA, auto_unbox = TRUE, na = "string", null = "null"), file = "r-functions.json")
