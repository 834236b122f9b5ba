/** Which column of a table is taken for the response where nobody says it, and why numbers are text. */
import { describe, expect, it } from 'vitest';
import { textRemark } from '../../src/data/table/stray-text.ts';
import { readDesign } from '../../src/design/reading.ts';
import { guessResponse } from '../../src/design/response.ts';
import type { Column, Table } from '../../src/types/table.ts';

type Values = readonly (number | string | null)[];

function column(values: Values): Column {
  if (values.every((value) => typeof value !== 'string'))
    return {
      kind: 'numeric',
      values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))),
    };
  const levels = [...new Set(values.filter((value) => value !== null).map(String))].sort();
  const codes = Int32Array.from(values, (value) => (value === null ? -1 : levels.indexOf(String(value))));
  return { kind: 'factor', levels, codes, ordered: false };
}

function table(columns: Readonly<Record<string, Values>>): Table {
  const entries = Object.entries(columns).map(([name, values]) => [name, column(values)] as const);
  return {
    rows: entries[0][1].kind === 'factor' ? entries[0][1].codes.length : entries[0][1].values.length,
    columns: new Map(entries),
  };
}

/** A number for each row that is none of a pattern. */
const noise = (i: number): number => ((i * 7919 + 104729) % 997) / 997;
const rows = <T>(count: number, value: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => value(i));

/** Units of 8 rows, half of them treated. */
const UNITS = 6;
const small = {
  mouse: rows(8 * UNITS, (i) => `M${Math.floor(i / 8)}`),
  treatment: rows(8 * UNITS, (i) => (i % 8 < 4 ? 'before' : 'after')),
};
const measured = rows(8 * UNITS, (i) => Math.round(100 * (3 + noise(i))) / 100);

/** Units of 4 visits, compared between them. */
const trial = {
  person: rows(4 * 40, (i) => `P${Math.floor(i / 4)}`),
  visit: rows(4 * 40, (i) => 1 + (i % 4)),
  arm: rows(4 * 40, (i) => (Math.floor(i / 4) % 2 === 0 ? 'a' : 'b')),
};
const graded = rows(4 * 40, (i) => Math.floor(11 * noise(i)));

describe('the response of a small table', () => {
  it('is what was measured, not what stands between it and the design', () => {
    const beside: Readonly<Record<string, Values>> = {
      aliquot: rows(8 * UNITS, (i) => `S${1 + (i % 4)}`),
      specimen: rows(8 * UNITS, (i) => `S${i}`),
      age: rows(8 * UNITS, (i) => 30 + Math.floor(i / 8)),
      replicate: rows(8 * UNITS, (i) => 1 + (i % 4)),
      running: rows(8 * UNITS, (i) => 1 + (i % 8)),
      number: rows(8 * UNITS, (i) => 1 + i),
      gel: rows(8 * UNITS, (i) => (i % 4) * 0.5),
    };
    for (const [name, values] of Object.entries(beside)) {
      expect(guessResponse(table({ ...small, [name]: values, crp: measured })), name).toBe('crp');
      expect(guessResponse(table({ ...small, crp: measured, [name]: values })), `${name} last`).toBe('crp');
    }
  });

  it('is the whole number that varies within the units', () => {
    const traits = {
      age: rows(4 * 40, (i) => 30 + (Math.floor(i / 4) % 30)),
      bmi: rows(4 * 40, (i) => 20 + Math.floor(i / 4) / 10),
      clinic: rows(4 * 40, (i) => `C${Math.floor(i / 4) % 5}`),
    };
    expect(guessResponse(table({ ...trial, ...traits, pain: graded }))).toBe('pain');
    expect(guessResponse(table({ ...trial, ...traits }))).toBe('');
    // Missing values are no other value.
    const lacking = traits.bmi.map((value, i) => (i % 9 === 0 ? null : value));
    expect(guessResponse(table({ ...trial, bmi: lacking, pain: graded }))).toBe('pain');
  });

  it('is what is called so, then the last that was measured, then what follows the design', () => {
    expect(guessResponse(table({ ...small, x: measured, y: measured, z: measured }))).toBe('y');
    expect(guessResponse(table({ ...small, x: measured, z: measured }))).toBe('z');
    const answer = graded.map((value) => (value > 5 ? 'yes' : 'no'));
    const other = graded.map((value) => (value > 7 ? 'yes' : 'no'));
    expect(guessResponse(table({ ...trial, well: answer, nausea: other }))).toBe('well');
    expect(
      guessResponse(table({ effort: graded, device: trial.visit.map((k) => `T${k}`), subject: trial.person })),
    ).toBe('effort');
  });

  it('is not told where nothing tells it', () => {
    const many = Object.fromEntries(rows(13, (k) => [`m${k}`, measured.map((value) => value + k)]));
    expect(guessResponse(table({ ...small, ...many }))).toBe('');
    expect(guessResponse(table({ treatment: small.treatment, crp: measured }))).toBe('');
    expect(guessResponse(table({ ...small, sample: rows(8 * UNITS, (i) => i + 1) }))).toBe('');
  });
});

describe('numbers that a text among them makes text', () => {
  const spoilt = (text: string, ...at: number[]): Values =>
    measured.map((value, i) => (at.includes(i) ? text : String(value)));

  it('stay the response, with the text, its line and what to do', () => {
    const data = table({ ...small, change: measured, score: spoilt('n.d.', 3, 9) });
    expect(guessResponse(data)).toBe('score');
    const { remarks, formulas } = readDesign(data, { response: 'score' });
    expect(formulas[0].formula).toMatch(/^score ~/);
    expect(remarks[0]).toEqual({
      severity: 'warning',
      text: "'score' is text because of 'n.d.' in line 5 and 1 more cell, and no response as it stands. Write the number, or leave the cells empty where the value is missing.",
    });
    // Where another is the response it is a note.
    expect(
      readDesign(data, { response: 'change' }).remarks.find(({ text }) => text.includes("'score'"))?.severity,
    ).toBe('note');
  });

  it('are told from limits, decimal commas and texts', () => {
    expect(textRemark('y', column(spoilt('<0.5', 0)))).toMatch(/'<0\.5' in line 2, .* stand for such a limit/);
    expect(textRemark('y', column(measured.map((value) => String(value).replace('.', ','))))).toMatch(
      /decimal commas, such as '3/,
    );
    expect(textRemark('arm', column(small.treatment))).toBeNull();
    expect(textRemark('y', column(measured))).toBeNull();
    expect(
      guessResponse(table({ ...small, age: measured, crp: measured.map((value) => String(value).replace('.', ',')) })),
    ).toBe('crp');
  });
});

describe('a response that units have and rows do not', () => {
  it('is named as such, with how often it was measured', () => {
    const bmi = rows(4 * 40, (i) => 20 + Math.floor(i / 4) / 10);
    const data = table({ ...trial, bmi, pain: graded });
    const { traits, remarks } = readDesign(data, { response: 'bmi' });
    expect(traits).toEqual(['bmi']);
    expect(remarks[0].text).toMatch(
      /^'bmi' is the same in all rows of each level of 'person': it was measured 40 times, not 160/,
    );
    expect(readDesign(data, { response: 'pain' }).remarks.some(({ text }) => text.includes('bmi'))).toBe(false);
  });
});
