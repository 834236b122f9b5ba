/** Where searches begin is judged by mean squares and products of the residuals, summed here over the rows of the table. */
import { describe, expect, it } from 'vitest';
import { BlocksObjective } from '../../../src/lmm/structured/blocks-objective.ts';
import { covarianceParameters, idleParameters } from '../../../src/lmm/structured/covariance-parameters.ts';
import { CovarianceSearch } from '../../../src/lmm/structured/covariance-search.ts';
import { observedStart } from '../../../src/lmm/structured/observed-start.ts';
import { flatScales, startParameters } from '../../../src/lmm/structured/parameter-start.ts';
import type { CovarianceBlocks } from '../../../src/moments/covariance-blocks.ts';
import { denseMoments } from '../../../src/moments/table-moments.ts';
import type { Design } from '../../../src/types/design.ts';
import { TestRandom } from '../random.ts';
import { structuredDesign, type Trial, trial } from './designs.ts';

const SCALE = 0.5;

function opened(design: Design, values: Float64Array) {
  const moments = denseMoments(design, { kind: 'dense', rows: values.length, names: ['y'], values });
  const [{ design: made, responses }] = moments.batches;
  const blocks = made.blocks as CovarianceBlocks;
  const parameters = covarianceParameters(blocks.layout, made.terms);
  const data = responses.blocks as Float64Array;
  const t = observedStart(parameters, blocks, made.p)?.(data, 0, SCALE) as Float64Array;
  const search = (start: Float64Array) => {
    const objective = new BlocksObjective(parameters, blocks, made.p, true);
    objective.load(data, 0, SCALE);
    return new CovarianceSearch(objective, idleParameters(parameters, blocks)).minimise(start);
  };
  const deviation = SCALE * Math.sqrt(responses.rss[0] / (made.n - made.p));
  const usual = startParameters(parameters, flatScales(parameters, blocks), deviation, 0.3, SCALE);
  return { t, parameters, search, usual };
}

/** Deviations of each visit from its mean, rows in the order of the table: residuals of `~ visit`. */
function residuals({ visit, table }: Trial, y: Float64Array): number[] {
  const sums = visit.levels.map(() => ({ sum: 0, n: 0 }));
  for (let i = 0; i < table.rows; i++) {
    sums[visit.codes[i]].sum += y[i];
    sums[visit.codes[i]].n++;
  }
  return Array.from(y, (value, i) => value - sums[visit.codes[i]].sum / sums[visit.codes[i]].n);
}

/** Responses with an effect of each subject, of order one; standard deviations grow with the visit. */
function response({ subject, visit, table }: Trial, seed: number): Float64Array {
  const random = new TestRandom(seed);
  const effects = subject.levels.map(() => random.normal());
  return Float64Array.from(
    { length: table.rows },
    (_, i) => effects[subject.codes[i]] + (0.6 + 0.2 * visit.codes[i]) * random.normal(),
  );
}

