/** How often the tests find something where there is nothing, on the rows of the user's own design. */

import { element, fill, selectBox, textBox } from '../../element.ts';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { levelsOf } from '../../model/unit-words.ts';
import { svgPicture } from '../../plots/svg-picture.ts';
import type { CalibrationAnswer, CalibrationQuestion } from '../../protocol/analysis-protocol.ts';
import { chooseTest, type Results, testNames } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectNames } from '../../words/effect-words.ts';
import { noteWords, UNITS } from '../../words/note-words.ts';
import { count, counted } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { TEST_WORDS, testChoices, testWords } from '../../words/test-choices.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import { noteBoxes } from '../note-boxes.ts';
import { taskStrip } from '../task-strip.ts';
import { tooLarge } from './kept-words.ts';
import { numberAt, plainTable, type ShownColumn, saveButtons, textAt } from './output-cells.ts';

/** Tests of each hypothesis, unless told. */
const SIMULATIONS = 2000;
/** The level that the verdict is of. */
const LEVEL = 0.05;
const columns = (effect: (name: string) => string): readonly ShownColumn[] => [
  { name: 'term', title: 'Effect', words: effect },
  { name: 'test', title: 'Test', words: testWords },
  { name: 'level', title: 'p up to' },
  { name: 'rate', title: 'Share' },
  { name: 'conf.low', title: 'From', hint: 'Lower 95 % limit' },
  { name: 'conf.high', title: 'To', hint: 'Upper 95 % limit' },
  { name: 'rejections', title: 'Found' },
  { name: 'simulations', title: 'Of' },
];

export interface CalibrationSection {
  readonly host: HTMLElement;
  show(state: State): void;
}

export function calibrationSection(context: Context): CalibrationSection {
  const { store } = context;
  const strip = taskStrip(context);
  let of: Results | null = null;
  let question: CalibrationQuestion = { test: '', simulations: SIMULATIONS, scheme: 'simulate' };
  let picture: ShownFigure | null = null;
  const controls = element('div', { class: 'row analysis-options' });
  const outcome = element('div', { class: 'analysis-results', id: 'calibration' });
  const host = element(
    'section',
    { class: 'analysis calibration' },
    element('h3', {}, 'Are the tests right on this design?'),
    element(
      'p',
      { class: 'hint' },
      'Responses without the effect are made for these very rows, fitted and tested. A test that is right has p up to 0.05 in 5 % of them; one that has it more often finds what is not there.',
    ),
    controls,
    strip.host,
    outcome,
  );

  function choose(change: Partial<CalibrationQuestion>): void {
    question = { ...question, ...change };
    if (of && of === store.state.results) store.choose('calibration', question);
  }

  function drawControls(): void {
    if (!of) return;
    const names = testNames(of.outcome.table).filter((name) => name !== '(Intercept)');
    if (!names.includes(question.test) && question.test !== '') question = { ...question, test: '' };
    fill(
      controls,
      selectBox('Effect', [...testChoices(of, names), ['', 'all of them']], question.test, (test) => {
        choose({ test });
      }),
      selectBox(
        'Responses',
        [
          ['simulate', 'drawn from the fitted model'],
          ['permute', 'the data, with the column shuffled'],
        ],
        question.scheme,
        (scheme) => {
          choose({ scheme: scheme === 'permute' ? 'permute' : 'simulate' });
        },
      ),
      textBox(
        'Tests of each effect',
        String(question.simulations),
        (text) => {
          const simulations = Number(text);
          if (Number.isSafeInteger(simulations) && simulations > 0) choose({ simulations });
          drawControls();
        },
        { inputmode: 'numeric', class: 'short' },
      ),
      element(
        'button',
        {
          type: 'button',
          class: 'primary',
          id: 'calibrate',
          disabled: !store.state.live,
          onclick: () => void calibrate(),
        },
        'Calibrate',
      ),
    );
  }

  async function calibrate(): Promise<void> {
    if (!of) return;
    const effect = effectNames(of);
    const terms = new Map(testNames(of.outcome.table).map((name) => [name, effect(name)] as const));
    const answer = await strip.run('Calibrating', 'calibrate', { ...question, words: { terms, tests: TEST_WORDS } });
    if (!answer || !of) return;
    store.answer({ calibration: answer });
    draw(answer, of);
  }

  function draw(answer: CalibrationAnswer, results: Results): void {
    picture?.destroy();
    const words = verdicts(answer, effectNames(results));
    const kept: ShelfFigure = {
      id: 'calibration',
      kind: 'calibration',
      title: 'Calibration of the tests on this design',
      caption: `Quantiles of p-values where nothing is there, against those of tests that are right; grey: where 95 % of these lie.`,
      make: (place) =>
        svgPicture(
          place,
          answer.svg,
          `Quantiles of p-values against those of tests that are right. ${words.join(' ')}`,
        ),
    };
    shelfOf(store).put(results, 'calibration', [kept]);
    picture = shownFigure(kept, results);
    const stem = fileStem(results);
    fill(
      outcome,
      element(
        'ul',
        { class: 'pair-lines', id: 'calibration-verdicts' },
        ...words.map((line) => element('li', {}, line)),
      ),
      element('p', { class: 'hint' }, basis(answer, results)),
      ...noteBoxes([...results.outcome.notes.filter((note) => note.startsWith(UNITS)), ...answer.notes], (note) =>
        noteWords(note, results),
      ),
      picture.host,
      element(
        'div',
        { class: 'row' },
        element('span', { class: 'hint' }, 'Shares'),
        saveButtons(
          'calibration',
          () => `${stem}.calibration`,
          () => answer.rates,
        ),
        element('span', { class: 'hint' }, 'p-values'),
        saveButtons(
          'null p-values',
          () => `${stem}.null-p`,
          () => answer.pValues,
        ),
      ),
      plainTable(answer.rates, columns(effectNames(results)), {
        id: 'calibration-table',
        caption: 'Share of p-values up to a level, with its 95 % interval',
      }),
    );
    picture.start();
  }

  return {
    host,
    show({ results, test, choices, answers }) {
      if (!results) return;
      if (results !== of) {
        of = results;
        strip.clear();
        picture?.destroy();
        picture = null;
        fill(outcome);
        const usual = chooseTest(results.outcome.table, test, results.settings.condition).name;
        question = { ...question, test: usual, ...choices.calibration };
        if (answers.calibration) draw(answers.calibration, results);
        if (answers.calibration === null) fill(outcome, tooLarge('The calibration'));
      }
      drawControls();
    },
  };
}

