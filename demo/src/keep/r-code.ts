/** The same model in R. */

import { codedColumns, modelFactors } from '../model/coded-columns.ts';
import { usedCodings } from '../model/column-options.ts';
import { ownEntry } from '../model/own-entry.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { simulationCommand } from './equivalents.ts';
import { rContrasts } from './r-contrasts.ts';
import { rData } from './r-data.ts';
import { rModel } from './r-model.ts';
import { rModerated } from './r-moderated.ts';
import type { RModel } from './r-parts.ts';
import { rightSide } from './r-terms.ts';
import { type RKnown, rTests } from './r-tests.ts';
import { rSettings, rString } from './r-words.ts';

/** Levels in the order of the run, where R, which sorts them, would have another. */
function levelLines(settings: ReturnType<typeof rSettings>, summary: DataSummary): string[] {
  const { levels, ordered } = settings;
  const coded = codedColumns(settings);
  const lines: string[] = [];
  for (const { name, kind, levels: seen, distinct } of summary.columns) {
    if (kind !== 'factor' || ownEntry(levels, name) || !coded.has(name) || seen.length < distinct) continue;
    const labels = seen.map(({ label }) => label);
    const sorted = labels.every((label, k) => k === 0 || labels[k - 1].toLowerCase() < label.toLowerCase());
    if (sorted || labels.length > 60) continue;
    lines.push(`d[[${rString(name)}]] <- factor(d[[${rString(name)}]], c(${labels.map(rString).join(', ')}))`);
  }
  for (const [name, order] of Object.entries(levels)) {
    lines.push(`d[[${rString(name)}]] <- factor(d[[${rString(name)}]], c(${order.map(rString).join(', ')}))`);
  }
  for (const name of ordered) {
    const column = name.replace(/=.*$/, '');
    const order = name.includes('=') ? name.slice(name.indexOf('=') + 1).split(',') : [];
    const wanted = order.length > 0 ? `, c(${order.map(rString).join(', ')})` : '';
    lines.push(`d[[${rString(column)}]] <- ordered(d[[${rString(column)}]]${wanted})`);
  }
  return lines;
}

/**
 * R code that fits the model of one response and tests it; `response` is its name in the data.
 *
 * @param coefficients names of the coefficients of the run, which expressions of contrasts are made of
 * @param known what the run says of this response
 */
export function rCode(
  given: Settings,
  summary: DataSummary,
  response: string,
  split: string | null,
  coefficients: readonly string[] = [],
  known: RKnown = {},
): string {
  const settings = rSettings({ ...given, ...modelFactors(given) });
  const { formula, factors, where, splitBy, moderate } = settings;
  const { right, columns } = rightSide(formula);
  const data = rData(settings, summary, response);
  const weighted = summary.roles.weights !== null || settings.weights === 'voom';
  const weights = weighted ? 'w' : settings.weights;
  const model = rModel(settings, { left: data.left, right, weights }, summary);
  const tests = rContrasts(settings, summary, model, coefficients, known);
  const splines = /\b(ns|bs)\(/.test(right) ? ['splines'] : [];
  const made = simulationCommand(summary, known.isExample ?? false);
  const lines = [
    ...(made === '' ? [] : [`# first, in a shell: ${made}`]),
    ...[...new Set([...model.libraries, ...data.libraries, ...splines, ...tests.libraries])].map(
      (name) => `library(${name})`,
    ),
    ...data.lines,
    ...factors.map((name) => `d[[${rString(name)}]] <- factor(d[[${rString(name)}]])`),
    ...levelLines(settings, summary),
    ...(where === '' ? [] : [`d <- droplevels(subset(d, ${where}))`]),
    ...(split === null || splitBy === ''
      ? []
      : [`d <- droplevels(d[which(d[[${rString(splitBy)}]] == ${rString(split)}), ])`]),
    ...Object.entries(usedCodings(settings)).map(
      ([name, coding]) => `contrasts(d[[${rString(name)}]]) <- ${rString(`contr.${coding}`)}`,
    ),
    ...columns,
    ...(data.after ?? []),
    ...model.before,
    ...(model.fit ?? [`m <- ${model.call}`]),
    model.summary,
    ...rTests(settings, model, coefficients, known),
    ...tests.lines,
    ...(moderate === '' ? [] : rModerated(settings, summary, data, { name: response, right, weights })),
  ];
  return lines.join('\n');
}

/** Which function of R fits the model of a run. */
export function rKindOf(given: Settings, summary: DataSummary): RModel['kind'] {
  const settings = rSettings(given);
  const { right } = rightSide(settings.formula);
  const weights = summary.roles.weights !== null || settings.weights === 'voom' ? 'w' : settings.weights;
  return rModel(settings, { left: 'y', right, weights }, summary).kind;
}
