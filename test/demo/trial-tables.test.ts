/** What the page proposes of trials whose subjects, arms and visits are numbers, and whose baseline has rows: pure functions. */
import { describe, expect, it } from 'vitest';
import { groupingColumns } from '../../demo/src/model/builder.ts';
import { codedFactors, proposedLevels } from '../../demo/src/model/level-proposal.ts';
import { missingVisitsOf } from '../../demo/src/model/missing-visits.ts';
import { trialProposal } from '../../demo/src/model/trial-proposal.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { effectFacts, effectWords } from '../../demo/src/words/effect-words.ts';
import { openDataSet } from '../../demo/src/worker/data-set.ts';
import { openFrame, summariseColumn } from '../../demo/src/worker/frame.ts';
import { summarise } from '../../demo/src/worker/summary.ts';

interface Trial {
  readonly patients?: number;
  readonly id?: (patient: number) => string | number;
  readonly arms?: readonly (string | number)[];
  readonly visits?: readonly (string | number)[];
  /** Whether the first visit holds the covariate. */
  readonly rowsOfBase?: boolean;
}

/** A trial of which every tenth visit is missing, without a row. */
async function opened({
  patients = 90,
  id = (patient) => `P${patient}`,
  arms = ['high', 'low', 'placebo'],
  visits = ['week 2', 'week 4', 'week 8', 'week 12'],
  rowsOfBase = false,
}: Trial) {
  const lines = ['patient,arm,visit,base,score'];
  for (let patient = 0; patient < patients; patient++) {
    const base = (50 + 10 * Math.sin(patient * 3.7)).toFixed(1);
    visits.forEach((visit, k) => {
      const i = patient * visits.length + k;
      if (i % 10 === 9) return;
      const score = rowsOfBase && k === 0 ? base : (40 + 9 * Math.sin(i * 12.9)).toFixed(1);
      lines.push([id(patient), arms[patient % arms.length], visit, base, score].join());
    });
  }
  const data = await openDataSet([{ name: 'trial.csv', file: new Blob([`${lines.join('\n')}\n`]) }], null);
  const summary = await summarise(data, await openFrame(data, ''));
  const formula = summary.reading?.formulas[0].formula ?? '';
  const settings: Settings = { ...DEFAULT_SETTINGS, formula, factors: codedFactors(summary.reading, []) };
  return { summary, settings, proposal: trialProposal(summary, settings) };
}

describe('subjects that are numbers', () => {
  it.each([75, 90])('%i of them are counted, group rows, and have the proposals of names', async (patients) => {
    const numbers = await opened({ patients, id: (patient) => 101 + patient });
    const names = await opened({ patients });
    expect(numbers.summary.columns[0]).toMatchObject({ kind: 'numeric', distinct: patients });
    expect(groupingColumns(numbers.summary).map(({ name }) => name)).toContain('patient');
    expect(numbers.proposal).toEqual(names.proposal);
    expect(numbers.proposal?.adjusted?.column).toBe('base');
    const taken = { ...numbers.settings, ...numbers.proposal?.change };
    expect(missingVisitsOf(numbers.summary, taken)).toContain(
      `Of ${4 * patients} visits ${Math.floor((4 * patients) / 10)} are missing`,
    );
  });

  it('are counted among cells, and measured values are no groups', () => {
    const values = (of: (i: number) => number) => Float64Array.from({ length: 700 }, (_, i) => of(i));
    const columns = [
      summariseColumn('donor_id', { kind: 'numeric', values: values((i) => 1000 + (i % 70)) }),
      summariseColumn('percent_mito', { kind: 'numeric', values: values((i) => i / 700) }),
    ];
    expect(columns.map(({ distinct }) => distinct)).toEqual([70, 700]);
    expect(groupingColumns({ columns, rows: 700 }).map(({ name }) => name)).toEqual(['donor_id']);
  });
});

it('takes arms that are numbers by their levels', async () => {
  const { summary, settings, proposal } = await opened({ arms: [1, 2, 3] });
  expect(settings).toMatchObject({ formula: 'score ~ arm * visit + (1 | patient)', factors: ['arm'] });
  expect({ ...settings, ...proposal?.change }).toMatchObject({ formula: 'score ~ arm * visit', factors: ['arm'] });
  expect(trialProposal(summary, { ...settings, factors: [] })?.change.factors).toEqual(['arm']);
  expect(codedFactors(summary.reading, ['arm'])).toEqual(['arm']);
});

it('leaves the rows of a baseline out where it is a covariate', async () => {
  const visits = ['baseline', 'week 4', 'week 8', 'week 12'];
  const { summary, settings, proposal } = await opened({ visits, rowsOfBase: true });
  expect(proposal?.change.where).toBeUndefined();
  const { words, change } = proposal?.adjusted ?? { words: '', change: {} };
  expect(change).toMatchObject({ formula: 'score ~ arm * visit + base', where: "visit != 'baseline'" });
  expect(words).toContain('rows of visit baseline hold the same values');
  // All rows of the baseline are there: what is missing is of the others, and is said still.
  expect(missingVisitsOf(summary, { ...settings, ...change })).toContain('Of 270 visits 36 are missing');
  const filtered = trialProposal(summary, { ...settings, where: "arm != 'low'" });
  expect(filtered?.adjusted?.change.where).toBe("(arm != 'low') & visit != 'baseline'");
  const again = trialProposal(summary, { ...settings, where: "visit != 'baseline'" });
  expect(again?.adjusted?.change.where).toBe("visit != 'baseline'");
  expect((await opened({})).proposal?.adjusted?.change.where).toBeUndefined();
});

it('orders visits as their names tell', async () => {
  const visits = ['Baseline', 'Month 1', 'Month 6', 'End of study'];
  const { summary } = await opened({ visits });
  expect(proposedLevels(summary)).toEqual({ arm: ['placebo', 'low', 'high'], visit: visits });
});

it('names the column of levels that are numbers', async () => {
  const { summary } = await opened({ arms: ['drug', 'placebo'], visits: [2, 4, 8] });
  const settings = { ...DEFAULT_SETTINGS, factors: ['visit'], levels: { arm: ['placebo', 'drug'] } };
  const names = ['(Intercept)', 'armdrug', 'visit4', 'visit8', 'armdrug:visit4', 'armdrug:visit8'];
  const facts = effectFacts(settings, summary.columns, names);
  expect(effectWords('visit4', facts)).toBe('visit 4 − 2 at arm placebo');
  expect(effectWords('armdrug', facts)).toBe('drug − placebo at visit 2');
  expect(effectWords('armdrug:visit4', facts)).toBe('(drug − placebo) at visit 4 − the same at 2');
});