/** A sentence for each test of each effect. */
function verdicts({ rates }: CalibrationAnswer, effect: (name: string) => string): string[] {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return Array.from({ length: rates.rows }, (_, row) => row)
    .filter((row) => numberAt(rates, 'level', row) === LEVEL)
    .map((row) => {
      const test = textAt(rates, 'test', row);
      const name = `${effect(textAt(rates, 'term', row))}, ${testWords(test)}`;
      const [rate, low, high] = ['rate', 'conf.low', 'conf.high'].map((column) => numberAt(rates, column, row));
      if (!(numberAt(rates, 'simulations', row) > 0)) return `${name}: no test.`;
      const verdict =
        low > LEVEL ? 'too many false positives' : high < LEVEL ? 'fewer than nominal' : 'as it should be';
      return `${name}: ${verdict}. p up to ${LEVEL} in ${percent(rate)} % (${percent(low)} to ${percent(high)} %).`;
    });
}

/** How many draws the shares rest on, and what the rows are grouped by. */
function basis({ scheme, statuses, singular, permutations }: CalibrationAnswer, results: Results): string {
  const all = Object.values(statuses).reduce((sum, own) => sum + own, 0);
  const { table } = results.outcome;
  const groups = table.groups.map((name, k) => {
    const levels = table.groupLevels.filter((_, at) => at % table.groups.length === k);
    return levelsOf(count(levels.reduce((most, own) => Math.max(most, own), 0)), name);
  });
  const made =
    scheme === 'simulate'
      ? `${counted(all, 'responses')} were drawn and fitted`
      : `${counted(all, 'responses')} of ${counted(permutations, 'permutations')} were fitted`;
  const whose = responseWords(results).single ? 'the response' : `the ${responseWords(results).many}`;
  const parts = [`${made}, from ${whose} of this fit`];
  if (groups.length > 0) parts.push(`on the rows of ${groups.join(', ')}`);
  if (singular > 0) parts.push(`${count(singular)} fits were singular`);
  const bad = all - (statuses.ok ?? 0);
  if (bad > 0) parts.push(`${count(bad)} had no good fit`);
  return `${parts.join('; ')}.`;
}
