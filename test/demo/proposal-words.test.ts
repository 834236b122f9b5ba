/** What the page proposes of whole data, and how it says numbers of units: pure functions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { builtFormula, parsedBuilder } from '../../demo/src/model/builder.ts';
import { familyScale } from '../../demo/src/model/families.ts';
import { responseName } from '../../demo/src/model/family-proposal.ts';
import { bareName, formulaNames, leftOf, quoteName, splitAt } from '../../demo/src/model/formula-names.ts';
import { baselineColumn, missingVisitsOf, missingVisitWords } from '../../demo/src/model/missing-visits.ts';
import { trialProposal } from '../../demo/src/model/trial-proposal.ts';
import { levelsOf, unitNoun, unitWords } from '../../demo/src/model/unit-words.ts';
import { wrapped } from '../../demo/src/plots/caption.ts';
import { nounsOf } from '../../demo/src/plots/nouns.ts';
import { observedShares } from '../../demo/src/plots/observed-shares.ts';
import type { ColumnSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { pairTests } from '../../demo/src/results/paired-tests.ts';
import { comparisonWords } from '../../demo/src/words/number-text.ts';
import { statusTexts } from '../../demo/src/words/result-words.ts';
import { splitProposal } from '../../demo/src/words/split-proposal.ts';
import { openDataSet } from '../../demo/src/worker/data-set.ts';
import { openFrame } from '../../demo/src/worker/frame.ts';
import { summarise } from '../../demo/src/worker/summary.ts';
import { fit as fitTable, readTable } from '../../src/doors/node.ts';
import { parseFormula } from '../../src/doors/steps.ts';
import { example } from '../cli/command.ts';

const column = (name: string, labels: readonly (readonly [string, number])[]): ColumnSummary => {
  const levels = labels.map(([label, count]) => ({ label, count }));
  return { name, kind: 'factor', distinct: labels.length, levels, missing: 0, range: null };
};
const settings = (change: Partial<Settings>): Settings => ({ ...DEFAULT_SETTINGS, ...change });

async function trialSummary() {
  const data = await openDataSet([{ name: 'trial.csv', file: new Blob([readFileSync(example('trial.csv'))]) }], null);
  return summarise(data, await openFrame(data, ''));
}

describe('single cells of several types', () => {
  const types = column('cell_type', [
    ['T', 30],
    ['B', 1200],
    ['NK', 100],
    ['mono', 500],
    ['DC', 7],
  ]);
  const summary = { kind: 'matrix' as const, columns: [column('donor', [['a', 1]]), types] };

  it('are offered a fit for each, with their numbers, the largest first', () => {
    const proposal = splitProposal(summary, settings({ formula: '~ stim + (1 | donor)' }));
    expect(proposal?.column).toBe('cell_type');
    expect(proposal?.words).toContain("5 types by 'cell_type': B 1,200, mono 500, NK 100, T 30 and 1 more");
    expect(proposal?.words).toContain('the smallest DC with 7');
  });

  it('are not where the split or the formula has them, nor for tables', () => {
    expect(splitProposal(summary, settings({ splitBy: 'cell_type' }))).toBeNull();
    expect(splitProposal(summary, settings({ formula: '~ stim + cell_type + (1 | donor)' }))).toBeNull();
    // A name that holds the other is not the other.
    expect(splitProposal(summary, settings({ formula: '~ cell_types' }))).not.toBeNull();
    expect(splitProposal({ ...summary, kind: 'table' }, settings({}))).toBeNull();
    const many = { ...types, distinct: 400 };
    expect(splitProposal({ kind: 'matrix', columns: [many] }, settings({}))).toBeNull();
  });
});

describe('the model of a trial', () => {
  it('can be adjusted for the value before treatment', async () => {
    const summary = await trialSummary();
    const start = settings({ formula: summary.reading?.formulas[0].formula ?? '' });
    const proposal = trialProposal(summary, start);
    expect(proposal?.change.formula).toBe('score ~ arm * visit');
    expect(proposal?.adjusted?.column).toBe('base');
    expect(proposal?.adjusted?.change).toMatchObject({
      formula: 'score ~ arm * visit + base',
      residual: 'us(visit | subject)',
    });
    expect(proposal?.dropout).toBe(missingVisitWords(320, 277));
    // Taken, what is missing is still said, until a part of the rows is taken.
    const taken = { ...start, ...proposal?.change };
    expect(missingVisitsOf(summary, taken)).toContain('Of 320 visits 43 are missing');
    expect(missingVisitsOf(summary, taken, 320)).toBe('');
    expect(missingVisitsOf(summary, { ...taken, where: "sex == 'M'" })).toBe('');
    expect(missingVisitsOf(summary, start)).toBe('');
  });

  it('knows a baseline by its name, and takes no measured or grouping column for it', () => {
    const numeric = (name: string, distinct: number): ColumnSummary => {
      return { name, kind: 'numeric', distinct, levels: [], missing: 0, range: [0, 9] };
    };
    const subject = column(
      'id',
      Array.from({ length: 20 }, (_, k) => [`s${k}`, 4] as const),
    );
    const of = (...columns: ColumnSummary[]) =>
      baselineColumn({ columns: [subject, ...columns], reading: null }, { response: 'y', subject: 'id' });
    for (const name of ['base', 'baseline', 'y_baseline', 'BL', 'pre', 'base_score', 'baselineScore']) {
      const found = of(numeric(name, 18));
      expect(found, name).toBe(name === 'BL' ? null : name);
    }
    // More values than subjects are of visits.
    expect(of(numeric('base', 60))).toBeNull();
    expect(of(numeric('database', 18), numeric('basement', 18), numeric('prevalence', 18))).toBeNull();
  });
});

describe('names in formulas', () => {
  it.each(['plain', 'a b', 'a+b', 'il2*x', 'x:y', 'p ~ q', 'tick`ed', 'back\\slash', '日本', 'TRUE'])(
    '%s comes back from the boxes, as the library reads it',
    (name) => {
      const parts = { response: name, condition: 'arm', covariates: [name], donor: name, slope: '', sample: '' };
      const formula = builtFormula({ ...parts, interaction: '' });
      expect(parsedBuilder(formula)).toMatchObject({ response: name, covariates: [name], donor: name });
      expect(responseName(formula)).toBe(name);
      expect(bareName(quoteName(name))).toBe(name);
      expect(formulaNames(formula).has(name)).toBe(true);
      const { fixed, random } = parseFormula(formula);
      const named = fixed.variables.map(({ expression }) => (expression.type === 'name' ? expression.name : ''));
      expect(named).toEqual(['arm', name]);
      expect(random).toHaveLength(1);
    },
  );

  it('are not cut where they hold a sign', () => {
    expect(leftOf('log(`a ~ b`) ~ x')).toBe('log(`a ~ b`)');
    expect(splitAt('`a + b` + c', '+').map((part) => part.trim())).toEqual(['`a + b`', 'c']);
  });
});

describe('units in the words of their column', () => {
  it.each([
    ["277 rows of 80 levels of 'patient'", 'visits', '80 patients (277 visits)'],
    ["277 rows of 80 levels of 'patient', 73 with several", 'visits', '80 patients (277 visits), 73 with several'],
    ["73 of 80 levels of 'patient' with rows to compare", 'visits', '73 of 80 patients with visits to compare'],
    [
      "levels of 'patient', 38 against 38 with rows to compare, of 40 against 40",
      'visits',
      'patients, 38 against 38 with visits to compare, of 40 against 40',
    ],
    ["79 to 85 rows of 40 levels of 'unit_id'", 'rows', "40 levels of 'unit_id' or more (79 to 85 rows)"],
    ["5 levels of 'donor' with both sides", 'cells', '5 donors with both sides'],
    ["levels of 'mouse', 6 against 6", 'samples', 'mice, 6 against 6'],
    ["28 rows of 14 levels of 'patient'", 'samples', '14 patients (28 samples)'],
    ["4 to 6 levels of 'Donor'", 'cells', '4 to 6 donors'],
    [
      "13 levels of 'patient' up to 28 rows of 14 levels of 'patient'",
      'samples',
      '13 to 14 patients (up to 28 samples)',
    ],
    ["80 levels of 'donor_id'", 'cells', "80 levels of 'donor_id'"],
    ["levels of 'constructor', 3 against 3", 'rows', "levels of 'constructor', 3 against 3"],
  ] as const)('%s', (text, rowNoun, words) => {
    expect(unitWords(text, rowNoun)).toBe(words);
  });

  it('are counted', () => {
    expect(levelsOf('1', 'patient')).toBe('1 patient');
    expect(levelsOf('1,200', 'batch')).toBe('1,200 batches');
    expect(levelsOf('1', 'donor_id')).toBe('1 level of donor_id');
    expect(unitNoun('toString')).toBeNull();
  });
});

describe('what is said of results', () => {
  it('of one model has no numbers', async () => {
    const { table } = await fitTable(await readTable(example('visits.csv')), { formula: 'y ~ time + (1 | subject)' });
    expect(statusTexts(table)).toEqual(['fitted']);
    expect(statusTexts({ ...table, singular: Uint8Array.of(1) })).toEqual(['fitted', 'singular']);
    const still = await fitTable(await readTable(example('visits.csv')), {
      formula: 'I(0 * y) ~ time + (1 | subject)',
    });
    expect(statusTexts(still.table)).toEqual(['constant: the response does not vary']);
    const two = { ...table, models: 2, status: new Uint8Array(2), singular: Uint8Array.of(0, 1) };
    expect(statusTexts(two)).toEqual(['2 ok', '1 singular']);
    const paired = pairTests(table, table, 'time', 1);
    expect([...paired.found]).toEqual([3]);
  });

  it('calls an intercept what it is on its scale', () => {
    const level = (...of: Parameters<typeof familyScale>): string => familyScale(...of).level;
    expect(level('binomial', 'logit')).toBe('log odds');
    expect(level('binomial', 'probit')).toBe('normal score');
    expect(level('binomial', 'cloglog')).toBe('log hazard');
    expect(level('nbinom2', 'log')).toBe('log rate');
    expect(level('Gamma', 'log')).toBe('log mean');
    expect(level('beta', 'logit')).toBe('log odds of the mean share');
  });

  it('has the minus sign of effects, but for names that hold one', () => {
    expect(comparisonWords('treated - placebo')).toBe('treated − placebo');
    expect(comparisonWords('a - b - c')).toBe('a - b - c');
    expect(comparisonWords('treated / placebo')).toBe('treated / placebo');
    expect(nounsOf({}).many).toBe('genes');
    expect(nounsOf({ many: 'responses' })).toEqual({ many: 'responses', one: 'response', title: 'Responses' });
  });
});

describe('answers of yes or no over time', () => {
  const line = (condition: number, time: readonly number[], value: readonly number[]) => {
    return { condition, time: Float64Array.from(time), value: Float64Array.from(value) };
  };

  it('are shares by condition and time', () => {
    const lines = [line(1, [0, 2], [0, 1]), line(0, [0, 2], [1, 1]), line(1, [2], [0])];
    expect(observedShares(lines)).toEqual([
      { condition: 0, time: 0, share: 1, count: 1 },
      { condition: 0, time: 2, share: 1, count: 1 },
      { condition: 1, time: 0, share: 0, count: 1 },
      { condition: 1, time: 2, share: 0.5, count: 2 },
    ]);
  });

  it('are left alone where values lie between, or times are as many as rows', () => {
    expect(observedShares([line(0, [0, 1], [0.5, 1])])).toBeNull();
    const times = Array.from({ length: 60 }, (_, k) => k / 7);
    const values = times.map((_, k) => k % 2);
    expect(observedShares([line(0, times, values)])).toBeNull();
    expect(observedShares([])).toBeNull();
  });
});

describe('captions', () => {
  it('break long names between whole characters, in no time', () => {
    const measure = (text: string): number => 10 * [...text].length;
    const lines = wrapped(`x ${'😀'.repeat(5000)} y`, 100, measure);
    expect(lines.join('')).toBe(`x${'😀'.repeat(5000)}y`);
    expect(lines.every((text) => [...text].length <= 10)).toBe(true);
    expect(lines.every((text) => !/\p{Surrogate}/u.test(text))).toBe(true);
  });
});
