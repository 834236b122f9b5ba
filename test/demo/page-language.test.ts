/** What the page says in words instead of the library's names, which models are the same, and which take rows as replicates. */
import { describe, expect, it } from 'vitest';
import { parseFormula } from 'webgpu-lmm/steps';
import { defaultTest } from '../../demo/src/model/default-test.ts';
import { sameModel } from '../../demo/src/model/same-model.ts';
import type { ColumnSummary, DataSummary, FitOutcome } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { INITIAL, type State } from '../../demo/src/state/store.ts';
import { collectNotes } from '../../demo/src/words/collected-notes.ts';
import { effectNames, randomNames } from '../../demo/src/words/effect-words.ts';
import { factorWords } from '../../demo/src/words/factor-words.ts';
import { fitReason } from '../../demo/src/words/fit-reason.ts';
import { noteWords } from '../../demo/src/words/note-words.ts';
import { firstAmongOthers, markedColumns, replicateText } from '../../demo/src/words/replicate-words.ts';
import { testWords } from '../../demo/src/words/test-choices.ts';
import { valueWords } from '../../demo/src/words/value-words.ts';
import { describeError } from '../../demo/src/worker/error-report.ts';
import { compare, crossValidate, fit as fitTable, readTable } from '../../src/doors/node.ts';
import { TOLERANCE } from '../tolerance.ts';

const visits = await readTable('examples/visits.csv');

function factor(name: string, ...labels: string[]): ColumnSummary {
  const levels = labels.map((label) => ({ label, count: 10 }));
  return { name, kind: 'factor', distinct: labels.length, levels, missing: 0, range: null };
}

function results(names: readonly string[], settings: Partial<Settings> = {}) {
  const columns = [factor('arm', 'placebo', 'treated'), factor('visit', 'week02', 'week12')];
  return {
    outcome: { table: { coefficients: { names }, contrasts: { names: ['mine'] } } } as unknown as FitOutcome, // all that words read
    settings: { ...DEFAULT_SETTINGS, ...settings },
    summary: { columns, rowNoun: 'rows' } as unknown as DataSummary,
  };
}

describe('words for names', () => {
  const crossed = ['(Intercept)', 'armtreated', 'visitweek12', 'armtreated:visitweek12'];

  it('say effects, and leave contrasts what they are called', () => {
    const words = effectNames(results(crossed));
    expect(words('armtreated')).toBe('treated − placebo at visit week02');
    expect(words('armtreated:visitweek12')).toBe('(treated − placebo) at visit week12 − the same at week02');
    expect(words('mine')).toBe('mine');
    const plain = { coefficients: { names: ['armtreated'] }, contrasts: { names: [] } };
    // Without the interaction the same coefficient is another effect.
    expect(effectNames(results(crossed), plain as unknown as FitOutcome['table'])('armtreated')).toBe(
      'treated − placebo',
    );
  });

  it('say what varies by a group: levels with a coefficient each are no differences', () => {
    const base = results(crossed);
    const words = (names: readonly string[]) => {
      const table = { ...base.outcome.table, terms: [{ group: 'donor', names }] };
      const own = randomNames({ ...base, outcome: { table } as unknown as FitOutcome });
      return names.map((name) => own('donor', name));
    };
    expect(words(['armplacebo', 'armtreated'])).toEqual(['arm placebo', 'arm treated']);
    expect(words(['(Intercept)', 'armtreated', 'week'])).toEqual(['(Intercept)', 'treated − placebo', 'week']);
  });

  it('say effects in notes, those of each model by its own coefficients', () => {
    const own = results(crossed);
    expect(noteWords("units of the tests: 'armtreated' 2400 rows", own)).toBe(
      'units of the tests: treated − placebo at visit week02: 2400 rows',
    );
    expect(
      noteWords("model 2: units of the tests: 'armtreated' 12 levels of 'donor'; 'visitweek12' 20 rows", own),
    ).toBe('model 2: units of the tests: treated − placebo: 12 donors; week12 − week02: 20 rows');
    expect(noteWords("'armtreated' is fragile, 'arm' and 'treated' are not", own)).toBe(
      "“treated − placebo at visit week02” is fragile, 'arm' and 'treated' are not",
    );
    // A column of numbers has a coefficient of its name: of its test the effect is named.
    const few = "'dose' compares levels of 'donor', 3 against 3: with fewer than 5 on a side its p-value is fragile";
    const numeric: ColumnSummary = { name: 'dose', kind: 'numeric', distinct: 2, levels: [], missing: 0, range: null };
    const dosed = results(['(Intercept)', 'dose']);
    const withDose = { ...dosed, summary: { ...dosed.summary, columns: [...dosed.summary.columns, numeric] } };
    expect(noteWords(few, withDose)).toBe(few.replace("'dose'", '“change for each unit of dose”'));
    expect(noteWords(`model 2: ${few}`, withDose)).toBe(
      `model 2: ${few.replace("'dose'", '“change for each unit of dose”')}`,
    );
    expect(noteWords("'dose' varies within 'donor'", withDose)).toBe("'dose' varies within 'donor'");
    expect(noteWords('hold (a | g) against (1 | g) by a likelihood ratio (the command compare)', own)).toBe(
      'hold (a | g) against (1 | g) by a likelihood ratio (under Models)',
    );
    expect(noteWords('model 2: WARNING: rows share levels', own)).toBe('model 2: rows share levels');
    // Of some parts of a split, which come first.
    const parts = "B, NK: models 1, 2: WARNING: rows share levels of 'donor'";
    expect(noteWords(parts, own)).toBe("B, NK: models 1, 2: rows share levels of 'donor'");
    expect(collectNotes(['left out 2 rows', parts], (note) => note)[0]).toMatchObject({ text: parts, isWarning: true });
  });

  it('say values, factors and tests', () => {
    const say = (change: Partial<Settings>): string => valueWords({ ...DEFAULT_SETTINGS, ...change });
    expect(say({ normalize: 'log1p-cp10k' })).toBe('values as log(1 + counts per 10,000)');
    expect(say({ normalize: 'none', transform: 'sqrt' })).toBe('values as square roots');
    const settings: Settings = {
      ...DEFAULT_SETTINGS,
      ...{ formula: 'y ~ arm * visit', levels: { arm: ['treated', 'placebo'] }, ordered: ['visit'] },
      codings: { visit: 'poly', dose: 'sum' },
    };
    expect(factorWords(settings).map(({ text }) => text)).toEqual([
      'arm: treated (reference), placebo',
      'visit in order',
      'visit as trends over its levels (polynomial)',
    ]);
    expect(['kenward-roger', 'naive', 'z'].map(testWords)).toEqual([
      'Kenward-Roger',
      'rows taken as independent',
      'z test',
    ]);
  });

  it('have the linear trend first', () => {
    const trends = ['armtreated', 'visit.L', 'visit.Q', 'visit.C', 'visit^4'];
    const changes = trends.slice(1).map((name) => `armtreated:${name}`);
    expect(defaultTest([...trends, ...changes], 'arm')).toBe('armtreated:visit.L');
    expect(defaultTest(trends.slice(1), 'visit')).toBe('visit.L');
    expect(defaultTest(['armb', 'week', 'I(week^2)', 'armb:week', 'armb:I(week^2)'], 'arm')).toBe('armb:week');
    expect(
      defaultTest(['armb', 'poly(week, 2)1', 'poly(week, 2)2', 'armb:poly(week, 2)1', 'armb:poly(week, 2)2'], 'arm'),
    ).toBe('armb:poly(week, 2)1');
    // Levels may be called so.
    expect(defaultTest(['armb', 'visit1.Q', 'armb:visit1.P', 'armb:visit1.Q'], 'arm')).toBe('armb:visit1.Q');
  });
});

