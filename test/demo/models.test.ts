/** Models of every kind that the page asks for, held to the command that the page shows. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { countAt } from './analysis-data.ts';
import { chooseFiles, fitAnew, savedFile, typeFormula } from './demo-page.ts';
import { expectSameTable } from './host-fit.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { runShown, shownCommand } from './shown-command.ts';

const folder = temporaryFolder();
const EXAMPLES = resolve('examples');

describeDemo('models of the application', { width: 1440, height: 1000 }, (demo) => {
  const { words: text, exists, press, saved } = pageHands(demo);
  const choose = (key: string, value: string): Promise<string[]> =>
    demo.page.select(`[data-key="${key}"] select`, value);

  async function open(names: readonly string[]): Promise<void> {
    const { page } = demo;
    await page.evaluate(() => document.querySelector('.file')?.remove());
    await chooseFiles(page, names);
    await page.waitForSelector('.file', { timeout: 60_000 });
  }

  /** Fits as the page stands, and gives the rows that the page saves and the command that it shows. */
  async function fitted(): Promise<{ readonly tidy: string; readonly command: string }> {
    const { page } = demo;
    await fitAnew(page);
    const command = await shownCommand(page);
    await press('#tab-keep');
    const tidy = await saved('tidy tsv', /tidy\.tsv$/);
    await press(`#tab-${(await page.$('#tab-genes[hidden]')) ? 'gene' : 'genes'}`);
    return { tidy, command };
  }

  /** What the command writes when it is run as the page shows it. */
  const ofCommand = (command: string, where: string, ...more: readonly string[]): string =>
    runShown(command, where, ['command.tsv'], folder, '--no-notes', ...more)[0];

  async function expectCommand(where = EXAMPLES): Promise<{ readonly tidy: string; readonly command: string }> {
    const done = await fitted();
    expectSameTable(done.tidy, ofCommand(done.command, where), TOLERANCE.demo.betweenEngines);
    return done;
  }

  it('takes yes or no for what it is, with odds ratios beside log odds', async () => {
    const { page } = demo;
    await open(['examples/clinic.csv']);
    expect(await text('#family-proposal')).toBe("'well' holds no and yes: the odds of yes are modelled.");
    await page.waitForSelector('#compared');
    expect(await text('#compared')).toContain('30 against 30 units');
    await typeFormula(page, 'well ~ week * arm + severity + (1 | patient)');
    await page.waitForSelector('[data-key="nagq"]');
    await choose('nagq', '9');
    const { command, tidy } = await expectCommand();
    expect(command).toContain('--family binomial');
    expect(command).toContain('--nagq 9');
    expect(await text('#tab-gene')).toBe('Result');
    expect(await page.$('#view-genes:not([hidden])')).toBeNull();
    expect(await text('#provenance')).toContain('binomial, logit link, 9 nodes of quadrature');
    const row = await text('#coefficients-table tr[data-term="week:armtreated"]');
    expect(row).toContain('slope over week, treated − placebo');
    const estimate = Number(
      tidy
        .split('\n')
        .find((line) => line.includes('week:armtreated'))
        ?.split('\t')[4],
    );
    expect(row).toContain(String(Number(Math.exp(estimate).toPrecision(4))));
    expect(await text('#coefficients-table thead')).toContain('Odds ratio');
  });

  it('proposes grades and counts in words, and fits them where they are taken', async () => {
    const { page } = demo;
    await open(['examples/grades.csv']);
    await page.waitForSelector('#take-family');
    expect(await text('#family-proposal')).toContain('the grades 0, 1, 2, 3, 4');
    await press('#take-family');
    await typeFormula(page, 'grade ~ week * arm + (1 | patient)');
    expect((await expectCommand()).command).toContain('--family cumulative');
    expect(await text('#variation-table')).toContain('threshold 3 to 4');
    await open(['examples/counts.csv']);
    await page.waitForSelector('#take-family');
    expect(await text('#family-proposal')).toContain('whole numbers from 0 to 58');
    await press('#take-family');
    await typeFormula(page, 'attacks ~ base + arm + (1 | patient)');
    await choose('exposure', 'days');
    await expectCommand();
    expect(await text('#coefficients-table thead')).toContain('Ratio of rates');
    expect(await text('#variation-table')).toContain('size (variance μ + μ²/size)');
    await choose('family', 'poisson');
    await page.waitForFunction(() => document.querySelector('#stale')?.textContent?.includes('fit again') ?? false);
    expect((await expectCommand()).command).toContain('--family poisson');
  });

  it('fits a trial with a covariance of its visits, mapped and with limits', async () => {
    const { page } = demo;
    await open(['examples/trial.csv']);
    await page.waitForSelector('#take-trial');
    await press('#take-trial');
    await page.waitForFunction(() => document.querySelector('#take-trial') === null);
    const formula = (): Promise<string> => page.$eval('#formula', (box) => (box as HTMLInputElement).value);
    expect(await formula()).toBe('score ~ arm * visit');
    await choose('structure', '');
    expect(await formula()).toBe('score ~ arm * visit + (1 | subject)');
    await typeFormula(page, 'score ~ arm * visit + base + (1 | subject)');
    await choose('structure', 'us');
    expect(await formula()).toBe('score ~ arm * visit + base');
    const { command } = await expectCommand();
    expect(command).toContain("--residual 'us(visit | subject)'");
    const limits = ofCommand(command, EXAMPLES, '--conf-int')
      .split('\n')
      .map((line) => line.split('\t'));
    const place = limits[0].indexOf('conf.low');
    await page.waitForFunction(
      () => document.querySelector('#variation-table')?.textContent?.includes('95 %') ?? false,
    );
    for (const term of ['sd__week08', 'cor__week02.week12']) {
      const found = limits.find((cells) => cells.includes(term)) ?? [];
      const shown = await text(`#variation-table tr[data-parameter="Residual ${term}"]`);
      expect(shown).toContain(`${Number(Number(found[place]).toPrecision(4))} to`);
    }
    const map = await page.$eval('.plot.covariance svg', (svg) => svg.textContent ?? '');
    const sd = Number(limits.find((cells) => cells.includes('sd__week08'))?.[4]);
    expect(map).toContain(String(Number(sd.toPrecision(3))));
    // The change of the difference at the last visit is what the trial asks.
    const first = await page.$eval('#effect-list li.first', (item) => item.textContent ?? '');
    expect(first).toContain('(treated − placebo) at visit week12 − the same at week02');
    expect(first).toMatch(/rests on 80 subjects \(277 visits\)/);
    expect(await text('#coefficients-table tr[data-term="base"]')).toContain('rests on 80 subjects');
  });

  it('takes another reference, parameters by group, and a spread by sex', async () => {
    const { page } = demo;
    await page.$eval('#design-levels', (host) => host.setAttribute('open', ''));
    await choose('arm reference', 'treated');
    const write = (structure: string): Promise<void> =>
      page.$eval(
        '[data-key="residual written"] input',
        (box, own) => {
          (box as HTMLInputElement).value = own;
          box.dispatchEvent(new Event('change'));
        },
        structure,
      );
    await write('uss(visit | subject)');
    await page.waitForFunction(() => document.querySelector('#formula-error')?.textContent?.includes("'us'") ?? false);
    expect(await text('#formula-error')).toContain('uss(visit | subject)');
    await write('us(visit | subject)');
    await choose('residual by', 'sex');
    await choose('structure', 'ar1');
    await choose('spread', 'sex');
    const { command, tidy } = await expectCommand();
    expect(command).toContain('--factor arm=treated,placebo');
    expect(command).toContain("--residual 'ar1(visit | sex / subject)'");
    expect(command).toContain("--dispersion '~ 0 + sex'");
    expect(tidy).toContain('armplacebo:visitweek12');
    expect(await text('#provenance')).toContain('residuals ar1(visit | sex / subject)');
    expect(await text('#coefficients-table tr[data-term="armplacebo"]')).toContain('placebo − treated at visit week02');
    expect(await page.$$('.plot.covariance svg')).toHaveLength(2);
  });

  it('opens a session of one model', async () => {
    const { page, downloads } = demo;
    await press('#tab-keep');
    await exists('[data-export="session"]');
    await press('[data-export="session"]');
    const session = await savedFile(downloads, /session\.json\.gz$/);
    const shown = await text('#provenance');
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await chooseFiles(page, [session]);
    await page.waitForSelector('.plot.covariance svg');
    expect(await page.$$('.plot.covariance svg')).toHaveLength(2);
    expect(await text('#provenance')).toBe(shown);
    expect(await text('#coefficients-table tr[data-term="base"]')).toContain('rests on 80 subjects');
  });

  it('moderates proteins and weighs counts as the command does', async () => {
    const { page } = demo;
    await open(['examples/proteins.tsv', 'examples/proteins.samples.tsv']);
    await typeFormula(page, '~ time + (1 | patient)');
    await choose('transform', 'log2');
    await choose('moderate', 'robust');
    const { command, tidy } = await expectCommand();
    expect(command).toContain('--moderate robust');
    expect(command).toContain('--transform log2');
    expect(tidy).toContain('p.moderated');
    expect(await text('#tab-genes')).toBe('Responses');
    const samples = Array.from({ length: 12 }, (_, i) => `s${i + 1}`);
    writeFileSync(
      join(folder, 'samples.tsv'),
      `sample\tdonor\tstim\n${samples.map((name, i) => `${name}\td${i >> 1}\t${i % 2 ? 'stim' : 'ctrl'}`).join('\n')}\n`,
    );
    const lines = Array.from({ length: 60 }, (_, g) => [`g${g}`, ...samples.map((_s, i) => countAt(g, i))].join('\t'));
    writeFileSync(join(folder, 'pseudobulk.tsv'), `gene\t${samples.join('\t')}\n${lines.join('\n')}\n`);
    await open([join(folder, 'pseudobulk.tsv'), join(folder, 'samples.tsv')]);
    await typeFormula(page, '~ stim + (1 | donor)');
    await choose('weights', 'voom');
    await page.waitForSelector('[data-key="normFactors"]');
    await choose('normFactors', 'tmm');
    const voom = await expectCommand(folder);
    expect(voom.command).toContain('--weights voom');
    expect(voom.command).toContain('--norm-factors tmm');
    await choose('family', 'nbinom2');
    const counts = await expectCommand(folder);
    expect(counts.command).toContain('--offset library');
    expect(await text('#offset-hint')).toContain('log of the counts of each row');
    expect(counts.command).not.toContain('voom');
  });

  it('keeps all of it over a reload', async () => {
    const { page } = demo;
    await new Promise((wait) => setTimeout(wait, 600));
    await page.reload();
    await page.waitForSelector('[data-ready]');
    await open([join(folder, 'pseudobulk.tsv'), join(folder, 'samples.tsv')]);
    await page.waitForSelector('[data-key="family"]');
    expect(await page.$eval('[data-key="family"] select', (box) => (box as HTMLSelectElement).value)).toBe('nbinom2');
    expect(await text('#provenance')).toContain('nbinom2, log link');
  });

  it('raises no error on the page', () => {
    expect(demo.errors).toEqual([]);
  });
});
