/** Step 2: the model. What it holds is loaded with the first data. */

import type { Context } from '../context.ts';
import { element } from '../element.ts';
import { step } from './step.ts';

/** The code of the step; actions that open data have loaded it before they say so. */
export const loadDesign = () => import('./design-content.ts');

export function designStep(context: Context): HTMLElement {
  const { store } = context;
  const empty = element('p', { class: 'hint' }, 'Open data first.');
  const host = element('div', { hidden: true });
  let made = false;
  store.watch(['summary'], ({ summary }) => {
    host.hidden = !summary;
    empty.hidden = summary !== null;
    if (!summary || made) return;
    made = true;
    void loadDesign().then(({ designContent }) => host.append(designContent(context)));
  });
  return step(2, 'Design', empty, host);
}
