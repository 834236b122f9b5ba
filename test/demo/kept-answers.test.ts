/** What of analyses beside a fit comes back from a file that may be edited: what the page can show, and nothing that runs. */
import { describe, expect, it } from 'vitest';
import { foundIntervals, withIntervals } from '../../demo/src/keep/found-intervals.ts';
import type { CalibrationAnswer, MeansAnswer } from '../../demo/src/protocol/analysis-protocol.ts';
import {
  type FoundIntervals,
  type KeptAnswers,
  MOST_FOUND,
  smallAnswers,
} from '../../demo/src/results/kept-answers.ts';
import { isPlainPicture } from '../../demo/src/results/plain-picture.ts';
import { restoreAnswers } from '../../demo/src/results/restored-answers.ts';
import { MEAN_ADJUSTMENTS, restoreChoices } from '../../demo/src/results/restored-choices.ts';
import { ADJUSTMENTS } from '../../demo/src/words/mean-columns.ts';
import { calibrate, calibrationPlot } from '../../src/doors/index.ts';
import { anovaTable, fit as fitTable, marginalMeans, type Table } from '../../src/doors/node.ts';
import { frame } from '../lmm/frames.ts';

const rows = Array.from({ length: 48 }, (_, i) => i);
const TABLE: Table = frame({
  y: rows.map((i) => Math.sin(i * 12.9898) * 3 + (i % 4)),
  'the arm': rows.map((i) => (i % 2 ? 'b<"x"> & c' : 'a')),
  visit: rows.map((i) => `v${Math.floor(i / 16)}`),
  donor: rows.map((i) => `d${i % 8}`),
});
const FORMULA = 'y ~ `the arm` * visit + (1 | donor)';

async function answers() {
  const result = await fitTable(TABLE, { formula: FORMULA, backend: 'cpu', threads: 1 });
  const question: MeansAnswer['question'] = {
    ...{ over: ['`the arm`'], by: ['visit'], at: {}, slopes: '', level: 0.9, adjust: 'holm', type: 'link' },
    reverse: true,
  };
  const { slopes: _, ...options } = question;
  const found = await calibrate(TABLE, { formula: FORMULA, simulations: 40, backend: 'cpu', threads: 1 });
  const calibration: CalibrationAnswer = {
    ...{ scheme: found.scheme, rates: found.rates, statuses: found.statuses, singular: found.singular },
    ...{ notes: found.notes, pValues: found.pValueTable(), permutations: 0 },
    svg: calibrationPlot(found, FORMULA),
  };
  return { anova: anovaTable(result, 'III'), means: { question, ...marginalMeans(result, options) }, calibration };
}

const restored = (stored: unknown) => restoreAnswers(stored, () => true);

describe('answers that are kept', () => {
  it('come back whole, as they went', async () => {
    const all = await answers();
    expect(all.calibration.svg).toContain('b&lt;');
    expect(smallAnswers(all)).toEqual(all);
    expect(restored(all)).toEqual(all);
    expect(restored({ anova: null, means: null, calibration: null })).toEqual({
      ...{ anova: null, means: null, calibration: null },
    });
  });

  it('are asked for again where they are large', async () => {
    const { calibration, ...others } = await answers();
    const large = { ...calibration, svg: ' '.repeat(5_000_000) };
    expect(smallAnswers({ ...others, calibration: large })).toEqual({ ...others, calibration: null });
  });

  it('do not where the page could not go through them', async () => {
    const { anova, means, calibration } = await answers();
    const comparison = {
      ...{ models: anova, tests: anova, summary: anova, best: anova, method: 'ML', rankBy: 'AIC', notes: [], draws: 0 },
    };
    expect(restored({ comparison: { ...comparison, replicates: [false] } })).not.toEqual({});
    const without = (table: typeof anova, name: string) => ({
      ...table,
      columns: table.columns.filter((column) => column.name !== name),
    });
    const asked = (change: object) => ({ means: { ...means, question: { ...means.question, ...change } } });
    for (const wrong of [
      { anova: without(anova, 'term') },
      { anova: { ...anova, rows: anova.rows + 1 } },
      { anova: { rows: 2 ** 40, columns: [] } },
      asked({ over: 'arm' }),
      asked({ over: [] }),
      asked({ over: [{ toString: 1 }] }),
      asked({ by: null }),
      asked({ at: { x: 'y' } }),
      asked({ level: 95 }),
      asked({ adjust: '<b>' }),
      asked({ type: 'constructor' }),
      asked({ reverse: 'yes' }),
      { means: { ...means, question: null } },
      { means: { ...means, notes: [1] } },
      { means: { ...means, means: without(means.means, 'conf.low') } },
      { means: { ...means, means: without(without(means.means, 'the arm'), 'visit') } },
      { means: { ...means, pairs: without(means.pairs, 'contrast') } },
      // Of earlier versions, or edited.
      { comparison },
      { comparison: { ...comparison, replicates: 'no' } },
      { calibration: { ...calibration, scheme: 'other' } },
      { calibration: { ...calibration, statuses: { ok: 'many' } } },
      { calibration: { ...calibration, rates: without(calibration.rates, 'rate') } },
      { calibration: { ...calibration, svg: 7 } },
      { calibration: { ...calibration, svg: calibration.svg.replace('</svg>', '<script>x()</script></svg>') } },
      'text',
      7,
    ]) {
      expect(restored(wrong), JSON.stringify(wrong).slice(0, 200)).toEqual({});
    }
  });
});

