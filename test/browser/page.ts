/** The built browser entry, bundled and served from localhost, in a headless Chromium. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Page } from 'puppeteer';
import { rolldown } from 'rolldown';

const ROOT = new URL('../../', import.meta.url).pathname;

/** The library as a global, because code that is sent to the page cannot import. */
const PAGE = `<!doctype html><title>test</title><link rel="icon" href="data:,">
<script type="module">import * as library from '/index.js'; globalThis.library = library;</script>`;

/** Chromium's software adapter, with or without a graphics card in the machine. */
export const SOFTWARE_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export interface PageOptions {
  /** Further flags of the browser. */
  readonly flags?: readonly string[];
  /** Name that the page is served under; only localhost is a secure context. */
  readonly host?: string;
}

export interface BrowserPage {
  readonly page: Page;
  /** Everything that went wrong on the page. */
  readonly errors: string[];
  close(): Promise<void>;
}

export async function openPage(
  executablePath: string,
  { flags = [], host = 'localhost' }: PageOptions = {},
): Promise<BrowserPage> {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-browser-'));
  const bundle = await rolldown({
    input: { index: `${ROOT}dist/index.js`, worker: `${ROOT}dist/worker.js` },
    platform: 'browser',
    logLevel: 'silent',
  });
  await bundle.write({ dir: folder, format: 'esm' });
  await bundle.close();
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    try {
      const body = name === '' ? PAGE : readFileSync(join(folder, name));
      response.setHeader('content-type', name.endsWith('.js') ? 'text/javascript' : 'text/html');
      response.end(body);
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  const browser = await puppeteer.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      `--host-resolver-rules=MAP ${host} localhost`,
      ...flags,
    ],
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`http://${host}:${port}/`, { waitUntil: 'networkidle0' });
  return {
    page,
    errors,
    async close() {
      await browser.close();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
