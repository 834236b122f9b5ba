import { expect, it } from 'vitest';
import { withFamily } from '../../demo/src/model/families.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import { readDesign } from '../../src/design/reading.ts';
import { readTable } from '../../src/reading/tables.node.ts';
import type { Column, Table } from '../../src/types/table.ts';
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

it('takes rows of one visit in any order, and names of the number of a visit however they are parted', () => {
  const table = (day: (visit: number, second: number) => number, name = 'visit'): Table => {
    const rows = Array.from({ length: 240 }, (_, i) => ({
      ...{ unit: i % 20, visit: 1 + Math.floor(i / 40), second: Math.floor(i / 20) % 2 },
    }));
    const numbers = (of: (row: (typeof rows)[number]) => number): Column => ({
      ...{ kind: 'numeric', values: Float64Array.from(rows, of) },
    });
    const codes = Int32Array.from(rows, ({ unit }) => unit);
    const levels = Array.from({ length: 20 }, (_, unit) => `s${unit}`);
    const columns = new Map<string, Column>([
      ['subject', { kind: 'factor', levels, codes, ordered: false }],
      ['arm', { kind: 'factor', levels: ['placebo', 'treated'], codes: codes.map((unit) => unit % 2), ordered: false }],
      [name, numbers(({ visit }) => visit)],
      ['days', numbers(({ visit, second }) => day(visit, second))],
      ['y', numbers(({ unit, visit, second }) => Math.sin(unit * 3 + visit * 5 + second * 7))],
    ]);
    return { rows: rows.length, columns };
  };
  const course = (of: Table) => readDesign(of, { response: 'y' });
  const goesOn = course(table((visit, second) => 7 * visit - second));
  expect(goesOn.exposure).toBeUndefined();
  expect(goesOn.layout.time).toBe('days');
  for (const name of ['visit', 'visit_number', 'visit.no', 'Visit']) {
    const goesBack = course(table((visit, second) => 20 - 3 * visit + second, name));
    expect([goesBack.layout.time, goesBack.exposure]).toEqual([name, 'days']);
  }
});