describe('intervals and predictions that are kept', () => {
  const row = {
    ...{ effect: 'fixed', group: null, term: 'x', estimate: 1, low: Number.NaN, high: 2, reason: 'none' },
    drawn: { p: 0.1, bound: false, low: 0, high: 1 },
  };
  const one = { model: 3, question: { method: 'profile', level: 0.9, draws: 1000 }, rows: [row], draws: 0 };
  const asked = {
    model: 0,
    values: { age: '33', '__proto__ ': 'x' },
    rows: [['age 33', 'population', '1', '2', '', '']],
  };

  it('come back as they went, those found last', () => {
    expect(restored({ intervals: [one], predictions: [asked] })).toEqual({ intervals: [one], predictions: [asked] });
    const answer = one as FoundIntervals;
    const second: FoundIntervals = { ...answer, question: { ...answer.question, level: 0.8 } };
    const wald: FoundIntervals = { ...answer, question: { ...answer.question, method: 'wald' } };
    const both = withIntervals(withIntervals(withIntervals({}, answer), wald), second);
    expect(both.intervals).toEqual([wald, second]);
    expect(foundIntervals(both, 3)).toEqual([wald, second]);
    expect(foundIntervals(both, 2)).toEqual([]);
    let many: KeptAnswers = {};
    for (let model = 0; model < MOST_FOUND + 5; model++) many = withIntervals(many, { ...answer, model });
    expect(many.intervals).toHaveLength(MOST_FOUND);
    expect(many.intervals?.[0].model).toBe(5);
    expect(restored(many)).toEqual(many);
  });

  it('do not where they are of other kinds or too many', () => {
    const of = (change: object) => [{ ...one, ...change }];
    const ofRow = (change: object) => of({ rows: [{ ...row, ...change }] });
    for (const intervals of [
      ...['text', [7], of({ model: -1 }), of({ model: '0' }), of({ draws: null }), of({ rows: 'x' })],
      ...[of({ question: { ...one.question, method: 'constructor' } }), of({ question: null })],
      ...[ofRow({ term: 7 }), ofRow({ low: '<b>' }), ofRow({ group: {} }), ofRow({ reason: null })],
      ...[ofRow({ drawn: {} }), ofRow({ drawn: 'x' }), ofRow({ term: 'x'.repeat(5000) })],
      Array.from({ length: MOST_FOUND + 1 }, () => one),
    ]) {
      expect(restored({ intervals }), JSON.stringify(intervals).slice(0, 200)).toEqual({});
    }
    const told = (change: object) => [{ ...asked, ...change }];
    for (const predictions of [
      ...['text', told({ model: 0.5 }), told({ values: { age: 33 } }), told({ values: null }), told({ rows: [7] })],
      ...[told({ rows: [['x'.repeat(5000)]] }), told({ rows: [Array.from({ length: 7 }, () => '')] })],
      told({ rows: Array.from({ length: 31 }, () => asked.rows[0]) }),
    ]) {
      expect(restored({ predictions }), JSON.stringify(predictions).slice(0, 200)).toEqual({});
    }
  });
});

describe('a picture', () => {
  const of = (inner: string, attributes = ''): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"${attributes}>${inner}</svg>\n`;

  it('is one of shapes and words', () => {
    expect(isPlainPicture(of('<g transform="translate(1 2)"><text x="1">a &lt;b&gt; "c" > d</text></g>'))).toBe(true);
    expect(isPlainPicture(of('<path d="M0 0L1 1" fill="none"/><rect width="1" height="2" fill="#fff"/>'))).toBe(true);
  });

  it.each([
    of('<script>alert(1)</script>'),
    of('<SCRIPT>alert(1)</SCRIPT>'),
    of('<rect onload="x()" width="1"/>'),
    of('', ' onload="x()"'),
    of("<rect width='1' onclick='x()'/>"),
    of('<a href="javascript:x()"><text x="1">y</text></a>'),
    of('<image href="https://example.org/x.png"/>'),
    of('<use href="#a"/>'),
    of('<foreignObject><body/></foreignObject>'),
    of('<style>*{background:url(https://example.org)}</style>'),
    of('<rect style="fill:red"/>'),
    of('<rect fill="url(#a)"/>'),
    of('<rect fill="URL(#a)"/>'),
    of('<set attributeName="onload" to="x()"/>'),
    of('<text x="1">y</text><'),
    of('<!-- x -->'),
    of('<![CDATA[<script>x()</script>]]>'),
    `<!DOCTYPE svg [<!ENTITY x "y">]>${of('')}`,
    `<?xml-stylesheet href="x.css"?>${of('')}`,
    '<html><svg></svg></html>',
    of('<text\nx="1" onload="y()">z</text>'),
    of('<g/onload="x()">'),
  ])('is none with anything else: %s', (text) => {
    expect(isPlainPicture(text)).toBe(false);
  });
});

describe('choices that are kept', () => {
  it('come back where they can be', () => {
    const means = {
      ...{ axis: 'arm', values: '1, 2', lines: '', within: false, slopes: 'age', level: 0.9, adjust: 'BH' },
      ...{ type: 'response', reverse: false, model: 3 },
    } as const;
    const intervals = { method: 'profile', level: 0.9, draws: 200 } as const;
    expect(restoreChoices({ means, intervals })).toEqual({ means, intervals });
    expect(
      restoreChoices({
        means: { axis: 1, values: 'x'.repeat(20_000), lines: null, within: 'yes', level: 1, adjust: 'all', model: -1 },
        intervals: { method: 'guess', level: 0, draws: 1e9, other: 1 },
      }),
    ).toEqual({ means: {}, intervals: {} });
    expect(ADJUSTMENTS.map(([name]) => name)).toEqual(MEAN_ADJUSTMENTS);
  });
});
