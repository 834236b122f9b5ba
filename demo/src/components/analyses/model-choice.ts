/** Models chosen otherwise than by criteria: by what they predict, and by leaving terms out. */

import { element } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import type { ComparedModels } from '../../worker/analysis-protocol.ts';
import type { Section } from './lazy-sections.ts';
import { selectionSection } from './selection-section.ts';
import { validationSection } from './validation-section.ts';

/** What the list of models above says. */
export interface ListedModels {
  models(): ComparedModels;
  /** Whether variances are held against plain chi-squared. */
  plain(): boolean;
  /** Whether no formula of the list is a mistake. */
  ready(): boolean;
}

export function modelChoice(context: Context, listed: ListedModels): Section {
  const sections = [validationSection(context, listed), selectionSection(context, listed)];
  return {
    host: element('div', {}, ...sections.map(({ host }) => host)),
    show(state) {
      for (const section of sections) section.show(state);
    },
  };
}
