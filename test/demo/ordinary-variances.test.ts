/** What stands beside moderated tests and is not moderated says so: predictions, means over time, figures, tables of the report. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';
import { pressFit, typeFormula, waitForFit } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

const ORDINARY = 'of the ordinary variances, not of the moderated ones';
const FORMULA = '~ time * arm + (1 | patient)';

/** Six responses of twelve patients at three times. */
function visitFiles(folder: string): readonly [string, string] {
  const samples = Array.from({ length: 36 }, (_, i) => ({ patient: i % 12, time: Math.floor(i / 12), arm: i % 2 }));
  const noise = (a: number, b: number): number => (Math.sin(a * 12.9898 + b * 78.233) * 43758.5453) % 1;
  const obs = join(folder, 'visits.samples.tsv');
  const lines = samples.map(({ patient, time, arm }, i) => `s${i}\tp${patient}\t${time}\t${arm ? 'b' : 'a'}`);
  writeFileSync(obs, `sample\tpatient\ttime\tarm\n${lines.join('\n')}\n`);
  const rows = Array.from({ length: 6 }, (_, g) =>
    [
      `r${g}`,
      ...samples.map(({ patient, time, arm }, i) =>
        (5 + noise(g + 50, patient) + 0.4 * (g + 1) * noise(g, i) + 0.3 * g * time * arm).toFixed(4),
      ),
    ].join('\t'),
  );
  const data = join(folder, 'visits.tsv');
  writeFileSync(data, `response\t${samples.map((_, i) => `s${i}`).join('\t')}\n${rows.join('\n')}\n`);
  return [data, obs];
}

describeDemo('beside moderated tests', {}, (demo) => {
  const folder = temporaryFolder();
  const files = visitFiles(folder);
  const { press, exists, waitForText, openFiles, saved, savedFigure, setBox, setLabelled, words } = pageHands(demo);

  /** Fits, opens the last response and predicts it at one place; what the page then says where. */
  async function shown(moderate: string) {
    const { page } = demo;
    await setBox('[data-key="moderate"] select', moderate);
    await page.evaluate(() => document.querySelector('#outcome')?.remove());
    await pressFit(page);
    expect(await waitForFit(page)).toMatch(/fitted in float64/);
    await press('#tab-genes');
    await waitForText('.gene-body', 'r5');
    await page.evaluate(() => {
      const rows = [...document.querySelectorAll<HTMLElement>('.gene-body .gene-row')];
      rows.find((row) => row.firstElementChild?.textContent === 'r5')?.click();
    });
    await waitForText('#gene-name', 'r5');
    await exists('.plot.trajectories canvas');
    if ((await page.$('#predictions[open]')) === null) await press('#predictions > summary');
    await exists('#predictions[data-done]');
    await setLabelled('time', '1.5');
    await setLabelled('arm', 'b');
    await press('#predict');
    await exists('.predictions tbody tr');
    const cells = await page.$$eval('.predictions tbody tr:first-child td', (all) =>
      all.map((cell) => cell.textContent ?? ''),
    );
    const figure = await page.$eval('[role="tabpanel"]:not([hidden]) .gene-figure [data-figure]', (host) =>
      host.getAttribute('data-figure'),
    );
    await exists('.intervals .hint');
    await setLabelled('Intervals', 'profile');
    const intervals = await words('.intervals .analysis-options .hint');
    const svg = await savedFigure(figure ?? '', 'svg', /trajectories\.svg$/);
    const caption = [...svg.toString('utf8').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, own]) => own).join(' ');
    const prediction = await words('#prediction-words');
    await press('#tab-keep');
    const report = await saved('report', /report\.html$/);
    return { cells, prediction, caption, intervals, report };
  }

  it('predictions are those of the command, and say what their limits rest on, as means do', async () => {
    await openFiles(...files);
    await typeFormula(demo.page, FORMULA);
    await exists('[data-key="moderate"] select');
    const page = await shown('plain');
    const save = join(folder, 'moderated.fit');
    await succeed(
      ...['fit', files[0], '--obs', files[1], '--formula', FORMULA, '--moderate'],
      ...['--save', save, '--quiet', '--no-notes', '--format', 'glance'],
    );
    const at = join(folder, 'new.csv');
    writeFileSync(at, 'time,arm\n1.5,b\n');
    const { stdout } = await succeed(
      ...['predict', save, at, '--interval', 'confidence', '--re-form', 'none', '--quiet'],
    );
    const wanted = rowsOf(stdout).find((row) => row['response'] === 'r5');
    const numbers = page.cells.slice(2, 5).concat(page.cells[5].split(' to ')).map(Number);
    ['.fitted', '.se.fit', '.df', '.lower', '.upper'].forEach((name, k) => {
      expect(Math.abs(numbers[k] / Number(wanted?.[name]) - 1), name).toBeLessThan(TOLERANCE.demo.shownDigits);
    });
    expect(page.prediction).toContain('the degrees of freedom of the ordinary tests of this fit');
    expect(page.prediction).toContain(`SE, df and limits are, as those of its means, ${ORDINARY}.`);
    expect(page.caption).toContain(`Bands are ${ORDINARY}.`);
    expect(page.intervals).toContain(`, ${ORDINARY}`);
    // The figure over time, the F tests of each response, and its means at the times.
    expect(page.report).toContain(`Bands are ${ORDINARY}.`);
    expect(page.report).toContain(`F tests of the terms of r5, each given all others (type III), ${ORDINARY}`);
    expect(page.report).toContain(`with 95 % intervals, ${ORDINARY}.`);
    expect(demo.errors).toEqual([]);
  });

  it('and say nothing of it where no test is moderated', async () => {
    const page = await shown('');
    expect(Object.values(page).flat().join(' ')).not.toContain('ordinary');
    expect(page.prediction).toContain('the degrees of freedom of the tests of this fit');
    expect(demo.errors).toEqual([]);
  });
});
