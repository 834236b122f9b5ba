/** Predictions of one gene at values that are typed in: of the population, or of one donor. */

import type { FitTable } from 'webgpu-lmm';
import { element, fill, selectBox, textBox } from '../../element.ts';
import type { PredictionField, PredictionQuestion } from '../../protocol/model-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import { shortNumber } from '../../words/number-text.ts';
import { ordinaryWords } from '../../words/ordinary-variances.ts';
import { tableBox } from '../table-box.ts';
import type { SectionContent, SectionSubject } from './demand-section.ts';

/** Rows of predictions that stay on show. */
const MOST_ROWS = 30;

interface Asked {
  readonly values: Record<string, string>;
  /** Cells of the rows, the last prediction first. */
  readonly rows: (readonly string[])[];
}

/** What was typed and predicted of each model, as long as its results are there: the section is made anew at each showing. */
const asked = new WeakMap<Results, Map<number, Asked>>();

function askedOf(results: Results, model: number, fields: readonly PredictionField[]): Asked {
  const known = asked.get(results) ?? new Map<number, Asked>();
  asked.set(results, known);
  const own = known.get(model) ?? {
    values: Object.fromEntries(fields.map(({ name, usual }) => [name, usual])),
    rows: [],
  };
  known.set(model, own);
  return own;
}

export async function predictionForm({ client }: Context, { model, results }: SectionSubject): Promise<SectionContent> {
  const fields = await client.ask('predictionFields', { model });
  const isFamily = results.outcome.table.family !== undefined;
  const { values, rows: shown } = askedOf(results, model, fields);
  const grouping = fields.filter(({ groups }) => groups);
  let of: 'population' | 'groups' = 'population';
  let interval: PredictionQuestion['interval'] = 'confidence';
  const groupBoxes = element(
    'div',
    { class: 'grid', hidden: true },
    ...grouping.map((field) => fieldBox(field, values)),
  );
  const said = element('p', { class: 'note', role: 'status' });
  const body = element('tbody', {});
  const table = element(
    'table',
    { class: 'predictions', hidden: true },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['At', 'Of', 'Prediction', 'SE', 'df', '95 % interval'].map((title, k) =>
          element('th', { scope: 'col', class: k > 1 ? 'number' : undefined }, title),
        ),
      ),
    ),
    body,
  );
  const drawRows = (): void => {
    table.hidden = shown.length === 0;
    const cell = (text: string, k: number) => element('td', { class: k > 1 ? 'number' : undefined }, text);
    fill(body, ...shown.map((cells) => element('tr', {}, ...cells.map(cell))));
  };
  drawRows();
  const ask = async (): Promise<void> => {
    const question: PredictionQuestion = { model, values: { ...values }, ofGroups: of === 'groups', interval };
    fill(said);
    try {
      const { rows, notes } = await client.ask('predict', question);
      // What was asked, whatever the boxes hold by now.
      const at = ({ name }: PredictionField): string => `${name} ${question.values[name]}`;
      const where = fields.filter(({ groups }) => !groups).map(at);
      const whose = question.ofGroups ? grouping.map(at).join(', ') : 'population';
      for (const { category, fitted, standardError, df, low, high } of rows) {
        const limits = Number.isNaN(low) ? '' : `${shortNumber(low)} to ${shortNumber(high)}`;
        const kind = question.interval === 'prediction' && !isFamily ? ' (new observation)' : '';
        const cells = [
          `${category === null ? '' : `category ${category}, `}${where.join(', ') || 'as fitted'}`,
          whose,
          shortNumber(fitted),
          shortNumber(standardError),
          shortNumber(df),
          `${limits}${limits === '' ? '' : kind}`,
        ];
        shown.unshift(cells);
      }
      shown.splice(MOST_ROWS);
      drawRows();
      // There is one row.
      fill(said, ...notes.map((text) => `${text.replace(/^row 1 has/, 'This row has')}.`));
    } catch (error) {
      const { message, remedy } = errorReport(error);
      fill(said, `${message}${remedy === null ? '' : `. ${remedy}`}`);
    }
  };
  const form = element(
    'form',
    {
      class: 'prediction-form',
      onsubmit: (event: Event) => {
        event.preventDefault();
        void ask();
      },
    },
    element(
      'div',
      { class: 'grid' },
      ...fields.filter(({ groups }) => !groups).map((field) => fieldBox(field, values)),
    ),
    element(
      'div',
      { class: 'grid' },
      grouping.length === 0
        ? null
        : selectBox(
            'Prediction of',
            [
              ['population', 'the population'],
              ['groups', `one ${grouping.map(({ name }) => name).join(', ')}`],
            ],
            of,
            (next) => {
              of = next === 'groups' ? 'groups' : 'population';
              groupBoxes.hidden = of !== 'groups';
              sayWords();
            },
          ),
      isFamily
        ? null
        : selectBox(
            'Interval',
            [
              ['confidence', 'of the mean'],
              ['prediction', 'of a new observation'],
            ],
            interval,
            (next) => {
              interval = next === 'prediction' ? 'prediction' : 'confidence';
              sayWords();
            },
          ),
    ),
    groupBoxes,
    element('div', { class: 'row' }, element('button', { type: 'submit', id: 'predict' }, 'Predict'), said),
  );
  const words = element('p', { class: 'hint', id: 'prediction-words' });
  const sayWords = (): void => {
    const { table: fits } = results.outcome;
    const own = ordinaryWords(fits, 'SE, df and limits are, as those of its means,');
    words.textContent = `${limitWords(fits, of, interval)} ${own}`.trim();
  };
  sayWords();
  return {
    nodes: [form, tableBox('Predictions', table), words],
    start() {},
    destroy() {},
  };
}

/** What limits rest on, and what they take as known. */
function limitWords(
  { ddf, family, terms, structured, moderation }: FitTable,
  of: 'population' | 'groups',
  interval: PredictionQuestion['interval'],
): string {
  const isLinear = terms.length === 0 && !structured && !family;
  const scope = family ? ' Predictions are means on the scale of the response.' : '';
  const z =
    'Limits are normal: they take the variances between groups, and of the residuals, as known. With few groups these are not, and the limits are too narrow.';
  if (isLinear) return 'Limits are t limits with the residual degrees of freedom.';
  if (interval === 'prediction' && !family) return z;
  if (of === 'groups' && terms.length > 0) {
    return `${z} The effects of the group are uncertain in them, their variance is not.${scope}`;
  }
  if (ddf === 'asymptotic' || family?.thresholds) return `${z}${scope}`;
  return `Limits of the mean of the population are t limits with the degrees of freedom of the ${moderation ? 'ordinary ' : ''}tests of this fit, as those of its means.${scope}`;
}

function fieldBox({ name, kind, levels }: PredictionField, values: Record<string, string>): HTMLElement {
  const set = (next: string): void => {
    values[name] = next;
  };
  if (kind === 'choice') {
    return selectBox(
      name,
      levels.map((level) => [level, level]),
      values[name] ?? '',
      set,
    );
  }
  return textBox(name, values[name] ?? '', set, { inputmode: 'decimal' });
}
