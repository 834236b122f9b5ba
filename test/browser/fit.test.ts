import { afterAll, beforeAll, expect, it } from 'vitest';
import { fit as fitTable, simulateVisits } from '../../src/doors/index.ts';
import { describeUnless, findTestBrowser } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type BrowserPage, openPage } from './page.ts';

const { browser, lacking } = findTestBrowser();
declare const library: typeof import('../../src/doors/index.ts'); // a global of the page

const FORMULA = 'cbind(y1, y2) ~ time * arm + age + (time | subject)';

describeUnless(lacking, 'the browser entry in Chromium', () => {
  let opened: BrowserPage;
  beforeAll(async () => {
    opened = await openPage(browser ?? '');
  });
  afterAll(() => opened.close());

  it('fits as Node does', async () => {
    const here = await fitTable(simulateVisits({ subjects: 40, visits: 6, responses: 2, seed: 3 }).table, {
      formula: FORMULA,
      threads: 1,
    });
    const there = await opened.page.evaluate(async (formula) => {
      const { table } = library.simulateVisits({ subjects: 40, visits: 6, responses: 2, seed: 3 });
      const result = await library.fit(table, { formula, threads: 1 });
      return {
        criterion: Array.from(result.table.criterion),
        estimate: Array.from(result.table.coefficients.estimate),
        df: Array.from(result.table.coefficients.df),
      };
    }, FORMULA);
    const near = (got: number[], reference: Float64Array) =>
      got.forEach((value, i) => {
        expect(Math.abs(value / reference[i] - 1)).toBeLessThan(TOLERANCE.betweenEngines);
      });
    near(there.criterion, here.table.criterion);
    near(there.estimate, here.table.coefficients.estimate);
    near(there.df, here.table.coefficients.df);
  });

  it('gives the same numbers from web workers', async () => {
    const [one, two, threads] = await opened.page.evaluate(async () => {
      const { table } = library.simulateVisits({ subjects: 150, visits: 6, responses: 3000, seed: 5, jitter: 0.2 });
      const names = Array.from({ length: 3000 }, (_, k) => `y${k + 1}`);
      const formula = `cbind(${names.join(', ')}) ~ time + (time | subject)`;
      let used = 0;
      const run = (count: number) =>
        library.fit(table, {
          formula,
          threads: count,
          onPlan: (plan) => {
            used = plan.threads;
          },
        });
      const alone = await run(1);
      const together = await run(2);
      return [Array.from(alone.table.criterion), Array.from(together.table.criterion), used] as const;
    });
    expect(threads).toBe(2);
    expect(two).toEqual(one);
  });

  it('raises no error on the page', () => {
    expect(opened.errors).toEqual([]);
  });
});
