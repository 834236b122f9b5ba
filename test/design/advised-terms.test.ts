/** What a warning of a model without random terms advises: the terms that a reader of the design recommends, all of them. */
import { describe, expect, it } from 'vitest';
import { modelFamily } from '../../src/compare/model-family.ts';
import { joinFormulas } from '../../src/compare/reduced-formulas.ts';
import { readDesign } from '../../src/design/reading.ts';
import { withReplicateNotes } from '../../src/design/replicates.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { present } from '../../src/prepare/input.ts';
import { prepare } from '../../src/prepare/run.ts';
import type { Table } from '../../src/types/table.ts';
import { frame, type Values } from '../lmm/frames.ts';

const label = (stem: string, i: number): string => `${stem}${String(i).padStart(2, '0')}`;
const rows = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Cells of eight donors, each stimulated and not, six of each sample, in two kinds. */
function cells(change: Record<string, (i: number) => string | number> = {}): Table {
  const donor = (i: number): string => label('d', i % 8);
  const stim = (i: number): string => ((i >> 3) % 2 ? 'stim' : 'ctrl');
  const columns: Record<string, (i: number) => string | number> = {
    y: (i) => Math.sin(i * 12.9898) * 3,
    donor,
    stim,
    sample: (i) => `${donor(i)}_${stim(i)}`,
    kind: (i) => ((i >> 4) % 2 ? 'B' : 'T'),
    ...change,
  };
  const values = Object.entries(columns).map(([name, of]) => [name, rows(96).map(of)]);
  return frame(Object.fromEntries(values) as Record<string, Values>); // each of one kind
}

const warnings = (formula: string, table: Table): readonly string[] =>
  withReplicateNotes(buildDesign(parseFormula(formula), table, {}), table).notes.filter((note) =>
    note.startsWith('WARNING'),
  );
/** What the warning of a formula says to fit. */
const advised = (formula: string, table: Table): string => {
  const [note, ...more] = warnings(formula, table);
  expect(more).toEqual([]);
  return /: they count as replicates, .* Fit (.*)$/.exec(note)?.[1] ?? '';
};

describe('the terms that a model lacks', () => {
  it.each([
    ['samples within donors', cells(), 'y ~ stim', 'y ~ stim + (1 | donor) + (1 | sample)'],
    ['no comparison', cells(), 'y ~ 1', 'y ~ 1 + (1 | donor) + (1 | sample)'],
    [
      'samples without a name',
      (() => {
        const table = cells();
        return { ...table, columns: new Map([...table.columns].filter(([name]) => name !== 'sample')) };
      })(),
      'y ~ stim',
      'y ~ stim + (1 | donor) + (1 | donor:stim)',
    ],
    [
      'a condition between donors',
      cells({ stim: (i) => (i % 2 ? 'stim' : 'ctrl'), sample: (i) => `l${i % 24}` }),
      'y ~ stim',
      'y ~ stim + (1 | donor) + (1 | sample)',
    ],
    [
      'cages that hold them',
      cells({ stim: (i) => ((i % 8) % 2 ? 'stim' : 'ctrl'), cage: (i) => `c${i % 4}`, sample: (i) => `d${i % 8}` }),
      'y ~ stim',
      'y ~ stim + (1 | cage) + (1 | donor)',
    ],
  ])('are those of the formula that the design recommends: %s', (_, table, formula, wanted) => {
    expect(advised(formula, table)).toBe(wanted);
    const condition = formula === 'y ~ 1' ? '' : 'stim';
    const [first] = readDesign(table, { donor: 'donor', condition, time: '', response: 'y' }).formulas;
    expect(first).toMatchObject({ formula: wanted, advice: 'recommended' });
    // Fitted with them nothing is left to be warned of.
    expect(warnings(wanted, table)).toEqual([]);
  });

  it('are slopes of a course over time', () => {
    const table = frame({
      y: rows(120).map((i) => Math.sin(i * 7.1)),
      subject: rows(120).map((i) => label('s', i % 20)),
      time: rows(120).map((i) => Math.floor(i / 20)),
      arm: rows(120).map((i) => (i % 2 ? 'b' : 'a')),
    });
    expect(advised('y ~ time * arm', table)).toBe('y ~ time * arm + (time | subject)');
    expect(readDesign(table, { response: 'y' }).formulas[0].formula).toBe('y ~ time * arm + (time | subject)');
    expect(advised('y ~ time', table)).toBe('y ~ time + (time | subject)');
    expect(advised('y ~ arm', table)).toBe('y ~ arm + (1 | subject)');
  });

  it('take no exposure for a course, and no answer for a unit', () => {
    const table = frame({
      y: rows(120).map((i) => (7 * i) % 5),
      patient: rows(120).map((i) => label('p', i % 20)),
      visit: rows(120).map((i) => Math.floor(i / 20)),
      days: rows(120).map((i) => 7 + ((5 * i) % 23)),
      arm: rows(120).map((i) => (i % 2 ? 'b' : 'a')),
      well: rows(120).map((i) => ((i * i) % 7 < 3 ? 'yes' : 'no')),
    });
    expect(advised('y ~ arm + offset(log(days))', table)).toBe('y ~ arm + offset(log(days)) + (1 | patient)');
    expect(advised('y ~ visit * arm + offset(log(days))', table)).toBe(
      'y ~ visit * arm + offset(log(days)) + (visit | patient)',
    );
  });

  it('leave to the reader what the design does not tell, and name nothing twice', () => {
    const crossed = cells({ batch: (i) => `b${(i * 7) % 5}`, 'orig.ident': (i) => label('o', i % 8) });
    expect(advised('y ~ stim', crossed)).toBe(
      "y ~ stim + (1 | donor) + (1 | sample), and + (1 | batch) where levels of 'batch' differ",
    );
    // A column of the fixed effects is no random term, nor is the response.
    expect(advised('y ~ stim + donor', cells())).toBe('y ~ stim + donor + (1 | sample)');
  });
});

