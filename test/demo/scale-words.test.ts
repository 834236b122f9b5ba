/** Captions of figures and tables say on which scale their numbers are, and what numbers stand for. */
import { expect, it } from 'vitest';
import { trajectoryFigure } from '../../demo/src/components/one/trajectory-section.ts';
import { meansFigure } from '../../demo/src/keep/means-figure.ts';
import type { MeansAnswer } from '../../demo/src/protocol/analysis-protocol.ts';
import type { TrajectoryDetail } from '../../demo/src/protocol/model-protocol.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { fit as fitTable, marginalMeans, readTable } from '../../src/doors/node.ts';
import { example } from '../cli/command.ts';

/** Titles of the tables of means and differences. */
async function titles(
  file: string,
  formula: string,
  more: { family?: 'binomial' | 'cumulative'; slopes?: string; adjust?: string },
) {
  const { family = 'gaussian', slopes = '', adjust = 'tukey' } = more;
  const result = await fitTable(await readTable(example(file)), { formula, family });
  const { means, pairs } = marginalMeans(result, { over: ['arm'], ...(slopes === '' ? {} : { slopes }) });
  const question = { over: ['arm'], by: [], at: {}, slopes, level: 0.95, adjust, type: 'link', reverse: false };
  const results = { outcome: { table: result.table }, settings: {}, summary: { kind: 'table' } };
  const answer = { means, pairs, question, notes: [] };
  const { figure } = meansFigure(answer as unknown as MeansAnswer, results as unknown as Results, 0); // all that it reads
  return (figure.tables ?? []).map(({ title }) => title.split('; '));
}

it('are those of the link, of slopes as of means, and of the latent variable', async () => {
  const scales = async (...of: Parameters<typeof titles>) => (await titles(...of)).map(([what]) => what);
  const clinic = ['clinic.csv', 'well ~ week * arm + (1 | patient)'] as const;
  expect(await scales(...clinic, { family: 'binomial', slopes: 'week' })).toEqual([
    ...['Slopes by week (log odds)', 'Differences (log odds)'],
  ]);
  expect(await scales(...clinic, { family: 'binomial' })).toEqual(['Means (log odds)', 'Differences (log odds)']);
  expect(await scales('grades.csv', 'grade ~ week * arm + (1 | patient)', { family: 'cumulative' })).toEqual([
    ...['Means (latent, log odds)', 'Differences (latent, log odds)'],
  ]);
  expect(await scales('visits.csv', 'y ~ time * arm + (1 | subject)', {})).toEqual(['Means', 'Differences']);
});

it('say what limits and p are for', async () => {
  const families = async (adjust: string) =>
    (await titles('visits.csv', 'y ~ time * arm + (1 | subject)', { adjust }))[1].slice(1).join('; ');
  expect(await families('tukey')).toBe('limits and adj. p are for all of them at once: Tukey');
  expect(await families('holm')).toBe('limits and adj. p are for all of them at once: Holm');
  // As limits of Benjamini and Hochberg's, and of none, are computed.
  expect(await families('BH')).toBe(
    'adj. p are for all of them at once: Benjamini-Hochberg; limits are for each by itself',
  );
  expect(await families('none')).toBe('limits and p are for each by itself');
});

it('of grades that are words are told below the figure', () => {
  const detail: TrajectoryDetail = {
    ...{ time: 'visit', visits: null, condition: '', conditions: [''], subject: 'patient', unit: '' },
    ...{ lines: [], means: [], notes: ['grades are drawn by their number: 1 none, 2 mild'] },
  };
  const results = { outcome: { table: { moderation: null } } };
  const { caption } = trajectoryFigure(detail, results as unknown as Results, 'grade'); // all that it reads
  expect(caption).toMatch(/Grades are drawn by their number: 1 none, 2 mild\.$/);
});
