/** Step 2: the factors of the model: which level is the reference, in which order they stand, and how they are coded. */

import type { ContrastCoding } from 'webgpu-lmm';
import { CONTRAST_CODINGS } from 'webgpu-lmm/steps';
import { checkBox, element, selectBox } from '../../element.ts';
import { levelsInModel, withLevels } from '../../model/column-options.ts';
import { fixedColumns } from '../../model/comparisons.ts';
import { responseName } from '../../model/family-proposal.ts';
import { ownEntry } from '../../model/own-entry.ts';
import type { ColumnSummary, DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { keyed } from '../keyed.ts';

/** Levels up to which they can be put in order here. */
const MOST_LEVELS = 12;

const CODING_WORDS: Readonly<Record<ContrastCoding, string>> = {
  treatment: 'each level − reference',
  sum: 'each level − mean of all (sum)',
  helmert: 'each level − mean of those before (Helmert)',
  poly: 'trends over the order (polynomial)',
};

export function levelBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const used = fixedColumns(settings.formula);
  const response = responseName(settings.formula);
  const graded = settings.family === 'cumulative' || settings.family === 'binomial' ? [response] : [];
  const columns = summary.columns.filter(({ name, kind, levels, distinct }) => {
    if (!used.includes(name) && !(graded.includes(name) && kind === 'factor')) return false;
    return levels.length >= 2 && distinct === levels.length;
  });
  return columns.map((column) => columnBoxes(column, column.name === response, settings, store));
}

function columnBoxes(
  column: ColumnSummary,
  isResponse: boolean,
  settings: Settings,
  store: Context['store'],
): HTMLElement {
  const { name, kind } = column;
  const levels = levelsInModel(column, settings);
  const isNumber = kind === 'numeric' && !settings.ordered.includes(name) && !settings.factors.includes(name);
  const boxes: Node[] = [];
  const toggled = (list: readonly string[], on: boolean): string[] =>
    on ? [...list, name] : list.filter((other) => other !== name);
  if (kind === 'numeric') {
    boxes.push(
      keyed(
        `${name} factor`,
        checkBox('levels, not a slope', !isNumber, (on) =>
          store.setting({
            factors: toggled(settings.factors, on),
            ...(on ? {} : { ordered: toggled(settings.ordered, false), ...withLevels(settings, column, []) }),
          }),
        ),
      ),
    );
  }
  if (levels.length >= 2) {
    const order = (next: readonly string[]): void => {
      const graded = isResponse && settings.family === 'cumulative' && !settings.ordered.includes(name);
      store.setting({
        ...withLevels(settings, column, next),
        ...(graded ? { ordered: [...settings.ordered, name] } : {}),
      });
    };
    if (!isResponse) {
      boxes.push(
        keyed(
          `${name} reference`,
          selectBox(
            'Reference',
            levels.map((level) => [level, level] as const),
            levels[0],
            (level) => order([level, ...levels.filter((other) => other !== level)]),
            'The level that others are compared with.',
          ),
        ),
      );
    }
    const inData = column.ordered === true && ownEntry(settings.levels, name) === undefined;
    const isOrdered = settings.ordered.includes(name) || inData;
    if (!isResponse) {
      boxes.push(
        keyed(
          `${name} ordered`,
          checkBox('the order means something', isOrdered, (on) =>
            store.setting({
              ordered: toggled(settings.ordered, on),
              // An order that came with the data is given up by naming the levels.
              ...(on || !inData ? {} : { levels: { ...settings.levels, [name]: levels } }),
            }),
          ),
        ),
        keyed(
          `${name} coding`,
          selectBox(
            'Compared as',
            CONTRAST_CODINGS.map((coding) => [coding, CODING_WORDS[coding]] as const),
            ownEntry(settings.codings, name) ?? (isOrdered ? 'poly' : 'treatment'),
            (coding) => store.setting({ codings: { ...settings.codings, [name]: coding as ContrastCoding } }), // one of them
          ),
        ),
      );
    }
    if (levels.length <= MOST_LEVELS) boxes.push(orderList(name, levels, column, order));
  }
  const text = isResponse ? `${name} (the response)` : name;
  return element('fieldset', { class: 'levels' }, element('legend', {}, text), ...boxes);
}

/** The levels with their rows, each of which can be moved up. */
function orderList(
  name: string,
  levels: readonly string[],
  column: ColumnSummary,
  order: (levels: readonly string[]) => void,
): HTMLElement {
  const rows = new Map(column.levels.map(({ label, count }) => [label, count]));
  return element(
    'ol',
    { class: 'level-order', 'aria-label': `Order of ${name}` },
    ...levels.map((level, i) =>
      element(
        'li',
        {},
        element('span', {}, level, element('small', {}, ` ${(rows.get(level) ?? 0).toLocaleString('en')}`)),
        i === 0
          ? null
          : keyed(
              `${name} ${level} up`,
              element(
                'button',
                {
                  type: 'button',
                  class: 'quiet',
                  'aria-label': `Move ${level} up`,
                  onclick: () => {
                    const next = [...levels];
                    next.splice(i - 1, 2, level, levels[i - 1]);
                    order(next);
                  },
                },
                '↑',
              ),
            ),
      ),
    ),
  );
}
