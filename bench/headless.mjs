/** A folder served from localhost and a headless Chromium on it: for the benches that measure in a browser. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer';
import { findBrowser } from '../scripts/find-browser.mjs';

const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', csv: 'text/csv' };

/** Path of the browser; without one the bench says so and ends. */
export function browserOrSkip(bench) {
  const path = findBrowser();
  if (path !== null) return path;
  console.log(`${bench}: skipped, no Chromium (node scripts/find-browser.mjs installs one)`);
  process.exit(0);
}

/** Calls `work` with a new folder, which is removed afterwards. */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function serve(folder) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname.slice(1) || 'index.html';
    try {
      const body = readFileSync(join(folder, path));
      response.setHeader('content-type', TYPES[path.split('.').pop()] ?? 'application/octet-stream');
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

/** A clock of the page's own thread: seconds that it has spent on a processor. */
export async function openThreadClock(page) {
  const client = await page.createCDPSession();
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
}

/** Opens the page in `folder` and calls `work` with it; what went wrong on the page is printed. */
export async function withPage(executablePath, folder, flags, work) {
  const server = await serve(folder);
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', ...flags],
    protocolTimeout: 600_000,
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`http://localhost:${server.address().port}/`, { waitUntil: 'load' });
    await page.waitForSelector('[data-ready]');
    return await work(page, browser);
  } finally {
    await browser.close();
    server.close();
  }
}
