/** Units of tests where subjects miss visits, counted in the rows of the table. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { testUnits } from '../../src/infer/test-units.ts';
import { unitsText } from '../../src/infer/unit-notes.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Column, Table } from '../../src/types/table.ts';

interface Visit {
  readonly subject: string;
  readonly arm: string;
  readonly visit: string;
  readonly week: number;
  readonly base: number;
}

const [head, ...lines] = readFileSync(new URL('../../examples/trial.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const names = head.split(',');
const VISITS = lines.map((line): Visit => {
  const cells = line.split(',');
  const cell = (name: string): string => cells[names.indexOf(name)];
  const [week, base] = [Number(cell('week')), Number(cell('base'))];
  return { subject: cell('subject'), arm: cell('arm'), visit: cell('visit'), week, base };
});

function tableOf(visits: readonly Visit[]): Table {
  const factor = (value: (visit: Visit) => string): Column => {
    const levels = [...new Set(visits.map(value))].sort();
    return {
      kind: 'factor',
      ordered: false,
      levels,
      codes: Int32Array.from(visits, (visit) => levels.indexOf(value(visit))),
    };
  };
  const numeric = (value: (visit: Visit) => number): Column => {
    return { kind: 'numeric', values: Float64Array.from(visits, value) };
  };
  return {
    rows: visits.length,
    columns: new Map([
      ['subject', factor(({ subject }) => subject)],
      ['arm', factor(({ arm }) => arm)],
      ['visit', factor(({ visit }) => visit)],
      ['week', numeric(({ week }) => week)],
      ['base', numeric(({ base }) => base)],
    ]),
  };
}

function said(
  visits: readonly Visit[],
  formula: string,
  tested: string | Readonly<Record<string, number>>,
  residual = '',
): string {
  const design = buildDesign(formula, tableOf(visits), residual === '' ? {} : { residual });
  const responses = { kind: 'dense', rows: visits.length, names: ['y'] } as const;
  const values = Float64Array.from(visits, (_, i) => Math.sin(i * i));
  const [{ design: moments }] = denseMoments(design, { ...responses, values }).batches;
  const weights = new Float64Array(moments.p);
  for (const [name, weight] of Object.entries(typeof tested === 'string' ? { [tested]: 1 } : tested)) {
    const at = moments.coefficients.indexOf(name);
    if (at < 0) throw new Error(`no ${name} of ${moments.coefficients.join(', ')}`);
    weights[at] = weight;
  }
  const units = testUnits(moments, weights);
  return units ? unitsText(units) : '';
}

/** Subjects of the rows that a condition takes, of an arm each. */
function subjectsIn(arms: readonly string[], takes: (visit: Visit) => boolean = () => true): number[] {
  return arms.map((arm) => new Set(VISITS.filter((own) => own.arm === arm && takes(own)).map((o) => o.subject)).size);
}

/** Subjects with several visits, of some arms. */
function withSeveral(...arms: readonly string[]): number {
  const times = new Map<string, number>();
  for (const { subject, arm } of VISITS) if (arms.includes(arm)) times.set(subject, (times.get(subject) ?? 0) + 1);
  return [...times.values()].filter((count) => count > 1).length;
}

const ARMS = ['placebo', 'treated'];
const [placebo, treated] = subjectsIn(ARMS);
const against = (sides: readonly number[]): string => sides.toSorted((a, b) => a - b).join(' against ');

it('are all subjects of two arms where time is a number, whatever visits they have', () => {
  for (const random of ['(week | subject)', '(1 | subject)']) {
    for (const fixed of ['arm * week', 'base + arm * week', 'arm + visit', 'base + arm + visit']) {
      expect(said(VISITS, `~ ${fixed} + ${random}`, 'armtreated'), `${fixed} + ${random}`).toBe(
        `levels of 'subject', ${against([placebo, treated])}`,
      );
    }
  }
});

it('are the subjects seen at the visit at which two arms are compared, of all', () => {
  const seen = subjectsIn(ARMS, ({ visit }) => visit === 'week02');
  expect(seen).not.toEqual([placebo, treated]);
  const wanted = `levels of 'subject', ${against(seen)} with rows to compare, of ${against([placebo, treated])}`;
  for (const fixed of ['arm * visit', 'base + arm * visit']) {
    expect(said(VISITS, `~ ${fixed}`, 'armtreated', 'us(visit | subject)'), fixed).toBe(wanted);
    expect(said(VISITS, `~ ${fixed} + (1 | subject)`, 'armtreated'), fixed).toBe(wanted);
  }
});

