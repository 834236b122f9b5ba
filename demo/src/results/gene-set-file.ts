/** What is written of gene sets and ranks. Pure. */

import { zScores } from 'webgpu-lmm/statistics';
import type { GeneSetAnswer } from '../protocol/analysis-protocol.ts';
import type { ResultsView } from './results-view.ts';

/** Tested sets as a table of tabs. */
export function geneSetText({ names, descriptions, tests }: GeneSetAnswer): string {
  const lines = ['set\tgenes\tdirection\tdifference\tt\tdf\tp\tlog10p\tp.adjusted\tdescription'];
  for (const [k, name] of names.entries()) {
    const { size, difference, statistic, df, pValue, log10P, adjustedP } = tests;
    const numbers = [difference, statistic].map((values) => values[k]);
    const tail = [df, pValue[k], log10P[k], adjustedP[k]];
    lines.push([name, size[k], directionOf(statistic[k]), ...numbers, ...tail, descriptions[k]].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

export function directionOf(statistic: number): 'up' | 'down' | '' {
  if (Number.isNaN(statistic)) return '';
  return statistic < 0 ? 'down' : 'up';
}

/**
 * The genes with their z-scores, the highest first, as GSEA takes them ranked: `.rnk`. Of several rows of one symbol the one
 * farthest from 0 stands for it, since GSEA wants each once.
 */
export function rankedListText({ labels, effect, log10P }: ResultsView): string {
  const scores = zScores(effect, log10P);
  const best = new Map<string, number>();
  for (const [i, label] of labels.entries()) {
    if (!Number.isFinite(scores[i])) continue;
    const before = best.get(label);
    if (before === undefined || Math.abs(scores[i]) > Math.abs(before)) best.set(label, scores[i]);
  }
  return [...best]
    .sort(([, a], [, b]) => b - a)
    .map(([label, score]) => `${label.replace(/[\t\r\n]+/g, ' ')}\t${score}\n`)
    .join('');
}
