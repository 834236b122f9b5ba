import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, ROOT, readText, resolveImport, sourceFiles, withoutComments } from './source-files.ts';

/** What the files of a folder (or one file) may not import. Imports point from the command line down to numeric. */
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': ['*'],
  'inference-types.ts': ['*'],
  'model-recipe.ts': ['*'],
  'table-types.ts': ['*'],
  'response-types.ts': [
    'errors.ts',
    'numeric',
    'formula',
    'data',
    'moments',
    'plan',
    'backend',
    'infer',
    'result',
    'entry',
  ],
  'types.ts': ['errors.ts', 'numeric', 'formula', 'data', 'moments', 'plan', 'backend', 'infer', 'result', 'entry'],
  numeric: ['formula', 'data', 'moments', 'plan', 'backend', 'infer', 'result', 'simulate', 'compare', 'cli', 'entry'],
  formula: ['moments', 'plan', 'backend', 'infer', 'result', 'simulate', 'compare', 'cli', 'entry'],
  data: ['formula', 'moments', 'plan', 'backend', 'infer', 'result', 'simulate', 'compare', 'cli', 'entry'],
  simulate: ['formula', 'data', 'moments', 'plan', 'backend', 'infer', 'result', 'compare', 'cli', 'entry'],
  design: ['moments', 'plan', 'backend', 'infer', 'result', 'simulate', 'compare', 'cli', 'entry'],
  input: ['plan', 'backend', 'infer', 'result', 'simulate', 'compare', 'calibrate', 'cli'],
  moments: ['plan', 'backend', 'infer', 'result', 'compare', 'cli', 'entry'],
  plan: ['formula', 'data', 'infer', 'result', 'compare', 'cli', 'entry'],
  backend: ['formula', 'data', 'compare', 'cli', 'entry'],
  infer: ['formula', 'data', 'backend', 'compare', 'cli', 'entry'],
  result: ['formula', 'backend', 'compare', 'cli', 'entry'],
  compare: ['simulate', 'calibrate', 'cli'],
  calibrate: ['simulate', 'cli'],
};

/** Files at the top of src that everything may import. */
const BASE = ['types.ts', 'errors.ts', 'inference-types.ts', 'model-recipe.ts', 'table-types.ts', 'response-types.ts'];

/** Folder under src, or the name of a file at its top. */
function layerOf(path: string): string {
  const parts = path.split('/');
  return parts[1];
}

/** Name by which the table above forbids a target. */
function targetLayer(path: string): string {
  const layer = layerOf(path);
  if (!layer.endsWith('.ts')) return layer;
  return BASE.includes(layer) ? layer : 'entry';
}

const files = sourceFiles();
const edges = files.flatMap((from) =>
  importsOf(readText(from)).map((specifier) => ({ from, specifier, to: resolveImport(from, specifier) })),
);

describe('importsOf', () => {
  it('sees every way to import, and nothing in comments', () => {
    const text = [
      "import { a,\n  b } from './a.ts';",
      "import type { c } from './c.ts';",
      "import './d.ts';",
      "export * from './e.ts';",
      "export { f } from './f.ts';",
      "const g = await import('./g.ts');",
      "new Worker(new URL('./h.ts', import.meta.url));",
      "// import { z } from './z.ts';",
      "/** import { y } from './y.ts'; */",
    ].join('\n');
    const found = ['./a.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts', './h.ts'];
    expect(importsOf(text).sort()).toEqual(found);
  });
});

describe('imports', () => {
  it('name existing files with their extension', () => {
    // Workers are named by their built files, './worker.js' and './reader.js'.
    const broken = edges.filter(({ to }) => {
      const source = to?.replace(/worker\.js$/, 'worker.ts').replace(/reader\.js$/, 'reader-worker.node.ts');
      return source !== undefined && !existsSync(join(ROOT, source));
    });
    expect(broken.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
  });

  it('point one way', () => {
    const wrong = edges.filter(({ from, to }) => {
      if (to === null) return false;
      const forbidden = FORBIDDEN[layerOf(from)];
      return forbidden !== undefined && (forbidden.includes('*') || forbidden.includes(targetLayer(to)));
    });
    expect(wrong.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
  });

  it('reach Node modules from Node-only files alone', () => {
    const allowed = (path: string): boolean =>
      path.endsWith('.node.ts') ||
      path === 'src/doors/node.ts' ||
      path.startsWith('src/cli/') ||
      path === 'src/backend/threads/worker.ts';
    const wrong = edges.filter(({ from, specifier }) => specifier.startsWith('node:') && !allowed(from));
    expect(wrong.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
  });

  it('keep the browser entry free of Node', () => {
    const reached = new Set(['src/doors/index.ts']);
    // A set that grows while it is walked: every file that the entry needs, at run time or for its types.
    for (const file of reached) {
      for (const { from, to } of edges) if (from === file && to !== null) reached.add(to);
    }
    const wrong = edges.filter(({ from, specifier }) => specifier.startsWith('node:') && reached.has(from));
    // Behind a dynamic import in a function that only Node calls, a Node file is all right.
    const dynamic = wrong.filter(({ from }) => !from.endsWith('.node.ts') && !from.endsWith('cpu/worker.ts'));
    expect(dynamic.map(({ from, specifier }) => `${from}: ${specifier}`)).toEqual([]);
  });

  it('form no cycles', () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of edges) if (to !== null) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(cycles).toEqual([]);
  });
});

describe('the GPU', () => {
  it('is mentioned in src/backend/webgpu only', () => {
    const wrong = files
      .filter((path) => !path.startsWith('src/backend/webgpu/'))
      .filter((path) => /\bGPUDevice\b|\bnavigator\s*\??\.\s*gpu\b/.test(withoutComments(readText(path))));
    expect(wrong).toEqual([]);
  });
});
