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
async function titles(file: string, formula: string, family: string, slopes: string): Promise<string[]> {
  const result = await fitTable(await readTable(example(file)), { formula, family } as Parameters<typeof fitTable>[1]);
  const { means, pairs } = marginalMeans(result, { over: ['arm'], ...(slopes === '' ? {} : { slopes }) });
  const question = {
    over: ['arm'],
    by: [],
    at: {},
    slopes,
    level: 0.95,
    adjust: 'tukey',
    type: 'link',
    reverse: false,
  };
  const results = { outcome: { table: result.table }, settings: {}, summary: { kind: 'table' } };
  const answer = { means, pairs, question, notes: [] };
  const { figure } = meansFigure(answer as unknown as MeansAnswer, results as unknown as Results, 0); // all that it reads
  return (figure.tables ?? []).map(({ title }) => title.split(';')[0]);
}

it('are those of the link, of slopes as of means, and of the latent variable', async () => {
  const clinic = ['clinic.csv', 'well ~ week * arm + (1 | patient)', 'binomial'] as const;
  expect(await titles(...clinic, 'week')).toEqual(['Slopes by week (log odds)', 'Differences (log odds)']);
  expect(await titles(...clinic, '')).toEqual(['Means (log odds)', 'Differences (log odds)']);
  const grades = await titles('grades.csv', 'grade ~ week * arm + (1 | patient)', 'cumulative', '');
  expect(grades).toEqual(['Means (latent, log odds)', 'Differences (latent, log odds)']);
  expect(await titles('visits.csv', 'y ~ time * arm + (1 | subject)', 'gaussian', '')).toEqual([
    'Means',
    'Differences',
  ]);
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
