import { defineConfig } from 'tsdown';

// index: browser entry; node: the same names plus files; steps, statistics: the other doors; cli: the command; worker: fits run in threads;
// reader: HDF5 and Parquet files are read in one.
export default defineConfig({
  entry: {
    index: 'src/doors/index.ts',
    node: 'src/doors/node.ts',
    steps: 'src/doors/steps.ts',
    statistics: 'src/doors/statistics.ts',
    cli: 'src/cli/main.ts',
    worker: 'src/backend/threads/worker.ts',
    reader: 'src/reading/reader-worker.node.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: { entry: ['index', 'node', 'steps', 'statistics'].map((door) => `src/doors/${door}.ts`) },
  outDir: 'dist',
  clean: true,
  fixedExtension: false,
  deps: { neverBundle: [/^node:/] },
});
