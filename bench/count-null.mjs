/**
 * How often do models of counts and of log-normalised counts call a gene significant when no gene has an effect? Simulated
 * cells of donors: a condition within donors (a control and a stimulated sample of each) or between them. Beside them models of
 * samples: the cells of each added up, with the weights of voom and moderated.
 *
 *     node bench/count-null.mjs --donors 12 --sets 6
 *     node bench/count-null.mjs --donors 12 --sets 6 --between 1
 *     node bench/count-null.mjs --donors 12 --sets 6 --only pseudobulk
 */
import { fit as fitTable, outputRows, pseudobulk, simulateCells, tidy } from '../dist/node.js';
import { argument, textArgument } from './harness.mjs';

const donors = argument('donors', 12);
const cells = argument('cells', 2400);
const genes = argument('genes', 300);
const sets = argument('sets', 6);
const within = argument('between', 0) === 0;
/** Genes in fewer of the cells are left out. */
const SEEN = 0.05;
const LEVELS = [0.05, 0.01];

const [column, term] = within ? ['stim', 'stimstim'] : ['group', 'groupdisease'];
const samples = within ? '(1 | donor) + (1 | donor:stim)' : '(1 | donor)';
const counted = { offset: 'library', ddf: 'between-within' };
/** Of samples: the pairing of donors alone is left, and a donor is one row where its condition is its own. */
const ofSamples = within ? '(1 | donor)' : null;
const voom = { weights: 'voom', normFactors: 'tmm', pseudobulk: true };
const models = [
  ['pseudobulk, voom', ofSamples, voom],
  ['pseudobulk, voom, moderated', ofSamples, { ...voom, moderate: {} }],
  ['pseudobulk, nbinom2, between-within', '(1 | donor)', { family: 'nbinom2', ...counted, pseudobulk: true }],
  ['log1p-cp10k, Kenward-Roger', samples, { normalize: 'log1p-cp10k' }],
  ['nbinom2, between-within', samples, { family: 'nbinom2', ...counted }],
  ['nbinom2, z', samples, { family: 'nbinom2', ...counted, ddf: 'asymptotic' }],
  ['poisson, between-within', samples, { family: 'poisson', ...counted }],
  ...(within
    ? [['nbinom2, z, donors alone', '(1 | donor)', { family: 'nbinom2', ...counted, ddf: 'asymptotic' }]]
    : []),
].filter(([name]) => name.includes(textArgument('only', '')));

/** Counts as a dense matrix, one gene after another. */
function denseCounts(simulated) {
  const values = new Float64Array(genes * cells);
  let cell = 0;
  for (const { pointers, indices, values: counts } of simulated.blocks()) {
    for (let i = 0; i + 1 < pointers.length; i++, cell++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) values[indices[k] * cells + cell] = counts[k];
    }
  }
  return { kind: 'dense', rows: cells, names: simulated.names, values, rowNames: simulated.rowNames };
}

/** Names of the genes that are seen in enough cells: models of cells and of samples are compared on the same ones. */
function seenGenes({ names, values }) {
  return new Set(
    names.filter((_, g) => {
      let count = 0;
      for (let i = 0; i < cells; i++) if (values[g * cells + i] > 0) count++;
      return count >= Math.round(SEEN * cells);
    }),
  );
}

const found = models.map(() => []);
for (let seed = 1; seed <= sets; seed++) {
  const simulated = simulateCells({
    ...{ genes, cells, donors, seed, condition: within ? 'within' : 'between', density: 0.25 },
    ...{ effectFraction: 0, donorSd: 0.3, sampleSd: 0.2 },
  });
  const data = denseCounts(simulated);
  const seen = seenGenes(data);
  const bulk = await pseudobulk(data, { obs: simulated.obs, by: ['donor', column] });
  for (const [m, [, random, { pseudobulk: summed, ...options }]] of models.entries()) {
    const formula = `~ ${column}${random === null ? '' : ` + ${random}`}`;
    const [responses, obs] = summed ? [bulk.responses, bulk.samples] : [data, simulated.obs];
    const result = await fitTable(responses, { obs, formula, ...options });
    const shown = options.moderate === undefined ? 'p.value' : 'p.moderated';
    const tests = [...outputRows(tidy(result))].filter((row) => row.term === term && seen.has(row.response));
    found[m].push(...tests.map((row) => row[shown]).filter((p) => p !== null));
  }
}
console.log(['donors', 'condition', 'model', 'tests', ...LEVELS.map((level) => `below ${level}`)].join('\t'));
for (const [m, [name]] of models.entries()) {
  const shares = LEVELS.map((level) => (found[m].filter((p) => p < level).length / found[m].length).toFixed(4));
  console.log([donors, within ? 'within donors' : 'between donors', name, found[m].length, ...shares].join('\t'));
}
