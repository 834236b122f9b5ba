/** The models of the list above, for what else is done with them. */

import type { ComparedModels } from '../../protocol/analysis-protocol.ts';

/** What the list of models above says. */
export interface ListedModels {
  models(): ComparedModels;
  /** Whether variances are held against plain chi-squared. */
  plain(): boolean;
  /** Whether no formula of the list is a mistake. */
  ready(): boolean;
}