describe('starts of searches that are read off residuals', () => {
  it('are the covariance of the residuals for us', () => {
    const study = trial(4, 40, 3, 0);
    const y = response(study, 7);
    const { t, parameters } = opened(structuredDesign(study, '~ visit', 'us'), y);
    const e = residuals(study, y);
    const L = [
      [1, 0, 0],
      [t[3], 1, 0],
      [t[4], t[5], 1],
    ];
    expect(parameters.count).toBe(6);
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let s = 0; s < 40; s++) sum += e[3 * s + a] * e[3 * s + b];
        const found = L[a].reduce((product, value, c) => product + value * L[b][c], 0) * Math.exp(t[a] + t[b]);
        expect(found).toBeCloseTo(sum / 40, 10);
      }
    }
  });

  it('are mean squares and the correlation of neighbours for ar1h', () => {
    const study = trial(4, 40, 3, 0);
    const y = response(study, 8);
    const { t } = opened(structuredDesign(study, '~ visit', 'ar1h'), y);
    const e = residuals(study, y);
    const sds = [0, 1, 2].map((v) => Math.sqrt(e.reduce((sum, x, i) => sum + (i % 3 === v ? x * x : 0), 0) / 40));
    // The mean of the logarithm of a mean square of n rows lies about (1 + 1 / 3n) / n below that of the variance.
    sds.forEach((sd, v) => {
      expect(t[v]).toBeCloseTo(Math.log(sd) + (1 + 1 / 120) / 80, 10);
    });
    let products = 0;
    e.forEach((x, i) => {
      if (i % 3 > 0) products += (x * e[i - 1]) / (sds[i % 3] * sds[(i % 3) - 1]);
    });
    expect(Math.tanh(t[3])).toBeCloseTo(products / 80, 10);
  });

  it('are mean squares within subjects for cs of long series', () => {
    const study = trial(4, 12, 20, 0);
    const y = response(study, 9);
    const { t } = opened(structuredDesign(study, '~ visit', 'cs'), y);
    const e = residuals(study, y);
    const total = e.reduce((sum, x) => sum + x * x, 0);
    let within = total;
    for (let s = 0; s < 12; s++) within -= e.slice(20 * s, 20 * s + 20).reduce((sum, x) => sum + x, 0) ** 2 / 20;
    const rho = 1 - within / (12 * 19) / (total / 240);
    const least = -1 / 19;
    expect(least + (1 - least) / (1 + Math.exp(-t[1]))).toBeCloseTo(rho, 10);
  });

  it('are mean squares within sites by stratum, and what is left between them, beside a random effect', () => {
    const study = trial(4, 60, 3, 0);
    const y = response(study, 10);
    const dispersion = {
      text: '~ 0 + arm',
      names: ['arm0', 'arm1'],
      x: Float64Array.from([0, 1].flatMap((arm) => Array.from(study.arm.codes, (code) => Number(code === arm)))),
    };
    const { t } = opened(structuredDesign(study, '~ visit + (1 | site)', null, { dispersion }), y);
    const e = residuals(study, y);
    const site = study.table.columns.get('site');
    const cells = new Map<string, number[]>();
    e.forEach((x, i) => {
      const key = `${study.arm.codes[i]} ${site?.kind === 'factor' ? site.codes[i] : ''}`;
      cells.set(key, [...(cells.get(key) ?? []), x]);
    });
    const variances = [0, 1].map((arm) => {
      let [square, degrees] = [0, 0];
      for (const [key, members] of cells) {
        if (!key.startsWith(String(arm))) continue;
        const mean = members.reduce((sum, x) => sum + x, 0) / members.length;
        square += members.reduce((sum, x) => sum + (x - mean) ** 2, 0);
        degrees += members.length - 1;
      }
      return square / degrees;
    });
    variances.forEach((variance, arm) => {
      expect(t[arm]).toBeCloseTo(Math.log(variance) / 2 + (1 + 1 / 270) / 180, 10);
    });
    let [between, rows] = [0, 0];
    for (const [key, members] of cells) {
      between += members.reduce((sum, x) => sum + x, 0) ** 2 / members.length - variances[Number(key[0])];
      rows += members.length;
    }
    expect(t[2]).toBeCloseTo(SCALE * Math.sqrt(between / rows), 10);
  });

  // One correlation for all neighbours says less of structures that have several.
  it.each([
    ...(['us', 'csh', 'ar1', 'sp_exp'] as const).map((structure) => ({ structure, fewer: true })),
    ...(['ad', 'toep'] as const).map((structure) => ({ structure, fewer: false })),
  ])('end searches of $structure where others end', ({ structure, fewer }) => {
    const study = trial(6, 80, 4);
    const { t, search, usual } = opened(structuredDesign(study, '~ x + visit', structure), response(study, 11));
    const [ours, theirs] = [t, usual].map((start) => search(start));
    expect(Math.abs(ours.value - theirs.value)).toBeLessThan(1e-9 * Math.abs(theirs.value));
    if (fewer) expect(ours.evaluations).toBeLessThan(theirs.evaluations);
  });
});
