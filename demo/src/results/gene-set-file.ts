/** What is written of gene sets and ranks. Pure. */

import { delimitedText, geneSetTable, type TestedGeneSets } from 'webgpu-lmm';
import { zScores } from 'webgpu-lmm/statistics';
import type { ResultsView } from './results-view.ts';

/** Tested sets as the command writes those of one test. */
export function geneSetText({ test, split }: ResultsView, tested: TestedGeneSets): BlobPart[] {
  // Text, or bytes of its own.
  return [...delimitedText([geneSetTable([{ split, term: test.name, tested }])], '\t')] as BlobPart[];
}

export function directionOf(statistic: number): 'up' | 'down' | '' {
  if (Number.isNaN(statistic)) return '';
  return statistic < 0 ? 'down' : 'up';
}

/**
 * The genes with their z-scores, the highest first, as GSEA takes them ranked: `.rnk`. Of several rows of one symbol the one
 * farthest from 0 stands for it, since GSEA wants each once.
 */
export function rankedListText({ symbols, effect, log10P }: ResultsView): string {
  const scores = zScores(effect, log10P);
  const best = new Map<string, number>();
  for (const [i, label] of symbols.entries()) {
    if (!Number.isFinite(scores[i])) continue;
    const before = best.get(label);
    if (before === undefined || Math.abs(scores[i]) > Math.abs(before)) best.set(label, scores[i]);
  }
  return [...best]
    .sort(([, a], [, b]) => b - a)
    .map(([label, score]) => `${label.replace(/[\t\r\n]+/g, ' ')}\t${score}\n`)
    .join('');
}
