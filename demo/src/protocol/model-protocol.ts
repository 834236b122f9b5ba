/** What the page asks of one model beside its values, and what it is answered with. All of it can be cloned. */

/** Values of the subjects over time, and the means that were fitted. */
export interface TrajectoryDetail {
  readonly time: string;
  /** Labels of the visits where time is a factor, whose numbers count from 0; null for numbers. */
  readonly visits: readonly string[] | null;
  /** Column of the colours; empty for none. */
  readonly condition: string;
  readonly conditions: readonly string[];
  readonly subject: string;
  /** What values and means are in where the model has an offset: `per unit of exposure`; else empty. */
  readonly unit: string;
  /** One line for each subject (and condition, where that changes within subjects), by time. */
  readonly lines: readonly {
    readonly subject: string;
    /** Place among the conditions. */
    readonly condition: number;
    readonly time: Float64Array;
    readonly value: Float64Array;
    /** With the subject's random effects; empty where there are none. */
    readonly fitted: Float64Array;
  }[];
  /** Marginal means with 95 % limits; none where the model has none of these columns. */
  readonly means: readonly {
    readonly condition: number;
    readonly time: Float64Array;
    readonly mean: Float64Array;
    readonly low: Float64Array;
    readonly high: Float64Array;
  }[];
  /** Why there are no means, or what they are over. */
  readonly notes: readonly string[];
}

/** Residuals over the rows that a model used. */
export interface ResidualDetail {
  readonly fitted: Float64Array;
  /** On the scale of the response. */
  readonly residual: Float64Array;
  /** On the scale on which they are standard normal where the model holds. */
  readonly scaled: Float64Array;
  readonly scale: 'standardised' | 'whitened' | 'quantile' | 'Pearson';
  readonly fittedName: string;
  /** Columns that tell rows apart: condition, visit, grouping factors. */
  readonly groups: readonly {
    readonly column: string;
    readonly levels: readonly string[];
    readonly codes: Int32Array;
  }[];
  /** Rows that were used; of very many an even share is sent. */
  readonly rows: number;
}

/** What each level of a grouping factor does to a model. */
export interface InfluenceDetail {
  readonly group: string;
  /** Factors whose levels can be left out. */
  readonly groups: readonly string[];
  readonly levels: readonly string[];
  readonly terms: readonly string[];
  /** Levels x terms: estimates without the level, their change, and the change in standard errors. */
  readonly estimate: Float64Array;
  readonly delta: Float64Array;
  readonly dfbetas: Float64Array;
  /** By level. */
  readonly cooks: Float64Array;
  readonly status: readonly string[];
}

/** A column that predictions need a value of. */
export interface PredictionField {
  readonly name: string;
  readonly kind: 'number' | 'choice';
  /** Of a choice. */
  readonly levels: readonly string[];
  /** Mean or most frequent level of the rows used. */
  readonly usual: string;
  /** Whether it names groups of random effects only. */
  readonly groups: boolean;
}

/** Rows of predictions, and what is to be said of the values that were asked for. */
export interface Predictions {
  readonly rows: readonly Prediction[];
  readonly notes: readonly string[];
}

export interface PredictionQuestion {
  readonly model: number;
  readonly values: Readonly<Record<string, string>>;
  /** With the random effects of the groups that `values` names. */
  readonly ofGroups: boolean;
  readonly interval: 'confidence' | 'prediction';
}

export interface Prediction {
  /** Category of an ordinal response; null for others. */
  readonly category: string | null;
  readonly fitted: number;
  readonly standardError: number;
  /** Of limits of population means; NaN where they are normal. */
  readonly df: number;
  readonly low: number;
  readonly high: number;
}

/** Requests about one model. */
export interface ModelRequests {
  trajectories: { readonly input: { model: number }; readonly output: TrajectoryDetail | null };
  residuals: { readonly input: { model: number }; readonly output: ResidualDetail };
  /** `group` empty takes the first. */
  influence: { readonly input: { model: number; group: string }; readonly output: InfluenceDetail };
  predictionFields: { readonly input: { model: number }; readonly output: readonly PredictionField[] };
  predict: { readonly input: PredictionQuestion; readonly output: Predictions };
}
