/** What the page says of models: effects in words, families that values ask for, structures, levels of columns. */
import { describe, expect, it } from 'vitest';
import { commandLine, libraryCall } from '../../demo/src/keep/equivalents.ts';
import { rCode } from '../../demo/src/keep/r-code.ts';
import { columnOptions, withLevels } from '../../demo/src/model/column-options.ts';
import { defaultTest } from '../../demo/src/model/default-test.ts';
import { exposureOf, withExposure } from '../../demo/src/model/exposure.ts';
import { familyScale, withFamily } from '../../demo/src/model/families.ts';
import { familyProposal, responseName, responseProposal } from '../../demo/src/model/family-proposal.ts';
import {
  dispersionColumn,
  dispersionText,
  residualChoice,
  residualText,
  STRUCTURES,
  withoutSubject,
  withSubject,
} from '../../demo/src/model/residual-structures.ts';
import type { ColumnSummary, DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, restoreSettings, type Settings } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { staleReason } from '../../demo/src/state/stale.ts';
import { INITIAL, type State } from '../../demo/src/state/store.ts';
import { effectFacts, effectLabel, effectWords } from '../../demo/src/words/effect-words.ts';
import { factorWords } from '../../demo/src/words/factor-words.ts';
import { fitOptions, prepareOptions } from '../../demo/src/worker/run-options.ts';
import { applyColumnOptions } from '../../src/data/table/column-options.ts';
import { buildDesign, parseFormula, parseResidual } from '../../src/doors/steps.ts';
import { STRUCTURES as LIBRARY_STRUCTURES } from '../../src/types/residual.ts';
import type { Table } from '../../src/types/table.ts';

function levels(name: string, labels: readonly string[], more: Partial<ColumnSummary> = {}): ColumnSummary {
  const own = labels.map((label) => ({ label, count: 10 }));
  return { name, kind: 'factor', distinct: labels.length, levels: own, missing: 0, range: null, ...more };
}

function numbers(name: string, range: readonly [number, number], more: Partial<ColumnSummary> = {}): ColumnSummary {
  return { name, kind: 'numeric', distinct: 61, levels: [], missing: 0, range, ...more };
}

const COLUMNS = [
  levels('arm', ['placebo', 'treated']),
  levels('visit', ['week02', 'week04', 'week12']),
  levels('cell type', ['B:1', 'T']),
  levels('dose', ['low', 'mid', 'high']),
  numbers('week', [0, 12]),
  numbers('base', [20, 60]),
];

function table(columns: readonly ColumnSummary[], more: Partial<DataSummary> = {}): DataSummary {
  return {
    ...{ kind: 'table', name: 'data.csv', roles: { data: 'data.csv', obs: null, weights: null }, tables: [] },
    ...{ rows: 100, responses: 0, rowNoun: 'rows', columns, layers: [], looksLikeCounts: null, entries: null },
    ...{ notes: [], reading: null, ...more },
  };
}

/** The coefficients that the library makes of a formula on three rows of every combination. */
function coefficientsOf(formula: string, settings: Settings): readonly string[] {
  const sizes = [2, 3, 2, 3];
  const rows = sizes.reduce((a, b) => a * b, 3);
  const columns = new Map<string, Table['columns'] extends ReadonlyMap<string, infer C> ? C : never>();
  let stride = 1;
  COLUMNS.slice(0, 4).forEach(({ name, levels: own }, k) => {
    const step = stride;
    const codes = Int32Array.from({ length: rows }, (_, i) => Math.floor(i / step) % sizes[k]);
    columns.set(name, { kind: 'factor', levels: own.map(({ label }) => label), codes, ordered: false });
    stride *= sizes[k];
  });
  for (const [k, name] of ['week', 'base', 'y'].entries()) {
    columns.set(name, {
      kind: 'numeric',
      values: Float64Array.from({ length: rows }, (_, i) => 5 + Math.sin(i * (k + 2))),
    });
  }
  const data = applyColumnOptions({ rows, columns }, columnOptions(settings));
  return buildDesign(parseFormula(formula), data, { coding: settings.codings }).fixed.names;
}

function words(formula: string, change: Partial<Settings> = {}): Record<string, string | null> {
  const settings = { ...DEFAULT_SETTINGS, formula, ...change };
  const names = coefficientsOf(formula, settings);
  const facts = effectFacts(settings, COLUMNS, names);
  return Object.fromEntries(names.map((name) => [name, effectWords(name, facts)]));
}

