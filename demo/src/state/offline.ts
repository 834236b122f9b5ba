/** Has the browser keep the application itself, not its data: 9 MB, fetched when nothing else is to be done. */
export async function keepOffline(): Promise<void> {
  // Pages on plain http other than localhost have none.
  if (!('serviceWorker' in navigator)) return;
  await new Promise((resolve) => {
    if ('requestIdleCallback' in window) window.requestIdleCallback(resolve, { timeout: LATEST });
    else setTimeout(resolve, LATEST);
  });
  try {
    await navigator.serviceWorker.register('./service-worker.js');
  } catch {
    // A server may lack the file, a browser may forbid it: the page works on, with a network.
  }
}

/** Milliseconds after which a busy page keeps itself all the same. */
const LATEST = 10_000;
