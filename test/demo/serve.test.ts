/** The application as the command and an archive bring it. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { packedPage, zippedPage } from '../../scripts/zip-page.mjs';
import { archiveFiles, folderFiles, type PageFiles, type PageServer, servePage } from '../../src/cli/page-server.ts';
import { serveCommand } from '../../src/cli/serve-command.ts';
import { importsOf } from '../structure/source-files.ts';

describe('the application, served', () => {
  const parent = mkdtempSync(join(tmpdir(), 'webgpu-lmm-serve-'));
  const folder = join(parent, 'page');
  let files: PageFiles;
  let server: PageServer;
  beforeAll(async () => {
    // As in an installation, which has the HDF5 package already.
    cpSync(inject('builtPage'), folder, { recursive: true });
    for (const name of ['h5wasm', 'h5wasm-plugins']) rmSync(join(folder, 'assets', name), { recursive: true });
    files = folderFiles(folder);
    server = await servePage(files, { port: 0, host: 'localhost' });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(parent, { recursive: true, force: true });
  });

  /** Without what `fetch` does to a path. */
  const statusOf = (path: string): Promise<number | undefined> => {
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
      get({ hostname, port, path }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
  };

  it('sends every file with its type and the headers of the build', async () => {
    const page = await fetch(server.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toBe(readFileSync(join(folder, 'index.html'), 'utf8'));
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'/);
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const head = await fetch(new URL('service-worker.js', server.url), { method: 'HEAD' });
    expect(head.headers.get('content-type')).toBe('text/javascript');
    expect(await head.text()).toBe('');
  });

  it('takes the HDF5 package from the installation', async () => {
    for (const name of ['hdf5_hl.js', 'hdf5_util.js', 'file_handlers.js']) {
      const file = await fetch(new URL(`assets/h5wasm/${name}`, server.url));
      expect(file.status, name).toBe(200);
      expect(file.headers.get('content-type')).toBe('text/javascript');
      expect((await file.arrayBuffer()).byteLength).toBe(Number(file.headers.get('content-length')));
    }
    expect(await statusOf('/assets/h5wasm-plugins/libH5Zzstd.so')).toBe(200);
  });

  it('sends nothing else', async () => {
    const paths = ['/missing.js', '/assets', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc/passwd'];
    for (const path of [...paths, '/assets/h5wasm/../../../package.json', '/assets/h5wasm/%2e%2e/x', '/%00', '/%zz']) {
      expect(await statusOf(path), path).toBe(404);
    }
    expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  it('says that a port is taken, and which other to name', async () => {
    const port = Number(new URL(server.url).port);
    await expect(servePage(files, { port, host: 'localhost' })).rejects.toMatchObject({
      tag: 'OptionError',
      message: expect.stringContaining('the port is taken'),
    });
  });

  it('is served by the command until that is interrupted', async () => {
    const written: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
    );
    const controller = new AbortController();
    const running = serveCommand({ port: '0' }, controller.signal, files);
    await vi.waitFor(() => expect(written.length).toBe(2));
    for (const spy of spies) spy.mockRestore();
    const [url, said] = written;
    expect((await fetch(url.trim())).status).toBe(200);
    expect(said).toMatch(/until Ctrl\+C/);
    controller.abort();
    expect(await running).toBe(0);
    await expect(fetch(url.trim())).rejects.toThrow();
  });

  it('has workers whose entry no part imports, which WebKit would run twice', async () => {
    const assets = join(inject('builtPage'), 'assets');
    const scripts = readdirSync(assets).filter((name) => name.endsWith('.js'));
    const entries = scripts.filter((name) => name.startsWith('worker-'));
    expect(entries.length).toBeGreaterThan(1);
    const imported = scripts.flatMap((name) => importsOf(readFileSync(join(assets, name), 'utf8')));
    expect(imported.length).toBeGreaterThan(entries.length);
    expect(entries.filter((entry) => imported.includes(`./${entry}`))).toEqual([]);
  });

  it('is packed whole for any server, and for the package without what that brings', async () => {
    const built = inject('builtPage');
    const whole = unzipSync(zippedPage(built));
    const packed = await archiveFiles(packedPage(built));
    expect(Object.keys(whole)).toContain('webgpu-lmm/index.html');
    for (const [name, bytes] of Object.entries(whole)) {
      const path = name.replace('webgpu-lmm/', '');
      const wanted = readFileSync(join(built, path));
      expect(Buffer.from(bytes).equals(wanted), path).toBe(true);
      const brought = /^assets\/h5wasm(-plugins)?\/.*\.(js|so)$/.test(path);
      expect(brought ? packed(path) : Buffer.from(packed(path) ?? '').equals(wanted), path).toBe(brought ? null : true);
    }
    expect(packed('assets/h5wasm-plugins/libH5Zzstd.so')).toBe(null);
  });
});
