/** Models of the same rows compared: by likelihood and criteria, term by term, and gene by gene beside each other. */

import { element, fill } from '../../element.ts';
import type { ComparisonQuestion, RatioChoice } from '../../protocol/analysis-protocol.ts';
import { mostPairs, ratioSeconds } from '../../results/ratio-time.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { drawnText } from '../../words/comparison-words.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { count, roughTime } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Pane } from '../lazy-pane.ts';
import { rBlock } from '../r-block.ts';
import { taskStrip } from '../task-strip.ts';
import { notesOf } from './by-response.ts';
import { comparisonOptions } from './comparison-options.ts';
import { comparisonParts, termParts } from './comparison-parts.ts';
import { tooLarge } from './kept-words.ts';
import { lazyModelChoice } from './lazy-sections.ts';
import { modelList } from './model-list.ts';
import { modelsBeside } from './models-beside.ts';

export function modelsView(context: Context): Pane {
  const { store } = context;
  let of: Results | null = null;
  const intro = element('p', { class: 'hint' });
  const strip = taskStrip(context);
  const time = element('p', { id: 'ratio-time', role: 'status', hidden: true });
  const found = element('div', { class: 'analysis-results', id: 'comparison' });
  const foundInR = element('div', {});
  const terms = element('div', { class: 'analysis-results', id: 'term-tests' });
  /** Choices are kept with the results that they are of. */
  const keep = (): void => {
    if (!of || of !== store.state.results) return;
    store.choose('models', { formulas: list.typed(), ...options.chosen(), beside: beside.chosen() });
  };
  const beside = modelsBeside(context, strip, keep);
  const changed = (): void => {
    keep();
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
    const { draws } = options.ratios();
    time.hidden = draws === 0 || !of;
    const text = draws > 0 && of ? drawTime(of, draws, list.formulas().length) : { text: '', long: false };
    if (time.textContent !== text.text) time.textContent = text.text;
    time.className = text.long ? 'note warning' : 'hint';
    compare.title = !live ? (lackingWords(store.state) ?? '') : several ? '' : 'Add a formula to compare with.';
  }

  const asked = () => ({ ...options.models(list.formulas()), ...options.ratios(), rankBy: options.rankBy() });

  async function compareModels(): Promise<void> {
    const question = asked();
    const answer = await strip.run('Comparing', 'compare', question);
    fill(foundInR, answer && of ? comparedInR(question, of) : null);
    if (!answer || !of) return;
    store.answer({ comparison: { ...answer, draws: question.draws } });
    showAnswers();
  }

  /** What was found beside these results, now or before they were opened again. */
  function showAnswers(): void {
    if (!of) return;
    const { comparison, terms: tests } = store.state.answers;
    fill(
      found,
      ...(comparison
        ? [...comparisonParts(context, of, comparison), ...drawnNote(comparison), ...notesOf(comparison, of)]
        : []),
      comparison === null ? tooLarge('The comparison of the models') : null,
    );
    fill(
      terms,
      ...(tests ? [...termParts(context, of, tests), ...drawnNote(tests), ...notesOf(tests, of)] : []),
      tests === null ? tooLarge('What the tests of the terms found') : null,
    );
  }

  function comparedInR(question: ComparisonQuestion, results: Results): HTMLElement {
    return rBlock(results, store.state.gene ?? 0, (r, kind) => r.rComparison(question, results.settings, kind));
  }

  async function testTerms(kind: 'random' | 'fixed'): Promise<void> {
    const ratios = options.ratios();
    const answer = await strip.run(`Testing the ${kind} terms`, 'terms', { kind, ...ratios });
    if (!answer || !of) return;
    store.answer({ terms: { ...answer, draws: ratios.draws } });
    showAnswers();
  }

  const host = element(
    'div',
    { class: 'analysis models' },
    element('h3', {}, 'Models side by side'),
    intro,
    list.host,
    options.host,
    time,
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
        const kept = state.choices.models ?? {};
        options.reset(results.settings, kept);
        list.reset(kept.formulas ?? []);
        beside.reset(results, list.formulas(), kept.beside ?? '');
        showAnswers();
        fill(foundInR, state.answers.comparison ? comparedInR(asked(), results) : null);
        keep();
      }
      beside.show(view, state);
      choice.show(state);
      enable();
    },
    hide: () => beside.hide(),
  };
}

/** Seconds that nobody starts unawares. */
const LONG = 60;

/** How long drawing takes, before it is begun. */
function drawTime(
  { outcome }: Results,
  draws: number,
  models: number,
): { readonly text: string; readonly long: boolean } {
  const each = ratioSeconds(outcome, draws);
  const pairs = mostPairs(models);
  const all =
    pairs > 1 ? `, ${roughTime(each * pairs)} for all ${count(pairs)} pairs that may be inside each other` : '';
  const kinds = outcome.table.backend === 'webgpu' ? ' The graphics card does not draw: the processor does.' : '';
  return {
    text: `${count(draws)} draws take about ${roughTime(each)} for a pair of models inside each other, going by the time of the fit${all}; each term that is tested is a pair.${kinds} It shows how far it is, and can be cancelled.`,
    long: each * Math.max(1, pairs) > LONG,
  };
}

function drawnNote(answer: Pick<RatioChoice, 'draws'>): HTMLElement[] {
  const text = drawnText(answer);
  return text === '' ? [] : [element('p', { class: 'note' }, text)];
}
