/** Models of the same rows compared: by likelihood and criteria, term by term, and gene by gene beside each other. */

import { element, fill, selectBox, textBox } from '../../element.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { pageWords } from '../../words/page-words.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Pane } from '../lazy-pane.ts';
import { taskStrip } from '../task-strip.ts';
import { comparisonParts, termParts } from './comparison-parts.ts';
import { modelList } from './model-list.ts';
import { modelsBeside } from './models-beside.ts';

const RANKINGS = ['AIC', 'AICc', 'BIC'] as const;

export function modelsView(context: Context): Pane {
  const { store } = context;
  let of: Results | null = null;
  let rankBy: (typeof RANKINGS)[number] = 'AIC';
  let method: 'REML' | 'ML' = 'REML';
  let structures = '';
  const intro = element('p', { class: 'hint' });
  const strip = taskStrip(context);
  const found = element('div', { class: 'analysis-results', id: 'comparison' });
  const terms = element('div', { class: 'analysis-results', id: 'term-tests' });
  const beside = modelsBeside(context, strip);
  const list = modelList(context, () => {
    beside.offer(list.formulas());
    enable();
  });
  const button = (id: string, text: string, work: () => Promise<void>): HTMLButtonElement =>
    element('button', { type: 'button', id, onclick: () => void work() }, text);
  const compare = button('compare-models', 'Compare the models', compareModels);
  compare.className = 'primary';
  const random = button('test-random', 'Test each random term', () => testTerms('random'));
  const fixed = button('test-fixed', 'Test each fixed term', () => testTerms('fixed'));
  const options = element('div', { class: 'row analysis-options' });

  function enable(): void {
    const { live } = store.state;
    const several = list.formulas().length > 1 || structures.trim() !== '';
    compare.disabled = !live || !several || list.wrong();
    random.disabled = !live;
    fixed.disabled = !live;
    compare.title = !live ? 'Open the data and fit first.' : several ? '' : 'Add a formula to compare with.';
  }

  function drawOptions({ settings }: Results): void {
    fill(
      options,
      selectBox(
        'Ranked by',
        RANKINGS.map((name) => [name, name]),
        rankBy,
        (name) => {
          rankBy = RANKINGS.find((one) => one === name) ?? 'AIC';
        },
        'AICc counts small numbers of rows; BIC prefers smaller models.',
      ),
      selectBox(
        'Likelihood',
        [
          ['REML', 'restricted where it can be (REML)'],
          ['ML', 'maximum (ML)'],
        ],
        method,
        (name) => {
          method = name === 'ML' ? 'ML' : 'REML';
        },
        'Restricted likelihoods can be compared where all models have the same fixed effects; else maximum likelihood is taken.',
      ),
      textBox(
        'Structures of the residuals',
        structures,
        (text) => {
          structures = text;
          enable();
        },
        {
          placeholder: 'us, csh, ar1(visit | subject)',
          title: `Covariances of the residuals of each subject over its visits, to compare beside each formula${settings.formula.includes('|') ? '; “none” for independent ones' : ''}; “auto(visit | subject)” takes the best of all.`,
          id: 'structures',
          list: 'structures-offered',
        },
      ),
      element(
        'datalist',
        { id: 'structures-offered' },
        ...offeredStructures(settings).map((value) => element('option', { value })),
      ),
    );
  }

  async function compareModels(): Promise<void> {
    const formulas = list.formulas();
    const answer = await strip.run('Comparing', 'compare', { formulas, structures, rankBy, method });
    if (!answer || !of) return;
    fill(found, ...comparisonParts(context, of, answer), ...notes(answer.notes));
  }

  async function testTerms(kind: 'random' | 'fixed'): Promise<void> {
    const answer = await strip.run(`Testing the ${kind} terms`, 'terms', { kind });
    if (!answer || !of) return;
    fill(terms, ...termParts(context, of, answer), ...notes(answer.notes));
  }

  const host = element(
    'div',
    { class: 'analysis models' },
    element('h3', {}, 'Models side by side'),
    intro,
    list.host,
    options,
    element('div', { class: 'row' }, compare, random, fixed),
    strip.host,
    found,
    terms,
    beside.host,
  );
  return {
    host,
    show(view, state: State) {
      const { results } = state;
      if (!results) return;
      if (results !== of) {
        of = results;
        ({ method } = results.settings);
        structures = '';
        const { single, many } = responseWords(results);
        fill(
          intro,
          single
            ? 'Other models of the same rows beside the one that is fitted: likelihood ratios where one lies inside the other, criteria and R².'
            : `Other models of the same rows beside the one that is fitted, for all ${many}: likelihood ratios where one lies inside the other, criteria, R², and which model is the best for how many.`,
        );
        strip.clear();
        fill(found);
        fill(terms);
        list.reset();
        drawOptions(results);
        beside.reset(results, list.formulas());
      }
      beside.show(view, state);
      enable();
    },
    hide: () => beside.hide(),
  };
}

/** Lists of structures over the visits that the fit itself has a structure of. */
function offeredStructures(settings: Settings): string[] {
  const own: unknown = Reflect.get(settings, 'residual');
  const visits = typeof own === 'string' ? /\(.*\)$/.exec(own.trim())?.[0] : undefined;
  return visits === undefined ? [] : [`auto${visits}`, `us,csh,cs,toep,ar1${visits}`, `us,ar1${visits}, none`];
}

function notes(lines: readonly string[]): HTMLElement[] {
  return lines.map((line) =>
    element('p', { class: line.startsWith('WARNING') ? 'note warning' : 'note' }, pageWords(line)),
  );
}
