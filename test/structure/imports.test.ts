import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  importsOf,
  loadedAtOnce,
  ROOT,
  readText,
  resolveImport,
  sourceFiles,
  withoutComments,
} from './source-files.ts';

/**
 * The rooms of src, from the ground up: a room imports what stands before it in the list, and nothing behind it. A file at
 * the top of src is a room of its own.
 */
const ROOMS = [
  'errors.ts',
  'abort.ts',
  'types', // plain data that the steps hand on
  'numeric', // linear algebra, distributions, random numbers
  'options',
  'data', // readers and writers
  'formula',
  'design', // how the columns of a table lie within each other
  'simulate',
  'moments', // what fits need of the data
  'reading', // files of the disk, in threads that can be ended
  'glmm', // criteria of generalised models and their search
  'lmm', // likelihoods, their search and what is read off an optimum
  'infer', // tests, moderation, adjustment
  'plan', // what runs where, as plain data
  'result', // tables, JSON, files
  'backend', // what runs it: threads, WebGPU
  'fit', // moments to a table of fits and its readers
  'intervals',
  'predict',
  'influence',
  'prepare', // any data to designs and moments
  'fit.ts',
  'compare',
  'calibrate',
  'doors', // the public entries
  'cli',
];

/** Those of the application, under demo/src. */
const PAGE_ROOMS = [
  'element.ts',
  'vite-env.d.ts',
  'protocol', // what page and worker say to each other, settings among it
  'model', // what a design proposes
  'results', // the part of the results on show
  'worker', // reads and fits
  'state', // the store and what changes it
  'words', // how things are said
  'plots',
  'keep', // reports, code, figures as files
  'components', // what is seen
  'main.ts',
  'service-worker.ts',
];

/** Folder under src, or the name of a file at its top. */
function roomOf(path: string): string {
  return path.replace(/^demo\//, '').split('/')[1];
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Null for a package or a Node module. */
  readonly to: string | null;
}

function importsOfAll(files: readonly string[]): Import[] {
  return files.flatMap((from) =>
    importsOf(readText(from)).map((specifier) => ({ from, specifier, to: resolveImport(from, specifier) })),
  );
}

/** Imports from a room of what stands behind it. */
function againstOrder(edges: readonly Import[], rooms: readonly string[]): string[] {
  return edges
    .filter(({ from, to }) => to !== null && rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(from)))
    .map(({ from, specifier }) => `${from}: ${specifier}`);
}

function cyclesOf(edges: readonly Import[]): string[] {
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
  for (const file of graph.keys()) walk(file, []);
  return cycles;
}

const files = sourceFiles();
const edges = importsOfAll(files);

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

  it('have a room for every file', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(ROOMS));
    expect(ROOMS.filter((room) => room.endsWith('.ts')).length).toBeLessThanOrEqual(5);
  });

  it('stand in the tree of CONTRIBUTING.md, in this order', () => {
    const tree = readText('CONTRIBUTING.md').split('## Layout')[1].split('Imports')[0];
    const places = ROOMS.map((room) =>
      tree.search(new RegExp(`[ \\n]${room.replace('.', '\\.')}${room.endsWith('.ts') ? '' : '/'} `)),
    );
    expect(ROOMS.filter((_, i) => places[i] < 0)).toEqual([]);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
  });

  it('point one way', () => {
    expect(againstOrder(edges, ROOMS)).toEqual([]);
  });

  it('reach what runs fits from what asks for runs alone', () => {
    const runners = ['backend', 'fit', 'prepare', 'doors', 'cli'];
    const wrong = edges.filter(
      ({ from, to }) => to !== null && roomOf(to) === 'backend' && !runners.includes(roomOf(from)),
    );
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

  it.each(['cli/fit-command.ts', 'doors/steps.ts', 'doors/statistics.ts', 'backend/threads/fit-work.ts'])(
    'of %s load engines of generalised and structured models with a design that asks for them',
    (root) => {
      const loaded = [...loadedAtOnce(`src/${root}`)];
      expect(loaded.length).toBeGreaterThan(50);
      // How fits are laid out and what responses are distributed like, tables of all fits ask.
      const light = /^src\/glmm\/(?:fit-row|family-objective|responses\/[\w-]+)\.ts$/;
      const engines = /^src\/(?:glmm|lmm\/generalised|lmm\/structured\/(?:blocks|[\w-]+-(?:search|bootstrap|fitter)))/;
      expect(loaded.filter((path) => engines.test(path) && !light.test(path))).toEqual([]);
    },
  );

  it('form no cycles', () => {
    expect(cyclesOf(edges)).toEqual([]);
  });
});

describe('imports of the application', () => {
  const pageFiles = sourceFiles('demo/src');
  const pageEdges = importsOfAll(pageFiles).filter(({ to }) => to === null || to.startsWith('demo/src/'));
  // The page names its worker by its source; that is no import of it.
  const imported = pageEdges.filter(({ to }) => to !== 'demo/src/worker/worker.ts');

  it('have a room for every file', () => {
    expect(new Set(pageFiles.map(roomOf))).toEqual(new Set(PAGE_ROOMS));
  });

  it('point one way', () => {
    expect(againstOrder(imported, PAGE_ROOMS)).toEqual([]);
  });

  it('form no cycles', () => {
    expect(cyclesOf(imported.filter(({ specifier }) => specifier.endsWith('.ts')))).toEqual([]);
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
