/**
 * Keeps the files of the application in the browser, so that it starts without a network. A new version is fetched beside
 * the old one, and takes its place when no page of the old one is open: files that a page loads later are of its own version.
 */

/** Written into the build by `offline.ts`: paths of all files, and a name for this set of them. */
declare const FILES: readonly string[];
declare const VERSION: string;

const CACHES = 'webgpu-lmm ';
/** What a server may lack: an installation without the optional package for these compressions. */
const OPTIONAL = 'assets/h5wasm-plugins/';
const files = FILES;
const scope = self as unknown as ServiceWorkerGlobalScope; // as the page registers it

scope.addEventListener('install', (event) => {
  event.waitUntil(keep());
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((name) => name.startsWith(CACHES) && name !== CACHES + VERSION);
      return Promise.all(old.map((name) => caches.delete(name)));
    }),
  );
});

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== scope.location.origin) return;
  event.respondWith(answer(request));
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHES + VERSION);
  await cache.addAll(files.filter((path) => !path.startsWith(OPTIONAL)));
  await Promise.allSettled(files.filter((path) => path.startsWith(OPTIONAL)).map((path) => cache.add(path)));
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHES + VERSION);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}
