/** Moments of generalised models with one random effect a level, or none, of many responses. */
import { buildDesign } from '../../src/formula/design.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import type { Column } from '../../src/types/table.ts';
import { TestRandom } from '../lmm/random.ts';

export interface FamilyShape {
  readonly family: FamilyName;
  readonly link?: LinkName;
  /** Over state (within groups), arm (between them), age, dose, group and log(total). */
  readonly formula: string;
  readonly seed?: number;
  readonly groups?: number;
  /** Rows of a group. */
  readonly each?: number;
  /** Log of the mean count of a row, or logit of the mean proportion, of the responses at most and at least. */
  readonly level?: readonly [number, number];
  /** Share of the values of a response that are missing. */
  readonly missing?: number;
  readonly responses: number;
}

const TRIALS = 6;

/** Responses whose effects and variances differ, of which some have no variance between groups, and counts no dispersion. */
export function familyBatches(shape: FamilyShape): readonly MomentBatch[] {
  const { family, link, formula, seed = 5, groups = 12, each = 30, level = [-1, 3], missing = 0, responses } = shape;
  const random = new TestRandom(seed);
  const rows = groups * each;
  const group = Int32Array.from({ length: rows }, (_, i) => i % groups);
  const levels = Array.from({ length: groups }, (_, g) => `g${g}`);
  const state = Int32Array.from({ length: rows }, () => random.integer(2));
  const arm = group.map((g) => g % 2);
  const age = Float64Array.from({ length: rows }, () => 50 + Math.round(4 * random.normal()));
  const dose = Float64Array.from({ length: rows }, () => random.integer(4));
  const total = Float64Array.from({ length: rows }, () => 3000 * Math.exp(0.5 * random.normal()));
  const factor = (codes: Int32Array, names: readonly string[]) =>
    ({ kind: 'factor', codes, levels: names, ordered: false }) as const;
  const numeric = (values: Float64Array) => ({ kind: 'numeric', values }) as const;
  const table = {
    rows,
    columns: new Map<string, Column>([
      ['group', factor(group, levels)],
      ['state', factor(state, ['a', 'b'])],
      ['arm', factor(arm, ['control', 'treated'])],
      ['age', numeric(age)],
      ['dose', numeric(dose)],
      ['total', numeric(total)],
    ]),
  };
  const design = buildDesign(formula, table);
  const values = new Float64Array(responses * rows);
  const trials = Float64Array.from({ length: rows }, () => random.integer(TRIALS + 1));
  const slope = /0 \+ dose \|/.test(formula);
  for (let k = 0; k < responses; k++) {
    const base = level[0] + (level[1] - level[0]) * random.uniform();
    const [ofState, ofAge] = [0.5 * random.normal(), 0.03 * random.normal()];
    const deviation = random.uniform() < 0.25 ? 0 : 0.8 * random.uniform();
    const size = random.uniform() < 0.25 ? Number.POSITIVE_INFINITY : Math.exp(2 * random.normal());
    const effects = levels.map(() => deviation * random.normal());
    for (let i = 0; i < rows; i++) {
      const eta = base + ofState * state[i] + ofAge * (age[i] - 50) + effects[group[i]] * (slope ? dose[i] / 2 : 1);
      const at = k * rows + i;
      if (random.uniform() < missing) values[at] = Number.NaN;
      else if (family === 'binomial') values[at] = successes(random, trials[i], 1 / (1 + Math.exp(-eta)));
      else values[at] = count(random, (total[i] / 3000) * Math.exp(eta), size);
    }
  }
  const names = Array.from({ length: responses }, (_, k) => `g${k}`);
  const chosen = link ?? (family === 'binomial' ? 'logit' : 'log');
  const asked = { family, link: chosen, trials: family === 'binomial' ? trials : null };
  return familyMoments(design, { kind: 'dense', rows, names, values }, asked).batches;
}

function successes(random: TestRandom, trials: number, p: number): number {
  let found = 0;
  for (let t = 0; t < trials; t++) if (random.uniform() < p) found++;
  return found;
}

/** A count of mean mu and variance mu + mu^2 / size. */
function count(random: TestRandom, mu: number, size: number): number {
  // A sum of geometric waiting times would want whole sizes: the gamma by a chi-squared of whole degrees, about.
  let mean = mu;
  if (Number.isFinite(size)) {
    const degrees = Math.max(1, Math.round(2 * size));
    let chi = 0;
    for (let d = 0; d < degrees; d++) chi += random.normal() ** 2;
    mean *= chi / degrees;
  }
  if (mean > LARGE) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let found = 0;
  let left = mean + Math.log(random.uniform());
  while (left > 0) {
    left += Math.log(random.uniform());
    found++;
  }
  return found;
}

/** A mean from which on counts are as good as normal. */
const LARGE = 300;
