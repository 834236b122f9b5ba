import { expect, it } from 'vitest';
import { type Row, rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bulkFiles, expectClose, fourDigits } from './analysis-data.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const VISITS = 'y ~ time * arm + (time | subject)';
const OTHER = 'y ~ time + arm + (1 | subject)';
const GENES = '~ arm + (1 | patient)';
/** Adjusted p up to which the page counts a gene as found. */
const THRESHOLD = 0.05;

describeDemo('the analyses of the application', {}, (demo) => {
  const folder = temporaryFolder();

  const {
    text,
    exists,
    press,
    addModel,
    saved,
    savedFigure,
    setBox,
    setLabelled,
    openFiles,
    fitted,
    commanded,
    commandedAll,
  } = pageHands(demo);

  /** Opens files, fits a formula, and waits. */
  async function fitFiles(paths: readonly string[], formula: string): Promise<void> {
    await openFiles(...paths);
    await exists('#formula');
    await fitted(formula);
  }

  const visits = ['examples/visits.csv'];

  it('compares models of one response as the command does', async () => {
    const { page } = demo;
    await fitFiles(visits, VISITS);
    await page.click('#tab-models');
    await exists('#add-model');
    expect(await page.$eval('#compare-models', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    // A mistake is marked where it is, and cannot be compared.
    await addModel('y ~ time + (1 | nobody)');
    await exists('.model-list .formula-error p');
    expect(await text('.model-list .formula-error')).toMatch(/nobody/);
    expect(await page.$eval('#compare-models', (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    await setBox('.model-list li:last-of-type textarea', OTHER);
    await page.waitForFunction(() => document.querySelector<HTMLButtonElement>('#compare-models')?.disabled === false);
    await press('#compare-models');
    await exists('#ratio-table');
    expect(await text('#comparison')).toMatch(/by maximum likelihood/);
    expect(await text('#comparison')).toMatch(/restricted likelihoods of different fixed effects cannot be compared/);
    const formulas = ['--formula', VISITS, '--formula', OTHER];
    for (const table of ['models', 'tests']) {
      const wanted = await commanded(table, 'compare', ...visits, ...formulas);
      expectSameTable(await saved(`${table} tsv`, new RegExp(`${table}\\.tsv$`)), wanted, TOLERANCE.demo.analyses);
    }
    for (const [kind, name] of [
      ['random', 'ranova'],
      ['fixed', 'drop1'],
    ]) {
      await press(`#test-${kind}`);
      await exists(`#${kind}-table`);
      const wanted = await commanded(name, 'compare', ...visits, '--formula', VISITS, '--tests', name);
      const own = await saved(`${kind} terms tsv`, new RegExp(`${kind}-terms\\.tsv$`));
      expectSameTable(own, wanted, TOLERANCE.demo.analyses);
    }
    // Both fits side by side, term by term.
    await press('#fit-beside');
    await exists('#beside-table');
    const beside = rowsOf(await saved('both models tsv', /two-models\.tsv$/));
    for (const [side, formula] of [VISITS, OTHER].entries()) {
      const fitted = rowsOf(await commanded('tidy', 'fit', ...visits, '--formula', formula));
      for (const row of fitted.filter(({ effect }) => effect === 'fixed')) {
        const own = beside.find(({ term }) => term === row['term']);
        for (const column of ['estimate', 'std.error', 'df', 'p.value']) {
          expectClose(own, `${column}.${side + 1}`, row[column]);
        }
      }
    }
    expect(await text('#view-models')).not.toMatch(/genes?\b/i);
  });

  it('tests terms and takes means and slopes as the command does', async () => {
    const { page } = demo;
    await page.click('#tab-means');
    await exists('#anova-table');
    const model = ['fit', ...visits, '--formula', VISITS];
    expectSameTable(
      await saved('F tests tsv', /anova\.tsv$/),
      await commanded('anova', ...model, '--anova'),
      TOLERANCE.demo.analyses,
    );
    await exists('#compute-means');
    await setLabelled('Means of', 'time');
    await setLabelled('Values of time', '0, 3, 6');
    await setLabelled('For each level of', 'arm');
    await press('#compute-means');
    await exists('#pairs-table');
    const asked = ['--emmeans', 'time | arm', '--at', 'time=0,3,6', '--pairs-reverse', '--conf-int'];
    for (const [button, table] of [
      ['means', 'emmeans'],
      ['comparisons', 'pairs'],
    ]) {
      const wanted = await commanded(table, ...model, ...asked);
      expectSameTable(await saved(`${button} tsv`, new RegExp(`${table}\\.tsv$`)), wanted, TOLERANCE.demo.analyses);
    }
    // Two lines of three means each, said to who does not see them.
    const said = await page.$eval('#means .plot [aria-label^="Interaction plot"]', (host) =>
      host.getAttribute('aria-label'),
    );
    expect(said).toMatch(/by time and arm/);
    expect(said?.match(/ to /g)?.length).toBe(6);
    const svg = (await savedFigure('y.means', 'svg', /means\.svg$/)).toString('utf8');
    expect(svg).toContain('each combination counting alike');
    expect(svg).toMatch(/^<svg[\s\S]*arm: treated/);
    await setLabelled('Means of', 'arm');
    await setLabelled('Show', 'time');
    await press('#compute-means');
    await page.waitForFunction(
      () => document.querySelector('#means-table')?.getAttribute('aria-label') === 'Slopes by time',
    );
    expectSameTable(
      await saved('comparisons tsv', /pairs\.tsv$/),
      await commanded('pairs', ...model, '--emmeans', 'arm', '--slopes', 'time', '--pairs-reverse', '--conf-int'),
      TOLERANCE.demo.analyses,
    );
    expect(await text('#view-means')).not.toMatch(/genes?\b/i);
  });

  it('finds intervals by profile and by draws, with reasons for those that are missing', async () => {
    const { page } = demo;
    await page.click('#tab-gene');
    await exists('[data-action="intervals"]');
    const model = ['fit', ...visits, '--formula', VISITS, '--conf-int', '0.9'];
    await setLabelled('Level', '0.9');
    for (const [method, extra] of [
      ['profile', []],
      ['bootstrap', ['--bootstrap', '200']],
    ] as const) {
      await setLabelled('Intervals', method);
      if (extra.length > 0) await setLabelled('Draws', '200');
      await press('[role="tabpanel"]:not([hidden]) [data-action="intervals"]');
      await page.waitForFunction(
        (name) =>
          document.querySelector('#intervals-table')?.getAttribute('aria-label')?.toLowerCase().startsWith(name),
        {},
        method,
      );
      const wanted = rowsOf(await commanded('tidy', ...model, '--conf-method', method, ...extra));
      const shown = await page.$$eval('#intervals-table tbody tr', (rows) =>
        rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
      );
      const rows = wanted.filter(({ effect }) => effect !== 'ran_test');
      expect(shown.length).toBe(rows.length);
      rows.forEach((row, i) => {
        expect(shown[i].slice(1, 4)).toEqual([row['estimate'], row['conf.low'], row['conf.high']].map(fourDigits));
      });
      const own = rowsOf(await saved('intervals tsv', /intervals\.tsv$/));
      own.forEach((row, i) => {
        expect(row['term']).toBe(rows[i]['term']);
        for (const column of ['estimate', 'conf.low', 'conf.high']) expectClose(row, column, rows[i][column]);
      });
    }
    // Wald intervals of variances there are none.
    await setLabelled('Intervals', 'wald');
    await press('[role="tabpanel"]:not([hidden]) [data-action="intervals"]');
    await page.waitForFunction(() =>
      /^Wald/.test(document.querySelector('#intervals-table')?.getAttribute('aria-label') ?? ''),
    );
    expect(await text('#intervals-table')).toMatch(
      /subject: sd of time\s+0\.82\s+Wald intervals are of fixed effects: there is none/,
    );
    expect(await text('#intervals-table')).not.toMatch(/no fit/);
  });

  it('calibrates the tests on the rows of the design, and can be stopped', async () => {
    const { page } = demo;
    await page.click('#tab-gene');
    await exists('#calibrate');
    await setLabelled('Effect', 'armtreated');
    await setLabelled('Tests of each effect', '100000');
    await press('#calibrate');
    await page.waitForFunction(() =>
      /Calibrating: \d/.test(document.querySelector('.calibration .task-strip')?.textContent ?? ''),
    );
    await press('.calibration .task-cancel');
    await page.waitForSelector('.calibration .task-strip .row[hidden]', { timeout: 20_000 });
    expect(await page.$('#calibration-table')).toBeNull();
    await setLabelled('Tests of each effect', '300');
    await press('#calibrate');
    await exists('#calibration-table');
    const command = ['calibrate', ...visits, '--formula', VISITS, '--term', 'armtreated', '--simulations', '300'];
    const [rates, pValues] = await commandedAll(['rates', 'pvalues'], ...command);
    expectSameTable(await saved('calibration tsv', /calibration\.tsv$/), rates, TOLERANCE.demo.analyses);
    expectSameTable(await saved('null p-values tsv', /null-p\.tsv$/), pValues, TOLERANCE.demo.analyses);
    const verdicts = await text('#calibration-verdicts');
    for (const row of rowsOf(rates).filter(({ level }) => level === '0.05')) {
      expect(verdicts).toContain(`in ${(100 * Number(row['rate'])).toFixed(1)} %`);
    }
    expect(await text('#calibration')).toMatch(/300 responses were drawn and fitted.*60 subjects/);
    expect(
      await page.$eval('.calibration-picture', (image) => (image as HTMLImageElement).naturalWidth),
    ).toBeGreaterThan(100);
    const svg = (await savedFigure('calibration', 'svg', /calibration\.svg$/)).toString('utf8');
    expect(svg).toMatch(/^<svg[\s\S]*Calibration of the tests on this design\.[\s\S]*<\/svg>$/);
    const png = await savedFigure('calibration', 'png', /calibration\.png$/);
    // Three dots for each of the picture's, below which the caption stands.
    const size = { width: Number(/width="(\d+)"/.exec(svg)?.[1]), height: Number(/height="(\d+)"/.exec(svg)?.[1]) };
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3 * size.width, 3 * size.height]);
    expect(await text('[data-figure="calibration"] figcaption')).toContain('against those of tests that are right');
  });

  it('compares structures of residuals', async () => {
    const { page } = demo;
    const formula = 'score ~ week + arm';
    await fitFiles(['examples/trial.csv'], formula);
    await page.click('#tab-models');
    await exists('#structures');
    await setBox('#structures', 'cs,ar1(visit | subject)');
    await press('#compare-models');
    await exists('#models-table');
    const structures = ['--structures', 'cs,ar1(visit | subject)'];
    const wanted = await commanded('models', 'compare', 'examples/trial.csv', '--formula', formula, ...structures);
    expectSameTable(await saved('models tsv', /models\.tsv$/), wanted, TOLERANCE.demo.analyses);
    expect(await text('#models-table')).toMatch(/ar1\(visit \| subject\)/);
  });

  it('says for how many genes a model is the best, and which genes two models find', async () => {
    const { page } = demo;
    const { data, obs } = bulkFiles(folder);
    const other = '~ arm + age + (1 | patient)';
    await fitFiles([data, obs], GENES);
    await page.click('#tab-models');
    await exists('#add-model');
    await addModel(other);
    await page.waitForFunction(() => document.querySelector<HTMLButtonElement>('#compare-models')?.disabled === false);
    await press('#compare-models');
    await exists('#comparison .output-row');
    const model = ['compare', data, '--obs', obs, '--formula', GENES, '--formula', other];
    const best = rowsOf(await commanded('summary', ...model));
    const shown = await page.$$eval('#models-table tbody tr', (rows) => rows.map((row) => row.children[3].textContent));
    expect(shown).toEqual(best.map(({ first }) => first));
    expectSameTable(
      await saved('Best model by response, responses tsv', /best\.tsv$/),
      await commanded('best', ...model),
      TOLERANCE.demo.analyses,
    );
    await press('#fit-beside');
    await exists('#found-by');
    await setLabelled('Test', 'armb');
    const [first, second] = await Promise.all(
      [GENES, other].map(async (formula) => {
        const { stdout } = await succeed('fit', data, '--obs', obs, '--formula', formula, '--quiet');
        return rowsOf(stdout).filter(({ term }) => term === 'armb');
      }),
    );
    const found = (rows: readonly Row[]): string[] =>
      rows.filter((row) => Number(row['p.adjusted']) <= THRESHOLD).map(({ response }) => response);
    const [a, b] = [found(first), found(second)];
    const both = a.filter((name) => b.includes(name)).length;
    expect(both).toBeGreaterThan(0);
    expect(await text('#found-by')).toContain(
      `Of 24 responses that both models test: ${both} found by both, ${a.length - both} by model 1 alone, ${b.length - both} by model 2 alone, ${24 - a.length - b.length + both} by neither.`,
    );
    const beside = (await savedFigure('two-models', 'svg', /two-models\.svg$/)).toString('utf8');
    expect(beside).toMatch(/^<svg[\s\S]*model 2/);
    expect(beside).toContain('b − a by two models. 1: ');
    const paired = rowsOf(await saved('Both models beside each other tsv', /two-models\.tsv$/));
    paired.forEach((row, i) => {
      for (const column of ['estimate', 'p.value', 'p.adjusted']) {
        expectClose(row, `${column}.1`, first[i][column]);
        expectClose(row, `${column}.2`, second[i][column]);
      }
    });
    await page.click('#tab-means');
    await exists('#test-terms');
    await press('#test-terms');
    await exists('#anova .output-row');
    expectSameTable(
      await saved('F tests tsv', /anova\.tsv$/),
      await commanded('anova', 'fit', data, '--obs', obs, '--formula', GENES, '--anova'),
      TOLERANCE.demo.analyses,
    );
    expect(await text('#anova')).toContain(`arm: found for ${a.length} of 24 responses`);
  });

  it('sets what a bootstrap says beside the usual tests', async () => {
    const { page } = demo;
    const { data, obs } = bulkFiles(folder);
    await setBox('[data-key="bootstrap"] :is(select, input)', '200');
    await fitFiles([data, obs], GENES);
    await page.click('#tab-diagnostics');
    await exists('#view-diagnostics #calibrate');
    await exists('#bootstrap .output-row');
    const { stdout } = await succeed('fit', data, '--obs', obs, '--formula', GENES, '--bootstrap', '200', '--quiet');
    const wanted = rowsOf(stdout).filter(({ term }) => term === 'armb');
    const own = rowsOf(await saved('Bootstrap beside the usual tests tsv', /bootstrap\.tsv$/));
    expect(own.length).toBe(wanted.length);
    own.forEach((row, i) => {
      for (const column of ['p.value', 'p.bootstrap', 'p.bootstrap.adjusted'])
        expectClose(row, column, wanted[i][column]);
    });
    const both = wanted.filter((row) =>
      [row['p.adjusted'], row['p.bootstrap.adjusted']].every((p) => Number(p) <= THRESHOLD),
    );
    expect(await text('#bootstrap')).toContain(`${both.length} found by both`);
    // Of one gene its intervals beside the others.
    await page.click('#tab-genes');
    await exists('.gene-body .gene-row');
    await press('.gene-body .gene-row');
    await exists('[data-action="intervals"]');
    await setLabelled('Intervals', 'wald');
    await setLabelled('Level', '0.95');
    await press('[role="tabpanel"]:not([hidden]) [data-action="intervals"]');
    await exists('#intervals-table');
    const name = (await text('#gene-name')).trim();
    const limits = await succeed(
      'fit',
      data,
      '--obs',
      obs,
      '--formula',
      GENES,
      '--bootstrap',
      '200',
      '--conf-int',
      '--quiet',
    );
    const row = rowsOf(limits.stdout).find(({ response, term }) => response === name && term === 'armb');
    const shown = await page.$$eval('#intervals-table tbody tr', (rows) =>
      rows.map((one) => [...one.children].map((cell) => cell.textContent ?? '')),
    );
    const armb = shown.find(([term]) => term === 'b − a');
    const columns = ['estimate', 'conf.low', 'conf.high'];
    expect(armb?.slice(1, 4)).toEqual(columns.map((column) => fourDigits(row?.[column] ?? '')));
    expect(armb?.slice(5, 7)).toEqual(
      ['conf.low.bootstrap', 'conf.high.bootstrap'].map((column) => fourDigits(row?.[column] ?? '')),
    );
    await setBox('[data-key="bootstrap"] :is(select, input)', '0');
    expect(demo.errors).toEqual([]);
  });
});
