/** The R code of the page for stores of cells is R, and calls functions that there are. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { rCode } from '../../demo/src/keep/r-code.ts';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import { findR } from '../../scripts/find-r.mjs';
import { itUnless } from '../requirements.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-parse-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES = ['a.h5ad', 'a.h5mu', 'a.h5', 'a.zarr', 'a.zarr.zip', 'matrix.mtx.gz'];
/** Functions of packages that are not loaded whole. */
const CALLED = [
  'Matrix::rowSums',
  'arrow::read_parquet',
  'reticulate::import',
  'reticulate::py_get_item',
  'reticulate::py_to_r',
];

function codeOf(name: string, modality: string | null, layer: string, obs: string | null): string {
  const summary: DataSummary = {
    ...{ kind: 'matrix' as const, name, rows: 5, responses: 3, rowNoun: 'cells' as const, columns: [], notes: [] },
    ...{ layers: [], tables: [], looksLikeCounts: true, entries: 9, reading: null },
    roles: { data: name, obs, weights: null, modality },
  };
  const settings = { ...DEFAULT_SETTINGS, formula: '~ stim + (1 | donor)', layer, normalize: 'log1p-cp10k' as const };
  return rCode(settings, summary, "g'1", null);
}

const r = findR(['Matrix']);

itUnless(
  r === null ? 'no R with Matrix' : null,
  'is R for every kind of store, and calls what its packages have',
  () => {
    const codes = NAMES.flatMap((name) =>
      [null, 'rna'].flatMap((modality) =>
        ['', 'raw', 'counts "2"'].flatMap((layer) =>
          [null, 'obs.tsv', 'obs.parquet'].map((obs) => codeOf(name, modality, layer, obs)),
        ),
      ),
    );
    codes.forEach((code, k) => {
      writeFileSync(join(folder, `store${k}.R`), code);
    });
    const called = new Set(codes.flatMap((code) => [...code.matchAll(/\w+::\w+/g)].map(([name]) => name)));
    expect([...called].sort()).toEqual(CALLED);
    // Packages that are not here cannot be asked.
    const check = `files <- list.files(pattern = "^store[0-9]+[.]R$")
for (name in files) parse(name)
for (name in c(${CALLED.map((name) => JSON.stringify(name)).join(', ')})) {
  part <- strsplit(name, "::")[[1]]
  if (requireNamespace(part[1], quietly = TRUE)) stopifnot(part[2] %in% getNamespaceExports(part[1]))
}
cat("parsed", length(files))`;
    const said = execFileSync(r ?? '', ['--vanilla', '--no-echo', '-e', check], { cwd: folder, encoding: 'utf8' });
    expect(said).toContain(`parsed ${codes.length}`);
  },
);