it('are those whatever other visits subjects have, however many', () => {
  // Of forty subjects half are seen once and half at thirteen visits.
  const many = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: i % 4 < 2 ? 1 : 13 }, (_, k) => {
      const visit = `v${10 + k}`;
      return { subject: `S${10 + i}`, arm: ARMS[i % 2], visit, week: k, base: Math.sin(i) };
    }),
  ).flat();
  expect(said(many, '~ arm * visit + (1 | subject)', 'armtreated')).toBe("levels of 'subject', 20 against 20");
});

it('are the subjects with several visits where a slope differs between subjects', () => {
  for (const fixed of ['arm * week', 'base + arm * week']) {
    const all = placebo + treated;
    const one = (coefficient: string): string => said(VISITS, `~ ${fixed} + (week | subject)`, coefficient);
    expect(one('week'), fixed).toBe(`${withSeveral('placebo')} of ${all} levels of 'subject' with rows to compare`);
    expect(one('armtreated:week'), fixed).toBe(
      `${withSeveral(...ARMS)} of ${all} levels of 'subject' with rows to compare`,
    );
  }
});

it('are rows of subjects, of which some have several', () => {
  expect(said(VISITS, '~ arm * visit', 'armtreated:visitweek12', 'us(visit | subject)')).toBe(
    `${VISITS.length} rows of ${placebo + treated} levels of 'subject', ${withSeveral(...ARMS)} with several`,
  );
});

/** Rows of the arms, their subjects, and how many of these have several. */
function rowsOf(...arms: readonly string[]): string {
  const rows = VISITS.filter(({ arm }) => arms.includes(arm)).length;
  const subjects = subjectsIn(arms).reduce((sum, own) => sum + own, 0);
  return `${rows} rows of ${subjects} levels of 'subject', ${withSeveral(...arms)} with several`;
}

describe('a difference between visits within one arm', () => {
  const us = 'us(visit | subject)';
  const treatedToo = { visitweek12: 1, 'armtreated:visitweek12': 1 };

  it('is told by the subjects of that arm, whatever covariates are added', () => {
    for (const fixed of ['arm * visit', 'base + arm * visit', 'visit * arm']) {
      expect(said(VISITS, `~ ${fixed}`, 'visitweek12', us), fixed).toBe(rowsOf('placebo'));
      const other = fixed === 'visit * arm' ? { visitweek12: 1, 'visitweek12:armtreated': 1 } : treatedToo;
      expect(said(VISITS, `~ ${fixed}`, other, us), fixed).toBe(rowsOf('treated'));
      expect(said(VISITS, `~ ${fixed}`, { visitweek12: 1, visitweek08: -1 }, us), fixed).toBe(rowsOf('placebo'));
      const change = fixed === 'visit * arm' ? 'visitweek12:armtreated' : 'armtreated:visitweek12';
      expect(said(VISITS, `~ ${fixed}`, change, us), fixed).toBe(rowsOf(...ARMS));
    }
  });

  it('is so for random intercepts, effects nested in arms, and a slope that does not vary', () => {
    // Nobody misses a visit.
    const full = Array.from({ length: 60 }, (_, i): Visit => {
      const [subject, week] = [Math.floor(i / 3), i % 3];
      return {
        subject: `S${10 + subject}`,
        arm: subject < 8 ? 'placebo' : 'treated',
        visit: `v${week}`,
        week,
        base: Math.sin(subject),
      };
    });
    const random = '(1 | subject)';
    expect(said(full, `~ base + arm * visit + ${random}`, 'visitv2')).toBe("24 rows of 8 levels of 'subject'");
    expect(said(full, `~ base + arm * week + ${random}`, 'week')).toBe("24 rows of 8 levels of 'subject'");
    expect(said(full, `~ base + arm * week + ${random}`, { week: 1, 'armtreated:week': 1 })).toBe(
      "36 rows of 12 levels of 'subject'",
    );
    expect(said(full, `~ arm / visit + ${random}`, 'armtreated:visitv2')).toBe("36 rows of 12 levels of 'subject'");
    expect(said(full, `~ arm / visit + ${random}`, 'armplacebo:visitv2')).toBe("24 rows of 8 levels of 'subject'");
    // More rows than the subjects are told beside.
    const often = full.flatMap((visit) => [visit, visit]);
    expect(said(often, `~ arm * visit + ${random}`, 'visitv2')).toBe('48 rows');
  });

  it('is told by all where arms have the course in common, or others share it', () => {
    for (const fixed of ['arm + visit', 'base + arm + visit', 'arm + base * visit'])
      expect(said(VISITS, `~ ${fixed}`, 'visitweek12', us), fixed).toBe(rowsOf(...ARMS));
  });
});
