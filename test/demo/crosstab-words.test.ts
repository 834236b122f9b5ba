/** Rows by unit and level summed up by level, counted by hand. */
import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { crosstabSummary } from '../../demo/src/words/crosstab-words.ts';
import { factValue, provenance } from '../../demo/src/words/provenance.ts';

it('are units, rows and rows of each, the last line of all', () => {
  const counts = Int32Array.of(1, 0, 4, 2, 2, 0, 0, 0, 3);
  const { titles, lines } = crosstabSummary(
    { rows: ['a', 'b', 'c'], columns: ['u', 'v', 'w'], counts },
    'mice',
    'cells',
  );
  expect(titles).toEqual(['mice', 'cells', 'cells of each']);
  expect(lines).toEqual([
    ['u', '2', '3', '1 to 2'],
    ['v', '1', '2', '2'],
    ['w', '2', '7', '3 to 4'],
    ['all', '3', '12', '3 to 5'],
  ]);
});

it('facts with a name in front of them do not say it again', () => {
  const settings = { ...DEFAULT_SETTINGS, residual: 'ar1(day | rat)', where: 'day > 1', offset: 'log(n)', na: 'omit' };
  const table = {
    ...{ family: null, method: 'REML', nobs: [12], models: 1, criterion: [1], groups: ['rat', 'box_id'] },
    ...{ groupLevels: [4, 2], ddf: 'kenward-roger', moderation: null, structured: null, terms: [{}] },
  };
  const summary = { name: 'rats.csv', rows: 14, rowNoun: 'rows', kind: 'table', roles: {} };
  const results = { outcome: { table }, settings, summary, source: { kind: 'files' }, fitted: Date.now() };
  const facts = provenance(results as unknown as Results); // all that it reads
  // A model without a fit was of these rows all the same.
  const unfitted = { ...results, outcome: { table: { ...table, criterion: [Number.NaN] } } };
  expect(provenance(unfitted as unknown as Results).map(factValue)).toEqual(facts.map(factValue));
  const values = new Map(facts.map((fact) => [fact.name, factValue(fact)]));
  expect(values.get('residuals')).toBe('ar1(day | rat)');
  expect([values.get('filter'), values.get('offset'), values.get('missing values')]).toEqual([
    ...['day > 1', 'log(n)', 'left out for all'],
  ]);
  expect([values.get('rat'), values.get('box_id'), values.get('rows')]).toEqual(['4', '2 levels', '12 of 14']);
  for (const { name } of facts.filter((fact) => fact.name !== 'tests'))
    expect(values.get(name)?.split(' '), name).not.toContain(name);
  // In a line of facts each says what it is.
  expect(facts.map(({ text }) => text)).toEqual(expect.arrayContaining(['residuals ar1(day | rat)', '4 rats']));
});
