#!/usr/bin/env node
/**
 * Makes the data sets in examples/ again, from the built package:
 *
 *     npm run build && node scripts/make-examples.mjs
 *
 * All are simulated, with fixed seeds, and come with their truth:
 *   examples/visits.csv, visits.truth.tsv       a trial: 60 subjects, 6 visits, two arms, random slopes
 *   examples/trial.csv, trial.truth.tsv         a trial: 80 subjects, 4 scheduled visits, two arms, drop-out
 *   examples/couples.csv, couples.truth.tsv     120 couples, both members, an answer and a predictor of each
 *   examples/clinic.csv, clinic.truth.tsv       60 patients, 5 visits, two arms: well, yes or no
 *   examples/grades.csv, grades.truth.tsv       60 patients, 5 visits, two arms: grades 0 to 4 of a symptom
 *   examples/counts.csv, counts.truth.tsv       50 patients, 4 visits, two arms: attacks and good days in a diary
 *   examples/epochs.csv, epochs.truth.tsv       an EEG: 20 subjects read 16 words, voltages at two electrodes and times
 *   examples/proteins.tsv, proteins.*.tsv       150 proteins of 10 patients before and after: intensities, peptides, samples
 *   examples/cells/                             a 10x folder: 200 genes, 1,200 cells, 12 donors, with obs.tsv and truth.tsv
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { simulateClinic, simulateCounts, simulateGrades } from './families.mjs';
import { simulateEpochs, simulateProteins } from './many-responses.mjs';
import { simulateCouples, simulateTrial } from './repeated-measures.mjs';

export const visitOptions = { subjects: 60, visits: 6, missing: 0.08, jitter: 0.08, seed: 7 };
export const trialOptions = { subjects: 80, seed: 37 };
export const coupleOptions = { couples: 120, seed: 7 };
export const clinicOptions = { patients: 60, seed: 10 };
export const gradeOptions = { patients: 60, seed: 3 };
export const countOptions = { patients: 50, seed: 14 };
export const epochOptions = { subjects: 20, items: 16, seed: 5 };
export const proteinOptions = { proteins: 150, patients: 14, seed: 8 };
export const cellOptions = { genes: 200, cells: 1200, donors: 12, density: 0.25, seed: 11 };

/** Decimals of the responses in visits.csv, as a scale would be read. */
const RESPONSE_DECIMALS = 2;
/** Significant digits of everything else. */
const DIGITS = 6;

/** One cell of a table as text. */
function formatValue(column, row, decimals) {
  if (column.kind === 'factor') return column.levels[column.codes[row]] ?? '';
  const value = column.values[row];
  if (Number.isNaN(value)) return 'NA';
  if (column.kind === 'logical') return value === 1 ? 'TRUE' : 'FALSE';
  return decimals === undefined ? String(Number(value.toPrecision(DIGITS))) : value.toFixed(decimals);
}

/** A table as delimited text; the names of the rows, where there are any, come first under `rowHeading`. */
function formatTable(table, separator, rowHeading, decimals = {}) {
  const names = [...table.columns.keys()];
  const lines = [(rowHeading === undefined ? names : [rowHeading, ...names]).join(separator)];
  for (let row = 0; row < table.rows; row++) {
    const values = names.map((name) => formatValue(table.columns.get(name), row, decimals[name]));
    lines.push((rowHeading === undefined ? values : [table.rowNames[row], ...values]).join(separator));
  }
  return `${lines.join('\n')}\n`;
}

/** The counts as MatrixMarket text, genes x cells. */
function formatMatrix(cells) {
  const entries = [];
  let cell = 0;
  for (const { pointers, indices, values } of cells.blocks()) {
    for (let row = 0; row + 1 < pointers.length; row++) {
      cell++;
      for (let k = pointers[row]; k < pointers[row + 1]; k++) entries.push(`${indices[k] + 1} ${cell} ${values[k]}`);
    }
  }
  const header = `%%MatrixMarket matrix coordinate integer general\n%metadata_json: {"software_version": "webgpu-lmm simulate"}`;
  return `${header}\n${cells.names.length} ${cells.rowNames.length} ${entries.length}\n${entries.join('\n')}\n`;
}

/** Text of every example file by its name inside examples/; names that end in .gz are compressed on disk. */
export function makeExamples({ simulateCells, simulateVisits }) {
  const visits = simulateVisits(visitOptions);
  const cells = simulateCells(cellOptions);
  const trial = simulateTrial(trialOptions);
  const couples = simulateCouples(coupleOptions);
  const clinic = simulateClinic(clinicOptions);
  const grades = simulateGrades(gradeOptions);
  const counts = simulateCounts(countOptions);
  const epochs = simulateEpochs(epochOptions);
  const proteins = simulateProteins(proteinOptions);
  const features = cells.names.map((name) => `${name}\t${name.replace('gene', 'GENE')}\tGene Expression\n`);
  return new Map([
    ['visits.csv', formatTable(visits.table, ',', undefined, { y: RESPONSE_DECIMALS })],
    ['visits.truth.tsv', formatTable(visits.truth, '\t', 'response')],
    ['trial.csv', trial.table],
    ['trial.truth.tsv', trial.truth],
    ['couples.csv', couples.table],
    ['couples.truth.tsv', couples.truth],
    ['clinic.csv', clinic.table],
    ['clinic.truth.tsv', clinic.truth],
    ['grades.csv', grades.table],
    ['grades.truth.tsv', grades.truth],
    ['counts.csv', counts.table],
    ['counts.truth.tsv', counts.truth],
    ['epochs.csv', epochs.table],
    ['epochs.truth.tsv', epochs.truth],
    ['proteins.tsv', proteins.table],
    ['proteins.peptides.tsv', proteins.peptides],
    ['proteins.samples.tsv', proteins.samples],
    ['proteins.truth.tsv', proteins.truth],
    ['cells/matrix.mtx.gz', formatMatrix(cells)],
    ['cells/features.tsv.gz', features.join('')],
    ['cells/barcodes.tsv.gz', `${cells.rowNames.join('\n')}\n`],
    ['cells/obs.tsv', formatTable(cells.obs, '\t', 'barcode')],
    ['cells/truth.tsv', formatTable(cells.truth, '\t', 'gene')],
  ]);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const built = process.argv[2] ?? join(root, 'dist', 'index.js');
  for (const [name, text] of makeExamples(await import(pathToFileURL(resolve(built)).href))) {
    const path = join(root, 'examples', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text);
    process.stdout.write(`${name}\n`);
  }
}
