/** Every view of the four stories on a telephone, a small and a usual screen: nothing that matters lies beyond an edge. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { example, succeed, temporaryFolder } from '../cli/command.ts';
import { waitForFit } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const WIDTHS = [1440, 1024, 390] as const;

const folder = temporaryFolder();
const CELLS = join(folder, 'pbmc.h5ad');
const PATIENTS = join(folder, 'patients.h5ad');
const SETS = join(folder, 'sets.gmt');

beforeAll(async () => {
  const cells = ['simulate', '--kind', 'cells', '--density', '0.3', '--genes', '40', '--quiet'];
  await succeed(...cells, '--cells', '600', '--donors', '2', '--seed', '3', '--out', CELLS);
  await succeed(...cells, '--cells', '600', '--donors', '5', '--sample-sd', '0.3', '--seed', '11', '--out', PATIENTS);
  const genes = (from: number): string =>
    Array.from({ length: 15 }, (_, k) => `gene${String(from + k).padStart(2, '0')}`).join('\t');
  writeFileSync(SETS, `GOBP_RESPONSE_TO_A_STIMULUS_OF_MANY_WORDS\tabout\t${genes(1)}\nsecond\t\t${genes(20)}\n`);
});

/** What lies beyond an edge or is cut in the view on show; how many p were looked at. */
interface Sight {
  readonly faults: readonly string[];
  readonly tables: readonly string[];
  readonly p: number;
}

/** Runs in the page. */
function lookAtView(): Sight {
  const faults: string[] = [];
  const tables: string[] = [];
  let p = 0;
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`the page scrolls sideways by ${scrollWidth - clientWidth}`);
  const isP = (title: string): boolean => /^(?:[▴▾] )?(?:adj\. |moderated |adj\. moderated )?p(?:$|[ ,])/.test(title);
  for (const table of document.querySelectorAll<HTMLElement>(
    '[role="tabpanel"]:not([hidden]) :is(table, [role="grid"])',
  )) {
    if (table.getClientRects().length === 0 || !table.checkVisibility()) continue;
    const name = table.id || table.getAttribute('aria-label') || table.className;
    tables.push(name);
    let box: HTMLElement = table;
    while (!/auto|scroll/.test(getComputedStyle(box).overflowX) && box.parentElement) box = box.parentElement;
    const [left, right] = [box.getBoundingClientRect().left, box.getBoundingClientRect().left + box.clientWidth];
    if (box.scrollWidth > box.clientWidth + 1)
      faults.push(`${name} scrolls sideways by ${box.scrollWidth - box.clientWidth}`);
    const heads = [...table.querySelectorAll<HTMLElement>('thead th, [role="columnheader"]')];
    const titles = heads.map((head) => head.textContent?.trim() ?? '');
    // Headings of blocks stand before each value.
    const stacked = table.classList.contains('stacked');
    for (const head of stacked ? [] : heads) {
      for (const part of [head, ...head.querySelectorAll<HTMLElement>('button')]) {
        if (part.clientWidth > 0 && part.scrollWidth > part.clientWidth + 1)
          faults.push(`${name}: ${head.textContent} is cut`);
      }
    }
    for (const row of table.querySelectorAll('tbody tr, [role="rowgroup"] [role="row"]:not(.head)')) {
      for (const [k, cell] of [...row.children].entries()) {
        if (!isP(titles[k] ?? '') || cell.textContent === '') continue;
        p += 1;
        const own = cell.getBoundingClientRect();
        const seen =
          own.width > 0 && own.left >= left - 1 && own.right <= right + 1 && cell.scrollWidth <= cell.clientWidth + 1;
        if (!seen) faults.push(`${name}: ${titles[k]} ${cell.textContent} is out of sight`);
        if (stacked && cell.getAttribute('data-label') !== titles[k]) faults.push(`${name}: a value without its name`);
      }
    }
  }
  return { faults: [...new Set(faults)], tables, p };
}

