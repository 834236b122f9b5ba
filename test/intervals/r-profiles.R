# Profile-likelihood intervals of lme4 for fits of test/reference, finely stepped. From this folder:
#   Rscript r-profiles.R > r-profiles.json
suppressPackageStartupMessages(library(lme4))
library(jsonlite)
reference <- "../reference/"
cases <- list(
  list(id = "dyestuff2_ml", level = 0.95), list(id = "dyestuff_ml", level = 0.8),
  list(id = "machines_nested_ml", level = 0.95), list(id = "cake_linear_reml", level = 0.95),
  list(id = "oxide_source_reml", level = 0.95), list(id = "orthodont_cent_ml", level = 0.95),
  list(id = "orthodont_cent_ml", level = 0.5),
  list(id = "sim_weights_reml", level = 0.99), list(id = "sim_weights_slope_reml", level = 0.95),
  list(id = "sim_nearsing_slope_ml", level = 0.95), list(id = "sim_within_slope_reml", level = 0.95),
  list(id = "sleep_na_reml", level = 0.95), list(id = "sim_unbalanced_noint_reml", level = 0.95),
  list(id = "sim_crossed_ml", level = 0.95), list(id = "sim_crossed_int_ml", level = 0.95)
)
out <- list()
for (case in cases) {
  fit <- fromJSON(paste0(reference, "fits/", case$id, ".json"), simplifyVector = TRUE)
  meta <- fromJSON(paste0(reference, "data/", sub("csv$", "meta.json", fit$data)), simplifyVector = FALSE)
  data <- read.csv(paste0(reference, "data/", fit$data))
  for (name in names(meta$columns)) {
    column <- meta$columns[[name]]
    if (column$kind %in% c("factor", "ordered")) {
      data[[name]] <- factor(data[[name]], levels = unlist(column$levels), ordered = column$kind == "ordered")
    }
  }
  arguments <- list(as.formula(fit$formula), data = data, REML = FALSE,
    control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e5), calc.derivs = FALSE,
      check.conv.singular = "ignore"))
  if (!is.null(fit$weights) && !is.na(fit$weights)) { data$prior <- data[[fit$weights]]; arguments$data <- data; arguments$weights <- quote(prior) }
  model <- do.call(lmer, arguments)
  message(case$id, " ", format(Sys.time()))
  lines <- tryCatch(suppressWarnings(profile(model, devtol = 1e-6, signames = FALSE, delta.cutoff = 1 / 16, maxpts = 400)),
    error = function(e) { message("  ", conditionMessage(e)); NULL })
  if (is.null(lines)) next
  limits <- suppressWarnings(confint(lines, level = case$level))
  out[[length(out) + 1]] <- list(id = case$id, level = case$level, deviance = c(deviance(model)), names = I(rownames(limits)),
    lower = I(unname(limits[, 1])), upper = I(unname(limits[, 2])))
}
out <- list(R = R.version.string, lme4 = as.character(packageVersion("lme4")), cases = out)
cat(toJSON(out, digits = 12, auto_unbox = TRUE, na = "null", null = "null"), "\n")
