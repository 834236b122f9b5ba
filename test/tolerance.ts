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
  /** Degrees of freedom: R's come from numerical second derivatives. */
  df: 1e-3,
  /** p-values move with df: relative, or of log p in the tails. */
  pValue: 2e-3,
  /** Conditional modes and their sd, of sigma (or of the term's sd). */
  randomEffect: 2e-5,
  r2: 1e-5,
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
  /** Fits from them: an optimum is known to about ten times the error of its moments. */
  streamedFit: 1e-9,
  /** Versions of V8 round Math.log and Math.exp differently; a fit passes that on some ten thousand times enlarged. */
  betweenEngines: 1e-10,
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
   * criterion is flat, or has two minima alike, its optimum may differ. p of the variance counts draws beside a tie.
   */
  deviceDraws: { log10P: 5e-3, width: 5e-3, varianceP: 2e-3 },
  /** A preview stands where single precision stopped: the criterion is flat there, estimates move with the root of that. */
  preview: { criterion: 1e-3, coefficient: 1e-2 },
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
    /** Log-likelihoods of the stored reference, which R wrote with 15 digits after an optimum of its own. */
    reference: { logLik: 1e-6 },
  },
} as const;
