/** Every view of the four stories on a telephone, a small and a usual screen: nothing that matters lies beyond an edge. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { example, succeed, temporaryFolder } from '../cli/command.ts';
import { pressFit, typeFormula, waitForFit } from './demo-page.ts';
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
        // A number that is cut is another number.
        if (cell.matches('.number') && cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0)
          faults.push(`${name}: ${cell.textContent} is cut`);
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
  for (const name of document.querySelectorAll<HTMLElement>('.gene-body .cell.gene')) {
    if (name.scrollWidth > name.clientWidth + 1 || name.scrollHeight > name.clientHeight + 1)
      faults.push(`the name ${name.textContent} is cut`);
  }
  for (const picture of document.querySelectorAll<HTMLElement>('[role="tabpanel"]:not([hidden]) img')) {
    if (picture.clientWidth > 0 && picture.clientWidth < 540) faults.push('the letters of a picture are too small');
  }
  return { faults: [...new Set(faults)], tables, p };
}

/** Runs in the page: what boxes hold that can't be read whole, though there is room for them in their line. */
function lookAtBoxes(): string[] {
  const pen = document.createElement('canvas').getContext('2d');
  const cut: string[] = [];
  for (const box of document.querySelectorAll<HTMLSelectElement | HTMLInputElement>(
    ':is(.grid, .chooser) :is(select, input[type="text"])',
  )) {
    const line = box.closest('.grid, .chooser')?.clientWidth ?? 0;
    if (!pen || !box.checkVisibility() || box.clientWidth === 0 || box.offsetWidth >= line - 2) continue;
    const { font, paddingLeft, paddingRight } = getComputedStyle(box);
    pen.font = font;
    const isChoice = box instanceof HTMLSelectElement;
    const text = isChoice ? (box.selectedOptions[0]?.text ?? '') : box.value || box.placeholder;
    const room = box.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
    if (pen.measureText(text).width > room + 1) cut.push(`${text} in ${box.clientWidth}`);
  }
  return cut;
}

/** Genes with names as genes have them, one of them constant, in two tissues of eight patients with and without a drug. */
function tissueFiles(): { readonly data: string; readonly obs: string } {
  const rows = ['Peripheral blood', 'Bone marrow'].flatMap((tissue, t) =>
    Array.from({ length: 16 }, (_, i) => ({
      name: `s${16 * t + i}`,
      tissue,
      patient: `p${i % 8}`,
      drug: i < 8 ? 'no' : 'yes',
    })),
  );
  const obs = join(folder, 'tissues.csv');
  const lines = rows.map(({ name, tissue, patient, drug }) => `${name},${tissue},${patient},${drug}`);
  writeFileSync(obs, `sample,tissue,patient,drug\n${lines.join('\n')}\n`);
  const value = (g: number, i: number): string =>
    g === 3 && i < 16
      ? '1'
      : (5 + ((Math.abs(Math.sin(g * 12.9898 + i * 78.233)) * 43758.5453) % 1) * (g % 2 === 0 ? 0.02 : 1)).toFixed(4);
  const genes = Array.from({ length: 12 }, (_, g) => `HLA-DRB${g + 10},${rows.map((_, i) => value(g, i)).join(',')}`);
  const data = join(folder, 'expression.csv');
  writeFileSync(data, `gene,${rows.map(({ name }) => name).join(',')}\n${genes.join('\n')}\n`);
  return { data, obs };
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

  it('let boxes and names be read, in words of responses', async () => {
    const { page } = demo;
    const { data, obs } = tissueFiles();
    await openFiles(data, obs);
    await exists('#compared');
    await page.select('[data-key="split"] select', 'tissue');
    await typeFormula(page, '~ drug + (1 | patient)');
    await waitForText('.design-check', 'of 2 tissues');
    await page.$$eval('.choices details', (all) => {
      for (const one of all) one.open = true;
    });
    const label = await words('[data-key="minCells"]');
    const cut: string[] = [];
    const look = async (width: number): Promise<void> => {
      await page.setViewport({ width, height: 900 });
      cut.push(...(await page.evaluate(lookAtBoxes)).map((box) => `${width}: ${box}`));
    };
    for (const width of WIDTHS) await look(width);
    await pressFit(page);
    expect(await waitForFit(page)).toMatch(/1 constant/);
    await press('#tab-models');
    await exists('#select-terms');
    await press('#select-terms');
    await waitForText('#selection-lines', '1 more has no fit to begin with');
    for (const width of WIDTHS) {
      for (const view of ['genes', 'keep', 'models']) {
        await press(`#tab-${view}`);
        await look(width);
      }
    }
    expect(cut).toEqual([]);
    expect(label).toBe('Responses seen in at least');
    await means();
    await expectAllInSight(10);
  });

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
    await press('#tab-models');
    await exists('.offered');
    // What stands in the place of a structure of visits cannot be fitted beside it.
    expect(await words('.model-offers')).not.toContain('| subject');
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

  it.each([
    { levels: 8, units: 20, each: true },
    { levels: 12, units: 30, each: false },
    { levels: 3, units: 70, each: false },
  ])('show rows by unit and $levels levels without a bar, $units units', async ({ levels, units, each }) => {
    const diets = Array.from({ length: levels }, (_, k) => `${100 + k} mg of a diet`);
    const lines = Array.from({ length: units }, (_, i) =>
      diets.flatMap((diet, k) =>
        // The first mouse lacks the first diet, and has the last twice.
        Array.from({ length: i === 0 && k === 0 ? 0 : i === 0 && k === levels - 1 ? 2 : 1 }, () => {
          return `M${i},${diet},${(10 * Math.sin(7 * i + 3 * k)).toFixed(3)}`;
        }),
      ),
    ).flat();
    const path = join(folder, `diets-${levels}.csv`);
    writeFileSync(path, `mouse,diet,weight\n${lines.join('\n')}\n`);
    const { page } = demo;
    await page.reload();
    await exists('[data-ready]');
    await openFiles(path);
    await typeFormula(page, 'weight ~ diet + (1 | mouse)');
    await exists('.crosstab table');
    await page.$eval('.crosstab', (host) => {
      (host as HTMLDetailsElement).open = true;
    });
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const over = await page.$eval('.crosstab .scroll', (box) => box.scrollWidth - box.clientWidth);
      expect(over, `${width}`).toBeLessThanOrEqual(1);
    }
    await page.setViewport({ width: 1280, height: 900 });
    const rows = await page.$$eval('.crosstab tbody tr', (all) =>
      all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
    if (each) {
      expect(rows).toHaveLength(units);
      expect(rows[0]).toEqual(['M0', '–', ...Array<string>(levels - 2).fill('1'), '2']);
      return;
    }
    expect(rows).toEqual([
      [diets[0], `${units - 1}`, `${units - 1}`, '1'],
      ...diets.slice(1, -1).map((diet) => [diet, `${units}`, `${units}`, '1']),
      [diets[levels - 1], `${units}`, `${units + 1}`, '1 to 2'],
      ['all', `${units}`, `${units * levels}`, `${levels}`],
    ]);
  });
});
