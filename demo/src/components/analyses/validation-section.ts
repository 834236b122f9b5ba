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
import { count, counted, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import type { Section } from '../lazy-pane.ts';
import { taskStrip } from '../task-strip.ts';
import { byResponse, IDENTITY, notesOf } from './by-response.ts';
import { tooLarge } from './kept-words.ts';
import type { ListedModels } from './listed-models.ts';
import { columnOf, numberAt, plainTable, type ShownColumn, saveButtons, textAt } from './output-cells.ts';
import { markedColumns, replicateWarning } from './replicate-marks.ts';
import { scoreFigure } from './score-figure.ts';

const ROWS = 'rows';

const SCORES: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'formula', title: 'Formula', wide: 3.4 },
  { name: 'residual', title: 'Residuals', wide: 1.6 },
  { name: 'family', title: 'Family' },
  { name: 'n', title: 'Rows', hint: 'Rows that were held out once and scored' },
  {
    name: 'log.score',
    title: 'Log score',
    hint: 'Mean log density of the rows held out, given all others: the higher the better',
  },
  { name: 'log.score.se', title: 'SE over folds' },
  { name: 'rmse', title: 'Error', hint: 'Root mean square error of the predictions' },
  { name: 'rank', title: 'Rank', wide: 0.8 },
  { name: 'status', title: 'Status', hint: 'Of the fits to the other folds: the first that is not ok' },
];

const FOLDS: readonly ShownColumn[] = [
  { name: 'model', title: 'Model', wide: 0.8 },
  { name: 'fold', title: 'Fold', wide: 0.8 },
  { name: 'n', title: 'Rows' },
  { name: 'log.score', title: 'Log score' },
  { name: 'rmse', title: 'Error' },
  { name: 'status', title: 'Status' },
];

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
    return [
      ...heading,
      ...bestLines(scores, everywhere, replicates),
      ...byResponse(context, results, many, [
        ['cross-validation', 'Scores', scores, marked([...IDENTITY, ...SCORES])],
        ['folds', 'Scores by fold', folds, marked([...IDENTITY, ...FOLDS])],
      ]),
    ];
  }
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
      caption: 'Scores of rows held out, the higher the better',
    }),
    ...apart(scores, replicates),
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

/** How far the two best are apart, beside what folds vary; models whose scores are equal but for rounding share a rank. */
function apart(scores: OutputTable, replicates: readonly boolean[]): HTMLElement[] {
  const rankOf = (row: number): number => numberAt(scores, 'rank', row);
  const ranked = Array.from({ length: scores.rows }, (_, row) => row)
    .filter((row) => !Number.isNaN(rankOf(row)))
    .sort((a, b) => rankOf(a) - rankOf(b));
  const best = ranked.filter((row) => rankOf(row) === 1);
  const second = ranked[best.length];
  if (ranked.length < 2) return [];
  const name = (row: number): string => textAt(scores, 'model', row);
  const score = (row: number): number => numberAt(scores, 'log.score', row);
  const error = (row: number): string => shortNumber(numberAt(scores, 'log.score.se', row));
  const words =
    best.length > 1
      ? `Models ${best.slice(0, -1).map(name).join(', ')} and ${name(best[best.length - 1])} predict equally well${second === undefined ? '.' : ', '}`
      : `Model ${name(best[0])}${replicates[numberAt(scores, 'model', best[0]) - 1] ? ', which takes rows as replicates,' : ''} predicts best, `;
  const ahead =
    second === undefined
      ? ''
      : `by ${shortNumber(score(best[0]) - score(second))} a row before model ${name(second)}. The standard errors over folds are ${error(best[0])} and ${error(second)}; ${best.length > 1 ? 'all' : 'both'} models have the same folds.`;
  return [element('p', {}, `${words}${ahead}`)];
}

/** For how many responses each model predicts best. */
function bestLines(scores: OutputTable, many: string, replicates: readonly boolean[]): HTMLElement[] {
  const models = new Map<string, { words: string; best: number; ranked: number }>();
  for (let row = 0; row < scores.rows; row++) {
    const rank = numberAt(scores, 'rank', row);
    const key = textAt(scores, 'model', row);
    const words = ['residual', 'family']
      .filter((name) => columnOf(scores, name) !== undefined)
      .map((name) => `, ${textAt(scores, name, row)}`);
    const own = models.get(key) ?? {
      words: `Model ${key}, ${textAt(scores, 'formula', row)}${words.join('')}${replicates[Number(key) - 1] ? ', rows as replicates' : ''}`,
      best: 0,
      ranked: 0,
    };
    if (!Number.isNaN(rank)) own.ranked += 1;
    if (rank === 1) own.best += 1;
    models.set(key, own);
  }
  // One alone is no contest.
  if (models.size < 2) return [];
  return [
    element(
      'ul',
      { class: 'pair-lines', id: 'validation-lines' },
      ...[...models.values()].map(({ words, best, ranked }) =>
        element('li', {}, `${words}: predicts best for ${count(best)} of ${counted(ranked, many)}`),
      ),
    ),
  ];
}
