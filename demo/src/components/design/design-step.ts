/** Step 2: the model. What it holds is loaded with the first data. */

import { element } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import { notLoaded } from '../lazy-pane.ts';
import { step } from '../step.ts';

type DesignCode = typeof import('./design-content.ts');

let loaded: DesignCode | null = null;

/** Loads the code of the step: actions that open data wait for it, so that the step is there as soon as the data are. */
export async function loadDesign(): Promise<DesignCode> {
  loaded ??= await import('./design-content.ts');
  return loaded;
}

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
    const fill = ({ designContent }: DesignCode): void => host.replaceChildren(designContent(context));
    if (loaded) fill(loaded);
    else
      loadDesign().then(fill, () => {
        made = false;
        host.replaceChildren(notLoaded());
      });
  });
  return step(2, 'Design', empty, host);
}
