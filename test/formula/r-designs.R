# Writes r-designs.json: model matrices that R makes for many formulas on one small data frame.
# Run in this folder: Rscript r-designs.R && npx biome format --write r-designs.json   (R 4.2.2, lme4 1.1-31, jsonlite; numbers of 2026-11-20)
suppressMessages({ library(lme4); library(jsonlite) })

d <- data.frame(
  a = factor(rep(c("a1", "a2"), 18)),
  b = factor(rep(c("b1", "b2", "b3"), each = 2, times = 6)),
  o = factor(rep(c("low", "mid", "high", "top"), length.out = 36), levels = c("low", "mid", "high", "top"), ordered = TRUE),
  l = rep(c(TRUE, FALSE, TRUE, TRUE, FALSE), length.out = 36),
  x = c(1, 2.5, 3, 7, -2, 0.5, 4, 4.25, 6),
  z = round(sin(1:36) * 10, 2),
  k = rep(c(10, 2, 30.5), 12),
  g = rep(c(301L, 12L, 7L, 45L, 100000L, 33L), each = 6), # whole numbers are of type integer when a table is read
  h = factor(rep(c("u", "v", "w", "y"), 9)),
  y = round(cos(1:36), 3)
)
d[["my f"]] <- d$b
d[["my x"]] <- d$x^2
d$m <- d$z; d$m[c(3, 17)] <- NA
d$fm <- d$b; d$fm[d$b == "b2"] <- NA   # a level that is lost with the missing rows

fixed <- c("~ a*b*z - a:b", "~ (a + b)^2", "~ (a + b + x)^3 - a:x", "~ a %in% b", "~ a + b %in% a", "~ a/b", "~ a/(b + x)", "~ a/b/x",
  "~ (a + x)/b", "~ x:b", "~ 0 + b", "~ 0 + b:x", "~ 0 + a:b", "~ 0 + a + b", "~ x + 0 + a*b", "~ b + a:b", "~ a:b", "~ a*b - a", "~ a*b - 1", "~ b:x - 1",
  "~ 0 + b + b:x", "~ poly(x, 2)*a", "~ poly(x, 3)", "~ a:poly(x, 2)", "~ poly(x, 1)", "~ poly(x, 2, raw = TRUE)", "~ scale(x) + scale(z, scale = FALSE)",
  "~ I(x^2) + I(x * 2 - 1) + I(x/2) + I(-x)", "~ log(k) + log2(k) + log10(k) + log1p(k) + sqrt(k) + exp(x/10) + abs(z)", "~ log(k, 2) + log(k, base = 10)",
  "~ o", "~ 0 + o", "~ a*o", "~ o:a", "~ x:o", "~ a + o:a", "~ l", "~ 0 + l", "~ l:x", "~ a:l", "~ I(x > 2)", "~ I(x > 2 & l)*z", "~ factor(k)", "~ factor(k):x", "~ x + offset(z)",
  "~ x*offset(z)", "~ `my f`*`my x`", "~ m", "~ poly(z, 2) + m", "~ scale(m)", "~ fm + x", "~ fm*a", "~ a*b:x", "~ x*a %in% b", "~ x %in% (a + b)", "~ a:b + a %in% b",
  "~ 1", "~ 0 + x", "~ -1 + x + a", "~ a + b + a", "~ (a + b + x)*z", "~ a*b*l", "~ a:b:x + x", "~ b*x - x", "~ a + x:a:b", "~ (x + z)^2", "~ I(x + z) + x + z", "~ factor(l) + x",
  "~ x + I(k %% 7) + I(k %/% 7)", "~ o*b", "~ a + a:b + x:b", "~ x + -a + b", "~ a - 0", "~ +x", "~ relevel(b, ref = \"b3\")", "~ factor(b, levels = c(\"b3\", \"b1\", \"b2\"))")
