/** Models in which the order of levels counts say which one they take, where it is that of the alphabet. */
import { expect, it } from 'vitest';
import { applyColumnOptions } from '../../src/data/table/column-options.ts';
import { buildDesign, type DesignOptions } from '../../src/formula/design.ts';
import { frame } from '../lmm/frames.ts';

const ALPHABET = ['Baseline', 'End of study', 'Month 1', 'Month 6'];
const USUAL = ['Baseline', 'Month 1', 'Month 6', 'End of study'];

const table = (levels: readonly string[]) =>
  frame({
    y: Array.from({ length: 40 }, (_, i) => Math.sin(i * 7.3)),
    id: Array.from({ length: 40 }, (_, i) => `s${Math.floor(i / 4)}`),
    visit: Array.from({ length: 40 }, (_, i) => levels[i % levels.length]),
  });
const given = (levels: readonly string[], order?: readonly string[]) =>
  order ? applyColumnOptions(table(levels), { factor: [`visit=${order.join(',')}`], ordered: [] }) : table(levels);
const notes = (of: ReturnType<typeof table>, options: DesignOptions, formula = 'y ~ visit'): string =>
  buildDesign(formula, of, options)
    .notes.filter((note) => note.includes('alphabet'))
    .join('\n');

it.each(['ar1', 'ar1h', 'ad', 'adh', 'toep', 'toeph'])(
  '%s names the visits in its order, and in that of their names',
  (structure) => {
    const found = notes(given(USUAL), { residual: `${structure}(visit | id)` });
    expect(found).toBe(
      `${structure} takes the levels of 'visit' in the order of the alphabet, ${ALPHABET.join(', ')}: their names tell ${USUAL.join(', ')} (“factor”)`,
    );
  },
);

it('says nothing where the order does not count, was chosen, or is told by the names', () => {
  for (const structure of ['us', 'cs', 'diag'])
    expect(notes(given(USUAL), { residual: `${structure}(visit | id)` })).toBe('');
  expect(notes(given(USUAL, USUAL), { residual: 'ar1(visit | id)' })).toBe('');
  for (const told of [
    ['w1', 'w2', 'w3', 'w4'],
    ['1', '2', '10', '20'],
    ['week 02', 'week 04', 'week 08', 'week 12'],
  ]) {
    expect(notes(given(told), { residual: 'ar1(visit | id)' }), told.join()).toBe('');
  }
});

it('says it of names that tell no order, of random effects and of polynomials', () => {
  const unknown = ['alpha', 'beta', 'delta', 'gamma'];
  expect(notes(given(unknown), { residual: 'ar1(visit | id)' })).toContain('name them in theirs where it is another');
  expect(notes(given(USUAL), {}, 'y ~ 1 + ar1(0 + visit | id)')).toContain('ar1 takes');
  const doses = given(['placebo', 'low', 'high', 'placebo']);
  expect(notes(doses, { coding: { visit: 'poly' } })).toBe(
    "polynomial contrasts take the levels of 'visit' in the order of the alphabet, high, low, placebo: their names tell placebo, low, high (“factor”)",
  );
  expect(notes(doses, {})).toBe('');
});
