/** What the page advises of a design, what its tests rest on, and how it says so: a trial with named visits, slices of mice. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { run, temporaryFolder } from '../cli/command.ts';
import { fitAnew, typeFormula } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const folder = temporaryFolder();
const TRIAL = join(folder, 'named-visits.csv');
const SLICES = join(folder, 'slices.csv');
const VISITS = ['baseline', 'week 4', 'week 12'];
/** Recommended first, as the command prints it. */
const recommended = async (path: string): Promise<string> => {
  const { stdout } = await run(['design', path, '--format', 'json']);
  return JSON.parse(stdout).formulas[0].formula;
};

beforeAll(() => {
  const visits = Array.from({ length: 40 }, (_, p) =>
    VISITS.map((visit, k) => {
      const score = 20 + Math.sin(p * 12.9898) * 3 + Math.sin(7.7 * p + 3.1 * k) - (p % 2) * k;
      return `P${p + 1},${p % 2 ? 'drug' : 'placebo'},${visit},${score.toFixed(3)}`;
    }),
  );
  writeFileSync(TRIAL, `patient,arm,visit,score\n${visits.flat().join('\n')}\n`);
  const cells = Array.from({ length: 8 * 6 * 6 }, (_, i) => {
    const [mouse, slice] = [Math.floor(i / 36), Math.floor(i / 6)];
    const y = 5 + Math.sin(mouse * 5.3) + Math.sin(slice * 8.1) + Math.sin(i * 12.9898);
    return `m${mouse},${slice % 2 ? 'drug' : 'vehicle'},s${slice},${y.toFixed(3)}`;
  });
  writeFileSync(SLICES, `mouse,treatment,slice,y\n${cells.join('\n')}\n`);
});

