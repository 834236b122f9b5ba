/** How long do 11,596 genes x 259 donors x 61 fixed effects take (the size of FLASH-MM's lupus example)? */
import { alternate, measured, repeat } from './clocks.mjs';
import { openComparison } from './comparison.mjs';
import { argument, builds, format, openBench } from './harness.mjs';
import { labels, openRandom } from './random.mjs';
import { referenceFit, sumsProblem } from './reference.mjs';

const [genes, donors, p, n] = [argument('genes', 11_596), 259, 61, 30_000];

/** 30 cell types x condition of the donor, and a covariate of the cell: 61 columns, n x p row-major, and the donors. */
function simulateRows(random) {
  const X = new Float64Array(n * p);
  const donor = Int32Array.from({ length: n }, () => Math.floor(donors * random.uniform() ** 1.5));
  for (let i = 0; i < n; i++) {
    const type = random.below(30);
    const condition = donor[i] % 2;
    const row = X.subarray(i * p, (i + 1) * p);
    row[0] = 1;
    row[1] = random.normal();
    row[2] = condition;
    if (type === 0) continue;
    row[2 + type] = 1;
    row[31 + type] = condition;
  }
  return { X, donor };
}

/** X'X, Z'X and the like of the rows. */
function designSums({ X, donor }) {
  const [xtx, xt1, ztx, ztz] = [p * p, p, donors * p, donors].map((length) => new Float64Array(length));
  for (let i = 0; i < n; i++) {
    ztz[donor[i]]++;
    for (let a = 0; a < p; a++) {
      const value = X[i * p + a];
      if (value === 0) continue;
      xt1[a] += value;
      ztx[donor[i] * p + a] += value;
      for (let b = 0; b < p; b++) xtx[a * p + b] += value * X[i * p + b];
    }
  }
  return { xtx, xt1, ztx, ztz };
}

/** Lower factor L of a semidefinite matrix (L L' = a), and its rank: zero pivots give zero columns. */
function factorOf(a, k, tolerance = 1e-10) {
  const L = new Float64Array(k * k);
  let rank = 0;
  for (let j = 0; j < k; j++) {
    let pivot = a[j * k + j];
    for (let l = 0; l < j; l++) pivot -= L[j * k + l] ** 2;
    if (!(pivot > tolerance * a[j * k + j])) continue;
    rank++;
    L[j * k + j] = Math.sqrt(pivot);
    for (let i = j + 1; i < k; i++) {
      let sum = a[i * k + j];
      for (let l = 0; l < j; l++) sum -= L[i * k + l] * L[j * k + l];
      L[i * k + j] = sum / L[j * k + j];
    }
  }
  return { L, rank };
}

/**
 * Sums of responses y = X b + Z u + e, drawn from their distribution rather than row by row: with X'X = R'R and
 * K0 = Z'MZ = L L', Z'My = L (L'u + e1), y'My = |L'u + e1|^2 + s^2 chi^2, R^-T X'y = R b + R^-T X'Z u + e2.
 */
