/** Which model predicts best: the models of the list, each fitted without part of the rows and judged by these. */

import type { OutputTable } from 'webgpu-lmm';
import { element, fill, selectBox, textBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { ValidationAnswer } from '../../protocol/analysis-protocol.ts';
import { type HeldOut, heldOutColumns, usualFolds } from '../../results/held-out.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { count } from '../../words/number-text.ts';
import { markedColumns } from '../../words/replicate-words.ts';
import { responseWords } from '../../words/result-words.ts';
import { apartText, bestTexts, FOLDS, SCORES, SCORES_CAPTION } from '../../words/validation-words.ts';
import type { Section } from '../lazy-pane.ts';
import { taskStrip } from '../task-strip.ts';
import { byResponse, IDENTITY, notesOf } from './by-response.ts';
import { tooLarge } from './kept-words.ts';
import type { ListedModels } from './listed-models.ts';
import { plainTable, type ShownColumn, saveButtons } from './output-cells.ts';
import { replicateWarning } from './replicate-marks.ts';
import { scoreFigure } from './score-figure.ts';

const ROWS = 'rows';

export function validationSection(context: Context, listed: ListedModels): Section {
  const strip = taskStrip(context, false);
  let of: Results | null = null;
  let units: readonly HeldOut[] = [];
  let others: readonly HeldOut[] = [];
  let by = ROWS;
  let folds = 5;
  let seed = 1;
  let figure: ReturnType<typeof scoreFigure> | null = null;
  document.addEventListener('themechange', () => figure?.draw());
  const controls = element('div', { class: 'row analysis-options' });
  const held = element('p', { class: 'hint', id: 'held-out' });
  const outcome = element('div', { class: 'analysis-results', id: 'validation' });
  const start = element(
    'button',
    { type: 'button', id: 'validate-models', onclick: () => void validate() },
    'Cross-validate the models',
  );
  const host = element(
    'section',
    { class: 'analysis', 'aria-label': 'Cross-validation' },
    element('h3', {}, 'Which model predicts best'),
    element(
      'p',
      { class: 'hint' },
      'The rows are dealt into folds. Each model of the list is fitted without the rows of one fold and predicts them, fold by fold.',
    ),
    controls,
    held,
    element('div', { class: 'row' }, start),
    strip.host,
    outcome,
  );

  function draw(): void {
    const whole = ({ column }: HeldOut): [string, string] => [column, `whole levels of ${column}`];
    const wholeNumber = (label: string, value: number, least: number, change: (value: number) => void, title: string) =>
      textBox(
        label,
        String(value),
        (text) => {
          const next = Number(text);
          if (Number.isSafeInteger(next) && next >= least) change(next);
          keep();
          draw();
        },
        { inputmode: 'numeric', class: 'short', title },
      );
    fill(
      controls,
      selectBox('Held out', [...units.map(whole), [ROWS, 'single rows'], ...others.map(whole)], by, (next) => {
        by = next;
        folds = usualFolds(levelsOf(next));
        keep();
        draw();
      }),
      wholeNumber(
        'Folds',
        folds,
        2,
        (next) => {
          folds = next;
        },
        'As many folds as levels leave one out at a time.',
      ),
      wholeNumber(
        'Seed',
        seed,
        0,
        (next) => {
          seed = next;
        },
        'Folds are dealt at random: the same seed deals them alike.',
      ),
    );
    fill(held, heldText());
  }

  const keep = (): void => {
    if (of && of === context.store.state.results) context.store.choose('validation', { by, folds, seed });
  };

  const levelsOf = (column: string): number =>
    [...units, ...others].find((own) => own.column === column)?.levels ?? Number.NaN;

  function heldText(): string {
    const [unit] = units;
    if (by === ROWS) {
      return unit === undefined
        ? 'Single rows are held out.'
        : `Single rows are held out: other rows of their ${unit.column} tell the models about them. This says little of how well a model predicts a new ${unit.column}.`;
    }
    return `Folds hold out whole levels of ${by}, ${count(levelsOf(by))} in the data: predictions are for new ones, of which nothing is known but their columns.`;
  }

  async function validate(): Promise<void> {
    const answer = await strip.run('Cross-validating', 'validate', { models: listed.models(), by, folds, seed });
    if (!answer || !of) return;
    context.store.answer({ validation: { ...answer, basis: heldText() } });
    showAnswer();
  }

  function showAnswer(): void {
    const { validation: answer } = context.store.state.answers;
    figure = null;
    fill(outcome, answer === null ? tooLarge('The cross-validation') : null);
    if (!answer || !of) return;
    figure = scoreFigure(context, of, answer, answer.basis);
    fill(outcome, ...validationParts(context, of, answer, answer.basis), ...figure.parts, ...notesOf(answer, of));
    figure.draw();
  }

  return {
    host,
    show({ results, live, choices }: State) {
      if (results && results !== of) {
        of = results;
        ({ units, others } = heldOutColumns(results));
        const { validation: kept = {} } = choices;
        const wanted = kept.by ?? '';
        const isKnown = wanted === ROWS || !Number.isNaN(levelsOf(wanted));
        by = isKnown ? wanted : (units[0]?.column ?? ROWS);
        folds = (isKnown ? kept.folds : undefined) ?? usualFolds(levelsOf(by));
        seed = kept.seed ?? seed;
        strip.clear();
        draw();
        showAnswer();
        keep();
      }
      start.disabled = !live || !listed.ready();
      start.title = lackingWords(context.store.state) ?? '';
    },
  };
}

/** The scores, the most telling first. */
function validationParts(
  context: Context,
  results: Results,
  { scores, folds, replicates }: ValidationAnswer,
  basis: string,
): HTMLElement[] {
  const { single, many, everywhere } = responseWords(results);
  const stem = fileStem(results);
  const warning = replicateWarning(replicates, 'log score');
  const marked = (columns: readonly ShownColumn[]): ShownColumn[] => markedColumns(columns, replicates);
  const heading = [
    element('h3', {}, 'Models cross-validated'),
    element('p', { class: 'hint' }, basis),
    ...(warning ? [warning] : []),
  ];
  if (!single) {
    const lines = bestTexts(scores, everywhere, replicates);
    return [
      ...heading,
      ...(lines.length === 0 ? [] : [bestList(lines)]),
      ...byResponse(context, results, many, [
        ['cross-validation', 'Scores', scores, marked([...IDENTITY, ...SCORES])],
        ['folds', 'Scores by fold', folds, marked([...IDENTITY, ...FOLDS])],
      ]),
    ];
  }
  const between = apartText(scores, replicates);
  const save = (what: string, file: string, table: OutputTable) =>
    element(
      'div',
      { class: 'row' },
      element('span', { class: 'hint' }, what === 'scores' ? 'Scores' : 'Scores by fold'),
      saveButtons(
        what,
        () => `${stem}.${file}`,
        () => table,
      ),
    );
  return [
    ...heading,
    plainTable(scores, marked(SCORES), {
      id: 'validation-table',
      caption: SCORES_CAPTION,
    }),
    ...(between === '' ? [] : [element('p', {}, between)]),
    element(
      'details',
      {},
      element('summary', {}, 'Fold by fold'),
      plainTable(folds, marked(FOLDS), { id: 'folds-table', caption: 'Scores by fold' }),
    ),
    save('scores', 'cross-validation', scores),
    save('folds', 'folds', folds),
  ];
}

function bestList(lines: readonly string[]): HTMLElement {
  return element(
    'ul',
    { class: 'pair-lines', id: 'validation-lines' },
    ...lines.map((line) => element('li', {}, line)),
  );
}
