/** Terms of the fitted formula left out one by one, for each response by itself. */

import { checkBox, element, fill, selectBox, textBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { SelectionAnswer, SelectionQuestion } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { responseWords } from '../../words/result-words.ts';
import { AFTER_SELECTION, leftTexts, PATH, PATH_CAPTION, selectionRule } from '../../words/selection-words.ts';
import type { Section } from '../lazy-pane.ts';
import { taskStrip } from '../task-strip.ts';
import { byResponse, IDENTITY, notesOf } from './by-response.ts';
import { tooLarge } from './kept-words.ts';
import type { ListedModels } from './listed-models.ts';
import { plainTable, saveButtons } from './output-cells.ts';

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
      `Backward selection from the fitted formula, for each response by itself: the term that is missed least goes, until none goes any more; what another term contains stays. ${AFTER_SELECTION}`,
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

function selectionParts(context: Context, results: Results, answer: SelectionAnswer): HTMLElement[] {
  const { single, many, everywhere } = responseWords(results);
  const { path, selected } = answer;
  const rule = selectionRule(answer);
  const heading = element('h3', {}, 'What is left');
  if (single) {
    const [left] = selected;
    return [
      heading,
      element(
        'p',
        { id: 'selected-formula' },
        left === null ? 'The fitted model has no fit to begin with.' : `Left, with ${rule}: `,
        left === null ? null : element('code', {}, left),
      ),
      plainTable(path, PATH, { id: 'selection-table', caption: PATH_CAPTION }),
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
  return element(
    'ul',
    { class: 'pair-lines', id: 'selection-lines' },
    ...leftTexts(selected, many).map(({ formula, words }) =>
      element('li', {}, formula === '' ? null : element('code', {}, formula), words),
    ),
  );
}
