/** Kept tables of fits on moments that were formed anew of the same data, and of other data. */
import { describe, expect, it } from 'vitest';
import { diskFiles, type InputOptions, type MomentFitOptions, ranef, tidy } from '../src/doors/node.ts';
import { fitMoments, type Moments, prepareMoments, readInput, reopenFit } from '../src/doors/steps.ts';
import { example } from './cli/command.ts';

const ONE = { threads: 1, backend: 'cpu' } as const;

async function momentsOf(file: string, options: InputOptions): Promise<Moments> {
  const input = await readInput(example(file), options, diskFiles);
  try {
    return (await prepareMoments(input, options)).moments;
  } finally {
    await input.close();
  }
}

const bulk = { obs: example('proteins.samples.tsv') };
const cases: readonly (readonly [string, InputOptions, MomentFitOptions])[] = [
  ['visits.csv', { formula: 'y ~ time * arm + (time | subject)' }, {}],
  ['visits.csv', { formula: 'y ~ time + (1 | subject)', splitBy: 'arm' }, { method: 'ML' }],
  ['proteins.tsv', { formula: '~ time + (1 | patient)', ...bulk }, { moderate: { robust: true, trend: true } }],
  ['proteins.tsv', { formula: '~ time + (1 | patient)', ...bulk }, { bootstrap: { draws: 100, seed: 1 } }],
  ['trial.csv', { formula: 'score ~ arm * visit', residual: 'us(visit | subject)' }, {}],
  ['clinic.csv', { formula: 'well ~ arm * week + (1 | patient)', family: 'binomial' }, {}],
  ['grades.csv', { formula: 'grade ~ arm * week + (1 | patient)', family: 'cumulative', ordered: ['grade'] }, {}],
  ['counts.csv', { formula: 'attacks ~ arm + offset(log(days)) + (1 | patient)', family: 'nbinom2' }, {}],
];

describe('a fit that is opened again', () => {
  it.each(cases)('of %s, %j, %j reads as the fit did', async (file, options, fitOptions) => {
    const fit = await fitMoments(await momentsOf(file, options), { ...fitOptions, ...ONE });
    // As a session keeps it: numbers without the objects.
    const kept = structuredClone(fit.table);
    const again = await reopenFit(await momentsOf(file, options), kept, fit.notes);
    expect(again.table).toEqual(fit.table);
    expect(again.notes).toEqual(fit.notes);
    expect(tidy(again)).toEqual(tidy(fit));
    expect(ranef(again)).toEqual(ranef(fit));
    for (let model = 0; model < Math.min(3, fit.table.models); model++) {
      expect(again.covarianceOfCoefficients(model)).toEqual(fit.covarianceOfCoefficients(model));
    }
  });

  const visits = { formula: 'y ~ time + (1 | subject)' };
  const refused = async (change: (moments: Moments) => Moments | Promise<Moments>): Promise<unknown> => {
    const moments = await momentsOf('visits.csv', visits);
    const { table } = await fitMoments(moments, ONE);
    return reopenFit(await change(moments), table).catch((error: unknown) => error);
  };

  it('is refused on the moments of other rows', async () => {
    const fewer = () => momentsOf('visits.csv', { ...visits, where: 'time > 0' });
    expect(await refused(fewer)).toMatchObject({
      tag: 'DataError',
      message: expect.stringMatching(/not those of the fit: 'y' has \d+ rows in them, and had \d+/),
    });
  });

  it('is refused where a mean or a criterion is another', async () => {
    const withBatch = (moments: Moments, change: Partial<Moments['batches'][number]['responses']>): Moments => ({
      ...moments,
      batches: moments.batches.map((batch) => ({ ...batch, responses: { ...batch.responses, ...change } })),
    });
    const moved = (moments: Moments) =>
      withBatch(moments, { mean: moments.batches[0].responses.mean.map((m) => m + 1e-6) });
    expect(await refused(moved)).toMatchObject({ message: expect.stringMatching(/the mean of 'y' is/) });
    const spread = (moments: Moments) =>
      withBatch(moments, { rss: moments.batches[0].responses.rss.map((s) => s * 1.001) });
    expect(await refused(spread)).toMatchObject({ message: expect.stringMatching(/the criterion of 'y' is/) });
  });

  it('is refused for another model and for a damaged table', async () => {
    expect(await refused(() => momentsOf('visits.csv', { formula: 'y ~ time + arm + (1 | subject)' }))).toMatchObject({
      message: expect.stringMatching(/other coefficients/),
    });
    const moments = await momentsOf('visits.csv', visits);
    const { table } = await fitMoments(moments, ONE);
    await expect(reopenFit(moments, { ...table, theta: new Float64Array(0) })).rejects.toMatchObject({
      tag: 'DataError',
    });
  });
});
