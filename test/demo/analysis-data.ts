/** What the tests of the page's analyses compare: a small bulk table, and numbers as the page and the command write them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Row } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';

/** Between -1 and 1, the same for the same two numbers. */
export const noise = (a: number, b: number): number => (Math.sin(a * 12.9898 + b * 78.233) * 43758.5453) % 1;

/** A count of gene g in sample i, whose odd samples have twice as many of every fifth gene. */
export const countAt = (g: number, i: number): number =>
  Math.round((20 + 7 * g) * (1.2 + Math.sin(g * 31 + i * i * 7) * 0.6) * (i % 2 && g % 5 === 0 ? 2 : 1));

/** A bulk table of some genes in 32 samples of 16 patients, and its samples. */
export function bulkFiles(folder: string): { readonly data: string; readonly obs: string } {
  const samples = Array.from({ length: 32 }, (_, i) => `s${i + 1}`);
  const arms = ['a', 'b'];
  const lines = samples.map(
    (name, i) => `${name},p${i % 16},${arms[Math.floor(i / 16)]},${20 + (((i % 16) * 7) % 31)}`,
  );
  const obs = join(folder, 'samples.csv');
  writeFileSync(obs, `sample,patient,arm,age\n${lines.join('\n')}\n`);
  const rows = Array.from({ length: 24 }, (_, g) =>
    [
      `gene${g + 1}`,
      ...samples.map((_, i) =>
        (5 + noise(g, i) + 0.8 * noise(g + 50, i % 16) + (i < 16 ? 0 : (g % 4) * 0.35)).toFixed(4),
      ),
    ].join(','),
  );
  const data = join(folder, 'expression.csv');
  writeFileSync(data, `gene,${samples.join(',')}\n${rows.join('\n')}\n`);
  return { data, obs };
}

/** A number of a row as another text has it. */
export function expectClose(row: Row | undefined, column: string, wanted: string): void {
  const [got, expected] = [row?.[column] ?? '', wanted];
  if (got === expected) return;
  const distance = Math.abs(Number(got) - Number(expected)) / Math.max(1e-6, Math.abs(Number(expected)));
  expect(distance, `${column}: ${got}, not ${expected}`).toBeLessThan(TOLERANCE.demo.analyses);
}

/** As the page prints a number of ordinary size. */
export function fourDigits(text: string): string {
  if (text === 'NA') return '';
  return Number(Number(text).toPrecision(4)).toString().replace('-', '−');
}