describe('the same model', () => {
  const first = 'y ~ arm * time + (time | subject)';
  const others = [
    ['y ~ time * arm + (time | subject)', true],
    ['y ~ (1 + time | subject) + time:arm + time + arm', true],
    ['y ~ time + arm + (time | subject)', false],
    ['y ~ time * arm + (1 | subject)', false],
    ['log(y) ~ time * arm + (time | subject)', false],
    ['y ~ 0 + time * arm + (time | subject)', false],
    ['y ~ time *', false],
  ] as const;

  it.each(others)('is told by terms: %s', (formula, same) => {
    expect(sameModel(first, formula)).toBe(same);
  });

  it('has the same likelihood in the library', async () => {
    const criterion = async (formula: string): Promise<number> =>
      (await fitTable(visits, { formula })).table.criterion[0];
    const wanted = await criterion(first);
    for (const [formula] of others.filter(([, same]) => same)) {
      expect(Math.abs((await criterion(formula)) - wanted)).toBeLessThan(TOLERANCE.demo.betweenEngines);
    }
  });
});

describe('a reason why nothing can be fitted', () => {
  const state = (change: Partial<State>): State => ({ ...INITIAL, summary: {} as DataSummary, ...change });

  it('is a sentence with the field that mends it', () => {
    expect(fitReason(INITIAL)).toMatchObject({ field: '#files' });
    expect(fitReason(state({}))?.text).toMatch(/^There is no formula yet/);
    const settings = { ...DEFAULT_SETTINGS, formula: 'y ~ (a' };
    let designError = null;
    try {
      parseFormula(settings.formula);
    } catch (error) {
      designError = describeError(error);
    }
    // The page marks the place itself: no excerpt in the sentence.
    expect(designError?.message).toBe("this '(' is never closed (formula, column 5)");
    expect(fitReason(state({ settings, designError }))).toEqual({
      text: "Not to be fitted as it is: this '(' is never closed (formula, column 5).",
      ...{ link: 'Go to the formula', field: '#formula' },
    });
    expect(fitReason(state({ settings }))).toBeNull();
  });
});

describe('models that take rows as replicates', () => {
  const formulas = ['y ~ arm + (1 | subject)', 'y ~ arm'];

  it('are told by the library, and counted out of the first places', async () => {
    const compared = await compare(visits, { formulas });
    expect(compared.notes.some((note) => /^model 2: WARNING: .*count as replicates/.test(note))).toBe(true);
    expect(compared.replicates).toEqual([false, true]);
    expect((await crossValidate(visits, { formulas, folds: 2 })).replicates).toEqual([false, true]);
    expect([...firstAmongOthers(compared.models, [false, true])]).toEqual([1, Number.NaN]);
  });

  it('are marked where models are ranked', () => {
    const models = {
      rows: 6,
      columns: [
        { name: 'model', kind: 'integer' as const, values: Int32Array.of(3, 1, 2, 2, 3, 1) },
        { name: 'rank', kind: 'integer' as const, values: Int32Array.of(1, 2, 3, 1, 2, -2147483648) },
      ],
    };
    expect([...firstAmongOthers(models, [false, false, true])]).toEqual([1, 1, Number.NaN]);
    expect(replicateText([false, false], 'AIC')).toBeNull();
    const [column] = markedColumns([{ name: 'model', title: 'Model' }], [false, true]);
    expect([column.words?.('1'), column.words?.('2')]).toEqual(['1', '2, rows as replicates']);
  });
});
