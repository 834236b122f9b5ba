import { expect, it } from 'vitest';
import { withFamily } from '../../demo/src/model/families.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import { readDesign } from '../../src/design/reading.ts';
import { readTable } from '../../src/reading/tables.node.ts';
import { example } from '../cli/command.ts';

it('takes days that go back from visit to visit for an exposure, and the visits for the course', async () => {
  const table = await readTable(example('counts.csv'));
  const reading = readDesign(table, { response: 'attacks' });
  expect(reading.layout.time).toBe('visit');
  expect(reading.exposure).toBe('days');
  const [{ formula }] = reading.formulas;
  expect(formula).toMatch(/^attacks ~ visit \* arm \+ /);
  expect(reading.remarks.map(({ text }) => text).join()).toContain('offset(log(days))');
  // The page takes the exposure with the family of counts, once.
  const settings = { ...DEFAULT_SETTINGS, formula };
  const data = { kind: 'table', looksLikeCounts: null, reading } as const;
  const taken = withFamily('nbinom2', settings, data);
  expect(taken.formula).toBe(`${formula} + offset(log(days))`);
  const counted = { ...settings, ...taken };
  expect(withFamily('poisson', counted, data).formula ?? counted.formula).toBe(taken.formula);
  expect(withFamily('gaussian', counted, data).formula).toBe(formula);
  // A user's own course stays.
  expect(readDesign(table, { response: 'attacks', time: 'days' }).exposure).toBeUndefined();
});

it('leaves the time of visits alone where it goes on', async () => {
  const reading = readDesign(await readTable(example('visits.csv')), { response: 'y' });
  expect(reading.layout.time).toBe('time');
  expect(reading.exposure).toBeUndefined();
});
