/**
 * The cases of `kernels.mjs` as plain data: a model of `device-cases.mjs` (`of`) or one of its own, and the sizes that its
 * design has on the device, worked out by hand from the formula and the numbers of levels.
 */
import * as counts from './kernel-counts.mjs';

const spectral = {
  owner: 'spectral search',
  labels: ['spectral search', 'spectral search, a workgroup a response', 'spectral search, by subgroups'],
  count: counts.spectralSearch,
  parameters: 1,
};
const block = {
  owner: 'block search',
  labels: ['block search'],
  count: counts.blockSearch,
  sweeps: counts.blockSweeps,
};
const crossed = {
  owner: 'crossed search',
  labels: ['crossed search'],
  count: counts.crossedSearch,
  sweeps: counts.crossedSweeps,
};
const pattern = { owner: 'pattern search', labels: ['pattern search'], count: counts.patternSearch };
const donors = '(1 | donor), 20 levels, p = 4';
const visits = '(time | subject), 40 levels, p = 4';
const batches = '(1 | donor) + (1 | batch), 12 x 8 levels, p = 2';
/** The intercept and `age` are constant within donors: they take up two eigenvalues of 20, and two of the rows within. */
const donorSizes = { levels: 18, columns: 4, p: 4 };
const visitSizes = { q: 2, types: 40, p: 4, parameters: 3, squares: 4 };
const planeSizes = { q: 3, types: 40, p: 5, parameters: 6, squares: 9 };
/** Evaluations stand after the squares, S, the log-determinants and the decrement, as the low word of a pair. */
const factorFinish = (label, count, { squares }) => ({ label, count, evaluationsAt: 2 * (squares + 3) + 1 });
/** Eight batches in the border; of the cells of donors and batches one in seven is empty. */
const batchSizes = { q: 1, types: 12, p: 2, random: 8, width: 1, touched: 6 / 7, parameters: 2, squares: 2 };

export const KERNEL_CASES = [
  {
    kind: 'search',
    name: 'spectral search, 20 levels, p = 4',
    of: donors,
    responses: 8192,
    family: spectral,
    sizes: donorSizes,
  },
  {
    ...{ kind: 'search', name: 'spectral search, weights by response', of: `${donors}, weights by response` },
    ...{ family: spectral, sizes: { ...donorSizes, levels: 20, own: true } }, // padded to all levels
  },
  {
    ...{ kind: 'search', name: 'spectral search, 200 levels, a workgroup a response where that is faster' },
    shape: {
      ...{ formula: '~ stim + age + (1 | level)', factors: { level: 200 }, rows: [2, 2], cells: 4000 },
      deviations: 'typical',
    },
    responses: 2048,
    ...{ family: spectral, sizes: { levels: 198, columns: 3, p: 3, kept: true } },
  },
  {
    ...{
      kind: 'finish',
      name: 'spectral finish, 20 levels, p = 4',
      of: donors,
      after: 'spectral search, 20 levels, p = 4',
    },
    ...{ responses: 8192, family: spectral, sizes: { ...donorSizes, pairs: true } },
    finisher: { label: 'spectral finish', count: counts.spectralFinish, evaluationsAt: 13 },
  },
  {
    ...{ kind: 'search', name: 'block search, q = 2, 40 levels, p = 4', of: visits, responses: 2048 },
    ...{ family: block, sizes: visitSizes },
  },
  {
    ...{ kind: 'search', name: 'block search, q = 2, weights by response', of: `${visits}, weights by response` },
    ...{ family: block, sizes: { ...visitSizes, own: true } },
  },
  {
    ...{ kind: 'search', name: 'block search, q = 3, 40 levels, p = 5', of: '(time + x | subject), 40 levels, p = 5' },
    ...{ family: block, responses: 2048, sizes: planeSizes },
  },
  {
    ...{ kind: 'finish', name: 'block finish, q = 2, 40 levels, p = 4', of: visits },
    ...{ family: block, responses: 2048, sizes: { ...visitSizes, columns: 4, pairs: true } },
    ...{
      after: 'block search, q = 2, 40 levels, p = 4',
      finisher: factorFinish('block finish', counts.blockFinish, visitSizes),
    },
  },
  {
    ...{ kind: 'finish', name: 'block finish, q = 3, 40 levels, p = 5', of: '(time + x | subject), 40 levels, p = 5' },
    ...{ family: block, responses: 2048, sizes: { ...planeSizes, columns: 5, pairs: true } },
    ...{
      after: 'block search, q = 3, 40 levels, p = 5',
      finisher: factorFinish('block finish', counts.blockFinish, planeSizes),
    },
  },
  {
    ...{ kind: 'search', name: 'block search, q = 1, 1,000 levels, p = 4', of: '(1 | donor), 1,000 levels, p = 4' },
    ...{ family: block, responses: 64, sizes: { q: 1, types: 1000, p: 4, parameters: 1, squares: 1 } },
  },
  {
    ...{ kind: 'search', name: 'crossed search, 12 x 8 levels, p = 2', of: batches, responses: 2048 },
    ...{ family: crossed, sizes: batchSizes },
  },
  {
    ...{ kind: 'finish', name: 'crossed finish, 12 x 8 levels, p = 2', of: batches, responses: 2048 },
    ...{ family: crossed, sizes: { ...batchSizes, columns: 2, pairs: true } },
    ...{
      after: 'crossed search, 12 x 8 levels, p = 2',
      finisher: factorFinish('crossed finish', counts.crossedFinish, batchSizes),
    },
  },
  {
    ...{ kind: 'search', name: 'pattern search, us over 4 visits, p = 10', responses: 2048 },
    shape: {
      ...{ formula: '~ x + z + arm * visit', residual: 'us(visit | subject)' },
      ...{ factors: { subject: 200, visit: 4 }, rows: [1, 1], deviations: 'typical' },
    },
    ...{ family: pattern, sizes: { sizes: [4], p: 10, scales: 4, parameters: 10, points: 10 } },
  },
  {
    ...{ kind: 'bootstrap', name: 'draws, 20 levels, p = 4', of: donors, after: 'spectral search, 20 levels, p = 4' },
    ...{ family: spectral, sizes: donorSizes },
    kernels: ['spectral-draw', 'spectral search of draws', 'spectral-statistics'],
  },
  {
    ...{
      kind: 'bootstrap',
      name: 'draws, q = 2, 40 levels, p = 4',
      of: visits,
      after: 'block search, q = 2, 40 levels, p = 4',
    },
    ...{ family: block, sizes: { ...visitSizes, levels: 40, columns: 4 } },
    kernels: ['factor draw', 'search of draws', 'statistics of draws'],
  },
  {
    ...{
      kind: 'bootstrap',
      name: 'draws, 12 x 8 levels, p = 2',
      of: batches,
      after: 'crossed search, 12 x 8 levels, p = 2',
    },
    ...{ family: crossed, sizes: { ...batchSizes, levels: 12, columns: 2 } },
    kernels: ['factor draw', 'search of draws', 'statistics of draws'],
  },
  {
    ...{ kind: 'moments', name: 'dense moments, 2,000 rows, p = 20', responses: 3200 },
    shape: {
      formula: `~ ${['x', 'z', 'age', 'time'].flatMap((v) => [2, 3, 4, 5].map((k) => `I(${v}^${k})`)).join(' + ')} + x + z + time + (1 | donor)`,
      ...{ factors: { donor: 200 }, rows: [10, 10], deviations: 'typical' },
    },
    sizes: { p: 20, levels: 200, q: 1 },
  },
];
