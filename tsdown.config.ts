import { fileURLToPath } from 'node:url';
import { defineConfig } from 'tsdown';

/** What the grouping asks the bundler of its modules. */
interface ModuleGraph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/**
 * Files of the build, and whose modules they hold: those that all of the named ones load at once and that no file before
 * them has. Node spends about a millisecond on each file that it loads, so what is always loaded together stands together;
 * a file imports those before it only.
 */
const FILES: readonly (readonly [name: string, ...roots: string[]])[] = [
  ['words', 'cli/main.ts', 'doors/index.ts'],
  ['inputs', 'cli/main.ts', 'reading/reader-worker.node.ts'],
  ['texts', 'backend/threads/fit-work.ts', 'reading/reader-worker.node.ts', 'doors/index.ts'],
  ['algebra', 'backend/threads/fit-work.ts', 'doors/statistics.ts', 'doors/index.ts'],
  ['models', 'backend/threads/fit-work.ts', 'doors/index.ts'],
  ['formats', 'reading/reader-worker.node.ts', 'doors/index.ts'],
  ['readers', 'reading/reader-worker.node.ts', 'doors/node.ts'],
  ['streams', 'result/stream.node.ts', 'doors/node.ts'],
  // Matrices of HDF5 and zarr, which browsers read too, and the thread that reads them here: each of its starts loads every file.
  ['matrices', 'reading/reader-worker.node.ts', 'data/matrix/hdf5-source.ts'],
  ['chunks', 'reading/reader-worker.node.ts', 'data/matrix/hdf5.browser.ts'],
  ['hdf5', 'reading/reader-worker.node.ts'],
  ['tests', 'doors/statistics.ts', 'cli/fit-command.ts', 'doors/index.ts'],
  // What moderation needs and the door of statistics has.
  ['variances', 'doors/statistics.ts', 'infer/moderation/moderate.ts'],
  ['core', 'cli/fit-command.ts', 'doors/index.ts'],
  ['files', 'cli/fit-command.ts', 'doors/node.ts'],
  ['ratios', 'doors/statistics.ts', 'doors/index.ts'],
  ['choices', 'cli/main.ts', 'doors/steps.ts'],
  ['command', 'cli/main.ts', 'cli/fit-command.ts'],
  ['preparation', 'cli/fit-command.ts', 'doors/steps.ts'],
  ['requests', 'cli/fit-command.ts', 'cli/compare-command.ts'],
  // Else the library would load comparisons for the random numbers that it shares with them.
  ['numbers', 'doors/index.ts', 'compare/compare.ts'],
  // What a run asks for: engines, draws and limits; models beyond random intercepts and slopes; comparisons.
  ['engines', 'backend/threads/run.ts'],
  ['draws', 'lmm/fitters.ts'],
  ['families', 'lmm/generalised/family-reader.ts'],
  ['family-engines', 'lmm/generalised/family-engine.ts'],
  ['structures', 'lmm/structured/blocks-reader.ts'],
  ['structure-engines', 'lmm/structured/blocks-engine.ts'],
  ['trends', 'prepare/voom.ts'],
  ['trend-weights', 'prepare/voom-responses.ts'],
  // What threads draw of them comes without the rest.
  ['ratio-draws', 'compare/compare.ts', 'backend/threads/fit-work.ts'],
  ['comparisons', 'compare/compare.ts'],
];

const SOURCES = fileURLToPath(new URL('src/', import.meta.url)).replaceAll('\\', '/');
const loaded = new Map<string, ReadonlySet<string>>();

/** The modules that one loads at once, itself among them. */
function loadedBy(root: string, graph: ModuleGraph): ReadonlySet<string> {
  const known = loaded.get(root);
  if (known) return known;
  const found = new Set([SOURCES + root]);
  // A set that grows while it is walked.
  for (const id of found) for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) found.add(imported);
  loaded.set(root, found);
  return found;
}

function fileOf(id: string, graph: ModuleGraph): string | null {
  if (!id.startsWith(SOURCES) || id.endsWith('.d.ts')) return null;
  const file = FILES.find(([, ...roots]) => roots.every((root) => loadedBy(root, graph).has(id)));
  return file?.[0] ?? null;
}

// index: browser entry; node: the same names plus files; steps, parts, statistics: the other doors; cli: the command; worker: fits run in threads;
// reader: HDF5 and Parquet files are read in one.
export default defineConfig({
  entry: {
    index: 'src/doors/index.ts',
    node: 'src/doors/node.ts',
    steps: 'src/doors/steps.ts',
    parts: 'src/doors/parts.ts',
    statistics: 'src/doors/statistics.ts',
    cli: 'src/cli/main.ts',
    worker: 'src/backend/threads/worker.ts',
    reader: 'src/reading/reader-worker.node.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: { entry: ['index', 'node', 'steps', 'parts', 'statistics'].map((door) => `src/doors/${door}.ts`) },
  outDir: 'dist',
  clean: true,
  fixedExtension: false,
  deps: {
    neverBundle: [/^node:/, 'stream'],
    onlyBundle: [
      'papaparse',
      'valibot',
      'zarrita',
      '@zarrita/storage',
      'numcodecs',
      'unzipit',
      'reference-spec-reader',
    ],
  },
  // Without a platform there is no field by which packages name their file.
  inputOptions: { resolve: { mainFields: ['module', 'browser', 'main'] } },
  outputOptions: {
    // Declarations have them; they are a tenth of what a program would load.
    comments: { jsdoc: false },
    codeSplitting: {
      groups: FILES.map(([file], k) => ({
        priority: FILES.length - k,
        name: (id: string, graph: ModuleGraph) => (fileOf(id, graph) === file ? file : null),
      })),
    },
  },
});
