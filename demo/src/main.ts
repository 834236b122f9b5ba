/** The page: a column of steps (data, design, run) and the results beside it. */

import './style/theme.css';
import './style/frame.css';
import './style/steps.css';
import './style/results.css';
import './style/views.css';
import './style/analyses.css';
import './style/gene.css';
import './style/model.css';
import './style/narrow.css';
import './style/small-tables.css';
import './style/finish.css';
import { dataStep } from './components/data/data-step.ts';
import { runStep } from './components/data/run-step.ts';
import { designStep, loadDesign } from './components/design/design-step.ts';
import { pageHeader } from './components/page-header.ts';
import { resultsPane } from './components/results-pane.ts';
import { createActions } from './state/actions.ts';
import { errorReport, openClient } from './state/client.ts';
import { describeDevice } from './state/device.ts';
import { keepHistory } from './state/navigation.ts';
import { keepOffline } from './state/offline.ts';
import { keepState, restoreState } from './state/persistence.ts';
import { Store } from './state/store.ts';

const store = new Store();
const client = openClient();
const actions = createActions(store, client, loadDesign);
const context = { store, client, actions };

function part(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

pageHeader(part('header.top'), context);
const steps = part('.steps');
const choices = document.createElement('div');
choices.className = 'choices';
choices.append(dataStep(context), designStep(context));
steps.append(choices, runStep(context));
resultsPane(part('#results'), context);

/** Pages as narrow as this have the results below the steps. */
const narrow = window.matchMedia('(max-width: 60rem)');
store.watch(['results'], ({ results }, before) => {
  if (!results || results === before.results || !narrow.matches) return;
  const held = steps.contains(document.activeElement);
  for (const step of steps.querySelectorAll('details.step')) step.toggleAttribute('open', false);
  // What had the focus is folded away.
  if (held) part('#results [role="tab"][aria-selected="true"]').focus({ preventScroll: true });
  part('#results').scrollIntoView();
});

// Data that are opened over results have their steps, and what is said of them, in sight again.
store.watch(['summary'], ({ summary }, before) => {
  const folded = steps.querySelectorAll('details.step:not([open])');
  if (!summary || summary === before.summary || !narrow.matches || folded.length === 0) return;
  for (const step of folded) step.toggleAttribute('open', true);
  steps.scrollIntoView();
});

void describeDevice().then((device) => store.set({ device }));
const restored = restoreState(store).catch((error: unknown) => {
  // What was stored stays there.
  store.set({ error: { ...errorReport(error), step: 1 } });
  return null;
});
void restored.then((example) => {
  keepState(store);
  keepHistory(store);
  // What was stored is there: what is pressed from now on stays.
  document.documentElement.dataset['ready'] = 'true';
  if (example !== null) void actions.openExample(example);
});
document.querySelector('.unstarted')?.remove();
void keepOffline();