function simulateSums(random, { xtx, xt1, ztx, ztz }) {
  const { L: RT } = factorOf(xtx, p); // R', lower
  const basis = Float64Array.from(ztx); // Z'Q, rows solved against R
  for (let j = 0; j < donors; j++) {
    for (let a = 0; a < p; a++) {
      for (let l = 0; l < a; l++) basis[j * p + a] -= RT[a * p + l] * basis[j * p + l];
      basis[j * p + a] /= RT[a * p + a];
    }
  }
  const K0 = new Float64Array(donors * donors);
  for (let i = 0; i < donors; i++) {
    K0[i * donors + i] = ztz[i];
    for (let j = 0; j < donors; j++) {
      for (let a = 0; a < p; a++) K0[i * donors + j] -= basis[i * p + a] * basis[j * p + a];
    }
  }
  const { L, rank } = factorOf(K0, donors);
  const [xty, zty] = [new Float64Array(genes * p), new Float64Array(genes * donors)];
  const [yty, sumY] = [new Float64Array(genes), new Float64Array(genes)];
  const [u, v, qty] = [new Float64Array(donors), new Float64Array(donors), new Float64Array(p)];
  const rest = n - p - rank;
  for (let g = 0; g < genes; g++) {
    const sd = g % 10 === 0 ? 0 : Math.exp(0.8 * random.normal() - 1.5);
    const s = Math.exp(0.5 * random.normal());
    for (let j = 0; j < donors; j++) u[j] = sd * random.normal();
    let rss = s * s * (rest + Math.sqrt(2 * rest) * random.normal());
    for (let j = 0; j < donors; j++) {
      v[j] = 0;
      if (L[j * donors + j] === 0) continue;
      v[j] = s * random.normal();
      for (let i = j; i < donors; i++) v[j] += L[i * donors + j] * u[i];
      rss += v[j] ** 2;
    }
    let total = rss;
    for (let a = 0; a < p; a++) {
      qty[a] = s * random.normal();
      for (let b = a; b < p; b++) qty[a] += RT[b * p + a] * (a === 0 && b === 0 ? 1 : 0.05 * random.normal());
      for (let j = 0; j < donors; j++) qty[a] += basis[j * p + a] * u[j];
      total += qty[a] ** 2;
    }
    for (let a = 0; a < p; a++) for (let l = 0; l <= a; l++) xty[g * p + a] += RT[a * p + l] * qty[l];
    for (let i = 0; i < donors; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += L[i * donors + j] * v[j];
      for (let a = 0; a < p; a++) sum += basis[i * p + a] * qty[a];
      zty[g * donors + i] = sum;
    }
    yty[g] = total;
    sumY[g] = xty[g * p];
  }
  return {
    n,
    xtx,
    xt1,
    ztx,
    ztz,
    xty,
    zty,
    yty,
    sumY,
    coefficients: labels('x', p),
    group: 'donor',
    levels: labels('D', donors),
    names: labels('g', genes),
  };
}

const bench = openBench(
  'flashmm-size',
  'Seconds for all coefficients with SE, df and p at the size of FLASH-MM on two cores?',
);
const random = openRandom(2);
const sums = simulateSums(random, designSums(simulateRows(random)));
const libraries = await Promise.all(builds.map((build) => build.load('steps')));
const formed = await repeat(() => libraries[0].momentsFromSums(sums), { runs: 3 });
const sides = libraries.map((library, k) => ({
  library,
  moments: k === 0 ? formed.last : library.momentsFromSums(sums),
}));
const references = new Map();
const sample = argument('sample', 8);
for (let k = 0; k < sample; k++) {
  const g = Math.floor(((k + 0.3) * genes) / sample);
  references.set(g, referenceFit(sumsProblem(sums, p, g)));
}
for (const threads of [2, 1]) {
  const fits = sides.map(
    ({ library, moments }) =>
      () =>
        library.fitMoments(moments, { threads, ddf: 'satterthwaite' }),
  );
  const [timed, other] = await alternate(fits, { runs: argument('runs', 5) });
  const comparison = openComparison(timed.last.table);
  for (const [g, reference] of references) comparison.add(g, { ...reference, smallest: () => reference.theta[0] });
  const name = `${genes} genes x ${donors} donors x ${p} fixed effects, ${threads} thread${threads === 1 ? '' : 's'}`;
  const errors = comparison.errors();
  bench.row({
    case: name,
    // Two threads are there to save a user's time, one is for what the work costs.
    ...measured(timed, threads === 2 ? 'wall' : 'process'),
    unit: 's',
    ...(threads === 2 ? { bar: { atMost: 3 } } : {}),
    errors,
    detail: `${comparison.summary}; ${(genes / timed.seconds).toFixed(0)} fits/s; plain sums to moments ${format(formed.seconds)} s more`,
  });
  bench.against(name, timed, other, errors);
}
bench.close();