random <- c("(1 | h)", "(x | h)", "(x || h)", "(0 + x | h)", "(a | h)", "(0 + a | h)", "(x + a || h)", "(a*x || h)", "(1 | a/b)", "(1 | a/b/h)", "(x || a/h)", "(1 | a:b)", "(1 | g)", "(1 | a:g)",
  "(1 | b/g)", "(1 | a) + (1 | b) + (1 | h)", "(1 | h) + (1 | g) + (1 | b)", "(1 | b) + (1 | a) + (x | b)", "(1 | a) + (x | b) + (1 | b)", "(o | h)", "(0 + o | h)", "(l | h)", "(x - 1 | h)",
  "(poly(x, 2) | h)", "(poly(x, 2) || h)", "(a:b | g)", "(0 + a:x | h)", "(1 | k)", "(1 | `my f`:a)", "(1 | fm)", "(m | h)", "(1 | l)", "(b + 0 | h)", "(x | h) + (0 + z | h)", "(1 | h:b:a)", "(1 | a/b:h)")

rows <- c(1, 2, 5, 8, 12, 20, 33, 36)
ctrl <- lmerControl(check.nobs.vs.nRE = "ignore", check.nobs.vs.nlev = "ignore", check.nlev.gtreq.5 = "ignore", check.nobs.vs.rankZ = "ignore", check.scaleX = "ignore")
# rows of the left side of a random term: the q entries of its own level, of an observation
left_side <- function(Zt, q, r) t(vapply(r, function(i) rowSums(matrix(Zt[, i], nrow = q)), numeric(q), USE.NAMES = FALSE)) |> matrix(ncol = q, byrow = q == 1)
one <- function(rhs, ran, contrasts = NULL) {
  f <- as.formula(paste("y", rhs, if (ran != "") paste("+", ran)))
  fx <- nobars(f)
  if (ran == "") {
    fr <- model.frame(fx, d, drop.unused.levels = TRUE)
    X <- model.matrix(terms(fx), fr, contrasts)
    keep <- { q <- qr(X, tol = 1e-7); q$pivot[seq_len(q$rank)] }
    re <- NULL
    all <- colnames(X); as <- attr(X, "assign"); used <- as.integer(rownames(fr))
    X <- X[, sort(keep), drop = FALSE]
  } else {
    lf <- suppressMessages(suppressWarnings(lFormula(f, d, control = ctrl)))
    X <- lf$X; all <- colnames(X); as <- attr(model.matrix(terms(fx), lf$fr), "assign"); used <- as.integer(rownames(lf$fr)); keep <- seq_along(all)
    t <- lf$reTrms; fl <- attr(t$flist, "assign")
    re <- lapply(seq_along(t$cnms), function(i) list(group = names(t$flist)[fl[i]], names = I(t$cnms[[i]]), levels = I(levels(t$flist[[fl[i]]])),
      codes = I(as.integer(t$flist[[fl[i]]]) - 1L),
      z = left_side(as.matrix(t$Ztlist[[i]]), length(t$cnms[[i]]), rows[rows <= nrow(X)])))
  }
  r <- rows[rows <= nrow(X)]
  list(formula = paste0("y ", rhs, if (ran != "") paste(" +", ran)), contrasts = contrasts_names(contrasts), rows = I(used - 1L), names = I(colnames(X)),
    labels = I(attr(terms(fx), "term.labels")), assign = I(as[sort(keep)]), dropped = I(setdiff(all, colnames(X))), x = unname(X[r, , drop = FALSE]), random = re)
}
contrasts_names <- function(contrasts) if (is.null(contrasts)) NULL else lapply(contrasts, function(v) sub("contr.", "", v, fixed = TRUE))
out <- c(lapply(fixed, one, ran = ""), lapply(random, function(r) one("~ 1", r)),
  list(one("~ a*b", "", list(a = "contr.sum", b = "contr.helmert")), one("~ b*x", "", list(b = "contr.poly")), one("~ o*a", "", list(o = "contr.treatment", a = "contr.sum")),
    one("~ 0 + b*a", "", list(a = "contr.sum", b = "contr.sum")), one("~ l", "", list(l = "contr.sum"))))
key <- lapply(as.list(d), function(v) if (is.factor(v)) list(levels = levels(v), ordered = is.ordered(v), values = as.character(v)) else list(values = v, logical = is.logical(v)))
cat(toJSON(list(sampled = rows - 1, data = key, designs = out), digits = NA, auto_unbox = TRUE, na = "string", null = "null"), file = "r-designs.json")
