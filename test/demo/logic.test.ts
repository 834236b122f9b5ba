import { describe, expect, it } from 'vitest';
import { commandLine, libraryCall } from '../../demo/src/keep/equivalents.ts';
import { rCode } from '../../demo/src/keep/r-code.ts';
import { builtFormula, parsedBuilder, quoteName } from '../../demo/src/model/builder.ts';
import { levelComparisons } from '../../demo/src/model/comparisons.ts';
import type { ColumnSummary, DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, restoreSettings } from '../../demo/src/protocol/settings.ts';
import { isSessionName } from '../../demo/src/state/session-name.ts';
import { probability, seconds, shortNumber } from '../../demo/src/words/number-text.ts';
import { pageWords } from '../../demo/src/words/page-words.ts';
import { checkTests } from '../../demo/src/worker/check-tests.ts';
import { buildDesign, parseFormula } from '../../src/doors/steps.ts';

function column(name: string, levels: number, kind: ColumnSummary['kind'] = 'factor'): ColumnSummary {
  const measured = levels === 0;
  return {
    name,
    kind,
    distinct: measured ? 61 : levels,
    levels: Array.from({ length: levels }, (_, i) => ({ label: `${name}${i}`, count: 10 })),
    missing: 0,
    range: measured ? [0, 1] : null,
  };
}

function summary(kind: DataSummary['kind'], columns: readonly ColumnSummary[]): DataSummary {
  return {
    kind,
    name: 'data',
    roles: { data: 'data', obs: null, weights: null },
    tables: [],
    rows: 1000,
    responses: 100,
    rowNoun: 'cells',
    columns,
    layers: [],
    looksLikeCounts: true,
    entries: null,
    notes: [],
    reading: null,
  };
}

describe('the builder', () => {
  it('reads back what it wrote, and the library reads it too', () => {
    const builders = [
      { response: '', condition: 'stim', covariates: [], donor: 'donor', slope: '', sample: '', interaction: '' },
      { response: '', condition: 'stim', covariates: [], donor: 'donor', slope: '', sample: 'sample', interaction: '' },
      { response: '', condition: 'stim', covariates: [], donor: 'd 1', slope: '', sample: 'd 1:stim', interaction: '' },
      {
        response: 'y',
        condition: 'time',
        covariates: ['age'],
        donor: 'subject',
        slope: 'time',
        sample: '',
        interaction: 'arm',
      },
      {
        response: '',
        condition: 'cell type',
        covariates: ['a b', 'x'],
        donor: 'pool 1',
        slope: '',
        sample: '',
        interaction: '',
      },
    ];
    for (const builder of builders) {
      const formula = builtFormula(builder);
      expect(parsedBuilder(formula)).toEqual(builder);
      expect(parseFormula(formula).random).toHaveLength(builder.sample === '' ? 1 : 2);
    }
    const empty = { response: '', condition: '', covariates: [], donor: '', slope: '', sample: '', interaction: '' };
    expect(builtFormula(empty)).toBe('~ 1');
  });

  it('leaves other formulas alone', () => {
    for (const formula of [
      '~ log(x) + (1 | d)',
      '~ a:b + (1 | d)',
      '~ a + (1 | d) + (1 | e) + (1 | f)',
      'y ~ a + (a || d)',
    ]) {
      expect(parsedBuilder(formula)).toBeNull();
    }
  });

  it('quotes names that need it', () => {
    expect(['a', 'a.b', '.x', 'ä', 'a b', '1a', 'TRUE', '_a'].map(quoteName)).toEqual([
      'a',
      'a.b',
      '.x',
      'ä',
      '`a b`',
      '`1a`',
      '`TRUE`',
      '`_a`',
    ]);
  });
});

describe('texts of the page', () => {
  it('name boxes, not options of a command', () => {
    expect(pageWords('WARNING: 3 rows have no counts; “minCounts: 1” leaves them out, or “where”')).toBe(
      '3 rows have no counts; “Cells with at least so many counts” leaves them out, or “Only rows where”',
    );
    expect(pageWords('no word of a command')).toBe('no word of a command');
  });

  it('know a session that a browser saved a second time', () => {
    for (const name of [
      'a.session.json.gz',
      'a.session.json (1).gz',
      'a.session (2).json.gz',
      'a.session.json.gz (1)',
    ]) {
      expect(isSessionName(name), name).toBe(true);
    }
    expect(isSessionName('session.csv')).toBe(false);
  });
});

