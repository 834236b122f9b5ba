/** What each donor does to the model of one gene. */

import { element, fill, selectBox } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { levelValuePlot } from '../../plots/level-values.ts';
import type { InfluenceDetail } from '../../protocol/model-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import { effectNames } from '../../words/effect-words.ts';
import { shortNumber } from '../../words/number-text.ts';
import { testChoices } from '../../words/test-choices.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import type { KeepFigures, SectionContent, SectionSubject } from './demand-section.ts';

/** Chosen beside results, for every model of them: the section is made anew at each showing. */
const chosen = new WeakMap<Results, { readonly group: string; readonly term: string }>();

export async function influenceSection(
  { client }: Context,
  { model, label, results, view }: SectionSubject,
  keep: KeepFigures,
): Promise<SectionContent> {
  const before = chosen.get(results);
  let detail = await client.ask('influence', { model, group: before?.group ?? '' });
  const effect = effectNames(results);
  const words = element('p', { class: 'hint', role: 'status' });
  const place = element('div', { class: 'figures' });
  const boxes = element('div', { class: 'row' });
  let term = before && detail.terms.includes(before.term) ? before.term : usualTerm(detail, view.test.name);
  let shown: ShownFigure[] = [];
  const clear = (): void => {
    for (const figure of shown) figure.destroy();
    shown = [];
  };
  const draw = (): void => {
    clear();
    const figures = influenceFigures(detail, label, term, effect(term));
    shown = figures.map((figure) => shownFigure(figure, results));
    fill(place, ...shown.map(({ host }) => host));
    for (const figure of shown) figure.start();
    fill(words, ...[sentence(detail, term, effect(term))]);
    keep(figures);
  };
  const choose = (): void => {
    const { groups, terms, group } = detail;
    fill(
      boxes,
      groups.length > 1
        ? selectBox(
            'Left out, one at a time',
            groups.map((name) => [name, `each ${name}`]),
            group,
            (next) => void change(next),
          )
        : null,
      terms.length > 1
        ? selectBox('Effect', testChoices(results, terms), term, (next) => {
            term = next;
            chosen.set(results, { group: detail.group, term });
            draw();
          })
        : null,
    );
  };
  /** The choice that is waited for: what comes after another one, or after the section is gone, is not shown. */
  let latest = 0;
  const change = async (group: string): Promise<void> => {
    const mine = ++latest;
    fill(words, 'Computing …');
    const next = await client.ask('influence', { model, group }).catch((error: unknown) => errorReport(error));
    if (mine !== latest) return;
    if ('tag' in next) {
      fill(words, next.message);
      return;
    }
    detail = next;
    term = detail.terms.includes(term) ? term : usualTerm(detail, view.test.name);
    chosen.set(results, { group, term });
    choose();
    draw();
  };
  choose();
  const destroy = (): void => {
    latest += 1;
    clear();
  };
  return { nodes: [boxes, words, place], start: draw, destroy };
}

/** The tested coefficient, else the first beside the intercept. */
function usualTerm({ terms }: InfluenceDetail, tested: string): string {
  if (terms.includes(tested)) return tested;
  return terms.find((name) => name !== '(Intercept)') ?? terms[0] ?? '';
}

/** The estimate of the whole: what is left without a level, less its change. */
function wholeEstimate({ terms, levels, estimate, delta }: InfluenceDetail, term: string): number {
  const k = terms.indexOf(term);
  for (let level = 0; level < levels.length; level++) {
    const at = level * terms.length + k;
    if (Number.isFinite(delta[at])) return estimate[at] - delta[at];
  }
  return Number.NaN;
}

function column({ terms, levels }: InfluenceDetail, values: Float64Array, term: string): Float64Array {
  const k = terms.indexOf(term);
  return Float64Array.from(levels, (_, level) => (k < 0 ? Number.NaN : values[level * terms.length + k]));
}

function sentence(detail: InfluenceDetail, term: string, effect: string): string {
  const { group, levels, cooks, status } = detail;
  const lost = levels.filter((_, k) => status[k] !== 'ok');
  const estimate = column(detail, detail.estimate, term);
  const whole = wholeEstimate(detail, term);
  const turned = levels.filter((_, k) => estimate[k] * whole < 0);
  const most = cooks.reduce((best, value, k) => (value > (cooks[best] ?? Number.NEGATIVE_INFINITY) ? k : best), 0);
  return [
    `The model is fitted again without each ${group}.`,
    Number.isFinite(cooks[most])
      ? `${levels[most]} moves all coefficients most (Cook's distance ${shortNumber(cooks[most])}).`
      : '',
    turned.length > 0 ? `Without ${named(turned)} the effect “${effect}” changes its sign.` : '',
    lost.length > 0
      ? `Without ${named(lost)} there is no fit like the others (${[...new Set(status.filter((word) => word !== 'ok'))].map((word) => word.replaceAll('_', ' ')).join(', ')}).`
      : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function named(levels: readonly string[]): string {
  return levels.length <= 5 ? levels.join(', ') : `${levels.slice(0, 4).join(', ')} or ${levels.length - 4} others`;
}

/**
 * The effect without each level, and Cook's distance.
 *
 * @param effect the term in words
 */
export function influenceFigures(detail: InfluenceDetail, name: string, term: string, effect: string): ShelfFigure[] {
  const { group, levels, cooks } = detail;
  const whole = wholeEstimate(detail, term);
  const estimate = column(detail, detail.estimate, term);
  const delta = column(detail, detail.delta, term);
  const dfbetas = column(detail, detail.dfbetas, term);
  return [
    {
      id: `${name}.influence.${term}`,
      kind: 'influence',
      title: `${name}: ${effect} without each ${group}`,
      caption: `Estimates of “${effect}” when one ${group} is left out; the line is the estimate with all of them.`,
      make: (host) =>
        levelValuePlot(host, {
          ...{ levels, values: estimate, reference: whole, band: null },
          note: `with all: ${shortNumber(whole)}`,
          axis: `estimate without the ${group}`,
          describe: (k) => [
            `estimate ${shortNumber(estimate[k])} without it`,
            `change ${shortNumber(delta[k])}, ${shortNumber(dfbetas[k])} standard errors`,
          ],
        }),
    },
    {
      id: `${name}.influence.cooks`,
      kind: 'influence',
      title: `${name}: Cook's distance of each ${group}`,
      caption:
        'The squared change of all coefficients when one is left out, in the metric of their covariance, over their number.',
      make: (host) =>
        levelValuePlot(host, {
          ...{ levels, values: cooks, reference: 0, band: null, note: '', axis: "Cook's distance" },
          describe: (k) => [`Cook's distance ${shortNumber(cooks[k])}`],
        }),
    },
  ];
}
