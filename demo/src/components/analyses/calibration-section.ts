/** How often the tests find something where there is nothing, on the rows of the user's own design. */

import { element, fill, selectBox, textBox } from '../../element.ts';
import { calibrationFigure } from '../../keep/calibration-figure.ts';
import { shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { CalibrationAnswer, CalibrationQuestion } from '../../protocol/analysis-protocol.ts';
import { chooseTest, type Results, testNames } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { calibrationBasis, RATES_CAPTION, rateColumns, verdicts } from '../../words/calibration-words.ts';
import { effectNames } from '../../words/effect-words.ts';
import { noteWords, UNITS } from '../../words/note-words.ts';
import { TEST_WORDS, testChoices } from '../../words/test-choices.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import { noteBoxes } from '../note-boxes.ts';
import { taskStrip } from '../task-strip.ts';
import { tooLarge } from './kept-words.ts';
import { plainTable, saveButtons } from './output-cells.ts';

/** Tests of each hypothesis, unless told. */
const SIMULATIONS = 2000;
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
    const kept = calibrationFigure(answer, words);
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
      element('p', { class: 'hint' }, calibrationBasis(answer, results)),
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
      plainTable(answer.rates, rateColumns(effectNames(results)), {
        id: 'calibration-table',
        caption: RATES_CAPTION,
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
