/** Models of the same rows compared: by likelihood and criteria, term by term, and gene by gene beside each other. */

import { element, fill } from '../../element.ts';
import type { ComparisonQuestion, RatioChoice } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { count, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Pane } from '../lazy-pane.ts';
import { rBlock } from '../r-block.ts';
import { taskStrip } from '../task-strip.ts';
import { notesOf } from './by-response.ts';
import { comparisonOptions } from './comparison-options.ts';
import { comparisonParts, termParts } from './comparison-parts.ts';
import { lazyModelChoice } from './lazy-sections.ts';
import { modelList } from './model-list.ts';
import { modelsBeside } from './models-beside.ts';

export function modelsView(context: Context): Pane {
  const { store } = context;
  let of: Results | null = null;
  const intro = element('p', { class: 'hint' });
  const strip = taskStrip(context);
  const found = element('div', { class: 'analysis-results', id: 'comparison' });
  const foundInR = element('div', {});
  const terms = element('div', { class: 'analysis-results', id: 'term-tests' });
  const beside = modelsBeside(context, strip);
  const changed = (): void => {
    beside.offer(list.formulas());
    enable();
    choice.show(store.state);
  };
  const options = comparisonOptions(changed);
  const list = modelList(context, changed);
  const choice = lazyModelChoice(context, {
    models: () => options.models(list.formulas()),
    plain: () => options.ratios().plain,
    ready: () => !list.wrong(),
  });
  const button = (id: string, text: string, work: () => Promise<void>): HTMLButtonElement =>
    element('button', { type: 'button', id, onclick: () => void work() }, text);
  const compare = button('compare-models', 'Compare the models', compareModels);
  compare.className = 'primary';
  const random = button('test-random', 'Test each random term', () => testTerms('random'));
  const fixed = button('test-fixed', 'Test each fixed term', () => testTerms('fixed'));

  function enable(): void {
    const { live } = store.state;
    const several = list.formulas().length > 1 || options.several();
    compare.disabled = !live || !several || list.wrong();
    random.disabled = !live;
    fixed.disabled = !live;
    compare.title = !live ? 'Open the data and fit first.' : several ? '' : 'Add a formula to compare with.';
  }

  async function compareModels(): Promise<void> {
    const question = { ...options.models(list.formulas()), ...options.ratios(), rankBy: options.rankBy() };
    const answer = await strip.run('Comparing', 'compare', question);
    fill(foundInR, answer && of ? comparedInR(question, of) : null);
    if (!answer || !of) return;
    fill(found, ...comparisonParts(context, of, answer), ...drawnNote(question), ...notesOf(answer));
  }

  function comparedInR(question: ComparisonQuestion, results: Results): HTMLElement {
    return rBlock(results, store.state.gene ?? 0, (r, kind) => r.rComparison(question, results.settings, kind));
  }

  async function testTerms(kind: 'random' | 'fixed'): Promise<void> {
    const ratios = options.ratios();
    const answer = await strip.run(`Testing the ${kind} terms`, 'terms', { kind, ...ratios });
    if (!answer || !of) return;
    fill(terms, ...termParts(context, of, answer), ...drawnNote(ratios), ...notesOf(answer));
  }

  const host = element(
    'div',
    { class: 'analysis models' },
    element('h3', {}, 'Models side by side'),
    intro,
    list.host,
    options.host,
    element('div', { class: 'row' }, compare, random, fixed),
    strip.host,
    found,
    foundInR,
    terms,
    choice.host,
    beside.host,
  );
  return {
    host,
    show(view, state: State) {
      const { results } = state;
      if (!results) return;
      if (results !== of) {
        of = results;
        const { single, many } = responseWords(results);
        fill(
          intro,
          single
            ? 'Other models of the same rows beside the one that is fitted: likelihood ratios where one lies inside the other, criteria and R².'
            : `Other models of the same rows beside the one that is fitted, for all ${many}: likelihood ratios where one lies inside the other, criteria, R², and which model is the best for how many.`,
        );
        strip.clear();
        fill(found);
        fill(foundInR);
        fill(terms);
        list.reset();
        options.reset(results.settings);
        beside.reset(results, list.formulas());
      }
      beside.show(view, state);
      choice.show(state);
      enable();
    },
    hide: () => beside.hide(),
  };
}

/** What draws cannot say. */
function drawnNote({ draws }: RatioChoice): HTMLElement[] {
  if (draws === 0) return [];
  const text = `Bootstrap: the share of ${count(draws)} ratios, drawn where the smaller model is true, that are as large; none is below ${shortNumber(1 / (draws + 1))}. Adjusted over many responses a small p takes many more draws.`;
  return [element('p', { class: 'note' }, text)];
}
