/** Words of one response: its report and its values have no genes, volcanoes or donors in them. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chooseFiles, pressFit, savedFile, typeFormula, waitForFit } from './demo-page.ts';
import { describeDemo } from './page-hands.ts';

describeDemo('one response', {}, (demo) => {
  it('without a column of units has values, and no donor', async () => {
    const { page } = demo;
    await chooseFiles(page, ['examples/trial.csv']);
    await typeFormula(page, 'score ~ base + arm');
    await pressFit(page);
    await waitForFit(page);
    await page.waitForSelector('.plot.gene svg[aria-label]');
    const said = await page.$eval('.plot.gene svg[aria-label]', (plot) => plot.getAttribute('aria-label') ?? '');
    expect(said).toMatch(/placebo: \d+ values, mean/);
    expect(said).not.toMatch(/donor|unit/);
  });

  it('is kept, and reported, in its own words', async () => {
    const { page, downloads, errors } = demo;
    await typeFormula(page, 'score ~ arm * week + (week | subject)');
    await pressFit(page);
    await waitForFit(page);
    await page.click('#tab-keep');
    await page.waitForSelector('[data-export="report"]');
    expect(await page.$eval('#view-keep', (view) => (view as HTMLElement).innerText)).not.toMatch(
      /gene|volcano|donor|top table/i,
    );
    await page.locator('[data-export="report"]').click();
    const html = readFileSync(await savedFile(downloads, /report\.html$/), 'utf8');
    const body = html.slice(html.indexOf('<body'));
    expect(body.replaceAll(/<svg[\s\S]*?<\/svg>/g, '')).not.toMatch(/\bgenes?\b|volcano|donor/i);
    expect(body).toContain('The model of score');
    expect(errors).toEqual([]);
  });
});
