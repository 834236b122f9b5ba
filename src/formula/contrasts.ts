import { OPTIONS } from '../options/entries.ts';
import { orthogonalPolynomial } from './polynomial.ts';

/** Codings of a factor, R's `contr.*`. */
export const CONTRAST_CODINGS = OPTIONS.coding.choices;
/** The coding of a factor. */
export type ContrastCoding = (typeof CONTRAST_CODINGS)[number];

/** Columns that stand for the levels of a factor. */
export interface Coding {
  /** What follows the name of the factor in the name of each column. */
  readonly suffixes: readonly string[];
  /** levels x columns, column-major. */
  readonly values: Float64Array;
}

/** Contrasts of a factor: k - 1 columns for k levels; none for one level. */
export function contrastCoding(coding: ContrastCoding, levels: readonly string[]): Coding {
  const k = levels.length;
  const columns = Math.max(0, k - 1);
  const values = new Float64Array(k * columns);
  switch (coding) {
    case 'treatment':
      for (let j = 0; j < columns; j++) values[j * k + j + 1] = 1;
      return { suffixes: levels.slice(1), values };
    case 'sum':
      for (let j = 0; j < columns; j++) {
        values[j * k + j] = 1;
        values[j * k + k - 1] = -1;
      }
      return { suffixes: numbered(columns), values };
    case 'helmert':
      for (let j = 0; j < columns; j++) {
        for (let i = 0; i <= j; i++) values[j * k + i] = -1;
        values[j * k + j + 1] = j + 1;
      }
      return { suffixes: numbered(columns), values };
    case 'poly': {
      const scores = Float64Array.from({ length: k }, (_, i) => i + 1);
      const suffixes = Array.from({ length: columns }, (_, j) => ['.L', '.Q', '.C'][j] ?? `^${j + 1}`);
      return { suffixes, values: orthogonalPolynomial(scores, columns) ?? values };
    }
  }
}

/** One indicator a level, for a factor whose margin is not in the model. */
export function indicatorCoding(levels: readonly string[]): Coding {
  const k = levels.length;
  const values = new Float64Array(k * k);
  for (let j = 0; j < k; j++) values[j * k + j] = 1;
  return { suffixes: levels, values };
}

function numbered(columns: number): string[] {
  return Array.from({ length: columns }, (_, j) => String(j + 1));
}
