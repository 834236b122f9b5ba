/** Works that the methods paragraph of a report may cite. */

export const WORKS = {
  lme4: 'Bates D, Mächler M, Bolker B, Walker S (2015). Fitting linear mixed-effects models using lme4. Journal of Statistical Software 67(1), 1–48.',
  satterthwaite:
    'Satterthwaite FE (1946). An approximate distribution of estimates of variance components. Biometrics Bulletin 2(6), 110–114.',
  lmerTest:
    'Kuznetsova A, Brockhoff PB, Christensen RHB (2017). lmerTest package: tests in linear mixed effects models. Journal of Statistical Software 82(13), 1–26.',
  kenwardRoger:
    'Kenward MG, Roger JH (1997). Small sample inference for fixed effects from restricted maximum likelihood. Biometrics 53(3), 983–997.',
  benjaminiHochberg:
    'Benjamini Y, Hochberg Y (1995). Controlling the false discovery rate: a practical and powerful approach to multiple testing. Journal of the Royal Statistical Society B 57(1), 289–300.',
  holm: 'Holm S (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2), 65–70.',
  storey:
    'Storey JD (2002). A direct approach to false discovery rates. Journal of the Royal Statistical Society B 64(3), 479–498.',
  smyth:
    'Smyth GK (2004). Linear models and empirical Bayes methods for assessing differential expression in microarray experiments. Statistical Applications in Genetics and Molecular Biology 3(1), article 3.',
  phipson:
    'Phipson B, Lee S, Majewski IJ, Alexander WS, Smyth GK (2016). Robust hyperparameter estimation protects against hypervariable genes and improves power to detect differential expression. Annals of Applied Statistics 10(2), 946–963.',
  voom: 'Law CW, Chen Y, Shi W, Smyth GK (2014). voom: precision weights unlock linear model analysis tools for RNA-seq read counts. Genome Biology 15, R29.',
  tmm: 'Robinson MD, Oshlack A (2010). A scaling normalization method for differential expression analysis of RNA-seq data. Genome Biology 11, R25.',
  glmmTMB:
    'Brooks ME, Kristensen K, van Benthem KJ, et al. (2017). glmmTMB balances speed and flexibility among packages for zero-inflated generalized linear mixed modeling. The R Journal 9(2), 378–400.',
  quadrature:
    'Pinheiro JC, Bates DM (1995). Approximations to the log-likelihood function in the nonlinear mixed-effects model. Journal of Computational and Graphical Statistics 4(1), 12–35.',
  ordinal:
    'McCullagh P (1980). Regression models for ordinal data. Journal of the Royal Statistical Society B 42(2), 109–142.',
  structures: 'Pinheiro JC, Bates DM (2000). Mixed-Effects Models in S and S-PLUS. Springer, New York.',
  bootstrap: 'Davison AC, Hinkley DV (1997). Bootstrap Methods and their Application. Cambridge University Press.',
  means:
    'Searle SR, Speed FM, Milliken GA (1980). Population marginal means in the linear model: an alternative to least squares means. The American Statistician 34(4), 216–221.',
  faiCornelius:
    'Fai AHT, Cornelius PL (1996). Approximate F-tests of multiple degree of freedom hypotheses in generalized least squares analyses of unbalanced split-plot experiments. Journal of Statistical Computation and Simulation 54(4), 363–378.',
  wald: 'Wald A (1943). Tests of statistical hypotheses concerning several parameters when the number of observations is large. Transactions of the American Mathematical Society 54(3), 426–482.',
  kramer:
    'Kramer CY (1956). Extension of multiple range tests to group means with unequal numbers of replications. Biometrics 12(3), 307–310.',
  profile:
    'Venzon DJ, Moolgavkar SH (1988). A method for computing profile-likelihood-based confidence intervals. Journal of the Royal Statistical Society C 37(1), 87–94.',
  bca: 'Efron B (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association 82(397), 171–185.',
  mixtures:
    'Self SG, Liang KY (1987). Asymptotic properties of maximum likelihood estimators and likelihood ratio tests under nonstandard conditions. Journal of the American Statistical Association 82(398), 605–610.',
  ratios:
    'Wilks SS (1938). The large-sample distribution of the likelihood ratio for testing composite hypotheses. Annals of Mathematical Statistics 9(1), 60–62.',
  AIC: 'Akaike H (1974). A new look at the statistical model identification. IEEE Transactions on Automatic Control 19(6), 716–723.',
  AICc: 'Hurvich CM, Tsai CL (1989). Regression and time series model selection in small samples. Biometrika 76(2), 297–307.',
  BIC: 'Schwarz G (1978). Estimating the dimension of a model. Annals of Statistics 6(2), 461–464.',
  scores:
    'Gneiting T, Raftery AE (2007). Strictly proper scoring rules, prediction, and estimation. Journal of the American Statistical Association 102(477), 359–378.',
  wilson:
    'Wilson EB (1927). Probable inference, the law of succession, and statistical inference. Journal of the American Statistical Association 22(158), 209–212.',
} as const;

export type Work = keyof typeof WORKS;
