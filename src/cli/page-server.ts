/** A static server for the browser application, for this computer alone unless another host is named. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FitError } from '../errors.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Where the page looks for the HDF5 package, which an installation has already. */
const HDF5 = 'assets/h5wasm/';

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The folder of the built application in this package, or of a clone in which it was built. */
export function pageFolder(): string {
  const folder = fileURLToPath(new URL('../demo/dist/', import.meta.url));
  if (existsSync(join(folder, 'index.html'))) return folder;
  throw new FitError('DataError', `the application is not built: ${folder} is missing`, {
    path: folder,
    remedy: 'In a clone, run: npm run demo:build.',
  });
}

/**
 * Serves the application until it is closed.
 *
 * @param port 0 takes one that is free
 * @throws FitError OptionError where the port is taken or the host is not this computer's
 */
export async function servePage(folder: string, { port, host }: { port: number; host: string }): Promise<PageServer> {
  const headers = JSON.parse(readFileSync(join(folder, 'headers.json'), 'utf8')) as Readonly<Record<string, string>>; // by its build
  const server = createServer((request, response) => answer(folder, headers, request, response));
  await listen(server, port, host);
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        new FitError(
          'OptionError',
          `${host}:${port} cannot be served: ${taken ? 'the port is taken' : error.message}`,
          {
            option: taken ? 'port' : 'host',
            remedy: taken
              ? 'Name another with “port”; 0 takes one that is free.'
              : 'Leave “host” out for this computer alone.',
          },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
}

function answer(
  folder: string,
  headers: Readonly<Record<string, string>>,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): void {
  const path = fileOf(folder, url ?? '/');
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  if (path === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  // A new version of the package is seen at once; names of its parts change with their content.
  const cacheControl = 'no-cache';
  response.writeHead(200, {
    ...{ 'content-type': type, 'content-length': statSync(path).size, 'cache-control': cacheControl },
    ...headers,
  });
  if (method === 'HEAD') response.end();
  else
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
}

/** The file of an address, or null: nothing outside the folder, and what the installation has in the place of a copy. */
function fileOf(folder: string, url: string): string | null {
  let path: string;
  try {
    path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname)).replace(/^[/\\]+/, '');
  } catch {
    return null;
  }
  if (path.split(sep).includes('..') || path.includes('\0')) return null;
  const file = join(folder, path === '' || path === '.' ? 'index.html' : path);
  if (existsSync(file) && statSync(file).isFile()) return file;
  if (!path.startsWith(HDF5)) return null;
  const installed = join(dirname(fileURLToPath(import.meta.resolve('h5wasm'))), path.slice(HDF5.length));
  return existsSync(installed) && statSync(installed).isFile() ? installed : null;
}