describe('effects in words', () => {
  it('are differences from the reference, at the reference of what they interact with', () => {
    expect(words('y ~ arm * visit + base')).toEqual({
      '(Intercept)': 'mean at arm placebo, at visit week02, where base is 0',
      armtreated: 'treated − placebo at visit week02',
      visitweek04: 'week04 − week02 at arm placebo',
      visitweek12: 'week12 − week02 at arm placebo',
      base: 'change for each unit of base',
      'armtreated:visitweek04': '(treated − placebo) at visit week04 − the same at week02',
      'armtreated:visitweek12': '(treated − placebo) at visit week12 − the same at week02',
    });
    expect(words('y ~ week * arm')).toEqual({
      '(Intercept)': 'mean where week is 0, at arm placebo',
      week: 'change for each unit of week at arm placebo',
      armtreated: 'treated − placebo where week is 0',
      'week:armtreated': 'slope over week, treated − placebo',
    });
  });

  it('follow the order of levels, means for each level, and names with colons and blanks', () => {
    expect(words('y ~ arm', { levels: { arm: ['treated', 'placebo'] } })['armplacebo']).toBe('placebo − treated');
    expect(words('y ~ 0 + visit')['visitweek02']).toBe('visit week02');
    const nested = words('y ~ visit + visit:arm');
    expect(nested['visitweek04:armtreated']).toBe('treated − placebo at visit week04');
    expect(words('y ~ arm * `cell type`', { levels: { 'cell type': ['T', 'B:1'] } })['armtreated:`cell type`B:1']).toBe(
      '(treated − placebo) at cell type B:1 − the same at T',
    );
    expect(words('y ~ log(base)')['log(base)']).toBe('change for each unit of log(base)');
  });

  it('follow the coding', () => {
    expect(words('y ~ dose', { codings: { dose: 'sum' } })['dose1']).toBe('low − mean of all dose');
    const helmert = words('y ~ dose', { codings: { dose: 'helmert' } });
    expect(helmert['dose1']).toBe('(mid − low) / 2');
    expect(helmert['dose2']).toBe('(high − mean of the 2 before) / 3');
    const poly = words('y ~ dose', { ordered: ['dose'], levels: { dose: ['low', 'mid', 'high'] } });
    expect(poly).toMatchObject({ 'dose.L': 'linear trend over dose', 'dose.Q': 'quadratic trend over dose' });
  });

  it('carry their unit', () => {
    const label = (change: Partial<Settings>): string => {
      const settings = { ...DEFAULT_SETTINGS, ...change };
      return effectLabel('armtreated', effectFacts(settings, COLUMNS, ['(Intercept)', 'armtreated']));
    };
    expect(label({})).toBe('treated − placebo');
    expect(label({ normalize: 'log1p-cp10k' })).toBe('treated − placebo, log units');
    expect(label({ family: 'binomial' })).toBe('treated − placebo, log odds');
    expect(label({ family: 'nbinom2' })).toBe('treated − placebo, log ratio of rates');
    expect(familyScale('binomial', 'probit').ratio).toBeNull();
  });

  it('show the change of a trial first', () => {
    const names = ['(Intercept)', 'armtreated', 'visitweek04', 'armtreated:visitweek04', 'armtreated:visitweek12'];
    expect(defaultTest(names, 'arm')).toBe('armtreated:visitweek12');
    expect(defaultTest(['week', 'armtreated', 'week:armtreated'], 'arm')).toBe('week:armtreated');
    expect(defaultTest(['stimstim', 'cell_typeB', 'stimstim:cell_typeB'], 'stim')).toBe('stimstim');
    expect(defaultTest(['x'], '')).toBeNull();
  });
});

