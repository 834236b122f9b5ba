/** Tables, responses and designs for the numerical tests, built from plain arrays. */
import type { FitTable } from '../../src/types/fit-table.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TestRandom } from './random.ts';

export type Values = ArrayLike<number> | readonly string[];

/** A table; arrays of strings are factors with levels in order of code point. */
export function frame(columns: Readonly<Record<string, Values>>): Table {
  const out = new Map<string, Column>();
  let rows = 0;
  for (const [name, values] of Object.entries(columns)) {
    rows = values.length;
    out.set(
      name,
      typeof values[0] === 'string'
        ? factorColumn(values as readonly string[])
        : numericColumn(values as ArrayLike<number>),
    );
  }
  return { rows, columns: out };
}

function numericColumn(values: ArrayLike<number>): Column {
  return { kind: 'numeric', values: Float64Array.from(values) };
}

function factorColumn(values: readonly string[]): Column {
  const levels = [...new Set(values)].sort();
  const place = new Map(levels.map((level, i) => [level, i]));
  return { kind: 'factor', levels, codes: Int32Array.from(values, (v) => place.get(v) ?? -1), ordered: false };
}

/** Responses held dense from one array each. */
export function dense(
  responses: Readonly<Record<string, ArrayLike<number>>>,
  weights?: readonly ArrayLike<number>[],
): DenseResponses {
  const names = Object.keys(responses);
  const rows = responses[names[0]].length;
  const stack = (arrays: readonly ArrayLike<number>[]) => {
    const values = new Float64Array(rows * arrays.length);
    for (const [k, a] of arrays.entries()) values.set(Float64Array.from(a), k * rows);
    return values;
  };
  return {
    kind: 'dense',
    rows,
    names,
    values: stack(names.map((name) => responses[name])),
    ...(weights ? { weights: stack(weights) } : {}),
  };
}

/** Letters and number, padded so that code point order is numeric order. */
export function label(prefix: string, i: number): string {
  return `${prefix}${String(i).padStart(5, '0')}`;
}

/** Status of model m in words. */
export function statusOf(table: FitTable, m = 0): string {
  return STATUSES[table.status[m]];
}

/** An unbalanced layout of `groups` levels with 1 to `most` rows each, a covariate and a two-level factor. */
export function unbalancedLayout(seed: number, groups: number, most: number) {
  const random = new TestRandom(seed);
  const g: string[] = [];
  const x: number[] = [];
  const arm: string[] = [];
  for (let i = 0; i < groups; i++) {
    const count = 1 + random.integer(most);
    for (let k = 0; k < count; k++) {
      g.push(label('g', i));
      x.push(random.normal());
      arm.push(random.uniform() < 0.5 ? 'a' : 'b');
    }
  }
  return { random, g, x, arm, n: g.length };
}

/** y = 1 + 0.5 x + u_g + v_g x + e with the given standard deviations. */
export function responseOver(
  random: TestRandom,
  g: readonly string[],
  x: readonly number[],
  sdIntercept: number,
  sdSlope: number,
  sdResidual = 1,
): number[] {
  const effects = new Map<string, [number, number]>();
  return g.map((level, i) => {
    let effect = effects.get(level);
    if (!effect) {
      effect = [sdIntercept * random.normal(), sdSlope * random.normal()];
      effects.set(level, effect);
    }
    return 1 + 0.5 * x[i] + effect[0] + effect[1] * x[i] + sdResidual * random.normal();
  });
}
