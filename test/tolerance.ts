/**
 * Every tolerance of the tests, with its reason. The bounds against R are those of the project's design: digits of a
 * quantity that matter to a reader of the results, not what the program happens to reach.
 */
export const TOLERANCE = {
  /** Criterion and log-likelihood: absolute, or relative where the value is large. lme4's own rounding at n = 1e4. */
  criterion: { absolute: 1e-6, relative: 1e-9 },
  /** AIC and BIC add a multiple of log n to the criterion. */
  informationCriterion: { absolute: 3e-6, relative: 1e-9 },
  /** Coefficients in units of their standard error: five digits below what an interval shows. */
  coefficient: 1e-5,
  /** Standard errors, relative. */
  standardError: 1e-5,
  /** Covariances of coefficients, of the product of their standard errors. */
  coefficientCovariance: 2e-5,
  /** Variances of random effects: relative, or of the total variance where one is near zero. */
  variance: { relative: 1e-4, ofTotal: 1e-6 },
  /** In the batches R's optimum is known a little less well. */
  batchVarianceOfTotal: 1e-5,
  sigma: 1e-5,
  /** Logarithms of tail probabilities, relative: R's pf and pchisq keep about 13 digits. */
  logTail: 1e-12,
  /** Degrees of freedom: R's come from numerical second derivatives. */
  df: 1e-3,
  /** p-values move with df: relative, or of log p in the tails. */
  pValue: 2e-3,
  /** Adjusted standard errors: pbkrtest inverts n x n matrices, and its weights a nearly singular information. */
  kenwardRoger: { standardError: 1e-4, covariance: 2e-4 },
  /** Logarithms of tails of the studentized range: interpolation of the fifth degree at steps of 1/32, and two quadratures. */
  studentizedRange: 1e-10,
  /** F statistics, relative: squares of coefficients over standard errors; Kenward-Roger's adjusted covariance is known to 1e-4. */
  fStatistic: 2e-4,
  /** Conditional modes and their sd, of sigma (or of the term's sd). */
  randomEffect: 2e-5,
  r2: 1e-5,
  /** Predictions and their standard errors, of sigma or the population's standard error: as random effects. */
  prediction: 2e-5,
  /** Estimates without a level, in standard errors: R's optimiser stops a little short, as in the batches. */
  deletion: 5e-5,
  /**
   * Generalised mixed models. Standard errors, relative: R's Hessians are differences of gradients. Standard deviations, relative to
   * themselves and a hundredth: flat directions. Modes, in their standard deviations or twentieths. Means at the modes and sums of
   * squared residuals, relative. Linear predictors in their standard errors, and these, relative: the
   * test has them from differences.
   */
  generalised: {
    ...{ coefficient: 1e-5, standardError: 1e-4, deviation: 1e-4, dispersion: 1e-4, mode: 1e-4, leastDeviation: 0.05 },
    /** Derivatives against differences of the fourth order at steps of a thousandth, relative to the largest of them: one-sided ones beside a bound. */
    ...{ gradient: 1e-6, hessian: 1e-6 },
    ...{ fitted: 1e-5, prediction: 1e-4, predictionError: 2e-4 },
  },
  /** The same of fits by quadrature: R's Hessians there are second differences of values. */
  quadratureFit: {
    ...{ coefficient: 1e-4, standardError: 1e-3, deviation: 1e-3, dispersion: 1e-3 },
    ...{ mode: 1e-3, leastDeviation: 0.05 },
  },
  /** A criterion that has no minimum: how far coefficients went before the search ended. */
  infimum: 1e-3,
  /** Newton decrement of a fit that calls itself converged. */
  gradient: 1e-8,
  /** Two engines at one optimum, each stopped far below the certificate: criterion relative to 1 + its size. */
  enginesCriterion: 1e-10,
  /** Their estimates in standard errors, standard errors and sigma: the optimum is known to the root of its rounding. */
  engines: 1e-7,
  /** Their df: a ratio of derivatives, a digit less. */
  enginesDf: 1e-6,
  /** Their theta: where the criterion is flat to first order it is known to the root of rounding only. */
  enginesTheta: 2e-6,
  /** Two evaluations of one criterion and its derivatives at one point: rounding of sums of a few thousand terms. */
  objectives: 1e-9,
  /** Streamed sums against residuals formed in memory: digits that plain sums of a few hundred terms keep. */
  streamedMoments: 1e-10,
  /** Sums over parts against sums over all rows: some hundred terms in another order, relative to the largest. */
  stackedMoments: 1e-12,
  /** Fits from them, in standard errors or relative; whole tables, small p-values among them. */
  stackedFit: 1e-9,
  /** The same with one random term, whose search ends at rounding: estimates in standard errors, all else relative. */
  cohortFit: 1e-10,
  /** Log likelihoods by pseudo-row against row by row, relative: rounding of sums of some hundred terms and of a plain log Gamma. */
  familyRows: 1e-12,
  /** Interpolation by some twenty nodes, relative: rounding of their bases, whose sizes sum to about 3. */
  nodeSums: 1e-13,
  /** Log likelihoods by nodes of offsets, relative: an error of 2e-12 of each cell's part, of any sign. */
  offsetNodes: 1e-10,
  /** Fits from them: an optimum is known to about ten times the error of its moments. */
  streamedFit: 1e-9,
  /** Versions of V8 round Math.log and Math.exp differently; a fit passes that on some ten thousand times enlarged. */
  betweenEngines: 1e-10,
  /** sin, cos and their kin against R's: libraries round the last place of a number of order 1 differently. */
  elementary: 4e-16,
  /** Columns of splines against R's, of order 1: a few steps of a recurrence, in another order. */
  splineBasis: 1e-14,
  /** Slopes of splines against differences over 1e-5 to 1e-4: what those leave out, and their rounding. */
  splineSlope: 1e-5,
  /** The same where the mean is up to 1e8 standard deviations: a stratum mean is rounded once, by 1e-16 of that. */
  streamedLargeMean: 1e-7,
  /**
   * A search in single precision with a finish in float64 against float64 throughout: what the finish leaves of the
   * distance between the optima. Criterion relative, coefficients in standard errors, both far below what is printed;
   * share of the fits that float64 may refuse, beyond which the device gains nothing.
   */
  device: { criterion: 1e-8, coefficient: 1e-6, standardError: 1e-6, df: 1e-4, refits: 0.01 },
  /**
   * Draws in single precision against float64, from the same integers: normal numbers agree to 1e-6; where a draw's
   * criterion is flat, or has two minima alike, its optimum may differ. p of the variance counts draws beside a tie. Share
   * of the p-values so close to the last that thirty draws carry that only one of the two calls them bounds.
   */
  deviceDraws: { log10P: 5e-3, width: 5e-3, varianceP: 2e-3, bounds: 0.05 },
  /** A preview stands where single precision stopped: the criterion is flat there, estimates move with the root of that. */
  preview: { criterion: 1e-3, coefficient: 1e-2 },
  /**
   * Limits of profile intervals against lme4's, of the interval's width. R interpolates its profile by splines (steps of a
   * sixteenth of the limit), which costs up to 1e-4 near a variance of zero; ours are roots to 1e-8.
   */
  profileLimit: 2e-4,
  /** The spectral and the block path of one model: each point is a minimum to a decrement of 1e-6, so a limit to 3e-7. */
  profileEngines: 1e-5,
  /** Limits after a change of origin and scale: roots to 1e-8 of their distance. */
  profileEquivariance: 1e-6,
  /** Quantiles of the normal distribution and what is made of them: digits that R prints. */
  normalQuantile: 1e-12,
  /**
   * Quantiles of Student's t, relative: some ten roundings of the tail, each of which moves t by 1 / h, the fall of log p
   * with log t, and |log p| of them where log p is large. `stdlib`: its incomplete beta function loses digits more.
   */
  /** Quantiles interpolated in 1/df, relative: the 1e-13 that the interpolation is allowed, and roundings of both. */
  interpolatedQuantile: 2e-13,
  studentQuantile: { roundings: 10 * Number.EPSILON, perLogTail: 3 * Number.EPSILON, stdlib: 1e-11 },
  /** Acceleration from 100,000 draws: its Monte-Carlo error is some 0.001 in the chi-squared of the test. */
  drawnAcceleration: 0.01,
  /** Limits from thousands of draws, of the interval's width: two to three times the Monte-Carlo error of a quantile. */
  drawnLimit: 0.06,
  /** The same by BCa, where the bias that the draws show enters twice and moves the limit on the longer tail. */
  drawnBcaLimit: 0.12,
  /** Degrees of freedom of residuals, relative: one formula, by dense matrices in R and by blocks here. */
  residualDf: 1e-9,
  /** Closed formulas of limma, relative: rounding of special functions. */
  limma: 1e-10,
  /** Limits of predicted population means against those of marginal means, of their size: a quantile interpolated in 1/df, and rounding. */
  populationLimits: 1e-11,
  /** Standard errors and limits of moderated tests against their statistics, relative: the rounding of a few products. */
  moderatedError: 1e-13,
  /** Its robust prior, relative: R stops its search for the prior degrees of freedom at 1e-8 of d / (1 + d). */
  limmaRobust: 1e-7,
  /** The smoothing spline behind q-values: R's differs from the exact spline by 3e-7, and stops at 3.0001 degrees. */
  smoothingSpline: { gram: 1e-6, stopped: 1e-4 },
  /**
   * Moderated tests against dream's steps in R, whose optimisers leave sigma and theta with errors of 1e-6 or so:
   * relative, the log odds of 1 + their size. The prior's degrees of freedom are a steep function of all variances.
   */
  dreamSteps: { residualDf: 1e-5, prior: 1e-4, statistic: 2e-5, odds: 2e-3 },
  /** Variance fractions, absolute, beside variances from R's optimiser. */
  varianceFraction: 1e-5,
  /** Precision weights, relative: the fourth power of a trend through standard deviations from R's optimiser. */
  voomWeight: 1e-4,
  /**
   * Moments of a device against those of float64, in units of the response's norm (of a column's norm of Z): a pair has 48
   * bits, and sums of a few hundred terms keep all but three digits of them; single precision likewise of its 24.
   */
  deviceMoments: { pairs: 1e-11, single: 1e-4 },
  /** Two orders of the same sums in float64, in units of the response's norm about zero. */
  denseTwin: 1e-13,
  /**
   * Statistics of the application's plots against R, relative: far below a pixel. A density of binned values is off by
   * the square of grid step over bandwidth, a tenth here, over eight; of the highest density.
   */
  plots: { statistic: 1e-9, density: 2e-3 },
  demo: {
    /**
     * Tables that the application saves against the same run in Node: V8's Math.log differs between versions, and a
     * number that is nearly zero (a variance at its boundary) moves by more of itself than others.
     */
    betweenEngines: 1e-6,
    /** Analyses of the page against the command: the same functions on the same float64 engine; V8's Math.log alone may differ. */
    analyses: 1e-10,
    /**
     * The stored reference, which R wrote with 15 digits after an optimum of its own: with two variances lme4 searches without
     * derivatives, and stops where the likelihood is flat, 1e-4 of a standard error from ours.
     */
    reference: { logLik: 1e-6, coefficient: 1e-4, standardError: 1e-4, df: 1e-2 },
    /** The R code that the page shows, with R's usual control: its searches stop where the likelihood is flat, glmer's first of all. */
    rCode: 2e-3,
    /** The same where glmmTMB has the residuals as a random term: it keeps a trace of independent ones, and warns of it. */
    rTrace: 5e-3,
    /** Numbers that the page rounds to four digits, relative. */
    shownDigits: 6e-4,
  },
  /** Monte-Carlo means and rates, in standard errors: one in 16,000 is further off, and seeds are fixed. */
  nullRate: 4,
  /** Mean estimates of drawn models, on the log scale: the bias of maximum likelihood with forty donors is of the order of sd^2 / 40. */
  nullEstimate: 0.01,
  /** Kolmogorov and Smirnov's distance times the root of n: its 99.9 % quantile. */
  nullDistance: 1.95,
  /** Algebra of structured fits against dense V, units of a response of order one: both sides invert matrices of 70 rows. */
  denseStructured: 1e-8,
  /** Strata of variance by their own formulas against general blocks, of the largest element: both lose the digits that g z'Wz has. */
  strataPath: 1e-10,
  /** Wald limits of covariance parameters against closed forms: gradients by central differences of step 1e-5. */
  waldDifferences: 1e-6,
  /** Limits from some hundred draws beside Wald's, of the width: draws are skewed and corrected for bias, Wald's are not. */
  drawnBesideWald: 0.35,
  /** One model fitted in two runs, whose searches end by the same certificate from other sums: df move most. */
  sameFit: 1e-6,
  /** Derivatives of families' log likelihoods against differences of the eighth order, relative to 1 + size: their rounding. */
  familySlope: 1e-9,
  /** One log likelihood in two forms, or summed in two orders, relative to 1 + size. */
  familyRounding: 1e-12,
  /** Sums and integrals of densities: hundreds of terms, tails cut at 1e-13. */
  totalProbability: 1e-11,
  /** Limits against glmmTMB's, of the interval's width: it interpolates coarse profiles by splines. */
  splineProfile: 5e-4,
  /** Variances of some thousand draws, relative: four of their own errors, tails heavier than normal's. */
  drawnVariance: 0.12,
  /** Moments of a Gauss rule of eight points against those of rows, relative to the largest that they can be: interpolation is at 1e-12. */
  gaussMoments: 1e-9,
  /** The exposure of three hundred rows at whole numbers of rows: each of eight points is off half a row at most. */
  wholeRows: 0.02,
  /** Criteria of models with a coefficient held at its limit: the crossing is found to eight digits. */
  profileCrossing: 1e-5,
  /** Criteria of counts of a million, absolute: offsets of strata are rounded at 1e-15, which sums of counts multiply. */
  largeCounts: 3e-7,
  /** Families at their Poisson limit, where the first power of 1e-9 remains. */
  poissonLimit: 1e-6,
  /** Criteria of generalised models at one point by two ways, relative to 1 + size: modes are exact to the root of rounding squared. */
  laplaceRounding: 1e-11,
  /** Their gradients and modes against differences of the eighth order or another algebra, relative to 1 + size. */
  laplaceGradient: 1e-8,
  /** Their Hessians, differences of the fourth order, relative to 1 + size. */
  laplaceHessian: 1e-7,
  /** The same where one side's differences go by the logarithm of a variance, of families without second derivatives. */
  scalarHessian: 1e-6,
  /** Standard errors from differences of gradients of the fourth order against those of the eighth, relative. */
  differencedErrors: 1e-6,
  /** Orthogonal columns, and matrices times their inverses, relative to 1 + size: some ten roundings. */
  orthogonal: 1e-12,
  /** The same, and criteria, of covariates 2,000 times as far from zero as they are wide: 1e-16 times the square of that. */
  farFromZero: 1e-9,
  /** Moments of a quadrature rule, of those of absolute values: nodes are known to the last place, which degrees multiply. */
  quadratureRule: 1e-13,
  /** Quadrature of 40 nodes against sums over a fine grid, relative to 1 + size. */
  integrated: 1e-8,
} as const;
