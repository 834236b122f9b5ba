/** What means to take: the boxes, and the question that they stand for. */

import { element, fill, selectBox, textBox } from '../../element.ts';
import type { MeanFactors, MeansQuestion } from '../../protocol/analysis-protocol.ts';
import type { MeansChoice } from '../../results/kept-choices.ts';
import { ADJUSTMENTS } from '../../words/mean-columns.ts';

export interface MeansControls {
  readonly host: HTMLElement;
  /** The boxes for what a fit has, as they were chosen before; null while that is not known, with why. */
  offer(factors: MeanFactors | null, why: string, kept?: Partial<MeansChoice>): void;
}

export function meansControls(
  compute: (question: MeansQuestion) => void,
  keep: (choice: Partial<MeansChoice>) => void,
): MeansControls {
  const host = element('div', { class: 'row analysis-options' });
  let offered: MeanFactors | null = null;
  /** A factor, or a covariate at some values. */
  let axis = '';
  let values = '';
  /** A factor with a line for each level; empty for none. */
  let lines = '';
  let within = true;
  let slopes = '';
  let level = 0.95;
  let adjust: MeansQuestion['adjust'] = 'tukey';
  let type: MeansQuestion['type'] = 'link';
  let reverse = true;

  const isCovariate = (name: string): boolean => offered?.covariates.some((one) => one.name === name) ?? false;
  const usualValues = (name: string): string =>
    (offered?.covariates.find((one) => one.name === name)?.values ?? []).join(', ');

  /** The covariate whose slopes are asked for; one that is an axis has none left. */
  const slope = (): string => (slopes === axis ? '' : slopes);

  function question(): MeansQuestion {
    const both = lines !== '' && lines !== axis;
    const numbers = values.split(/[,;\s]+/).filter((text) => text !== '');
    return {
      over: both && !within ? [axis, lines] : [axis],
      by: both && within ? [lines] : [],
      at: isCovariate(axis) ? { [axis]: numbers } : {},
      slopes: slope(),
      level,
      adjust,
      // Slopes are of the linear predictor.
      type: slope() === '' ? type : 'link',
      reverse,
    };
  }

  const kept = (): void => keep({ axis, values, lines, within, slopes, level, adjust, type, reverse });

  function draw(found: MeanFactors): void {
    const { factors, covariates, linked } = found;
    const redraw = (): void => {
      kept();
      draw(found);
    };
    const names = factors.map(({ name }) => name);
    const axes = [...names, ...covariates.map(({ name }) => name)];
    const others = names.filter((name) => name !== axis);
    const both = lines !== '' && lines !== axis;
    fill(
      host,
      selectBox(
        'Means of',
        axes.map((name) => [name, isCovariate(name) ? `${name}, at some values` : name]),
        axis,
        (name) => {
          axis = name;
          values = usualValues(name);
          redraw();
        },
      ),
      isCovariate(axis)
        ? textBox(
            `Values of ${axis}`,
            values,
            (text) => {
              values = text;
              kept();
            },
            { inputmode: 'decimal' },
          )
        : null,
      others.length > 0
        ? selectBox(
            'For each level of',
            [['', 'nothing'], ...others.map((name) => [name, name] as const)],
            both ? lines : '',
            (name) => {
              lines = name;
              redraw();
            },
          )
        : null,
      both
        ? selectBox(
            'Compare',
            [
              ['within', `within each ${lines}`],
              ['all', 'all combinations'],
            ],
            within ? 'within' : 'all',
            (what) => {
              within = what === 'within';
              kept();
            },
          )
        : null,
      covariates.some(({ name }) => name !== axis)
        ? selectBox(
            'Show',
            [
              ['', 'means'],
              ...covariates.flatMap(({ name }) => (name === axis ? [] : [[name, `slopes by ${name}`] as const])),
            ],
            slopes,
            (name) => {
              slopes = name;
              redraw();
            },
          )
        : null,
      linked && slope() === ''
        ? selectBox(
            'Scale',
            [
              ['response', 'of the response'],
              ['link', 'of the link'],
            ],
            type,
            (scale) => {
              type = scale === 'response' ? 'response' : 'link';
              kept();
            },
          )
        : null,
      selectBox(
        'Differences',
        [
          ['later', 'later − earlier level, as effects'],
          ['earlier', 'earlier − later level, as emmeans'],
        ],
        reverse ? 'later' : 'earlier',
        (which) => {
          reverse = which === 'later';
          kept();
        },
      ),
      selectBox('p adjusted by', ADJUSTMENTS, adjust, (name) => {
        adjust = ADJUSTMENTS.find(([own]) => own === name)?.[0] ?? 'tukey';
        kept();
      }),
      textBox(
        'Level of intervals',
        String(level),
        (text) => {
          const wanted = Number(text);
          if (wanted > 0 && wanted < 1) level = wanted;
          redraw();
        },
        { inputmode: 'decimal', class: 'short' },
      ),
      element(
        'button',
        { type: 'button', class: 'primary', id: 'compute-means', onclick: () => compute(question()) },
        slope() === '' ? 'Take the means' : 'Take the slopes',
      ),
    );
  }

  return {
    host,
    offer(factors, why, before = {}) {
      offered = factors;
      if (!factors) {
        fill(host, why === '' ? null : element('p', { class: 'note' }, why));
        return;
      }
      const names = factors.factors.map(({ name }) => name);
      const numbers = factors.covariates.map(({ name }) => name);
      /** The first of some that this fit has. */
      const one = (from: readonly string[], ...wanted: readonly (string | undefined)[]): string =>
        wanted.find((name) => name !== undefined && from.includes(name)) ?? '';
      axis = one([...names, ...numbers], before.axis, ...names, ...numbers);
      values = axis === before.axis ? (before.values ?? usualValues(axis)) : usualValues(axis);
      lines = one(['', ...names], before.lines, names[1]);
      slopes = one(['', ...numbers], before.slopes, '');
      type = factors.linked ? (before.type ?? 'response') : 'link';
      ({ within = within, level = level, adjust = adjust, reverse = reverse } = before);
      if (axis === '') {
        const none =
          'The formula has neither factor nor covariate among its fixed effects: there are no means to take.';
        fill(host, element('p', { class: 'note' }, none));
      } else draw(factors);
    },
  };
}
