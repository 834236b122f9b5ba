import { FitError } from '../errors.ts';
import { type Coding, type ContrastCoding, contrastCoding, indicatorCoding } from './contrasts.ts';
import { type Frame, type FrameVariable, frameVariable } from './frame.ts';
import { indicatorFlags, type ModelTerms } from './terms.ts';

/** Columns of the terms of a model. */
export interface ModelMatrix {
  readonly names: readonly string[];
  /** Term of each column, from 1; 0 is the intercept. */
  readonly assign: readonly number[];
  /** n x columns, column-major. */
  readonly values: Float64Array;
}

export interface ModelMatrixOptions {
  /** Coding of factors by label; without it `treatment`, and `poly` for ordered factors. */
  readonly codings?: ReadonlyMap<string, ContrastCoding>;
  /** Whether a factor with fewer than two levels is an error where it needs contrasts; else it gives no column. */
  readonly strict: boolean;
}

/** The columns of one variable in one term. */
interface Block {
  readonly suffixes: readonly string[];
  readonly label: string;
  /** Column-major: rows of the frame, or levels when `codes` are there. */
  readonly values: Float64Array;
  readonly codes?: Int32Array;
}

/** R's `model.matrix`: names, order and coding of columns. The frame has no missing values and no unused levels. */
export function modelMatrix(model: ModelTerms, frame: Frame, options: ModelMatrixOptions): ModelMatrix {
  const variables = model.variables.map(({ label }) => frameVariable(frame, label));
  const flags = indicatorFlags(
    model,
    variables.map((variable) => variable.kind === 'factor'),
  );
  const blocks = model.terms.map((term, t) =>
    term.map((index, k) => block(model.variables[index].label, variables[index], flags[t][k], options)),
  );
  const widths = blocks.map((parts) => parts.reduce((width, part) => width * part.suffixes.length, 1));
  const columns = widths.reduce((sum, width) => sum + width, model.intercept ? 1 : 0);
  const values = allocate(frame.n, columns);
  const names: string[] = [];
  const assign: number[] = [];
  if (model.intercept) {
    names.push('(Intercept)');
    assign.push(0);
    values.fill(1, 0, frame.n);
  }
  for (const [t, parts] of blocks.entries()) {
    for (let column = 0; column < widths[t]; column++) {
      const at = names.length * frame.n;
      names.push(fillColumn(parts, column, values.subarray(at, at + frame.n)));
      assign.push(t + 1);
    }
  }
  return { names, assign, values };
}

/** Writes one product of columns, the first variable varying fastest; returns its name. */
function fillColumn(parts: readonly Block[], column: number, target: Float64Array): string {
  const n = target.length;
  const names: string[] = [];
  let rest = column;
  for (const [k, part] of parts.entries()) {
    const j = rest % part.suffixes.length;
    rest = Math.floor(rest / part.suffixes.length);
    names.push(part.label + part.suffixes[j]);
    const { codes, values } = part;
    if (codes !== undefined) {
      const at = j * (values.length / part.suffixes.length);
      if (k === 0) for (let i = 0; i < n; i++) target[i] = values[at + codes[i]];
      else for (let i = 0; i < n; i++) target[i] *= values[at + codes[i]];
    } else if (k === 0) {
      target.set(values.subarray(j * n, (j + 1) * n));
    } else {
      for (let i = 0; i < n; i++) target[i] *= values[j * n + i];
    }
  }
  return names.join(':');
}

function block(label: string, variable: FrameVariable, indicators: boolean, options: ModelMatrixOptions): Block {
  if (variable.kind === 'numeric') return { label, suffixes: variable.suffixes, values: variable.values };
  const { levels, codes } = variable;
  if (!indicators && levels.length < 2 && options.strict) {
    const found = levels.length === 0 ? 'no level' : `one level only, '${levels[0]}',`;
    throw new FitError('DataError', `factor '${label}' has ${found} in the rows that are used, contrasts need two`, {
      remedy: `Remove '${label}' from the formula, or use rows with other levels of it.`,
    });
  }
  const coding: Coding = indicators
    ? indicatorCoding(levels)
    : contrastCoding(options.codings?.get(label) ?? (variable.ordered ? 'poly' : 'treatment'), levels);
  return { label, suffixes: coding.suffixes, values: coding.values, codes };
}

function allocate(n: number, columns: number): Float64Array {
  try {
    return new Float64Array(n * columns);
  } catch (cause) {
    const size = ((n * columns * 8) / 2 ** 30).toFixed(1);
    throw new FitError('DataError', `a model matrix of ${n} rows and ${columns} columns needs ${size} GB`, {
      remedy: 'Is a factor with very many levels, or a text column, among the fixed effects?',
      cause,
    });
  }
}
