# Fits by glmmTMB with REML = TRUE, which integrates the coefficients out with the random effects: restricted-fits.json.
# Rscript restricted-fits.R, in this folder. R 4.2.2, glmmTMB 1.1.5.
suppressMessages(library(glmmTMB))
library(jsonlite)
root <- '../reference/glmm/'
ids <- c('glmm_epil_nb2', 'glmm_owls_poisson', 'glmm_salamanders_nb2', 'glmm_sim_gamma', 'glmm_sim_beta', 'glmm_bacteria',
         'glmm_contraception_slope', 'glmm_mmmec_nested', 'glmm_sim_cells_nb2', 'glmm_cbpp_null', 'glmm_cbpp_logit',
         'glmm_sim_crossed_binary', 'glmm_seizure_poisson', 'glmm_sim_tiny_poisson')
fits <- list()
for (id in ids) {
  reference <- fromJSON(paste0(root, 'fits/', id, '.json'))
  data <- read.csv(paste0(root, 'data/', reference$data), stringsAsFactors = TRUE)
  meta <- fromJSON(paste0(root, 'data/', sub('.csv', '.meta.json', reference$data)), simplifyVector = FALSE)
  for (name in names(meta$columns)) {
    column <- meta$columns[[name]]
    if (identical(column$kind, 'factor')) data[[name]] <- factor(data[[name]], levels = unlist(column$levels))
  }
  family <- switch(reference$family, binomial = binomial(reference$link), poisson = poisson(), nbinom2 = nbinom2(),
                   Gamma = Gamma('log'), beta = beta_family())
  control <- glmmTMBControl(optCtrl = list(iter.max = 2000, eval.max = 2000, rel.tol = 1e-14, x.tol = 1e-12))
  model <- glmmTMB(as.formula(reference$formula), data = data, family = family, REML = TRUE, control = control)
  table <- summary(model)$coefficients$cond
  sd <- unlist(lapply(VarCorr(model)$cond, function(v) attr(v, 'stddev')))
  fits[[id]] <- list(criterion = -2 * as.numeric(logLik(model)), estimate = I(unname(table[, 1])),
                     se = I(unname(table[, 2])), sd = I(sort(unname(sd))), sigma = sigma(model))
}
write_json(fits, 'restricted-fits.json', digits = NA, auto_unbox = TRUE)
