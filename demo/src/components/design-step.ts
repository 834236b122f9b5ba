/** Step 2: the model, as a formula or put together from columns, and how it is tested. */

import { type ChoiceName, OPTIONS, type OptionName } from 'webgpu-lmm/steps';
import { type Builder, builtFormula, conditionColumns, groupingColumns, parsedBuilder } from '../builder.ts';
import { levelComparisons } from '../comparisons.ts';
import type { Context } from '../context.ts';
import { checkBox, element, fill, selectBox, textBox } from '../element.ts';
import { boxLabel } from '../page-words.ts';
import type { Settings } from '../settings.ts';
import type { DataSummary } from '../worker/protocol.ts';
import { contrastList, errorParagraphs } from './contrast-list.ts';
import { designCheck } from './design-check.ts';
import { formulaBox } from './formula-box.ts';
import { step } from './step.ts';

/** Columns that a box offers at most; the formula takes any. */
const MOST_OFFERED = 200;
/** Covariates that the builder offers at most. */
const MOST_COVARIATES = 40;

export function designStep(context: Context): HTMLElement {
  const { store } = context;
  const builder = element('div', { class: 'builder' });
  const options = element('div', { class: 'grid' });
  const testError = element('div', { id: 'option-error', class: 'formula-error', role: 'alert' });
  const contrasts = element('div', { class: 'contrasts' });
  const empty = element('p', { class: 'hint' }, 'Open data first.');
  const content = element(
    'div',
    { hidden: true },
    builder,
    formulaBox(context),
    designCheck(context),
    element('details', { class: 'more' }, element('summary', {}, 'Options'), options, testError, contrasts),
  );
  store.watch(['summary'], ({ summary }) => {
    content.hidden = !summary;
    empty.hidden = summary !== null;
  });
  let shown = '';
  store.watch(['summary', 'settings'], ({ summary, settings }) => {
    if (!summary) return;
    // The boxes are made anew only when what they show has changed, so that they keep the focus.
    const key = JSON.stringify([settings, summary.name, summary.roles]);
    if (key === shown) return;
    shown = key;
    const focus = document.activeElement?.closest<HTMLElement>('[data-key]')?.dataset['key'];
    fill(builder, ...builderBoxes(summary, settings, context));
    fill(options, ...optionBoxes(summary, settings, context));
    if (focus !== undefined) {
      const again = [...document.querySelectorAll<HTMLElement>('[data-key]')].find(
        (box) => box.dataset['key'] === focus,
      );
      again?.querySelector<HTMLElement>('select, input')?.focus();
    }
  });
  store.watch(['summary', 'settings', 'inspection'], ({ summary, settings, inspection }) => {
    const refused = inspection?.optionError;
    fill(testError, ...(refused ? errorParagraphs(refused) : []));
    const comparisons = summary ? levelComparisons(summary, settings) : [];
    fill(contrasts, contrastList(settings, inspection, comparisons, context));
  });
  return step(2, 'Design', empty, content);
}

function keyed<T extends HTMLElement>(key: string, box: T): T {
  box.dataset['key'] = key;
  return box;
}

function builderBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const parsed = parsedBuilder(settings.formula);
  const current: Builder = parsed ?? {
    response: '',
    condition: '',
    covariates: [],
    donor: '',
    slope: '',
    sample: '',
    interaction: '',
  };
  const change = (part: Partial<Builder>): void => {
    const next = { ...current, ...part };
    if (next.slope !== '' && (next.donor === '' || ![next.condition, next.interaction].includes(next.slope)))
      next.slope = '';
    if (next.condition === next.interaction) next.interaction = '';
    // What names the samples belongs to one donor and condition.
    if (part.condition !== undefined || part.donor !== undefined) next.sample = '';
    store.setting({
      formula: builtFormula(next),
      ...(part.condition === undefined ? {} : { condition: part.condition }),
    });
  };
  const named = (names: readonly string[], none: string): (readonly [string, string])[] => [
    ['', none],
    ...names.slice(0, MOST_OFFERED).map((name) => [name, name] as const),
  ];
  const groups = groupingColumns(summary).map(({ name }) => name);
  const conditions = [
    ...conditionColumns(summary).map(({ name }) => name),
    ...summary.columns.filter(({ kind, levels }) => kind === 'numeric' && levels.length === 0).map(({ name }) => name),
  ].filter((name, i, all) => all.indexOf(name) === i);
  const boxes: Node[] = [];
  if (!parsed)
    boxes.push(
      element('p', { class: 'hint' }, 'This formula is beyond the boxes below; changing one of them starts anew.'),
    );
  const grid: Node[] = [];
  if (summary.kind === 'table') {
    const numbers = summary.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
    grid.push(
      keyed(
        'response',
        selectBox('Response', named(numbers, 'choose'), current.response, (response) => change({ response })),
      ),
    );
  }
  grid.push(
    keyed(
      'condition',
      selectBox('Condition', named(conditions, 'none'), current.condition, (condition) => change({ condition })),
    ),
    keyed(
      'donor',
      selectBox('Donor (random)', named(groups, 'choose'), current.donor, (donor) => change({ donor })),
    ),
    keyed(
      'interaction',
      selectBox(
        'Its effect depends on',
        named(
          conditions.filter((name) => name !== current.condition && name !== current.donor),
          'nothing',
        ),
        current.interaction,
        (interaction) => change({ interaction }),
      ),
    ),
    keyed(
      'slope',
      selectBox(
        'By donor vary',
        [
          ['', 'the level'],
          ...[current.condition, current.interaction]
            .filter(Boolean)
            .map((name) => [name, `level and effect of ${name}`] as const),
        ],
        current.slope,
        (slope) => change({ slope }),
        'Random intercepts, or random intercepts and slopes.',
      ),
    ),
    keyed(
      'sample',
      selectBox(
        'Alike within a donor',
        [['', 'nothing further'], ...sampleChoices(summary, current).map((name) => [name, name] as const)],
        current.sample,
        (sample) => change({ sample }),
        'Rows of one sample (a donor under one condition) share its deviation: without it each row counts as a replicate.',
      ),
    ),
    keyed(
      'split',
      selectBox(
        'One fit for each',
        named(
          conditionColumns(summary).map(({ name }) => name),
          'no split',
        ),
        settings.splitBy,
        (splitBy) => store.setting({ splitBy }),
        'Such as the cell type: every gene is fitted within each level.',
      ),
    ),
  );
  boxes.push(element('div', { class: 'grid' }, ...grid));
  const used = [current.condition, current.donor, current.interaction, current.response];
  const others = summary.columns
    .filter(({ name, distinct }) => !used.includes(name) && distinct >= 2 && distinct < Math.max(41, 62))
    .slice(0, MOST_COVARIATES);
  if (others.length > 0) {
    const chosen = current.covariates;
    boxes.push(
      element(
        'details',
        { class: 'covariates', open: chosen.length > 0 },
        element('summary', {}, chosen.length === 0 ? 'Covariates: none' : `Covariates: ${chosen.join(', ')}`),
        element(
          'div',
          { class: 'checks' },
          ...others.map(({ name }) =>
            keyed(
              `covariate ${name}`,
              checkBox(name, chosen.includes(name), (on) =>
                change({ covariates: on ? [...chosen, name] : chosen.filter((other) => other !== name) }),
              ),
            ),
          ),
        ),
      ),
    );
  }
  return boxes;
}

/** What may name the samples: a column of the data, or donor and condition together. */
function sampleChoices({ reading, columns }: DataSummary, { donor, condition, sample }: Builder): string[] {
  const found = [reading?.layout.sampleColumn ?? '', ...(reading?.layout.libraries ?? [])];
  const grouped = columns.some(({ name, levels }) => name === condition && levels.length > 0);
  const both = donor !== '' && grouped ? [`${donor}:${condition}`] : [];
  return [...new Set([...found, ...both, sample])].filter((name) => name !== '' && name !== donor);
}

function optionBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const names = summary.columns.map(({ name }) => name);
  const numeric = summary.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
  const columns = (list: readonly string[]): (readonly [string, string])[] => [
    ['', 'none'],
    ...list.slice(0, MOST_OFFERED).map((name) => [name, name] as const),
  ];
  const set = (change: Partial<Settings>): void => store.setting(change);
  const pick = (name: keyof Settings & OptionName, choices: readonly (readonly [string, string])[], hint?: string) =>
    keyed(
      name,
      selectBox(
        boxLabel(name),
        choices,
        String(settings[name]),
        (next) => set({ [name]: next } as Partial<Settings>),
        hint,
      ),
    ); // one of the choices
  /** A box of an option's own choices; `words` say them where they do not speak for themselves. */
  const choose = (name: keyof Settings & ChoiceName, words: Readonly<Record<string, string>>, hint?: string) =>
    pick(
      name,
      OPTIONS[name].choices.map((choice) => [choice, words[choice] ?? choice] as const),
      hint,
    );
  const count = (name: 'minCells' | 'minCounts', title: string, label = boxLabel(name)) =>
    keyed(
      name,
      textBox(
        label,
        String(settings[name]),
        (value) => set({ [name]: Math.max(0, Math.round(Number(value)) || 0) } as Partial<Settings>),
        { inputmode: 'numeric', title },
      ),
    );
  const write = (name: 'where' | 'responses', placeholder: string) =>
    keyed(
      name,
      textBox(boxLabel(name), settings[name], (value) => set({ [name]: value } as Partial<Settings>), { placeholder }),
    );
  const boxes: Node[] = [];
  if (summary.kind !== 'table') {
    boxes.push(
      choose('normalize', { 'log1p-cp10k': 'log1p, counts per 10,000', 'log1p-cpm': 'log1p, counts per million' }),
      count('minCells', 'cells'),
      count(
        'minCounts',
        'counts over all genes',
        summary.kind === 'matrix' ? boxLabel('minCounts') : boxLabel('minCounts').replace('Cells', 'Samples'),
      ),
    );
    if (summary.layers.length > 0) {
      boxes.push(pick('layer', [['', 'X'], ...summary.layers.map((name) => [name, name] as const)]));
    }
  }
  boxes.push(
    write('where', "cell_type == 'B cells'"),
    write('responses', 'all, or a list, or /regex/'),
    choose('method', {}),
    choose(
      'ddf',
      {
        auto: 'the best there is (Kenward-Roger for REML)',
        'kenward-roger': 'Kenward-Roger (REML)',
        satterthwaite: 'Satterthwaite, as lmerTest',
        asymptotic: 'asymptotic (z)',
      },
      'Where the variance between samples is estimated as zero, Satterthwaite counts cells; Kenward-Roger does not. It is for REML fits without a bootstrap.',
    ),
    choose('adjust', { BH: 'Benjamini-Hochberg', holm: 'Holm', bonferroni: 'Bonferroni', storey: 'Storey (q-values)' }),
    choose('adjustAcross', { within: 'each split', all: 'all splits' }),
    pick('na', [
      ['default', 'as usual'],
      ['omit', 'omit rows'],
      ['per-response', 'by response'],
      ['fail', 'refuse'],
    ]),
    pick('offset', columns(numeric)),
  );
  if (summary.roles.weights === null) boxes.push(pick('weights', columns(numeric)));
  boxes.push(
    keyed(
      'bootstrap',
      selectBox(
        boxLabel('bootstrap'),
        [
          ['0', 'none'],
          ['200', '200 draws'],
          ['1000', '1,000 draws'],
        ],
        String(settings.bootstrap),
        (value) => set({ bootstrap: Number(value) }),
      ),
    ),
    keyed(
      'factors',
      textBox(
        boxLabel('factor'),
        settings.factors.join(', '),
        (value) =>
          set({
            factors: value
              .split(',')
              .map((name) => name.trim())
              .filter((name) => names.includes(name)),
          }),
        { placeholder: 'columns, separated by commas' },
      ),
    ),
  );
  return boxes;
}
