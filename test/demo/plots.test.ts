import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeUnless, findTestBrowser } from '../requirements.ts';
import { openPlots, type PlotsPage } from './plots-page.ts';

const { browser, lacking } = findTestBrowser();

const GENES = 20_000;
/** Pixels with something on them: an empty plot has none. */
const LEAST_PIXELS = 1000;
const HOSTILE = `<img src=x onerror="document.title='owned'"></text><script>document.title='owned'</script>&'"`;

// Globals of the page.
declare const plots: typeof import('../../demo/src/plots/index.ts');
declare const makeGenes: typeof genes;
declare const handle: import('../../demo/src/plots/index.ts').PlotHandle;
declare const seen: { hover: (number | null)[]; select: (readonly number[])[]; open: number[] };

/** A data set with known places; runs in the page too, so it refers to nothing outside. */
function genes(count: number, hostile = 'gene 0') {
  // A linear congruential generator: any spread of points will do.
  let state = 1;
  const uniform = () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return (state + 0.5) / 4294967296;
  };
  const column = (make: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => make(i));
  const effect = column((i) => (i === 0 ? 2 : i === 1 ? -2 : uniform() - 0.5));
  const log10P = column((i) => (i === 0 ? -20 : i === 1 ? -15 : i === 2 ? NaN : Math.log10(uniform())));
  return {
    names: Array.from({ length: count }, (_, i) => (i === 0 ? hostile : `gene ${i}`)),
    effect,
    log10P,
    adjusted: column((i) => (i < 2 ? 1e-10 : 0.9)),
    mean: column(() => 3 * uniform()),
    sigma: column(() => 0.5 + uniform()),
    threshold: 0.05,
    labels: 10,
  };
}

