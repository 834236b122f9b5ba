/** How many are found, of how many that were tested, and what the rest are. Pure. */

import type { TestedCounts } from '../results/tested-counts.ts';
import { count, counted } from './number-text.ts';

/** "28 found of 1,932 genes tested; 68 others: 60 constant, 8 failed". */
export function foundOf(found: number, { tested, others }: TestedCounts, many: string): string {
  return `${count(found)} found of ${testedOf({ tested, others }, many)}`;
}

/** "1,932 genes tested; 68 others: 60 constant, 8 failed". */
export function testedOf({ tested, others }: TestedCounts, many: string): string {
  return `${counted(tested, many)} tested${othersText(others)}`;
}

/** "; 68 others: 60 constant, 8 failed". */
export function othersText(others: TestedCounts['others']): string {
  if (others.length === 0) return '';
  const all = others.reduce((sum, own) => sum + own.count, 0);
  const parts =
    others.length === 1 ? others[0].label : others.map((own) => `${count(own.count)} ${own.label}`).join(', ');
  return `; ${counted(all, 'others')}: ${parts}`;
}
