import { describe, expect, it } from 'vitest';
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

describe('columns of days beside visits of every kind', () => {
  type Of = (unit: number, visit: number) => number | string;
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16807) % 2147483647;
    return seed / 2147483647;
  };
  const watched = (): number => 10 + Math.floor(21 * random());
  const NAMES = ['baseline', 'week 2', 'week 4', 'week 12'];
  /** Counts of 40 patients; columns of text are factors in the order of their text, as they are read. */
  const counts = (columns: Readonly<Record<string, Of>>, visits = 4, shift = 0): Table => {
    const places = Array.from({ length: 40 * visits }, (_, i) => [Math.floor(i / visits), i % visits] as const);
    const given: Readonly<Record<string, Of>> = {
      patient: (unit) => `P${100 + unit}`,
      arm: (unit) => (unit % 2 === 0 ? 'placebo' : 'treated'),
      ...columns,
      attacks: () => Math.floor(9 * random() ** 2) + shift,
    };
    const made = Object.entries(given).map(([name, of]): [string, Column] => {
      const values = places.map(([unit, visit]) => of(unit, visit));
      if (values.every((value) => typeof value === 'number')) {
        return [name, { kind: 'numeric', values: Float64Array.from(values) }];
      }
      const levels = [...new Set(values.map(String))].sort();
      const codes = Int32Array.from(values, (value) => levels.indexOf(String(value)));
      return [name, { kind: 'factor', levels, codes, ordered: false }];
    });
    return { rows: places.length, columns: new Map(made) };
  };
  const read = (table: Table) => {
    const { layout, exposure = '', remarks } = readDesign(table, { response: 'attacks', rowNoun: 'rows' });
    return { time: layout.time, exposure, said: remarks.map(({ text }) => text).join(' ') };
  };
  const date: Of = (unit, visit) => new Date(Date.UTC(2023, 0, 3 + unit + 30 * visit)).toISOString().slice(0, 10);
  const own = Array.from({ length: 40 }, watched);

  it.each<[string, Readonly<Record<string, Of>>, number, string]>([
    ['named by words', { visit: (_, k) => NAMES[k], days: watched }, 4, ''],
    ['counted in words', { visit: (_, k) => ['first', 'second', 'third', 'fourth'][k], days: watched }, 4, ''],
    [
      'before, during and after',
      { visit: (_, k) => ['before', 'during', 'after', 'follow-up'][k], days: watched },
      4,
      '',
    ],
    ['called by their unit', { week: (_, k) => `week ${k + 9}`, days: watched }, 4, ''],
    ['of cycles', { timepoint: (_, k) => `C${1 + (k >> 1)}D${k % 2 === 0 ? 1 : 15}`, days: watched }, 4, ''],
    ['dated', { visit_date: date, days: watched }, 4, ''],
    ['dated beside days that come first', { days: watched, date }, 4, ''],
    ['called periods', { period: (_, k) => `period ${k + 1}`, days: watched }, 4, ''],
    ['of numbered periods', { period: (_, k) => k + 1, days: watched }, 4, 'period'],
    ['two in number', { visit: (_, k) => k + 1, days: watched }, 2, ''],
    ['before and after', { visit: (_, k) => (k === 0 ? 'pre' : 'post'), days: watched }, 2, ''],
    ['in planned weeks', { days: watched, week: (_, k) => 4 * k }, 4, 'week'],
    [
      'in weeks, of patients watched alike at each',
      { days: (u) => [7, 14, 28][u % 3], week: (_, k) => 2 * k },
      4,
      'week',
    ],
    ['of patients watched alike at each', { visit: (_, k) => k + 1, days: (unit) => own[unit] }, 4, 'visit'],
    ['named, of patients watched alike at each', { visit: (_, k) => NAMES[k], days: (unit) => own[unit] }, 4, ''],
    ['none, of patients watched alike', { days: (unit) => own[unit] }, 4, ''],
  ])('are exposures where visits are %s', (_, columns, visits, time) => {
    const found = read(counts(columns, visits));
    expect([found.exposure, found.time]).toEqual(['days', time]);
    expect(found.said).toMatch(/'days' (goes back|is the same).* is how long each was watched.*offset\(log\(days\)\)/);
  });

  it('are exposures with a row that was not watched, which is named', () => {
    const days: Of = (unit, visit) => (unit === 3 && visit === 1 ? 0 : watched());
    const found = read(counts({ visit: (_, k) => k + 1, days }));
    // No logarithm can be proposed for all rows.
    expect([found.time, found.exposure]).toEqual(['visit', '']);
    expect(found.said).toContain(
      'offset(log(days)). 1 row has none (0), of which there is no logarithm: leave these out, “days > 0”.',
    );
  });

  it('are exposures by a name that says so', () => {
    for (const name of ['days_at_risk', 'person_years', 'observed.days', 'follow-up time']) {
      const found = read(counts({ [name]: watched }));
      expect(found.exposure).toBe(name);
      expect(found.said).toContain(`offset(log(${/^[a-z_.]+$/.test(name) ? name : `\`${name}\``}))`);
    }
  });

  it.each<[string, Readonly<Record<string, Of>>, number, string]>([
    ['goes on', { visit: (_, k) => NAMES[k], days: (unit, k) => [0, 14, 28, 84][k] + ((k * unit) % 3) }, 4, 'days'],
    [
      'begins anew with each period',
      { period: (_, k) => 1 + Math.floor(k / 3), hours: (_, k) => [1, 2, 4][k % 3] },
      6,
      'hours',
    ],
    ['begins anew with each cycle', { visit: (_, k) => 1 + k, days: (_, k) => [1, 8, 15][k % 3] }, 6, 'days'],
    ['is planned, a day for each animal', { days: (unit) => [3, 7, 14, 28][unit % 4] }, 3, ''],
    ['has times before the start', { visit: (_, k) => k + 1, days: () => watched() - 20 }, 4, 'days'],
  ])('are a course where time %s', (_, columns, visits, time) => {
    const found = read(counts(columns, visits));
    expect([found.exposure, found.time]).toEqual(['', time]);
    expect(found.said).not.toContain('offset');
  });

  it('stay what they are where the response is no count', () => {
    const table = counts({ days: (unit) => own[unit], visit: (_, k) => k + 1 }, 4, 0.5);
    expect(read(table)).toMatchObject({ time: 'visit', exposure: '' });
  });
});
