/** What was found beside a fit stands in its report as the page has it, with the numbers of the command: models, calibration, intervals. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { probability, shortNumber } from '../../demo/src/words/number-text.ts';
import { example, type Row, rowsOf, temporaryFolder } from '../cli/command.ts';
import { bulkFiles } from './analysis-data.ts';
import { waitForText } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { type Report, reportReader } from './report-hands.ts';
import { tab } from './session-hands.ts';

const VISITS = 'y ~ time * arm + age + (time | subject)';
const OTHER = 'y ~ time * arm + (time | subject)';
const GENES = '~ arm + (1 | patient)';

const number = (row: Row, name: string): string => shortNumber(Number(row[name]));
const p = (row: Row, name = 'log10p'): string => probability(Number(row[name]));

describeDemo('a report', {}, (demo) => {
  const folder = temporaryFolder();
  const { exists, press, addModel, setLabelled, openFiles, fitted, commandedAll } = pageHands(demo);
  const readReport = reportReader(demo);
  const tableOf = (report: Report, start: string): readonly (readonly string[])[] =>
    [...report.tables].find(([name]) => name.startsWith(start))?.[1] ?? [];

  it('of one response has what was found beside its fit, with its data and without', async () => {
    const data = join(folder, 'visits.csv');
    copyFileSync(example('visits.csv'), data);
    await openFiles(data);
    await exists('#formula');
    await fitted(VISITS);
    await exists('#calibrate:not([disabled])');
    await setLabelled('Intervals', 'profile');
    await press('[data-action="intervals"]');
    await exists('#intervals-table');
    await setLabelled('Effect', 'armtreated');
    await setLabelled('Tests of each effect', '100');
    await press('#calibrate');
    await exists('#calibration-table');
    await tab(demo.page, 'models');
    await exists('#add-model');
    await addModel(OTHER);
    await exists('#compare-models:not([disabled])');
    await press('#compare-models');
    await exists('#ratio-table');
    await press('#test-random');
    await exists('#random-table');
    const report = await readReport();

    const visits = [example('visits.csv'), '--formula', VISITS];
    const [models, tests] = await commandedAll(['models', 'tests'], 'compare', ...visits, '--formula', OTHER);
    const ranked = rowsOf(models);
    expect(tableOf(report, 'Models, the best first').slice(1)).toEqual(
      ranked.map((row) => expect.arrayContaining([row['formula'], number(row, 'AIC'), number(row, 'logLik')])),
    );
    const [ratio] = rowsOf(tests);
    expect(tableOf(report, 'Likelihood ratio tests of models inside each other')[1]).toEqual(
      expect.arrayContaining([number(ratio, 'chisq'), p(ratio), 'χ²(1)']),
    );
    const [ranova] = await commandedAll(['ranova'], 'compare', ...visits, '--tests', 'ranova');
    expect(
      tableOf(report, 'Each random term left out by itself')
        .slice(1)
        .map((row) => row[0]),
    ).toEqual(rowsOf(ranova).map(({ term }) => term));
    const calibration = ['calibrate', ...visits, '--term', 'armtreated', '--simulations', '100'];
    const [rates] = await commandedAll(['rates'], ...calibration);
    const shares = tableOf(report, 'Share of p-values up to a level');
    expect(shares[0]).toEqual(['Effect', 'Test', 'p up to', 'Share', 'From', 'To', 'Found', 'Of']);
    expect(shares.slice(1).map((row) => row.slice(2))).toEqual(
      rowsOf(rates).map((row) =>
        ['level', 'rate', 'conf.low', 'conf.high', 'rejections', 'simulations'].map((name) => number(row, name)),
      ),
    );
    expect(shares[1].slice(0, 2)).toEqual(['treated − placebo where time is 0', 'z test']);
    expect(report.captions.filter((caption) => caption.startsWith('Calibration of the tests'))).toHaveLength(1);
    expect(report.drawings.filter((drawing) => drawing.includes('observed -log10 p'))).toHaveLength(1);
    for (const part of [
      'All models by maximum likelihood on the same rows, ranked by AIC.',
      '100 responses were drawn and fitted, from the response of this fit; on the rows of 60 subjects',
      'Units of the tests: ',
      'intervals of y are also given by the profile likelihood [',
      'Terms were tested, each given all others (type III), by F tests with the scaling',
      'Models of the same rows were compared by likelihood ratios [',
      'Each random term was tested by likelihood ratios [',
      'Tests were calibrated on the rows of this design by 100 responses without the effect',
    ]) {
      expect(report.words).toContain(part);
    }
    // Two arms are one difference, which is adjusted for nothing.
    expect(report.words).not.toMatch(/studentized|bootstrap/);
    expect(report.narrow).toBe(390);
    expect(report.cut).toBe(0);

    // Written a moment after the last change; the data are not.
    await new Promise((wait) => setTimeout(wait, 900));
    await demo.page.reload({ waitUntil: 'load' });
    await waitForText(demo.page, '#provenance', 'visits.csv');
    const again = await readReport();
    for (const start of ['Models, the best', 'Likelihood ratio', 'Each random', 'Share of p-values', 'Profile']) {
      expect(tableOf(again, start), start).toEqual(tableOf(report, start));
    }
    expect(again.captions.filter((caption) => caption.startsWith('Calibration of the tests'))).toHaveLength(1);
    expect(again.words).toContain('by the profile likelihood [');
    expect(again.words).not.toContain('Terms were tested');
    expect(demo.errors).toEqual([]);
  });

  it('of many has for how many each model is the best, and the tests with the smallest p', async () => {
    const { data, obs } = bulkFiles(folder);
    await openFiles(data, obs);
    await exists('#formula');
    await fitted(GENES);
    await tab(demo.page, 'models');
    await exists('#add-model');
    await addModel('~ arm');
    await exists('#compare-models:not([disabled])');
    await press('#compare-models');
    await exists('#comparison .output-row');
    const report = await readReport();
    const model = ['compare', data, '--obs', obs, '--formula', GENES, '--formula', '~ arm'];
    const [summary, tests] = await commandedAll(['summary', 'tests'], ...model);
    const best = tableOf(report, 'For how many responses each model has the least AIC');
    const column = best[0]?.indexOf('Least AIC for');
    expect(best.slice(1).map((row) => row[column])).toEqual(rowsOf(summary).map(({ first }) => first));
    const ratios = tableOf(report, 'Likelihood ratio tests of models inside each other');
    expect(ratios[0].slice(0, 4)).toEqual(['Response', 'Smaller', 'Larger', 'χ²']);
    expect(ratios.slice(1).map((row) => [row[0], row[3], row[5]])).toEqual(
      rowsOf(tests).map((row) => [row['response'], number(row, 'chisq'), p(row)]),
    );
    const found = rowsOf(tests).filter((row) => Number(row['p.adjusted']) <= 0.05).length;
    expect(report.words).toContain(`found for ${found} of ${rowsOf(tests).length} responses`);
    expect(report.words).toMatch(/takes? rows as replicates although these share units/);
    expect(report.words).toContain('ranked by AIC [');
    expect(demo.errors).toEqual([]);
  });
});