describe('the kind of a response', () => {
  const family = (column: ColumnSummary): string | undefined => responseProposal(column)?.family;

  it('is proposed from its values', () => {
    expect(family(levels('well', ['no', 'yes']))).toBe('binomial');
    expect(family(levels('pain', ['mild', 'none', 'severe']))).toBe('cumulative');
    const zeroOne = [0, 1].map((value) => ({ label: String(value), count: 5 }));
    expect(family(numbers('z', [0, 1], { levels: zeroOne, distinct: 2, whole: true }))).toBe('binomial');
    const grades = [0, 1, 2].map((value) => ({ label: String(value), count: 5 }));
    expect(family(numbers('grade', [0, 2], { levels: grades, distinct: 3, whole: true }))).toBe('cumulative');
    expect(family(numbers('attacks', [0, 58], { whole: true }))).toBe('nbinom2');
    expect(family(numbers('share', [0.02, 0.97], { whole: false }))).toBe('beta');
    expect(family(numbers('Reaction', [194, 466], { whole: true }))).toBeUndefined();
    expect(family(numbers('score', [12.5, 70.1], { whole: false }))).toBeUndefined();
    // Numbers with a text among them are no grades.
    expect(family(levels('pain', ['0', '1', '2', 'n.d.'], { meant: 'a text' }))).toBeUndefined();
    const counts = table([], { kind: 'matrix', looksLikeCounts: true });
    expect(familyProposal(counts, '')?.family).toBe('nbinom2');
    expect(responseName('`my y` ~ x')).toBe('my y');
  });

  it('takes along what it needs and leaves out what it does not have', () => {
    const cells = table([], { kind: 'matrix', looksLikeCounts: true });
    const gaussian: Settings = {
      ...DEFAULT_SETTINGS,
      ...{ normalize: 'log1p-cp10k', residual: 'us(a | b)', ddf: 'kenward-roger', moderate: 'plain' },
    };
    const counts = { ...gaussian, ...withFamily('nbinom2', gaussian, cells) };
    expect(counts).toMatchObject({ offset: 'library', normalize: 'none', residual: '', ddf: 'auto', moderate: '' });
    const back = { ...counts, ...withFamily('gaussian', counts, cells) };
    expect(back).toMatchObject({ offset: '', normalize: 'log1p-cp10k', family: 'gaussian' });
  });
});

describe('structures of residuals', () => {
  it('are all of the library, written and read back', () => {
    expect([...STRUCTURES].sort()).toEqual([...LIBRARY_STRUCTURES].sort());
    for (const structure of STRUCTURES) {
      for (const by of ['', 'arm']) {
        const choice = { structure, visit: 'my visit', subject: 'subject', by };
        const text = residualText(choice);
        expect(parseResidual(text).structure).toBe(structure);
        expect(residualChoice(text)).toEqual(choice);
      }
    }
    expect(residualChoice('us(visit | centre:subject)')).toBeNull();
    expect(residualChoice('us(visit')).toBeNull();
    expect(dispersionColumn(dispersionText('my sex'), ['sex', 'my sex'])).toBe('my sex');
    expect(dispersionColumn('~ week', ['week'])).toBeNull();
  });

  it('stand in the place of the random effects of their subject', () => {
    expect(withoutSubject('y ~ x + (1 | subject)', 'subject')).toBe('y ~ x');
    expect(withoutSubject('y ~ x + (week | subject) + (1 | site)', 'subject')).toBe('y ~ x + (1 | site)');
    expect(withoutSubject('y ~ (1 | subject)', 'subject')).toBe('y ~ 1');
    expect(withoutSubject('y ~ x + (1 | subject2)', 'subject')).toBe('y ~ x + (1 | subject2)');
    expect(withSubject('y ~ x', 'my id')).toBe('y ~ x + (1 | `my id`)');
    expect(withSubject('y ~ x + (1 | subject)', 'subject')).toBe('y ~ x + (1 | subject)');
  });
});

describe('formulas', () => {
  it('take an exposure in and give it back', () => {
    const formula = 'attacks ~ arm + (1 | patient)';
    const exposed = withExposure(formula, 'my days');
    expect(exposed).toBe('attacks ~ arm + (1 | patient) + offset(log(`my days`))');
    expect(parseFormula(exposed).fixed.offsets).toHaveLength(1);
    expect(exposureOf(exposed)).toBe('my days');
    expect(withExposure(exposed, 'hours')).toBe(`${formula} + offset(log(hours))`);
    expect(withExposure(exposed, '')).toBe(formula);
    const counts: Settings = { ...DEFAULT_SETTINGS, family: 'poisson', formula: exposed };
    expect(withFamily('gaussian', counts, table([])).formula).toBe(formula);
  });
});