describeDemo('the views of the application', {}, (demo) => {
  const { exists, press, addModel, openFiles, setLabelled, waitForText, words } = pageHands(demo);

  /** Fits the design that the page proposes for a file. */
  const fitDesign = async (path: string): Promise<void> => {
    await exists('#compared');
    await exists('#run:not([disabled])');
    await press('#run');
    await waitForText('.provenance', basename(path));
    await waitForFit(demo.page);
  };
  const shown = '[role="tabpanel"]:not([hidden])';

  /** Formulas beside each other, one fitted with the first, and whatever else a story presses there. */
  async function compare(
    formula: string,
    ...more: readonly (readonly [button: string, outcome: string])[]
  ): Promise<void> {
    await press('#tab-models');
    await exists('#add-model');
    await addModel(formula);
    await exists('#compare-models:not([disabled])');
    await press('#compare-models');
    await exists('#models-table');
    for (const [button, outcome] of more) {
      await press(button);
      await exists(outcome);
    }
    await exists('#fit-beside');
    await press('#fit-beside');
    await exists('#beside :is(#beside-table, .output-row:not(.head))');
  }

  async function means(): Promise<void> {
    await press('#tab-means');
    await exists('#compute-means');
    if ((await demo.page.$('#test-terms:not([hidden])')) !== null) await press('#test-terms');
    await exists('#anova :is(table, .output-row:not(.head))');
    await press('#compute-means');
    await exists('#pairs-table');
  }

  async function openGene(): Promise<void> {
    await press('#tab-genes');
    await exists('.gene-body .gene-row');
    await demo.page.focus('.gene-scroll');
    await demo.page.keyboard.press('Enter');
    await exists('#coefficients-table');
    await findIntervals();
  }

  async function findIntervals(): Promise<void> {
    await exists(`${shown} [data-action="intervals"]:not([disabled])`);
    await press(`${shown} [data-action="intervals"]`);
    await exists('#intervals-table');
  }

  /** Opens every view at every width. */
  async function expectAllInSight(leastP: number): Promise<string[]> {
    const { page } = demo;
    const faults: string[] = [];
    const seen = new Set<string>();
    const tabs = await page.$$eval('#results [role="tab"]:not([hidden])', (all) => all.map(({ id }) => id));
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      let p = 0;
      for (const tab of tabs) {
        await press(`#${tab}`);
        // Sizes are looked at with the next picture.
        await page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done, 80))));
        const sight = await page.evaluate(lookAtView);
        faults.push(...sight.faults.map((fault) => `${width} ${tab}: ${fault}`));
        for (const name of sight.tables) seen.add(name);
        p += sight.p;
      }
      expect(p, `p in sight at ${width}`).toBeGreaterThanOrEqual(leastP);
    }
    expect(faults).toEqual([]);
    expect(demo.errors).toEqual([]);
    await page.setViewport({ width: 1280, height: 900 });
    return [...seen];
  }

  it('show all of cells of several types', async () => {
    await openFiles(CELLS);
    await exists('#take-split');
    await press('#take-split');
    await demo.page.waitForFunction(() => document.querySelector('#split-proposal') === null);
    await fitDesign(CELLS);
    await press('#tab-sets');
    await exists('#gene-set-file');
    const picker = await demo.page.$('#gene-set-file');
    await (picker as import('puppeteer').ElementHandle<HTMLInputElement>).uploadFile(SETS); // an input of files
    await exists('#gene-sets-table');
    await openGene();
    await means();
    const tables = await expectAllInSight(40);
    expect(tables).toEqual(expect.arrayContaining(['gene-sets-table', 'coefficients-table', 'pairs-table', 'F tests']));
  });

  it('show all of a treatment of five patients', async () => {
    await openFiles(PATIENTS);
    await fitDesign(PATIENTS);
    await openGene();
    await compare(
      '~ stim + (1 | donor)',
      ['#validate-models', '#validation-lines'],
      ['#select-terms', '#selection-lines'],
    );
    const tables = await expectAllInSight(30);
    expect(tables).toEqual(expect.arrayContaining(['models-table', 'Both models beside each other', 'Genes']));
    // The counts of the two models make up all genes that both test.
    const said = await words('#found-by');
    const numbers = [...said.matchAll(/(\d+) (?:found by both|by model \d alone|by neither)/g)].map(([, n]) =>
      Number(n),
    );
    const [, tested] = /Of (\d+) genes that both models test/.exec(said) ?? [];
    expect(numbers).toHaveLength(4);
    expect(numbers.reduce((a, b) => a + b, 0)).toBe(Number(tested));
    await press('#tab-models');
    await exists('#beside .plot svg');
    const drawn = await demo.page.$eval('#beside .plot svg', (plot) => plot.getAttribute('aria-label') ?? '');
    expect(drawn).toContain(`${tested} responses; found by neither: ${numbers[3]}`);
  });

  it('show all of a trial', async () => {
    await openFiles(example('trial.csv'));
    await exists('#take-trial');
    await press('#take-trial');
    await demo.page.waitForFunction(() => document.querySelector('#take-trial') === null);
    await fitDesign('trial.csv');
    await exists('#coefficients-table');
    await findIntervals();
    await compare('score ~ arm + visit', ['#test-fixed', '#fixed-table'], ['#validate-models', '#validation-table']);
    await means();
    const tables = await expectAllInSight(20);
    expect(tables).toEqual(expect.arrayContaining(['models-table', 'beside-table', 'pairs-table', 'variation-table']));
  });

  it('show all of a clinic’s yes and no, and say what its tests are', async () => {
    const { page } = demo;
    await openFiles(example('clinic.csv'));
    await fitDesign('clinic.csv');
    await exists('#coefficients-table');
    await findIntervals();
    await setLabelled('Tests of each effect', '4');
    await press(`${shown} #calibrate`);
    await exists(`${shown} #calibration-table`);
    await press('#tab-models');
    await exists('#compared-families');
    await page.select(
      '#compared-families',
      (await page.$$eval('#compared-families option', (all) => all.at(-1)?.value)) ?? '',
    );
    await compare('well ~ week + arm + (1 | patient)');
    await means();
    const tables = await expectAllInSight(12);
    expect(tables).toEqual(expect.arrayContaining(['models-table', 'calibration-table', 'anova-table', 'pairs-table']));
    await press('#tab-means');
    const said = await words(shown);
    expect(said).toContain('Large-sample chi-squared tests: they take the number of patients for large');
    expect(said).toContain('Large-sample z tests');
    const heads = (table: string): Promise<(string | null)[]> =>
      page.$$eval(`${table} thead th`, (all) => all.map(({ textContent }) => textContent));
    expect(await heads('#anova-table')).toEqual(['Term', 'df', 'χ² / df', 'p']);
    expect(await heads('#pairs-table')).toEqual(['Comparison', 'Odds ratio', 'SE', 'From', 'To', 'z', 'p', 'adj. p']);
    expect(said).not.toContain('∞');
  });
});
