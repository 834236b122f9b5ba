import { extendLevels } from './known-levels.ts';
import { learn, recall, type Training } from './training.ts';

/** Levels and codes (-1 missing) of the factor that means are taken by. */
interface Groups {
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

/**
 * Mean of x in the group of each row; NaN where x or the group is missing.
 *
 * Learning, means are taken over the rows that the training names (those of the fit), so that the between part of a
 * covariate is a property of the data that were fitted. For other data a group that was trained keeps its mean, whatever
 * values its new rows have; a new group has the mean of its own rows.
 */
export function groupMeans(
  x: Float64Array,
  groups: Groups,
  call: string,
  training: Training | undefined,
): Float64Array {
  const trained = recall(training, 'means', call);
  const { levels, codes } = trained ? extendLevels(trained.levels, groups) : groups;
  const means = meansByGroup(x, codes, levels.length, training?.replay ? undefined : training?.meanRows);
  if (trained) means.set(trained.means);
  else {
    // levels without a row that is used have no mean to keep
    const seen = levels.map((_, code) => code).filter((code) => !Number.isNaN(means[code]));
    learn(training, {
      kind: 'means',
      call,
      levels: seen.map((code) => levels[code]),
      means: seen.map((code) => means[code]),
    });
  }
  return Float64Array.from(codes, (code, i) => (code < 0 || Number.isNaN(x[i]) ? Number.NaN : means[code]));
}

/** In two passes, so that a large mean costs no digits. */
function meansByGroup(x: Float64Array, codes: Int32Array, groups: number, rows: Int32Array | undefined): Float64Array {
  const count = new Float64Array(groups);
  const means = new Float64Array(groups);
  const n = rows?.length ?? x.length;
  const visit = (visitor: (group: number, value: number) => void) => {
    for (let k = 0; k < n; k++) {
      const i = rows ? rows[k] : k;
      if (codes[i] >= 0 && !Number.isNaN(x[i])) visitor(codes[i], x[i]);
    }
  };
  visit((group, value) => {
    count[group]++;
    means[group] += value;
  });
  for (let g = 0; g < groups; g++) means[g] /= count[g]; // 0 / 0 is NaN
  const rest = new Float64Array(groups);
  visit((group, value) => {
    rest[group] += value - means[group];
  });
  for (let g = 0; g < groups; g++) means[g] += rest[g] / count[g];
  return means;
}
