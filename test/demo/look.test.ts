import { it } from 'vitest';
import { openDemo, pressFit, waitForFit, WITH_WEBGPU } from './demo-page.ts';
it('look', async () => {
  const demo = await openDemo({ flags: WITH_WEBGPU });
  const { page } = demo;
  try {
  await page.screenshot({ path: '/tmp/h/shots/0.png' });
  const t = Date.now();
  await page.click('[data-example="cells"]');
  await pressFit(page);
  console.log('example ready', Date.now() - t);
  console.log(await waitForFit(page), Date.now() - t);
  await page.screenshot({ path: '/tmp/h/shots/1.png', fullPage: true });
  await page.click('#tab-diagnostics'); await new Promise((r) => setTimeout(r, 800)); await page.screenshot({ path: '/tmp/h/shots/3.png', fullPage: true }); await page.click('#tab-genes'); await page.click('.gene-body .gene-row');
  await new Promise((r) => setTimeout(r, 1500));
  await page.screenshot({ path: '/tmp/h/shots/2.png', fullPage: true });
  } finally { console.log(demo.errors); await page.screenshot({ path: '/tmp/h/shots/last.png' }); await demo.close(); }
});
