/** A response over time, in the place of its values by condition. */

import { checkBox } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { responseLabel } from '../../keep/gene-figures.ts';
import { observedShares } from '../../plots/observed-shares.ts';
import { type TrajectoryData, trajectoryPlot } from '../../plots/trajectory.ts';
import type { TrajectoryDetail } from '../../protocol/model-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import { ordinaryWords } from '../../words/ordinary-variances.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';

/** Whether the lines are the fitted ones; stays as chosen from gene to gene. */
let byFit = false;

export function trajectoryFigure(detail: TrajectoryDetail, results: Results, name: string): ShelfFigure {
  const { time, condition, subject, means, lines, notes } = detail;
  const hasFits = lines.some(({ fitted }) => fitted.length > 0);
  return {
    id: `${name}.trajectories`,
    kind: 'trajectories',
    title: `${name} over ${time}`,
    caption: [
      byFit && hasFits
        ? `Thin lines are fitted values with the effects of each ${subject}, dots what was seen.`
        : observedShares(lines)
          ? `Dots are the shares that were seen${condition === '' ? '' : ` by ${condition}`}.`
          : `Thin lines are the values of each ${subject}.`,
      means.length === 0
        ? ''
        : `${!(byFit && hasFits) && observedShares(lines) ? 'Lines' : 'Thick lines'} are marginal means${condition === '' ? '' : ` by ${condition}`} with 95 % bands, other factors weighted alike, covariates at their means.`,
      means.length === 0 ? '' : ordinaryWords(results.outcome.table, 'Bands are'),
      ...notes.map((note) => `${note[0].toUpperCase()}${note.slice(1).replace(/\.$/, '')}.`),
    ]
      .filter((part) => part !== '')
      .join(' '),
    make: (host) => trajectoryPlot(host, dataOf(detail, axisLabel(detail, results, name), byFit && hasFits)),
  };
}

function axisLabel({ unit }: TrajectoryDetail, results: Results, name: string): string {
  const label = responseLabel(results, name);
  return unit === '' ? label : `${label}, ${unit}`;
}

function dataOf(detail: TrajectoryDetail, yLabel: string, fits: boolean): TrajectoryData {
  const { lines, means, conditions, visits, time, subject } = detail;
  return { lines, means, conditions, visits, timeLabel: time, yLabel, byFit: fits, subject };
}

/** The figure with the box that changes its lines; `redraw` is called when it is changed. */
export function trajectorySection(
  detail: TrajectoryDetail,
  results: Results,
  name: string,
  redraw: () => void,
): { readonly figure: ShelfFigure; readonly shown: ShownFigure } {
  const hasFits = detail.lines.some(({ fitted }) => fitted.length > 0);
  const box = checkBox(`lines fitted for each ${detail.subject}`, byFit, (on) => {
    byFit = on;
    redraw();
  });
  const figure = trajectoryFigure(detail, results, name);
  return { figure, shown: shownFigure(figure, results, ...(hasFits ? [box] : [])) };
}