describeUnless(lacking, 'the plots in Chromium', () => {
  let opened: PlotsPage;
  beforeAll(async () => {
    opened = await openPlots(browser ?? '');
    // Sent through the debugger, which the page's policy does not govern.
    await opened.page.evaluate(`globalThis.makeGenes = ${genes.toString()}`);
  });
  afterAll(() => opened.close());

  /** A volcano in an empty host that records its events. */
  const openVolcano = (count: number, hostile?: string) =>
    opened.page.evaluate(
      (length, name) => {
        const host = document.querySelector<HTMLElement>('#host');
        if (host === null) throw new Error('no host');
        host.replaceChildren();
        const events = { hover: [] as (number | null)[], select: [] as (readonly number[])[], open: [] as number[] };
        Object.assign(globalThis, {
          seen: events,
          handle: plots.volcanoPlot(host, makeGenes(length, name), {
            onHover: (index) => events.hover.push(index),
            onSelect: (indices) => events.select.push(indices),
            onOpen: (index) => events.open.push(index),
          }),
        });
      },
      count,
      hostile,
    );
  /** Where a label stands on the screen. */
  const placeOf = (text: string) =>
    opened.page.evaluate((wanted) => {
      const label = [...document.querySelectorAll('#host svg text')].find((element) => element.textContent === wanted);
      const box = label?.getBoundingClientRect();
      return box === undefined ? null : { left: box.left, right: box.right, y: box.top + box.height / 2 };
    }, text);
  const events = () => opened.page.evaluate(() => seen);
  const tip = () =>
    opened.page.$eval('#host .plot-tip', (element) =>
      getComputedStyle(element).display === 'none' ? null : [...element.children].map(({ textContent }) => textContent),
    );

  it('describe the point under the pointer, open it on a click, let go of it', async () => {
    const { page } = opened;
    await openVolcano(300);
    // The label stands to the left of the rightmost point, with a gap of six pixels and one of padding.
    const label = await placeOf('gene 0');
    if (label === null) throw new Error('the first gene has no label');
    await page.mouse.move(label.right + 8, label.y);
    expect(await tip()).toEqual(['gene 0', 'effect 2', 'p 1e−20', 'adjusted p 1e−10']);
    await page.mouse.click(label.right + 8, label.y);
    await page.mouse.move(5, 5);
    expect(await tip()).toBeNull();
    const { hover, open } = await events();
    expect(open).toEqual([0]);
    expect(hover[0]).toBe(0);
    expect(hover[hover.length - 1]).toBeNull();
  });

  it('are walked through with the keyboard', async () => {
    const { page } = opened;
    await openVolcano(300);
    await page.$eval('#host svg', (svg) => (svg as SVGSVGElement).focus());
    await page.keyboard.press('ArrowRight');
    expect((await tip())?.[0]).toBe('gene 0');
    await page.keyboard.press('ArrowRight');
    expect((await tip())?.[0]).toBe('gene 1');
    expect(await page.$eval('#host [aria-live]', ({ textContent }) => textContent)).toContain('gene 1');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    expect(await tip()).toBeNull();
    expect((await events()).open).toEqual([1]);
    expect(await page.$eval('#host svg', (svg) => svg.getAttribute('aria-label'))).toMatch(
      /^Volcano plot\. 299 genes; 1 up and 1 down at an adjusted p of 0\.05\./,
    );
    expect(await page.$eval('#host svg', (svg) => svg.getAttribute('role'))).toBe('application');
  });

  it.each(['Shift', 'the button'])('select with a lasso, by %s, and clear it with Escape', async (way) => {
    const { page } = opened;
    await openVolcano(300);
    const label = await placeOf('gene 0');
    if (label === null) throw new Error('the first gene has no label');
    if (way === 'Shift') await page.keyboard.down('Shift');
    else await page.click('#host .plot-lasso');
    const [x, y] = [label.right + 7, label.y];
    await page.mouse.move(x - 30, y - 20);
    await page.mouse.down();
    for (const [dx, dy] of [
      [12, -20],
      [12, 25],
      [-30, 25],
      [-30, -18],
    ]) {
      await page.mouse.move(x + dx, y + dy, { steps: 4 });
    }
    await page.mouse.up();
    if (way === 'Shift') await page.keyboard.up('Shift');
    const { select, open } = await events();
    expect(select).toEqual([[0]]);
    expect(open).toEqual([]);
    await page.$eval('#host svg', (svg) => (svg as SVGSVGElement).focus());
    await page.keyboard.press('Escape');
    expect((await events()).select).toEqual([[0], []]);
  });

  it('write text as text, whatever a gene is called', async () => {
    const { page, errors } = opened;
    await openVolcano(300, HOSTILE);
    await page.$eval('#host svg', (svg) => (svg as SVGSVGElement).focus());
    await page.keyboard.press('ArrowRight');
    expect((await tip())?.[0]).toBe(HOSTILE);
    const found = await page.evaluate(async (name) => {
      const file = handle.toSvg();
      const parsed = new DOMParser().parseFromString(file, 'image/svg+xml');
      const others = [...parsed.querySelectorAll('*')].filter(
        ({ localName }) => !['svg', 'title', 'path', 'text'].includes(localName),
      );
      // As a report would hold it.
      const report = document.createElement('div');
      report.innerHTML = file;
      document.body.append(report);
      const groups = [{ label: name, condition: name, donor: name, values: Float64Array.of(1, 2, 3) }];
      const host = document.createElement('div');
      document.body.append(host);
      const gene = plots.genePlot(host, {
        groups,
        fitted: [{ condition: name, mean: 2, low: 1, high: 3 }],
        yLabel: name,
      });
      plots.caterpillarPlot(host, {
        levels: [name],
        estimate: Float64Array.of(1),
        standardError: Float64Array.of(1),
        title: name,
      });
      plots.varianceFractionPlot(host, { components: [name], fractions: [Float64Array.of(0.2, 0.4)] });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const result = {
        valid: parsed.querySelector('parsererror') === null,
        others: others.length,
        title: parsed.querySelector('title')?.textContent ?? '',
        elements: document.querySelectorAll('img, #host script, div script').length,
        document: document.title,
        geneValid: new DOMParser().parseFromString(gene.toSvg(), 'image/svg+xml').querySelector('parsererror') === null,
      };
      report.remove();
      host.remove();
      return result;
    }, HOSTILE);
    expect(found).toMatchObject({ valid: true, others: 0, elements: 0, document: 'plots', geneValid: true });
    expect(found.title).toContain(HOSTILE);
    expect(errors).toEqual([]);
  });

  it('draw every kind, as a file and as PNG of its size', async () => {
    const made = await opened.page.evaluate(async () => {
      const host = document.querySelector<HTMLElement>('#host');
      if (host === null) throw new Error('no host');
      const data = makeGenes(500);
      const groups = ['a', 'b'].map((condition) => ({
        label: 'one',
        condition,
        donor: 'one',
        values: data.mean.subarray(0, 300),
      }));
      const kinds: [string, (element: HTMLElement) => import('../../demo/src/plots/index.ts').PlotHandle][] = [
        ['volcano', (element) => plots.volcanoPlot(element, data)],
        [
          'ma',
          (element) => plots.maPlot(element, { ...data, singular: new Uint8Array(500).fill(1), leastEffect: 0.1 }),
        ],
        [
          'bars',
          (element) =>
            plots.foundBars(element, {
              types: ['T cells', 'a type with a name that is longer than there is room for it', '<b>'],
              ...{ up: Int32Array.of(3, 0, 2000), down: Int32Array.of(0, 0, 12) },
              tested: Int32Array.of(500, 0, 20_000),
            }),
        ],
        [
          'dots',
          (element) =>
            plots.dotPlot(element, {
              ...{ genes: data.names.slice(0, 5), types: ['T cells', 'B cells', 'none'] },
              effect: data.effect.slice(0, 15).fill(Number.NaN, 12),
              log10P: data.log10P.slice(0, 15),
              log10Adjusted: data.adjusted.slice(0, 15).map(Math.log10),
              expressed: new Float64Array(15).fill(Number.NaN),
              ...{ size: 'p', threshold: 0.05 },
            }),
        ],
        ['histogram', (element) => plots.pHistogram(element, { p: data.log10P.map((value) => 10 ** value) })],
        ['qq', (element) => plots.qqPlot(element, data)],
        ['mean-variance', (element) => plots.meanVariancePlot(element, data)],
        [
          'fractions',
          (element) => plots.varianceFractionPlot(element, { components: ['x'], fractions: [data.adjusted] }),
        ],
        ['gene', (element) => plots.genePlot(element, { groups, fitted: [], yLabel: 'y' })],
        [
          'caterpillar',
          (element) =>
            plots.caterpillarPlot(element, {
              levels: data.names,
              estimate: data.effect,
              standardError: data.sigma,
              title: 't',
            }),
        ],
      ];
      const results = [];
      for (const [name, make] of kinds) {
        host.replaceChildren();
        const plot = make(host);
        const box = host.getBoundingClientRect();
        const image = await createImageBitmap(await plot.toPng(1.5));
        const canvas = document.createElement('canvas');
        canvas.width = image.width;
        canvas.height = image.height;
        const context = canvas.getContext('2d');
        context?.drawImage(image, 0, 0);
        const pixels = context?.getImageData(0, 0, image.width, image.height).data ?? [];
        const colours = new Set<number>();
        for (let i = 0; i < pixels.length; i += 4) colours.add(pixels[i] * 65536 + pixels[i + 1] * 256 + pixels[i + 2]);
        const file = plot.toSvg();
        plot.destroy();
        results.push({
          name,
          scale: [image.width / box.width, image.height / box.height],
          colours: colours.size,
          opaque: pixels[3] === 255,
          svg: file.startsWith('<svg xmlns="http://www.w3.org/2000/svg"') && !/NaN|undefined/.test(file),
          left: host.children.length,
        });
      }
      return results;
    });
    expect(made.map(({ name }) => name)).toHaveLength(10);
    for (const { name, scale, colours, opaque, svg, left } of made) {
      expect(scale[0], name).toBeCloseTo(1.5, 1);
      expect(scale[1], name).toBeCloseTo(1.5, 1);
      expect(colours, name).toBeGreaterThan(20);
      expect([opaque, svg, left], name).toEqual([true, true, 0]);
    }
  });

  it('have something to say without data, and when they were never visible', async () => {
    const texts = await opened.page.evaluate(() => {
      const host = document.querySelector<HTMLElement>('#host');
      if (host === null) throw new Error('no host');
      host.replaceChildren();
      const none = new Float64Array();
      const data = { ...makeGenes(0), effect: none, log10P: none };
      const made = [
        plots.volcanoPlot(host, data),
        plots.pHistogram(host, { p: Float64Array.of(NaN) }),
        plots.qqPlot(host, data),
        plots.meanVariancePlot(host, data),
        plots.varianceFractionPlot(host, { components: [], fractions: [] }),
        plots.genePlot(host, { groups: [], fitted: [], yLabel: '' }),
        plots.caterpillarPlot(host, { levels: [], estimate: none, standardError: none, title: '' }),
      ];
      const shown = [...host.querySelectorAll('svg text')].map(({ textContent }) => textContent);
      const hidden = document.createElement('div');
      hidden.hidden = true;
      host.append(hidden);
      const file = plots.volcanoPlot(hidden, makeGenes(50)).toSvg();
      for (const plot of made) plot.destroy();
      return { shown, width: /width="(\d+)"/.exec(file)?.[1] };
    });
    expect(texts.shown).toHaveLength(7);
    expect(texts.width).toBe('800');
  });

  it('follow the width, the colours of the page and its preference for dark', async () => {
    const { page } = opened;
    await openVolcano(300);
    const state = () =>
      page.evaluate(() => ({
        width: document.querySelector('#host svg')?.getAttribute('viewBox')?.split(' ')[2],
        up: [...document.querySelectorAll('#host svg text')]
          .find(({ textContent }) => textContent?.endsWith('up'))
          ?.getAttribute('fill'),
      }));
    expect(await state()).toEqual({ width: '876', up: '#d55e00' });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await page.waitForFunction(() => document.querySelector('#host svg text[fill="#e69f00"]') !== null);
    await page.evaluate(() => {
      document.documentElement.style.setProperty('--plot-up', 'oklch(0.7 0 0)');
      handle.update(makeGenes(300));
    });
    expect((await state()).up).toMatch(/^#(..)\1\1$/); // a grey, as six digits
    await page.setViewport({ width: 384, height: 700 });
    await page.waitForFunction(() =>
      document.querySelector('#host svg')?.getAttribute('viewBox')?.startsWith('0 0 360 '),
    );
    // Nothing is cut off: all text lies inside.
    const outside = await page.evaluate(() => {
      const frame = document.querySelector('#host svg')?.getBoundingClientRect();
      return [...document.querySelectorAll('#host svg text')].filter((element) => {
        const box = element.getBoundingClientRect();
        return frame === undefined || box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom;
      }).length;
    });
    expect(outside).toBe(0);
    await page.evaluate(() => document.documentElement.style.removeProperty('--plot-up'));
    await page.emulateMediaFeatures([]);
    await page.setViewport({ width: 900, height: 700 });
  });

  // How fast is for bench/plots.mjs.
  it.each(['volcanoPlot', 'qqPlot', 'meanVariancePlot'] as const)(
    `%s draws ${GENES} points, and others`,
    async (kind) => {
      const painted = await opened.page.evaluate(
        async (name, count) => {
          const host = document.querySelector<HTMLElement>('#host');
          if (host === null) throw new Error('no host');
          host.replaceChildren();
          const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
          /** How many pixels have something on them, and a number that changes with their places. */
          const pixels = () => {
            const seen = { count: 0, places: 0 };
            for (const canvas of host.querySelectorAll('canvas')) {
              const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
              for (let i = 3; i < data.length; i += 4) {
                if (data[i] === 0) continue;
                seen.count++;
                seen.places = (31 * seen.places + i) % 1_000_003;
              }
            }
            return seen;
          };
          const drawn = plots[name](host, makeGenes(count));
          await frame();
          const many = pixels();
          drawn.update(makeGenes(10));
          await frame();
          const few = pixels();
          drawn.update(makeGenes(count));
          await frame();
          return { many, few, again: pixels() };
        },
        kind,
        GENES,
      );
      expect(painted.many.count).toBeGreaterThan(LEAST_PIXELS);
      expect(painted.few.count).toBeGreaterThan(LEAST_PIXELS);
      expect(painted.few.places).not.toBe(painted.many.places);
      expect(painted.again).toEqual(painted.many);
    },
  );
});
