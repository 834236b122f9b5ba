/** What predictors give, whatever the models are. */

/**
 * Predictions of one model for the rows of a table; NaN where a variable or a group is missing. Of probabilities of categories
 * rows x categories.
 */
export interface Prediction {
  readonly categories?: readonly string[];
  readonly fitted: Float64Array;
  readonly standardError: Float64Array | null;
  readonly lower: Float64Array | null;
  readonly upper: Float64Array | null;
  /** Degrees of freedom of the limits of population means; NaN where they are normal. */
  readonly df?: Float64Array | undefined;
}

/** What predicts the rows of one table, model by model. */
export interface ModelPredictor {
  /** The name of the column of predictions. */
  readonly column: '.fitted' | '.linear';
  /** Categories whose probabilities are predicted for each row; empty for other predictions. */
  categoriesOf(model: number): readonly string[];
  readonly standardErrors: boolean;
  readonly interval: boolean;
  /** Whether limits are of population means, by the degrees of freedom of the fit. */
  readonly withDf: boolean;
  /** Null for a model without a fit. */
  predict(model: number): Prediction | null;
}
