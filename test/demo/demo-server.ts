/** The built application, served from localhost. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inject } from 'vitest';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  js: 'text/javascript',
  css: 'text/css',
  csv: 'text/csv',
  svg: 'image/svg+xml',
  webmanifest: 'application/manifest+json',
};

export interface ServerOptions {
  /** Send what vite.config.ts sends with every file; without it the server is as plain as can be. */
  readonly headers?: boolean | undefined;
  /** Paths that the server has not. */
  readonly lacks?: Pick<RegExp, 'test'> | undefined;
}

export interface DemoServer {
  readonly url: string;
  /** Ends it, with the connections that browsers hold. */
  stop(): Promise<void>;
}

/** Headers that a server should send, as the preview of vite.config.ts does. */
async function serverHeaders(): Promise<Readonly<Record<string, string>>> {
  const { headers } = await import('../../demo/vite.config.ts');
  return headers;
}

export async function serveDemo({ headers = true, lacks }: ServerOptions = {}): Promise<DemoServer> {
  const folder = inject('builtPage');
  const sent = headers ? await serverHeaders() : {};
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html';
    const file = join(folder, path);
    if (path.includes('..') || lacks?.test(path) || !existsSync(file)) {
      response.statusCode = 404;
      response.end();
      return;
    }
    for (const [name, value] of Object.entries(sent)) response.setHeader(name, value);
    response.setHeader('content-type', TYPES[path.split('.').pop() ?? ''] ?? 'application/octet-stream');
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://localhost:${port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
