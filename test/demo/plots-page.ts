/** The plots module, bundled and served from localhost under a strict content-security policy, in a headless Chromium. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import puppeteer, { type Page } from 'puppeteer';
import { rolldown } from 'rolldown';

const ROOT = new URL('../../', import.meta.url).pathname;

/** What the application allows itself: scripts and styles of its own, nothing inline, no other host. */
const POLICY = "default-src 'self'; img-src 'self' data: blob:";

const PAGE = `<!doctype html><meta charset="utf-8"><title>plots</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script><div id="host"></div>`;

const STYLE = `:root { color-scheme: light dark; font-family: sans-serif }
body { margin: 12px; background: light-dark(#ffffff, #14171c); color: light-dark(#1b1f24, #e6e8eb) }`;

export interface PlotsPage {
  readonly page: Page;
  /** Everything that went wrong on the page, what the policy refused among it. */
  readonly errors: string[];
  close(): Promise<void>;
}

export async function openPlots(executablePath: string): Promise<PlotsPage> {
  const bundle = await rolldown({
    input: `${ROOT}demo/src/plots/index.ts`,
    platform: 'browser',
    logLevel: 'silent',
  });
  const { output } = await bundle.generate({ format: 'esm' });
  await bundle.close();
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': ['text/html', PAGE],
    '/page.css': ['text/css', STYLE],
    '/plots.js': ['text/javascript', output[0].code],
    // What the plots load when they need it.
    ...Object.fromEntries(
      output.flatMap((file) =>
        file.type === 'chunk' ? [[`/${file.fileName}`, ['text/javascript', file.code] as const]] : [],
      ),
    ),
    '/page.js': ['text/javascript', "import * as plots from '/plots.js'; globalThis.plots = plots;"],
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? ['text/plain', ''];
    response.writeHead(body === '' ? 404 : 200, { 'content-type': type, 'content-security-policy': POLICY });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  const browser = await puppeteer.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'],
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.setViewport({ width: 900, height: 700 });
  await page.goto(`http://localhost:${port}/`, { waitUntil: 'networkidle0' });
  return {
    page,
    errors,
    async close() {
      await browser.close();
      server.close();
    },
  };
}
