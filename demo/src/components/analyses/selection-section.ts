/** Terms of the fitted formula left out one by one, for each response by itself. */

import { checkBox, element, fill, selectBox, textBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { SelectionAnswer, SelectionQuestion } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { count, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Section } from '../lazy-pane.ts';
import { taskStrip } from '../task-strip.ts';
import { byResponse, IDENTITY, notesOf } from './by-response.ts';
import { tooLarge } from './kept-words.ts';
import type { ListedModels } from './listed-models.ts';
import { plainTable, type ShownColumn, saveButtons } from './output-cells.ts';

const PATH: readonly ShownColumn[] = [
  { name: 'step', title: 'Step', wide: 0.7 },
  { name: 'action', title: 'What', hint: 'start: the formula given; drop: a term goes; end: what is left', wide: 0.8 },
  { name: 'term', title: 'Left out', wide: 2 },
  { name: 'chisq', title: 'χ²', hint: 'Likelihood ratio of the term' },
  { name: 'df', title: 'df', wide: 0.7 },
  { name: 'p.value', title: 'p', p: true },
  { name: 'AIC', title: 'AIC', hint: 'Of the formula of the row, by maximum likelihood' },
  { name: 'formula', title: 'Formula', wide: 3.4 },
];
/** Formulas that are listed by themselves. */
const LISTED = 8;

export function selectionSection(context: Context, { plain }: ListedModels): Section {
  const strip = taskStrip(context, false);
  let of: Results | null = null;
  let by: SelectionQuestion['by'] = 'lrt';
  let alpha = 0.05;
  let random = false;
  const controls = element('div', { class: 'row analysis-options' });
  const outcome = element('div', { class: 'analysis-results', id: 'selection' });
  const start = element(
    'button',
    { type: 'button', id: 'select-terms', onclick: () => void select() },
    'Leave terms out',
  );
  const host = element(
    'section',
    { class: 'analysis', 'aria-label': 'Terms left out one by one' },
    element('h3', {}, 'Terms left out one by one'),
    element(
      'p',
      { class: 'hint' },
      'Backward selection from the fitted formula, for each response by itself: the term that is missed least goes, until none goes any more; what another term contains stays. Tests in a model that was chosen so, by the same data, find too much: p and intervals are right in a formula that was written down beforehand.',
    ),
    controls,
    element('div', { class: 'row' }, start),
    strip.host,
    outcome,
  );

  function draw(): void {
    fill(
      controls,
      selectBox(
        'Left out by',
        [
          ['lrt', 'likelihood ratios'],
          ['aic', 'AIC'],
        ],
        by,
        (name) => {
          by = name === 'aic' ? 'aic' : 'lrt';
          keep();
          draw();
        },
      ),
      by === 'lrt'
        ? textBox(
            'A term goes with p above',
            String(alpha),
            (text) => {
              const next = Number(text.replace(',', '.'));
              if (next > 0 && next < 1) alpha = next;
              keep();
              draw();
            },
            { inputmode: 'decimal', class: 'short' },
          )
        : null,
      checkBox('random terms too', random, (next) => {
        random = next;
        keep();
      }),
    );
  }

  function keep(): void {
    if (of && of === context.store.state.results) context.store.choose('selection', { by, alpha, random });
  }

  async function select(): Promise<void> {
    const answer = await strip.run('Leaving terms out', 'select', { by, alpha, random, plain: plain() });
    if (!answer || !of) return;
    context.store.answer({ selection: answer });
    showAnswer();
  }

  function showAnswer(): void {
    const { selection: answer } = context.store.state.answers;
    const parts = answer && of ? [...selectionParts(context, of, answer), ...notesOf(answer, of)] : [];
    fill(outcome, ...parts, answer === null ? tooLarge('What is left of the terms') : null);
  }

  return {
    host,
    show({ results, live, choices }: State) {
      if (results && results !== of) {
        of = results;
        ({ by = by, alpha = alpha, random = random } = choices.selection ?? {});
        strip.clear();
        draw();
        showAnswer();
        keep();
      }
      start.disabled = !live;
      start.title = lackingWords(context.store.state) ?? '';
    },
  };
}

function selectionParts(
  context: Context,
  results: Results,
  { by, alpha, path, selected }: SelectionAnswer,
): HTMLElement[] {
  const { single, many, everywhere } = responseWords(results);
  const rule = by === 'aic' ? 'the lowest AIC' : `p up to ${shortNumber(alpha)} of all terms that could go`;
  const heading = element('h3', {}, 'What is left');
  if (single) {
    const [left] = selected;
    const caption = 'Terms in the order in which they went';
    return [
      heading,
      element(
        'p',
        { id: 'selected-formula' },
        left === null ? 'The fitted model has no fit to begin with.' : `Left, with ${rule}: `,
        left === null ? null : element('code', {}, left),
      ),
      plainTable(path, PATH, { id: 'selection-table', caption }),
      element(
        'div',
        { class: 'row' },
        saveButtons(
          'selection',
          () => `${fileStem(results)}.selection`,
          () => path,
        ),
      ),
    ];
  }
  return [
    heading,
    element('p', { class: 'hint' }, `Of each ${many === 'genes' ? 'gene' : 'response'} by itself, with ${rule}.`),
    leftLines(selected, everywhere),
    ...byResponse(context, results, many, [['selection', 'Terms left out', path, [...IDENTITY, ...PATH]]]),
  ];
}

/** Which formula was left of how many responses. */
function leftLines(selected: readonly (string | null)[], many: string): HTMLElement {
  const counts = new Map<string, number>();
  let lost = 0;
  for (const formula of selected) {
    if (formula === null) lost += 1;
    else counts.set(formula, (counts.get(formula) ?? 0) + 1);
  }
  const ordered = [...counts].sort(([, a], [, b]) => b - a);
  const shown = ordered.slice(0, LISTED);
  const rest = ordered.slice(LISTED).reduce((sum, [, own]) => sum + own, 0);
  return element(
    'ul',
    { class: 'pair-lines', id: 'selection-lines' },
    ...shown.map(([formula, own]) =>
      element(
        'li',
        {},
        element('code', {}, formula),
        ` is left of ${count(own)} of ${count(selected.length - lost)} ${many}`,
      ),
    ),
    rest > 0 ? element('li', {}, `other formulas of ${count(rest)}`) : null,
    lost > 0 ? element('li', {}, `${count(lost)} more ${lost === 1 ? 'has' : 'have'} no fit to begin with`) : null,
  );
}
