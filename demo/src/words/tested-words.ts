/** How many are found, of how many that were tested, and what the rest are. Pure. */

import type { TestedCounts } from '../results/tested-counts.ts';
import { count, counted } from './number-text.ts';

/** "28 found of 1,932 genes tested; the other 68: 60 constant, 8 failed". */
export function foundOf(found: number, { tested, others }: TestedCounts, many: string): string {
  return `${count(found)} found of ${testedOf({ tested, others }, many)}`;
}

/** "1,932 genes tested; the other 68: 60 constant, 8 failed". */
export function testedOf({ tested, others }: TestedCounts, many: string): string {
  return `${counted(tested, many)} tested${othersText(others)}`;
}

export function othersText(others: TestedCounts['others']): string {
  if (others.length === 0) return '';
  const all = others.reduce((sum, own) => sum + own.count, 0);
  const parts = others.map((own) => `${count(own.count)} ${own.label}`).join(', ');
  return others.length === 1 ? `; the other ${parts}` : `; the other ${count(all)}: ${parts}`;
}
