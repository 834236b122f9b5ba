import { expect, it } from 'vitest';
import { rowsOf } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bulkFiles } from './analysis-data.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const VISITS = 'y ~ time * arm + age + (time | subject)';
const OTHER = 'y ~ time * arm + age + (1 | subject)';
const COUNTS = 'attacks ~ base + arm + offset(log(days)) + (1 | patient)';
const GENES = '~ arm + age + (1 | patient)';

describeDemo('models chosen on the page', {}, (demo) => {
  const { exists, press, addModel, setBox, setLabelled, savedFigure, openFiles, fitted, ...hands } = pageHands(demo);
  const text = async (selector: string): Promise<string> => (await hands.text(selector)).replace(/\s+/g, ' ');
  const saved = (within: string, button: string, pattern: RegExp): Promise<string> =>
    hands.saved(button, pattern, within);
  const commanded = (table: string, ...args: readonly string[]): Promise<string> =>
    hands.commanded(table, 'compare', ...args, '--no-notes');

  async function fitFiles(paths: readonly string[], formula: string, family = ''): Promise<void> {
    await openFiles(...paths);
    await demo.page.waitForSelector('#formula');
    if (family !== '') await demo.page.select('[data-key="family"] select', family);
    await fitted(formula);
    await press('#tab-models');
    await exists('#validate-models:not([disabled])');
  }

  const visits = 'examples/visits.csv';

  it('cross-validates with whole subjects held out, or single rows where that is asked for', async () => {
    await fitFiles([visits], VISITS);
    await addModel(OTHER);
    expect(await text('#held-out')).toMatch(/whole levels of subject, 60 in the data/);
    await press('#validate-models');
    await exists('#validation-table');
    const formulas = ['--formula', VISITS, '--formula', OTHER];
    const bySubject = [visits, ...formulas, '--cv', '5', '--cv-by', 'subject'];
    const scores = await saved('#validation', 'scores tsv', /cross-validation\.tsv$/);
    expectSameTable(scores, await commanded('cv', ...bySubject), TOLERANCE.demo.analyses);
    const folds = await saved('#validation', 'folds tsv', /folds\.tsv$/);
    expectSameTable(folds, await commanded('folds', ...bySubject), TOLERANCE.demo.analyses);
    // The picture is of the differences fold by fold.
    const picture = (await savedFigure('validation', 'svg', /validation\.svg$/)).toString('utf8');
    expect(picture).toContain('less that under model 1');
    expect(picture).toContain('<title>Differences of log scores by model. ');
    const said = await demo.page.$eval('#validation .plot svg', (svg) => svg.getAttribute('aria-label') ?? '');
    const own = rowsOf(folds);
    const differences = own
      .filter(({ model }) => model === '2')
      .map(
        (row) =>
          Number(row['log.score']) -
          Number(own.find(({ model, fold }) => model === '1' && fold === row['fold'])?.['log.score']),
      );
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    const shown = /model 2 is furthest from 0 with a mean of ([−\d.]+\d)/.exec(said)?.[1] ?? '';
    expect(Number(shown.replace('−', '-'))).toBeCloseTo(mean, 2);
    const best = rowsOf(scores).find(({ rank }) => rank === '1');
    expect(await text('#validation')).toContain(`Model ${best?.['model']} predicts best`);
    await setLabelled('Held out', 'rows');
    expect(await text('#held-out')).toMatch(/little of how well a model predicts a new subject/);
    await setLabelled('Folds', '4');
    await setLabelled('Seed', '7');
    await press('#validate-models');
    await demo.page.waitForFunction(() => document.querySelectorAll('#folds-table tbody tr').length === 8);
    const byRow = [visits, ...formulas, '--cv', '4', '--cv-by', 'rows', '--seed', '7'];
    expectSameTable(
      await saved('#validation', 'scores tsv', /cross-validation\.tsv$/),
      await commanded('cv', ...byRow),
      TOLERANCE.demo.analyses,
    );
  });

  it('draws likelihood ratios, and holds variances against plain chi-squared where asked', async () => {
    await setLabelled('Bootstrap of the ratios', '150');
    await setLabelled('Ratios of variances held against', 'chisq');
    await press('#compare-models');
    await exists('#ratio-table');
    const asked = ['--bootstrap', '150', '--reference', 'chisq'];
    const compared = [visits, '--formula', VISITS, '--formula', OTHER, ...asked];
    const tests = await saved('#comparison', 'tests tsv', /tests\.tsv$/);
    expectSameTable(tests, await commanded('tests', ...compared), TOLERANCE.demo.analyses);
    expect(tests).toContain('p.bootstrap');
    expect(await text('#ratio-table thead')).toContain('p, bootstrap');
    await press('#test-random');
    await exists('#random-table');
    expectSameTable(
      await saved('#term-tests', 'random terms tsv', /random-terms\.tsv$/),
      await commanded('ranova', visits, '--formula', VISITS, '--tests', 'ranova', ...asked),
      TOLERANCE.demo.analyses,
    );
    await setLabelled('Ratios of variances held against', 'mixture');
  });

  it('leaves terms out one by one', async () => {
    await press('#select-terms');
    await exists('#selection-table');
    const path = await saved('#selection', 'selection tsv', /selection\.tsv$/);
    expectSameTable(
      path,
      await commanded('path', visits, '--formula', VISITS, '--select', 'lrt'),
      TOLERANCE.demo.analyses,
    );
    const end = rowsOf(path).find(({ action }) => action === 'end');
    expect(await text('#selected-formula')).toContain(end?.['formula'] ?? 'none');
    await setLabelled('Left out by', 'aic');
    await demo.page.$eval('[aria-label="Terms left out one by one"] input[type="checkbox"]', (box) =>
      (box as HTMLInputElement).click(),
    );
    await press('#select-terms');
    await demo.page.waitForFunction(() => document.querySelector('#selection')?.textContent?.includes('lowest AIC'));
    expectSameTable(
      await saved('#selection', 'selection tsv', /selection\.tsv$/),
      await commanded('path', visits, '--formula', VISITS, '--select', 'aic', '--select-random'),
      TOLERANCE.demo.analyses,
    );
  });

  it('ends a bootstrap that is cancelled, and goes on', async () => {
    await setLabelled('Bootstrap of the ratios', '1000000');
    await press('#compare-models');
    await exists('#view-models .task-strip .row:not([hidden]) .task-cancel');
    await press('#view-models .task-strip .row:not([hidden]) .task-cancel');
    await demo.page.waitForFunction(
      () => document.querySelector('#view-models .task-strip .row:not([hidden])') === null,
    );
    await setLabelled('Bootstrap of the ratios', '');
    await press('#compare-models');
    await demo.page.waitForFunction(() => {
      const heads = document.querySelector('#ratio-table thead')?.textContent ?? 'bootstrap';
      return !heads.includes('bootstrap');
    });
  });

  it('sets families of counts side by side', async () => {
    await fitFiles(['examples/counts.csv'], COUNTS, 'nbinom2');
    // What else fits these data has the exposure, too.
    const proposed = await demo.page.$$eval('[data-formula]', (all) =>
      all.map((one) => one.getAttribute('data-formula')),
    );
    expect(proposed.length).toBeGreaterThan(0);
    for (const formula of proposed) expect(formula).toContain('offset(log(days))');
    expect(await text('.model-offers')).toContain('offset(log(days))');
    await setLabelled('Kinds of response', 'poisson,nbinom2,nbinom1');
    await press('#compare-models');
    await exists('#models-table');
    const asked = ['examples/counts.csv', '--formula', COUNTS, '--families', 'poisson,nbinom2,nbinom1'];
    for (const table of ['models', 'tests']) {
      expectSameTable(
        await saved('#comparison', `${table} tsv`, new RegExp(`${table}\\.tsv$`)),
        await commanded(table, ...asked),
        TOLERANCE.demo.analyses,
      );
    }
    const shown = await text('#models-table');
    for (const name of ['poisson', 'nbinom2', 'nbinom1', 'AICc', 'BIC']) expect(shown).toContain(name);
    await press('#validate-models');
    await exists('#validation-table');
    expectSameTable(
      await saved('#validation', 'scores tsv', /cross-validation\.tsv$/),
      await commanded('cv', ...asked, '--cv', '5', '--cv-by', 'patient', '--seed', '7'),
      TOLERANCE.demo.analyses,
    );
  });

  it('does all of it for many responses at once', async () => {
    const { data, obs } = bulkFiles(demo.downloads);
    await fitFiles([data, obs], GENES);
    const reduced = '~ arm + (1 | patient)';
    await addModel(reduced);
    await press('#validate-models');
    await exists('#validation-lines');
    const own = [data, '--obs', obs];
    const formulas = ['--formula', GENES, '--formula', reduced];
    const wanted = await commanded('cv', ...own, ...formulas, '--cv', '5', '--cv-by', 'patient', '--seed', '7');
    const scores = await saved('#validation', 'Scores, responses tsv', /cross-validation\.tsv$/);
    expectSameTable(scores, wanted, TOLERANCE.demo.analyses);
    const best = rowsOf(wanted).filter(({ model, rank }) => model === '2' && rank === '1').length;
    expect(await text('#validation-lines')).toContain(`${reduced}: predicts best for ${best} of 24 responses`);
    // What was chosen for the fit before stays chosen.
    await press('#select-terms');
    await exists('#selection-lines');
    const path = await commanded('path', ...own, '--formula', GENES, '--select', 'aic', '--select-random');
    expectSameTable(
      await saved('#selection', 'Terms left out, responses tsv', /selection\.tsv$/),
      path,
      TOLERANCE.demo.analyses,
    );
    const ends = rowsOf(path).filter(({ action }) => action === 'end');
    const [{ formula }] = ends;
    const alike = ends.filter((row) => row['formula'] === formula).length;
    expect(await text('#selection-lines')).toContain(`${formula} is left of ${alike} of 24`);
    await setLabelled('Bootstrap of the ratios', '100');
    await press('#compare-models');
    await demo.page.waitForFunction(
      () => document.querySelector('#comparison .pair-lines')?.textContent?.includes('by bootstrap for'),
      { timeout: 60_000 },
    );
  });

  it('raises no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});
