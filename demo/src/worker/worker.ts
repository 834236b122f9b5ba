/**
 * Entry of the worker that owns the data. It imports nothing: WebKit runs the entry of a worker a second time where a part of
 * the bundle imports it, as parts do what they share with it, and the data would be open in one and asked for in the other.
 */

const loading = import('./answers.ts');

self.onmessage = ({ data }) => {
  loading.then(({ receive }) => receive(data), reportError);
};
