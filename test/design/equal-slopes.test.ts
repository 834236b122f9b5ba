import { describe, expect, it } from 'vitest';
import { equalSlopes } from '../../src/design/replicates.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { frame, label } from '../lmm/frames.ts';

const rows = Array.from({ length: 60 }, (_, i) => i);
const table = frame({
  subject: rows.map((i) => label('s', i % 12)),
  site: rows.map((i) => label('t', i % 3)),
  visit: rows.map((i) => Math.floor(i / 12)),
  time: rows.map((i) => Math.floor(i / 12) + Math.sin(i) / 5),
  depth: rows.map((i) => Math.cos(i * i)),
  age: rows.map((i) => 40 + (i % 12)),
  half: rows.map((i) => (i < 30 ? 0 : 1)),
});

const columnsOf = (formula: string) => equalSlopes(buildDesign(formula, table)).map(({ column }) => column);

describe('numbers whose slopes a model takes as equal', () => {
  it.each([
    ['~ visit + (1 | subject)', ['visit']],
    ['~ visit * age + (1 | subject)', ['visit']],
    // Irregular times are told by their name.
    ['~ time + (1 | subject)', ['time']],
    ['~ visit + (1 | site) + (1 | subject)', ['visit']],
  ])('%s has some', (formula, columns) => {
    expect(columnsOf(formula)).toEqual(columns);
  });

  it.each([
    '~ visit + (visit | subject)',
    '~ visit + (1 | subject) + (0 + visit | subject)',
    '~ factor(visit) + (1 | subject)',
    '~ age + (1 | subject)',
    // A covariate of each row, and a condition with two values.
    '~ depth + (1 | subject)',
    '~ half + (1 | subject)',
  ])('%s has none', (formula) => {
    expect(columnsOf(formula)).toEqual([]);
  });
});
