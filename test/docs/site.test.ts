/** The documentation site: it builds, every page has its place, links reach their headings, and its examples fit. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../cli/command.ts';
import { describeUnless, findTestBrowser } from '../requirements.ts';

const { browser, lacking } = findTestBrowser();
/** Building takes half a minute of one processor. */
const MINUTES = 10;
const site = mkdtempSync(join(tmpdir(), 'webgpu-lmm-site-'));
afterAll(() => rmSync(site, { recursive: true, force: true }));

/** Runs a program of node_modules or scripts/, and returns what it said; rejects where it fails. */
function build(script: string, ...words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...words], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1', NODE_ENV: 'production', VITEST: undefined },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(said) : reject(new Error(`${script}: exit ${status}\n${said}`)),
    );
  });
}

/** Pages of the site by their paths, `/guides/eeg.html`, with their text. */
function builtPages(): Map<string, string> {
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  return new Map(
    files.filter((name) => name.endsWith('.html')).map((name) => [`/${name}`, readFileSync(join(site, name), 'utf8')]),
  );
}

beforeAll(async () => {
  // What has no docstring ends the first, dead links the last.
  await Promise.all([
    build('node_modules/typedoc/bin/typedoc', '--options', 'docs/.vitepress/typedoc.json'),
    build('scripts/bundle-for-site.mjs'),
  ]);
  await build('node_modules/vitepress/bin/vitepress.js', 'build', 'docs', '--outDir', site);
}, MINUTES * 60_000);

describe('the site', () => {
  it('has every page in its sidebar', () => {
    const pages = builtPages();
    const start = pages.get('/guides/first-fit.html') ?? '';
    const listed = new Set(
      [...start.matchAll(/href="(\/[^"#]*)"/g)].map(([, href]) => (href.endsWith('/') ? `${href}index.html` : href)),
    );
    const inSidebar = [...pages.keys()].filter((path) => path !== '/404.html' && path !== '/index.html');
    expect(inSidebar.length).toBeGreaterThan(60);
    expect(inSidebar.filter((path) => !listed.has(path))).toEqual([]);
  });

  it('has links that reach a heading of their page', () => {
    const pages = builtPages();
    const lost: string[] = [];
    for (const [path, text] of pages) {
      for (const [, href, anchor] of text.matchAll(/href="(\/[^"#]*)?#([^"]+)"/g)) {
        const target = href === undefined ? path : href.endsWith('/') ? `${href}index.html` : href;
        if (!pages.get(target)?.includes(` id="${decodeURIComponent(anchor)}"`))
          lost.push(`${path}: ${href ?? ''}#${anchor}`);
      }
    }
    expect(lost).toEqual([]);
  });

  it('names options and fields of the package', () => {
    const pages = builtPages();
    expect(pages.get('/reference/options/fit.html')).toContain('--min-cells');
    expect(pages.get('/api/webgpu-lmm/steps.html')).toContain('momentsFromSums');
    expect(pages.get('/reference/mathematics.html')).toContain('<math');
  });
});

describeUnless(lacking, 'the examples of the site in Chromium', () => {
  let server: Server;
  let chromium: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    const types: Readonly<Record<string, string>> = {
      html: 'text/html',
      js: 'text/javascript',
      css: 'text/css',
      svg: 'image/svg+xml',
    };
    server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      const file = join(site, path.endsWith('/') ? `${path}index.html` : path);
      if (!existsSync(file)) response.statusCode = 404;
      response.setHeader('content-type', types[file.split('.').pop() ?? ''] ?? 'application/octet-stream');
      response.end(response.statusCode === 404 ? '' : readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    chromium = await puppeteer.launch({
      executablePath: browser ?? '',
      args: ['--no-sandbox', '--disable-quic', '--no-first-run'],
    });
    page = await chromium.newPage();
    page.on('pageerror', (error) => errors.push(String(error)));
  });
  afterAll(async () => {
    await chromium.close();
    server.close();
  });

  /** Opens a page and presses Fit; the cells of the table that comes. */
  async function fitted(path: string, change: (page: Page) => Promise<void> = async () => {}): Promise<string[][]> {
    const { port } = server.address() as AddressInfo; // listening on TCP
    await page.goto(`http://localhost:${port}${path}`, { waitUntil: 'networkidle0' });
    await change(page);
    await page.click('.live-fit button');
    await page.waitForSelector('.live-fit table, .live-fit .mistake', { timeout: 60_000 });
    return page.$$eval('.live-fit tbody tr', (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    );
  }

  /** Writes another text into a field, as a reader would. */
  const write = (selector: string, text: string) => (on: Page) =>
    on.$eval(
      selector,
      (field, value) => {
        (field as HTMLInputElement).value = value;
        field.dispatchEvent(new Event('input'));
      },
      text,
    );

  it('fits the example of the first page, with the numbers that the page shows', async () => {
    const rows = await fitted('/guides/first-fit.html');
    const time = rows.find((row) => row.includes('time')) ?? [];
    expect(time.map(Number).some((value) => Math.abs(value - 1.6309) < 5e-5)).toBe(true);
    expect(errors).toEqual([]);
  });

  it('fits a formula and a table of the reader', async () => {
    const table = [
      'subject,x,y',
      ...Array.from({ length: 24 }, (_, i) => `S${i % 6},${i % 4},${2 * (i % 4) + (i % 6) + (i % 5) / 10}`),
    ];
    const rows = await fitted('/guides/first-fit.html', async (on) => {
      await write('[name=formula]', 'y ~ x + (1 | subject)')(on);
      await write('[name=table]', table.join('\n'))(on);
    });
    const slope = rows.find((row) => row.includes('x')) ?? [];
    expect(slope.map(Number).some((value) => Math.abs(value - 2) < 0.2)).toBe(true);
  });

  it('says what is wrong with a formula', async () => {
    await fitted('/guides/first-fit.html', write('[name=formula]', 'y ~ tmie + (1 | subject)'));
    const mistake = await page.$eval('.live-fit .mistake', (text) => text.textContent);
    expect(mistake).toContain('tmie');
  });

  it('fits a family', async () => {
    const rows = await fitted('/guides/browser.html');
    expect(rows.flat()).toContain('week:armtreated');
    expect(errors).toEqual([]);
  });
});