describe('pieces of units, sixteen cells in each', () => {
  /** Mice, four slices of each, cells of these; treated by mouse or by slice. */
  const slices = (stim: (mouse: number, slice: number) => number, name = 'slice'): Table => {
    const at = rows(512);
    return frame({
      y: at.map((i) => Math.sin(i * 12.9898) * 3),
      mouse: at.map((i) => label('m', i >> 6)),
      stim: at.map((i) => (stim(i >> 6, i >> 4) ? 'stim' : 'ctrl')),
      [name]: at.map((i) => label('s', i >> 4)),
    });
  };

  it.each([
    ['by mouse', slices((mouse) => mouse % 2), 'y ~ stim + (1 | mouse) + (1 | slice)'],
    ['by slice', slices((_, slice) => slice % 2), 'y ~ stim + (1 | mouse) + (1 | mouse:stim) + (1 | slice)'],
  ])('have a term of their own in every advice: treated %s', (_, table, wanted) => {
    expect(readDesign(table, { response: 'y' }).formulas[0].formula).toBe(wanted);
    expect(advised('y ~ stim', table)).toBe(wanted);
    expect(warnings(wanted, table)).toEqual([]);
  });

  it('are not left out where the samples alone are lacking', () => {
    const table = slices((_, slice) => slice % 2);
    const [formula, , alternative] = readDesign(table, { response: 'y' }).formulas.map((choice) => choice.formula);
    expect(warnings('y ~ stim + (1 | mouse)', table).join()).toContain(
      `Fit ${formula}, or (stim | mouse) + (1 | slice) in place of (1 | mouse)`,
    );
    expect(alternative).toBe('y ~ stim + (1 | mouse)');
    // What the model has is not said again.
    expect(warnings('y ~ stim + (1 | mouse) + (stim | slice)', table)).toEqual([]);
  });

  it.each(['slice', 'section', 'slide_id', 'culture_dish', 'coverslip', 'organoid', 'biopsy'])(
    'are read beside the columns of a formula by their names: %s',
    (name) => {
      for (const formula of ['y ~ stim', 'y ~ stim + (1 | mouse)']) {
        expect(present(new Set(['y']), ['y', 'kind', 'mouse', name], { formula })).toContain(name);
      }
    },
  );
});

describe('notes of several models of a split', () => {
  const table = cells();
  const notes = async (formulas: readonly string[], own = table): Promise<readonly string[]> => {
    const run = await prepare(own, { formula: joinFormulas(formulas), splitBy: 'kind' });
    return (await modelFamily(run, formulas)).notes.filter((note) => note.includes('WARNING'));
  };

  it('are said once where they are of all parts, else for which', async () => {
    const all = await notes(['y ~ stim', 'y ~ stim + (1 | donor)']);
    expect(all).toHaveLength(2);
    expect(all[0]).toMatch(/^model 1: WARNING: rows share levels of 'donor' and 'sample'/);
    expect(all[1]).toMatch(/^model 2: WARNING: 'stim' varies within 'donor'/);
    // Of one kind the samples are rows.
    const one = cells({ sample: (i) => ((i >> 4) % 2 ? `only${i}` : `${i % 8}_${(i >> 3) % 2}`) });
    const some = await notes(['y ~ stim', 'y ~ stim + (1 | donor)'], one);
    expect(some.filter((note) => note.includes('model 1'))).toEqual([
      expect.stringMatching(/^B: model 1: WARNING: rows share levels of 'donor', /),
      expect.stringMatching(/^T: model 1: WARNING: rows share levels of 'donor' and 'sample', /),
    ]);
  });
});
