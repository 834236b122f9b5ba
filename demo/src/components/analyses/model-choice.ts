/** Models chosen otherwise than by criteria: by what they predict, and by leaving terms out. */

import { element } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import type { Section } from '../lazy-pane.ts';
import type { ListedModels } from './listed-models.ts';
import { selectionSection } from './selection-section.ts';
import { validationSection } from './validation-section.ts';

export function modelChoice(context: Context, listed: ListedModels): Section {
  const sections = [validationSection(context, listed), selectionSection(context, listed)];
  return {
    host: element('div', {}, ...sections.map(({ host }) => host)),
    show(state) {
      for (const section of sections) section.show(state);
    },
  };
}
