/** Step 2: what else the command has, but for the model and its residuals. */

import { type ChoiceName, OPTIONS, type OptionName } from 'webgpu-lmm/steps';
import { checkBox, selectBox, textBox } from '../../element.ts';
import { isCountFamily } from '../../model/families.ts';
import type { DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { CHOICE_WORDS, choiceText } from '../../words/option-words.ts';
import { boxLabel } from '../../words/page-words.ts';
import { columnChoices, keyed } from '../keyed.ts';

export function optionBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const names = summary.columns.map(({ name }) => name);
  const numeric = summary.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
  const columns = (list: readonly string[]) => columnChoices(list, 'none');
  const isGaussian = settings.family === 'gaussian';
  const isSeveral = summary.kind !== 'table';
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
  /** A box of an option's own choices. */
  const choose = (name: keyof Settings & ChoiceName) =>
    pick(
      name,
      OPTIONS[name].choices.map((choice) => [choice, choiceText(name, choice)] as const),
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
      ...(isGaussian && settings.weights !== 'voom' ? [choose('normalize')] : []),
      ...(settings.normalize === 'none' ? [] : [pick('totals', columnChoices(numeric, 'sums of the counts'))]),
      summary.kind === 'matrix'
        ? count('minCells', 'cells')
        : count('minCells', 'samples', boxLabel('minCells').replace('Genes', 'Responses')),
      count(
        'minCounts',
        summary.kind === 'matrix' ? 'counts over all genes' : 'counts over all responses',
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
    ...(isGaussian ? [choose('method')] : []),
    pick(
      'ddf',
      ddfChoices(settings),
      'Where the variance between samples is estimated as zero, Satterthwaite counts cells; Kenward-Roger does not. It is for REML fits without a bootstrap.',
    ),
    choose('adjust'),
    choose('adjustAcross'),
    pick('na', Object.entries(CHOICE_WORDS.na)),
    pick(
      'offset',
      [
        ['', 'none'],
        ...(isSeveral ? [['library', CHOICE_WORDS.offset.library] as const] : []),
        ...columns(numeric).slice(1),
      ],
      isCountFamily(settings.family)
        ? 'Added to the log of the mean: of an exposure, such as days, its logarithm. In a formula: offset(log(days)).'
        : 'A column that is added to the mean with the coefficient 1.',
    ),
  );
  if (settings.residual !== '' || settings.dispersion !== '' || settings.information !== 'default') {
    boxes.push(
      pick(
        'information',
        Object.entries(CHOICE_WORDS.information),
        'Of the covariance parameters, behind the degrees of freedom.',
      ),
    );
  }
  if (summary.roles.weights === null) {
    const voom = summary.kind === 'bulk' && isGaussian && summary.looksLikeCounts === true;
    boxes.push(
      keyed(
        'weights',
        selectBox(
          boxLabel('weights'),
          [
            ['', 'none'],
            ...(voom || settings.weights === 'voom' ? [['voom', CHOICE_WORDS.weights.voom] as const] : []),
            ...columns(numeric).slice(1),
          ],
          settings.weights,
          // Voom makes logs of counts by itself.
          (weights) =>
            set(weights === 'voom' ? { weights, normalize: 'none', totals: '', transform: 'none' } : { weights }),
        ),
      ),
    );
    if (settings.weights === 'voom') {
      boxes.push(choose('normFactors'));
    }
  }
  if (isSeveral && isGaussian && settings.residual === '' && settings.dispersion === '') {
    boxes.push(
      pick(
        'moderate',
        Object.entries(CHOICE_WORDS.moderate),
        'Residual variances are drawn towards what they are over all responses: of use with few rows each.',
      ),
    );
  }
  if (summary.kind !== 'matrix' && isGaussian && settings.weights !== 'voom') {
    boxes.push(
      choose('transform'),
      keyed(
        'zeroIsMissing',
        checkBox(boxLabel('zeroIsMissing'), settings.zeroIsMissing, (zeroIsMissing) => set({ zeroIsMissing })),
      ),
    );
  }
  boxes.push(
    keyed(
      'bootstrap',
      selectBox(
        boxLabel('bootstrap'),
        ['0', '200', '1000'].map((draws) => [draws, draws === '0' ? 'none' : choiceText('bootstrap', Number(draws))]),
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

/** Degrees of freedom that the model can have; families count those of the design alone. */
function ddfChoices({ family, ddf, method }: Settings): (readonly [string, string])[] {
  const own = (...names: readonly string[]): (readonly [string, string])[] =>
    names.map((name) => [name, choiceText('ddf', name)]);
  if (family === 'gaussian') {
    const first = method === 'REML' || ddf === 'kenward-roger' ? ['kenward-roger'] : [];
    return [
      ['auto', 'best: Kenward-Roger for REML'],
      ...own(...first, 'satterthwaite', 'between-within', 'asymptotic'),
    ];
  }
  return [
    ['auto', 'z, or t with few levels of many responses'],
    ['between-within', `${choiceText('ddf', 'between-within')} (t)`],
    ...own('asymptotic'),
  ];
}
