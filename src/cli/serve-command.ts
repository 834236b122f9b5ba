import { OPTIONS } from '../options/entries.ts';
import { type FromCommander, readOptions } from './options.ts';
import { type PageFiles, pageFiles, servePage } from './page-server.ts';

/**
 * `webgpu-lmm serve`: the browser application at an address of this computer, until it is interrupted. Returns the exit status.
 *
 * @param files of the application; those of this package where they are left out
 */
export async function serveCommand(words: FromCommander, signal: AbortSignal, files?: PageFiles): Promise<number> {
  const { port = OPTIONS.port.fallback, host = OPTIONS.host.fallback } = readOptions('serve', words);
  const { url, close } = await servePage(files ?? (await pageFiles()), { port, host });
  process.stdout.write(`${url}\n`);
  process.stderr.write('the application is served there until Ctrl+C; files opened in it are not sent anywhere\n');
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await close();
  return 0;
}
