/** A static server for the browser application, for this computer alone unless another host is named. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
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

/** What an installation has in the place of a copy: folders of the page, and where the packages have these files. */
const INSTALLED: Readonly<Record<string, () => string>> = {
  'assets/h5wasm/': () => dirname(fileURLToPath(import.meta.resolve('h5wasm'))),
  // Optional, as for the command: it reads blosc and zstd.
  'assets/h5wasm-plugins/': () => join(dirname(require.resolve('h5wasm-plugins/package.json')), 'plugins'),
};
const require = createRequire(import.meta.url);

/** The files of the application by their paths; null for one that it lacks. */
export type PageFiles = (path: string) => Uint8Array | null;

export interface PageServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The application that this package brings as an archive, or that was built in its clone. */
export async function pageFiles(): Promise<PageFiles> {
  const at = (path: string): string => fileURLToPath(new URL(`../demo/${path}`, import.meta.url));
  if (existsSync(at('dist/index.html'))) return folderFiles(at('dist'));
  if (existsSync(at('page.zip.br'))) return archiveFiles(readFileSync(at('page.zip.br')));
  throw new FitError('DataError', `the application is not built: ${at('dist')} is missing`, {
    path: at('dist'),
    remedy: 'In a clone, run: npm run demo:build.',
  });
}

export function folderFiles(folder: string): PageFiles {
  return (path) => {
    const file = join(folder, path);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : null;
  };
}

/** @param archive a zip archive without compression of its own, compressed whole by Brotli: parts of the page are much alike */
export async function archiveFiles(archive: Uint8Array): Promise<PageFiles> {
  const [{ brotliDecompressSync }, { unzipSync }] = await Promise.all([import('node:zlib'), import('fflate')]);
  const files = unzipSync(brotliDecompressSync(archive));
  return (path) => (Object.hasOwn(files, path) ? files[path] : null);
}

/**
 * Serves the application until it is closed.
 *
 * @param port 0 takes one that is free
 * @throws FitError OptionError where the port is taken or the host is not this computer's
 */
export async function servePage(files: PageFiles, { port, host }: { port: number; host: string }): Promise<PageServer> {
  const text = new TextDecoder().decode(files('headers.json') ?? Buffer.from('{}'));
  const headers = JSON.parse(text) as Readonly<Record<string, string>>; // by its build
  const server = createServer((request, response) => answer(files, headers, request, response));
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
  files: PageFiles,
  headers: Readonly<Record<string, string>>,
  { method, url }: IncomingMessage,
  response: ServerResponse,
): void {
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const path = pathOf(url ?? '/');
  const bytes = path === null ? null : (files(path) ?? installedFile(path));
  if (path === null || bytes === null) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  response.writeHead(200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': bytes.length,
    // A new version of the package is seen at once.
    'cache-control': 'no-cache',
    ...headers,
  });
  response.end(method === 'HEAD' ? undefined : bytes);
}

/** The path within the application that an address names, or null for one that leads out of it. */
function pathOf(url: string): string | null {
  let path: string;
  try {
    path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname)).replace(/^[/\\]+/, '');
  } catch {
    return null;
  }
  if (path.split(sep).includes('..') || path.includes('\0')) return null;
  return path === '' || path === '.' ? 'index.html' : path.split(sep).join('/');
}

function installedFile(path: string): Uint8Array | null {
  const place = Object.keys(INSTALLED).find((folder) => path.startsWith(folder));
  if (place === undefined) return null;
  try {
    return readFileSync(join(INSTALLED[place](), path.slice(place.length)));
  } catch {
    return null; // no such file, or an optional package that is not there
  }
}