describe('numbers as text', () => {
  it('keep four digits, and the digits of tiny p', () => {
    expect([0, 1234.5678, -0.00012346, 1e-9, 123456789, Number.NaN].map(shortNumber)).toEqual([
      '0',
      '1235',
      '−0.0001235',
      '1.00e−9',
      '1.23e+8',
      '',
    ]);
    expect(probability(-400.3)).toBe('5.01e−401');
    expect(probability(Math.log10(0.0123))).toBe('0.0123');
    expect([0.0042, 0.5, 12.3, 100].map(seconds)).toEqual(['4.2 ms', '500 ms', '12 s', '1 min 40 s']);
  });
});

describe('tests of a design', () => {
  const cells = summary('table', [column('arm', 3), column('g', 6), column('x', 0, 'numeric')]);
  const settings = {
    ...DEFAULT_SETTINGS,
    formula: 'y ~ arm + x + (1 | g)',
    ddf: 'kenward-roger' as const,
    contrasts: [{ name: 'late', expression: 'arm:arm2-arm1' }],
  };
  const codes = Int32Array.from({ length: 24 }, (_, i) => i % 3);
  const numbers = (scale: number) => Float64Array.from(codes, (_, i) => Math.sin(i * scale));
  const design = buildDesign(settings.formula, {
    rows: 24,
    columns: new Map([
      ['arm', { kind: 'factor', levels: ['arm0', 'arm1', 'arm2'], codes, ordered: false }],
      [
        'g',
        {
          kind: 'factor',
          levels: ['a', 'b', 'c', 'd'],
          codes: Int32Array.from(codes, (_, i) => Math.floor(i / 6)),
          ordered: false,
        },
      ],
      ['x', { kind: 'numeric', values: numbers(3) }],
      ['y', { kind: 'numeric', values: numbers(7) }],
    ]),
  });
  const check = (change: Partial<typeof DEFAULT_SETTINGS>) =>
    checkTests(design, design.fixed.names, { ...settings, ...change });

  it('take contrasts of coefficients and of levels, and say what is wrong with others', async () => {
    expect(await check({})).toEqual({ contrastErrors: {}, optionError: null });
    const { contrastErrors } = await check({
      contrasts: [
        { name: 'levels', expression: 'arm:arm2-arm1' },
        { name: 'coefficients', expression: 'armarm2 - armarm1' },
        { name: 'no level', expression: 'arm:arm9-arm1' },
        { name: 'no coefficient', expression: 'armm2 - armarm1' },
        { name: 'x', expression: 'armarm2' },
      ],
    });
    expect(Object.keys(contrastErrors)).toEqual(['no level', 'no coefficient', 'x']);
    expect(contrastErrors['no level'].remedy).toMatch(/Its levels are arm0, arm1, arm2/);
    expect(contrastErrors['no coefficient'].position).toBe(1);
    expect(contrastErrors['x'].message).toMatch(/is a coefficient/);
  });

  it('refuse Kenward and Roger where it is not defined', async () => {
    expect((await check({ method: 'ML' })).optionError?.message).toMatch(/defined for REML/);
    expect((await check({ bootstrap: 200 })).optionError?.message).toMatch(/bootstrap/);
  });

  it('are offered as differences of the levels of factors', () => {
    expect(levelComparisons(cells, settings)).toEqual(['arm:arm1-arm0', 'arm:arm2-arm0']);
    expect(levelComparisons(cells, { ...settings, formula: 'y ~ arm +' })).toEqual([]);
  });

  it('stand in the command, the call and the R code of the same model', () => {
    const command = commandLine(settings, cells, false);
    expect(command).toContain('--contrast late=arm:arm2-arm1');
    expect(command).toContain('--ddf kenward-roger');
    const call = libraryCall(settings, cells);
    expect(call).toContain('ddf: "kenward-roger"');
    expect(call).toContain('contrasts: {"late":"arm:arm2-arm1"}');
    expect(rCode(settings, cells, 'y', null)).toContain("summary(m, ddf = 'Kenward-Roger')");
  });
});

describe('stored settings', () => {
  it('come back where they have the right kinds', () => {
    expect(restoreSettings({ formula: '~ a', minCells: 'x', contrasts: {}, threads: 3, other: 1 })).toEqual({
      ...DEFAULT_SETTINGS,
      formula: '~ a',
      threads: 3,
    });
    expect(restoreSettings('nonsense')).toEqual(DEFAULT_SETTINGS);
  });
});
