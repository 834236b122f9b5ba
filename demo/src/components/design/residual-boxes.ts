/** Step 2: how the rows of a subject go together beside the random effects, and what their spread depends on. */

import { element, selectBox, textBox } from '../../element.ts';
import { groupingColumns, parsedBuilder } from '../../model/builder.ts';
import {
  dispersionColumn,
  dispersionText,
  guessedChoice,
  type ResidualChoice,
  residualChoice,
  residualText,
  STRUCTURE_WORDS,
  STRUCTURES,
  withoutSubject,
  withSubject,
} from '../../model/residual-structures.ts';
import { capitalised, levelsOf, unitWord } from '../../model/unit-words.ts';
import type { DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { boxLabel } from '../../words/page-words.ts';
import { columnChoices, keyed } from '../keyed.ts';

/** What the boxes say while they are folded. */
export function residualWords({ residual, dispersion }: Settings): string {
  if (residual === '' && dispersion === '') return 'Residuals: independent, one spread';
  const spread = dispersion === '' ? '' : `spread ${dispersion}`;
  return `Residuals: ${[residual, spread].filter((text) => text !== '').join(', ')}`;
}

export function residualBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const { residual, dispersion, formula } = settings;
  const choice = residualChoice(residual);
  const guess = guessChoice(summary, settings);
  const current = choice ?? guess;
  const names = summary.columns.map(({ name }) => name);
  const groups = groupingColumns(summary).map(({ name }) => name);
  /** A structure holds what the rows of its subject share: their random effects leave the formula, and come back with it. */
  const change = (part: Partial<ResidualChoice>): void => {
    const next = { ...current, ...part };
    const before = residual === '' ? formula : withSubject(formula, current.subject);
    store.setting({ residual: residualText(next), formula: withoutSubject(before, next.subject) });
  };
  const structures = STRUCTURES.map((name) => [name, `${name} — ${STRUCTURE_WORDS[name]}`] as const);
  const structure = selectBox(
    boxLabel('residual'),
    [['', 'independent, given the random effects'], ...structures],
    residual === '' ? '' : (choice?.structure ?? ''),
    (name) => {
      const found = STRUCTURES.find((one) => one === name);
      if (found) change({ structure: found });
      else store.setting({ residual: '', formula: withSubject(formula, choice?.subject ?? '') });
    },
  );
  const grid: Node[] = [keyed('structure', structure)];
  if (choice) {
    const times = summary.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
    const visits = choice.structure === 'sp_exp' ? times : groups;
    const box = (key: 'visit' | 'subject' | 'by', label: string, offered: readonly string[], none: string) =>
      keyed(
        `residual ${key}`,
        selectBox(label, columnChoices(offered, none), choice[key], (name) => change({ [key]: name })),
      );
    grid.push(
      box('visit', choice.structure === 'sp_exp' ? 'Time' : 'Visit', visits, 'choose'),
      box('subject', capitalised(unitWord(choice.subject, 'subject')), groups, 'choose'),
      box(
        'by',
        'Parameters of their own for each',
        groups.filter((name) => name !== choice.subject && name !== choice.visit),
        'no groups',
      ),
    );
  }
  const spread = dispersionColumn(dispersion, names);
  grid.push(
    keyed(
      'spread',
      selectBox(
        boxLabel('dispersion'),
        [...columnChoices(groups, 'one for all'), ...(spread === null ? [['written', 'as written'] as const] : [])],
        spread ?? 'written',
        (name) => store.setting({ dispersion: name === 'written' ? dispersion : dispersionText(name) }),
        'A standard deviation of the residuals for each level of a column.',
      ),
    ),
  );
  return [
    element('p', { class: 'hint' }, hintOf(unitWord(choice?.subject ?? '', 'subject'))),
    element('div', { class: 'grid' }, ...grid),
    element(
      'div',
      { class: 'grid' },
      keyed(
        'residual written',
        textBox('Structure, written', residual, (text) => store.setting({ residual: text.trim() }), {
          placeholder: residualText({ ...guess, structure: 'us' }) || 'us(visit | subject)',
        }),
      ),
      keyed(
        'dispersion written',
        textBox('Spread, written', dispersion, (text) => store.setting({ dispersion: text.trim() }), {
          placeholder: '~ sex',
        }),
      ),
    ),
    ...(choice ? [element('p', { class: 'hint' }, parameterWords(choice, summary))] : []),
  ];
}

const hintOf = (unit: string): string =>
  `Visits of one ${unit} are alike, near ones often more than far ones. A structure says how, in the place of the random effects of the ${unit}. In a trial it is laid down before the data are seen, the unstructured one first.`;

/** How many parameters a structure has. */
function parameterWords({ structure, visit, by, subject }: ResidualChoice, { columns }: DataSummary): string {
  const countOf = (name: string): number => columns.find((column) => column.name === name)?.distinct ?? 0;
  const m = countOf(visit);
  const counts: Readonly<Record<ResidualChoice['structure'], number>> = {
    us: (m * (m + 1)) / 2,
    toeph: 2 * m - 1,
    toep: m,
    adh: 2 * m - 1,
    ad: m,
    ar1h: m + 1,
    ar1: 2,
    csh: m + 1,
    cs: 2,
    diag: m,
    sp_exp: 2,
  };
  const groups = by === '' ? 1 : countOf(by);
  const each = groups > 1 ? ` for each of ${groups} levels of ${by}` : '';
  return `${counts[structure]} parameters${each}, told by ${levelsOf(String(countOf(subject)), subject)}.`;
}

/** What the boxes start from. */
function guessChoice({ columns, reading }: DataSummary, { formula }: Settings): ResidualChoice {
  const donor = parsedBuilder(formula)?.donor ?? '';
  return { structure: 'us', by: '', ...guessedChoice(columns, donor === '' ? (reading?.layout.donor ?? '') : donor) };
}
