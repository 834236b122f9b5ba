/** What the levels of a split are called: cell types, or the column that they are of. Pure. */

import { isCellType } from 'webgpu-lmm/steps';
import { unitNoun } from '../model/unit-words.ts';
import { geneLabels } from '../results/gene-labels.ts';
import type { Results } from '../results/results-view.ts';
import { count } from './number-text.ts';

/** Columns whose name is that of one level, and whose plural is regular. */
const PLAIN = /^(tissue|organ|region|compartment|lineage|cluster|condition|timepoint|day|week|cohort|assay|panel)$/i;

export interface SplitWords {
  /** `cell type`, or the column. */
  readonly one: string;
  /** `cell types`, `tissues`, `levels of site_id`. */
  readonly many: string;
}

/** @param column that a fit was split by */
export function splitWords(column: string): SplitWords {
  if (column === '') return { one: 'split', many: 'splits' };
  if (isCellType(column)) return { one: 'cell type', many: 'cell types' };
  return { one: column, many: unitNoun(column) ?? (PLAIN.test(column) ? `${column}s` : `levels of ${column}`) };
}

/** "3 cell types", "1 level of tissue". */
export function splitsText(levels: number, column: string): string {
  const { one, many } = splitWords(column);
  if (levels !== 1) return `${count(levels)} ${many}`;
  return many.startsWith('levels of ') ? `1 ${many.replace('levels', 'level')}` : `1 ${one}`;
}

/** "cell type B"; empty where nothing was split. */
export function splitLabel(level: string | null, column: string): string {
  return level === null ? '' : `${splitWords(column).one} ${level}`;
}

/** What one model is of: "GATA3 in cell type B". */
export function modelLabel(
  { outcome: { table }, settings }: Pick<Results, 'outcome' | 'settings'>,
  model: number,
): string {
  const label = geneLabels(table)[model];
  const of = splitLabel(table.splits?.[model] ?? null, settings.splitBy);
  return of === '' ? label : `${label} in ${of}`;
}
