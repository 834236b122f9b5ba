/** A page in WebKit, Safari's engine, by the protocol of WebDriver (https://www.w3.org/TR/webdriver2/), on a screen that nobody sees. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { findWebKit } from '../../scripts/find-browser.mjs';

export interface WebKitPage {
  /** What a function returns in the page; it knows nothing of what surrounds it here. */
  run<T, A extends readonly unknown[]>(work: (...given: A) => T, ...given: A): Promise<T>;
  /** Waits until that is true. */
  waitFor<A extends readonly unknown[]>(work: (...given: A) => boolean, ...given: A): Promise<void>;
  click(selector: string): Promise<void>;
  /** Gives files to an input of files. */
  chooseFiles(selector: string, paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between two looks, and until there is no hope. */
const LOOK_EVERY = 100;
const PATIENCE = 110_000;
/** What an element is called in answers. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** @throws where there is no WebKit */
export async function openWebKit(url: string): Promise<WebKitPage> {
  const webkit = findWebKit();
  if (!webkit) throw new Error('no WebKit');
  const screen = spawn(webkit.screen, ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp']);
  const [display] = (await once(screen.stdout, 'data')) as [Buffer];
  const port = await freePort();
  const env = { ...process.env, DISPLAY: `:${display.toString().trim()}` };
  const driver = spawn(webkit.driver, [`--port=${port}`], { env, stdio: 'ignore' });
  const end = async (): Promise<void> => {
    for (const child of [driver, screen]) await ended(child);
  };

  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const asked = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { value } = (await asked.json()) as { readonly value: unknown };
    if (!asked.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  };
  try {
    await until(async () => (await fetch(`http://127.0.0.1:${port}/status`).catch(() => null))?.ok ?? false);
    const options = { binary: webkit.browser, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const { sessionId } = (await ask('POST', '/session', { capabilities })) as { readonly sessionId: string };
    const session = `/session/${sessionId}`;
    await ask('POST', `${session}/url`, { url });

    const run: WebKitPage['run'] = async (work, ...given) => {
      const script = `return (${work})(...arguments)`;
      return (await ask('POST', `${session}/execute/sync`, { script, args: given })) as ReturnType<typeof work>;
    };
    return {
      run,
      waitFor: (work, ...given) => until(() => run(work, ...given)),
      async click(selector) {
        await run((wanted: string) => {
          const found = document.querySelector<HTMLElement>(wanted);
          if (!found) throw new Error(`the page has no ${wanted}`);
          found.click();
        }, selector);
      },
      async chooseFiles(selector, paths) {
        const found = (await ask('POST', `${session}/element`, { using: 'css selector', value: selector })) as Readonly<
          Record<string, string>
        >;
        const text = paths.map((path) => resolve(path)).join('\n');
        await ask('POST', `${session}/element/${found[ELEMENT]}/value`, { text });
      },
      async close() {
        await ask('DELETE', session);
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > last) throw new Error(`${holds} never came`);
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}
