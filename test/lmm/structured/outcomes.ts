import type { Column, Table } from '../../../src/types/table.ts';
import { TestRandom } from '../random.ts';
import { trial } from './designs.ts';

/** A trial with responses: an effect of x, persons' levels, errors that go on from visit to visit and grow, and weights. */
export function trialWithOutcomes(
  seed: number,
  subjects: number,
  visits: number,
  names: readonly string[] = ['y'],
): Table {
  const { table, subject, visit } = trial(seed, subjects, visits);
  const random = new TestRandom(seed + 1000);
  const columns = new Map(table.columns);
  const x = columns.get('x') as Extract<Column, { kind: 'numeric' }>;
  for (const name of names) {
    const level = Float64Array.from(subject.levels, () => random.normal());
    let before = 0;
    const values = x.values.map((value, i) => {
      const same = i > 0 && subject.codes[i] === subject.codes[i - 1];
      before = (same ? 0.5 * before : 0) + random.normal() * (1 + 0.3 * visit.codes[i]);
      return 2 + 0.5 * value + level[subject.codes[i]] + before;
    });
    columns.set(name, { kind: 'numeric', values } as Column);
  }
  columns.set('w', { kind: 'numeric', values: x.values.map(() => 0.5 + 2 * random.uniform()) } as Column);
  return { ...table, columns };
}
