import type { FactorColumn } from '../../types/table.ts';
import { numberLabel, parseNumberText } from './number-text.ts';

/** Compares two texts by Unicode code point (JavaScript's `<` compares UTF-16 units, which differs above U+FFFF). */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogateX = x >= 0xd800 && x <= 0xdfff;
    const surrogateY = y >= 0xd800 && y <= 0xdfff;
    return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1;
  }
  return a.length - b.length;
}

/** Levels in order: by number when every one is a number, else by code point. A new array. */
export function orderLevels(levels: readonly string[]): string[] {
  const numbers = levels.map(parseNumberText);
  if (numbers.some(Number.isNaN)) return [...levels].sort(compareCodePoints);
  // Two spellings of one number (1, 1.0) tie: code points decide, so that the order never depends on the rows.
  const order = levels.map((_, i) => i);
  order.sort((i, j) => (numbers[i] === numbers[j] ? compareCodePoints(levels[i], levels[j]) : numbers[i] - numbers[j]));
  return order.map((i) => levels[i]);
}

/** Factor whose codes point into `found` (levels in any order, distinct) rearranged to the order of `levels`. */
export function factorInOrder(found: readonly string[], codes: Int32Array, levels: readonly string[]): FactorColumn {
  const position = new Map(levels.map((level, i) => [level, i]));
  const target = Int32Array.from(found, (level) => position.get(level) ?? -1);
  return {
    kind: 'factor',
    levels,
    codes: codes.map((code) => (code < 0 ? -1 : target[code])),
    ordered: false,
  };
}

/** Distinct finite values in increasing order with their labels; NaN left out. */
export function numericLevels(values: Float64Array): { values: number[]; labels: string[] } {
  const distinct = new Set<number>();
  for (const value of values) if (!Number.isNaN(value)) distinct.add(value === 0 ? 0 : value);
  const sorted = [...distinct].sort((a, b) => a - b);
  const labels = sorted.map(numberLabel);
  // Values that differ only beyond the 15th digit keep all their digits.
  const unique = new Set(labels).size === labels.length;
  return { values: sorted, labels: unique ? labels : sorted.map(String) };
}
