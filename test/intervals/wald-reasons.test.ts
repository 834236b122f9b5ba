import { expect, it } from 'vitest';
import { fit, INTERVAL_REASONS, readTable, waldIntervals } from '../../src/doors/node.ts';

/** What is said of each parameter that has no Wald interval; empty where it has one. */
async function reasonsOf(formula: string): Promise<Record<string, string>> {
  const table = await readTable('examples/visits.csv');
  const { parameters, reason, low } = waldIntervals(await fit(table, { formula }));
  parameters.forEach((_, i) => {
    expect(Number.isNaN(low[i])).toBe(reason[i] !== 0);
  });
  return Object.fromEntries(parameters.map(({ term }, i) => [term, INTERVAL_REASONS[reason[i]]]));
}

it('says of variances of a fitted model that Wald intervals are of fixed effects, not that there is no fit', async () => {
  const own = await reasonsOf('y ~ time * arm + (time | subject)');
  expect(own['time:armtreated']).toBe('');
  for (const term of ['sd__(Intercept)', 'cor__(Intercept).time', 'sd__time', 'sd__Observation']) {
    expect(own[term]).toMatch(/^Wald intervals are of fixed effects/);
  }
  expect((await reasonsOf('y ~ time'))['sd__Observation']).toMatch(/^Wald intervals are of fixed effects/);
});