describe('settings of a model', () => {
  const settings: Settings = {
    ...DEFAULT_SETTINGS,
    ...{ formula: 'score ~ arm * visit', residual: 'us(visit | subject)', dispersion: '~ 0 + sex' },
    ...{ information: 'expected', levels: { arm: ['treated', 'a,b'] }, ordered: ['visit'] },
  };
  const data = table(COLUMNS);

  it('stand in command, call and options alike', () => {
    const command = commandLine(settings, data, false);
    for (const part of [
      "--residual 'us(visit | subject)'",
      "--dispersion '~ 0 + sex'",
      '--information expected',
      `--factor 'arm=treated,"a,b"'`,
      '--ordered visit',
    ]) {
      expect(command).toContain(part);
    }
    const call = libraryCall(settings, data);
    expect(call).toContain('residual: "us(visit | subject)"');
    expect(call).toContain('factor: ["arm=treated,\\"a,b\\""]');
    const roles = { data: 'data.csv', obs: null, weights: null };
    expect(prepareOptions(settings, roles, false)).toMatchObject({
      residual: 'us(visit | subject)',
      factor: ['arm=treated,"a,b"'],
      ordered: ['visit'],
    });
    const counts: Settings = { ...DEFAULT_SETTINGS, formula: 'y ~ x', family: 'binomial', trials: 'm', nagq: 9 };
    expect(prepareOptions(counts, roles, false)).toMatchObject({ family: 'binomial', trials: 'm' });
    expect(fitOptions(counts)).toMatchObject({ nagq: 9 });
    expect(fitOptions(counts)).not.toHaveProperty('method');
    expect(fitOptions({ ...DEFAULT_SETTINGS, moderate: 'robust,trend' }).moderate).toEqual({
      robust: true,
      trend: true,
    });
    expect(commandLine({ ...counts, reml: true, nagq: 1 }, data, false)).toContain('--reml');
  });

  it('come back as they were, and not as something else', () => {
    expect(restoreSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
    const wrong = { family: 'normal', link: 'identity', nagq: 0, levels: { a: [1] }, ordered: [2], moderate: 'much' };
    expect(restoreSettings(wrong)).toEqual(DEFAULT_SETTINGS);
  });

  it('make results old', () => {
    const source = { kind: 'files', names: ['data.csv'] } as const;
    const of = (own: Settings): State => {
      // The sentence is made of source, roles and settings alone.
      const results = { settings: own, source, summary: data } as unknown as Results;
      return { ...INITIAL, results, source, summary: data, settings };
    };
    expect(staleReason(of(settings))).toBeNull();
    expect(staleReason(of({ ...settings, residual: '' }))).toMatch(/The design has changed/);
    expect(staleReason(of({ ...settings, levels: {} }))).toMatch(/options have changed/);
    const other = { ...data, roles: { ...data.roles, modality: 'protein' } };
    expect(staleReason({ ...of(settings), summary: other })).toMatch(/Another matrix/);
    // Of a session from before modalities the data are the same.
    expect(staleReason({ ...of(settings), summary: { ...data, roles: { ...data.roles, modality: null } } })).toBeNull();
  });

  it('leave an order of levels out that is that of the data', () => {
    const [arm] = COLUMNS;
    expect(withLevels(DEFAULT_SETTINGS, arm, ['treated', 'placebo'])).toEqual({
      levels: { arm: ['treated', 'placebo'] },
    });
    expect(withLevels(settings, arm, ['placebo', 'treated'])).toEqual({ levels: {} });
  });
});

describe('levels that were proposed', () => {
  it('stand in options, words and R where effects read them, not of groups nor of columns that the model lacks', () => {
    const herds = ['H0', 'H1', 'H2', 'H10'];
    const settings: Settings = {
      ...DEFAULT_SETTINGS,
      formula: 'cured ~ arm * visit + (visit | herd)',
      levels: { arm: ['treated', 'placebo'], grade: ['none', 'mild'], herd: herds, visit: ['week02', 'week04'] },
    };
    const factor = ['arm=treated,placebo', 'visit=week02,week04'];
    expect(columnOptions(settings).factor).toEqual(factor);
    expect(factorWords(settings).map(({ text }) => text)).toEqual([
      'arm: treated (reference), placebo',
      'visit: week02 (reference), week04',
    ]);
    const code = rCode(
      settings,
      table([...COLUMNS, levels('herd', herds), levels('grade', ['mild', 'none'])]),
      'cured',
      null,
    );
    expect(code).toContain('d[["arm"]] <- factor(d[["arm"]], c("treated", "placebo"))');
    expect(code).not.toMatch(/\[\["(herd|grade)"\]\] <-/);
    // Of visits of residuals the order counts, of their subjects it does not.
    const tied = { ...settings, formula: 'y ~ arm', residual: 'us(visit | herd)' };
    expect(columnOptions(tied).factor).toEqual(factor);
    // A herd among the fixed effects, and the levels of a graded response, are coded.
    expect(columnOptions({ ...settings, formula: 'grade ~ herd' }).factor).toEqual([
      'grade=none,mild',
      'herd=H0,H1,H2,H10',
    ]);
  });
});