describeDemo('advice on a design', { width: 1440, height: 1000 }, (demo) => {
  const { text, words, exists, waitForText, press, openFiles, savedFigure } = pageHands(demo);
  const formula = (): Promise<string> => demo.page.$eval('#formula', (box) => (box as HTMLTextAreaElement).value);

  it('begins a trial whose visits are words with the interaction that its first test is of', async () => {
    await openFiles(TRIAL);
    await exists('.formula-choice');
    expect(await recommended(TRIAL)).toBe('score ~ arm * visit + (1 | patient)');
    expect(await formula()).toBe(await recommended(TRIAL));
    expect(await words('.formula-choice.recommended.chosen')).toContain('rests on 40 levels of');
    await waitForText('#effect-list li.first', 'at visit week 12');
    expect(await words('#trial-proposal')).toContain('a mean for each arm at each visit');
  });

  it('offers the formulas that fit to a model that has no random term', async () => {
    await typeFormula(demo.page, 'score ~ arm * visit');
    await waitForText('.warnings', 'no random term holds them together');
    await waitForText('#formula-choices', 'The formula above is none of them');
    expect(await words('.formula-choice.recommended')).toContain('score ~ arm * visit + (1 | patient)');
    await press('#formula-choice-0');
    await demo.page.waitForFunction(() => document.querySelector('.formula-choice.recommended.chosen') !== null);
    expect(await formula()).toBe('score ~ arm * visit + (1 | patient)');
  });

  it('breaks a long formula into lines, and takes it as one', async () => {
    const { page } = demo;
    const long = 'score ~ arm * visit + poly(cos(score + 1), 3) + sin(score) + log(1 + abs(score)) + (1 | patient)';
    const box = () =>
      page.$eval('#formula', (own) => {
        const { clientHeight, clientWidth, scrollHeight, scrollWidth } = own;
        return { height: clientHeight, cut: scrollWidth > clientWidth || scrollHeight > clientHeight };
      });
    const one = await box();
    expect(one.cut).toBe(false);
    await page.$eval('#formula', (own) => (own as HTMLTextAreaElement).select());
    await page.keyboard.type(long);
    await page.keyboard.press('Escape');
    for (const width of [1440, 1024, 390]) {
      await page.setViewport({ width, height: 1000 });
      const { height, cut } = await box();
      expect(cut, `cut at ${width}`).toBe(false);
      expect(height).toBeGreaterThan(1.5 * one.height);
    }
    await page.setViewport({ width: 1440, height: 1000 });
    // Enter makes no line of its own, nor does a text of several lines.
    await page.keyboard.press('Enter');
    expect(await formula()).toBe(long);
    await page.$eval('#formula', (own) => {
      const field = own as HTMLTextAreaElement;
      field.value = 'score ~ arm * visit\n+ (1 | patient)';
      field.dispatchEvent(new Event('input'));
    });
    expect(await formula()).toBe('score ~ arm * visit + (1 | patient)');
    await page.keyboard.press('Escape');
    expect((await box()).cut).toBe(false);
  });

  it('says what tests rest on in full beside p-values, and in a line where there are none', async () => {
    await fitAnew(demo.page);
    const rest = await words('.outcome .units summary');
    expect(rest).toContain('(drug − placebo) at visit week 12 − the same at baseline: 40 patients (120 rows)');
    expect(rest).toContain('week 12 − baseline at arm placebo: 20 patients (60 rows)');
    const height = (): Promise<number> =>
      demo.page.$eval('.outcome .units', (own) => own.getBoundingClientRect().height);
    const full = await height();
    await press('#tab-keep');
    await exists('[data-export="report"]');
    expect(await height()).toBeLessThan(full / 1.5);
    expect(await words('.outcome .units summary')).toBe(rest);
    await press('.outcome .units summary');
    expect(await height()).toBe(full);
    await press('#tab-gene');
    expect(await height()).toBe(full);
    expect(await demo.page.$eval('.outcome .units', (own) => (own as HTMLDetailsElement).open)).toBe(true);
  });

  it('names effects and tests in the picture of a calibration as elsewhere', async () => {
    await press('#tab-diagnostics');
    await exists('#calibrate:not([disabled])');
    await demo.page.evaluate(() => {
      const fields = [...document.querySelectorAll('.calibration label')];
      const box = (title: string) =>
        fields
          .find((own) => own.querySelector('span')?.textContent === title)
          ?.querySelector<HTMLInputElement>('input, select');
      for (const [title, value] of [
        ['Effect', ''],
        ['Tests of each effect', '60'],
      ]) {
        const own = box(title);
        if (!own) throw new Error(title);
        own.value = value;
        own.dispatchEvent(new Event('change', { bubbles: true }));
      }
    });
    await press('#calibrate');
    await exists('#calibration .calibration-picture');
    const svg = (await savedFigure('calibration', 'svg', /\.svg$/)).toString();
    expect(svg).toContain('rows taken as independent: ');
    expect(svg).toMatch(/>week 12 − baseline at arm \w+</);
    expect(svg).not.toMatch(/naive|visitweek|arm(drug|placebo)/);
    expect(await text('#calibration-verdicts')).toContain('rows taken as independent');
  });

  it('advises terms of slices as the command does, and says of predictions what never went together', async () => {
    const { page } = demo;
    await openFiles(SLICES);
    await exists('.formula-choice');
    const wanted = await recommended(SLICES);
    expect(wanted).toBe('y ~ treatment + (1 | mouse) + (1 | mouse:treatment) + (1 | slice)');
    await waitForText('.formula-choice.recommended.chosen', wanted);
    for (const lacking of ['y ~ treatment', 'y ~ treatment + (1 | mouse)']) {
      await typeFormula(page, lacking);
      await waitForText('.warnings', `Fit ${wanted}`);
      await waitForText('.formula-choice.recommended', wanted);
    }
    await typeFormula(page, 'y ~ treatment + (1 | mouse) + (1 | slice)');
    await fitAnew(page);
    await press('#predictions > summary');
    await exists('#predict');
    await page.evaluate(() => {
      const set = (title: string, value: string): void => {
        const field = [...document.querySelectorAll('#predictions label')].find(
          (own) => own.querySelector('span')?.textContent === title,
        );
        const box = field?.querySelector<HTMLSelectElement>('select');
        if (!box) throw new Error(title);
        box.value = value;
        box.dispatchEvent(new Event('change', { bubbles: true }));
      };
      set('Prediction of', 'groups');
      set('treatment', 'vehicle');
      set('mouse', 'm0');
      set('slice', 's1');
    });
    await press('#predict');
    await waitForText('.prediction-form [role="status"]', "This row has a 'treatment' that its 'slice' never had");
    await exists('.predictions tbody tr');
    expect(demo.errors).toEqual([]);
  });
});
