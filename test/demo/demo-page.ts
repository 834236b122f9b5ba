/** The built application, served from localhost, in a headless Chromium or Firefox; and what tests look for in it. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { findBrowser, findFirefox } from '../../scripts/find-browser.mjs';
import { type ServerOptions, serveDemo } from './demo-server.ts';

/** Chromium's software adapter, with or without a graphics card in the machine. */
export const WITH_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
const WITHOUT_WEBGPU = ['--disable-gpu', '--disable-features=WebGPU'];

/** How Firefox is to be started: its WebGPU has software adapters where a Vulkan driver says so. */
export interface FirefoxOptions {
  readonly webgpu: boolean;
  /** Manifest of the Vulkan driver; without one WebGPU finds no adapter on Linux. */
  readonly driver?: string;
}

export interface DemoOptions extends ServerOptions {
  /** Of Chromium, which has no WebGPU unless told. */
  readonly flags?: readonly string[];
  /** Firefox in the place of Chromium. */
  readonly firefox?: FirefoxOptions;
  readonly width?: number;
  readonly height?: number;
}

export interface Demo {
  readonly browser: Browser;
  readonly page: Page;
  readonly url: string;
  /** Everything that went wrong on the page. */
  readonly errors: string[];
  /** Addresses asked for, in order. */
  readonly requests: string[];
  /** Folder that files are saved to. */
  readonly downloads: string;
  /** Ends the server, with the connections that browsers hold. */
  stopServer(): Promise<void>;
  close(): Promise<void>;
}

function launchChromium(flags: readonly string[]): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error('no browser');
  return puppeteer.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      ...flags,
    ],
  });
}

function launchFirefox(
  { webgpu, driver = join(tmpdir(), 'no-driver.json') }: FirefoxOptions,
  downloads: string,
): Promise<Browser> {
  const executablePath = findFirefox();
  if (executablePath === null) throw new Error('no Firefox');
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    env: { ...process.env, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver, XDG_RUNTIME_DIR: tmpdir() },
    extraPrefsFirefox: {
      'dom.webgpu.enabled': webgpu,
      'dom.webgpu.workers.enabled': webgpu,
      // Software adapters are on its list of drivers to be left alone.
      'gfx.webgpu.ignore-blocklist': true,
      // Downloads go to a folder without a question.
      'browser.download.folderList': 2,
      'browser.download.dir': downloads,
      'browser.download.useDownloadDir': true,
    },
  });
}

export async function openDemo({
  flags = WITHOUT_WEBGPU,
  firefox,
  headers = true,
  lacks,
  width = 1280,
  height = 900,
}: DemoOptions = {}): Promise<Demo> {
  const server = await serveDemo({ headers, lacks });
  const downloads = mkdtempSync(join(tmpdir(), 'webgpu-lmm-downloads-'));
  const browser = firefox ? await launchFirefox(firefox, downloads) : await launchChromium(flags);
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  // Of the page and its workers.
  page.on('request', (request) => requests.push(request.url()));
  if (!firefox) {
    const session = await browser.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: downloads });
  }
  const { url } = server;
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForSelector('[data-ready]');
  return {
    browser,
    page,
    url,
    errors,
    requests,
    downloads,
    stopServer: server.stop,
    async close() {
      await browser.close();
      await server.stop();
      rmSync(downloads, { recursive: true, force: true });
    },
  };
}

/** Presses what something may stand over. */
export const press = (page: Page, selector: string): Promise<void> =>
  page.$eval(selector, (host) => {
    if (host instanceof HTMLElement) host.click();
  });

export const waitForText = (page: Page, selector: string, part: string): Promise<unknown> =>
  page.waitForFunction(
    (place, wanted) => document.querySelector(place)?.textContent?.includes(wanted) ?? false,
    { timeout: 30_000 },
    selector,
    part,
  );

/** Fits the design as it stands, whatever was fitted before, and returns what the page says of it. */
export async function fitAnew(page: Page): Promise<string> {
  await page.evaluate(() => document.querySelector('#outcome')?.remove());
  await pressFit(page);
  return waitForFit(page);
}

/** Waits until a fit has ended, well or not, and returns what the page says of it. */
export async function waitForFit(page: Page, timeout = 110_000): Promise<string> {
  await page.waitForFunction(
    () => {
      const running = !(document.querySelector<HTMLElement>('#cancel')?.hidden ?? true);
      const done = document.querySelector('#outcome') !== null || document.querySelector('.problem p') !== null;
      return done && !running;
    },
    { timeout },
  );
  return page.$$eval('.outcome, .problem', (hosts) => hosts.map((host) => host.textContent ?? '').join(' '));
}

/** Waits until the design is checked and presses Fit. */
export async function pressFit(page: Page): Promise<void> {
  await page.waitForSelector('#run:not([disabled])', { timeout: 30_000 });
  await page.click('#run');
}

/** Drops files or folders on the page, as the system's file manager does. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.createCDPSession();
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 200, y: 140, data });
  }
  await session.detach();
}

/** Gives files to the picker. */
export async function chooseFiles(page: Page, paths: readonly string[]): Promise<void> {
  const picker = await page.$('#files');
  if (!picker) throw new Error('no picker');
  await (picker as import('puppeteer').ElementHandle<HTMLInputElement>).uploadFile(...paths); // an input of files
}

/** Replaces what the formula box holds. */
export async function typeFormula(page: Page, formula: string): Promise<void> {
  await page.waitForSelector('#formula');
  await page.$eval(
    '#formula',
    (box, text) => {
      const input = box as HTMLInputElement;
      input.value = text;
      input.dispatchEvent(new Event('input'));
      input.dispatchEvent(new Event('blur'));
    },
    formula,
  );
}

/** Waits for a file to be saved whole, and returns its path. */
export async function savedFile(folder: string, pattern: RegExp, timeout = 20_000): Promise<string> {
  const until = Date.now() + timeout;
  for (;;) {
    // Browsers hold the name with an empty file until the download has been renamed to it.
    const names = readdirSync(folder);
    const found = names.find((name) => pattern.test(name) && statSync(join(folder, name)).size > 0);
    if (found !== undefined && !names.some((name) => /\.(?:crdownload|part)$/.test(name))) return join(folder, found);
    if (Date.now() > until) throw new Error(`no file like ${pattern} was saved`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
