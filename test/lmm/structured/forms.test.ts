/** Means and deviations, and neighbours of long series, say the same as the whole covariance of all rows. */
import { describe, expect, it } from 'vitest';
import type { MomentFit } from '../../../src/fit/readable-fit.ts';
import { fitDesign } from '../../../src/fit.ts';
import { deserialiseMoments } from '../../../src/moments/deserialise.ts';
import { serialiseMoments } from '../../../src/moments/serialise.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../../src/numeric/cholesky.ts';
import type { Design } from '../../../src/types/design.ts';
import { STATUSES } from '../../../src/types/fit-table.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { arrayDifference } from '../comparison.ts';
import { TestRandom } from '../random.ts';
import { structuredDesign, type Trial, trial } from './designs.ts';
import { inSites } from './sites.ts';

/** -2 log restricted likelihood of a dense covariance, and standard errors. */
function denseCriterion({ n, fixed }: Design, V: Float64Array, y: Float64Array): { criterion: number; se: number[] } {
  const p = fixed.names.length;
  const L = V.slice();
  let criterion = choleskyInPlace(L, n) + (n - p) * Math.log(2 * Math.PI);
  const columns = Array.from({ length: p }, (_, k) => fixed.x.slice(k * n, (k + 1) * n));
  for (const column of [...columns, y]) forwardSolve(L, n, column);
  const A = new Float64Array((p + 1) * (p + 1));
  const all = [...columns, y];
  all.forEach((a, i) => {
    all.forEach((b, j) => {
      A[i * (p + 1) + j] = a.reduce((sum, value, k) => sum + value * b[k], 0);
    });
  });
  const whole = choleskyInPlace(A, p + 1);
  const rss = A[p * (p + 1) + p] ** 2;
  criterion += whole - Math.log(rss) + rss;
  // Diagonal of (X'V^-1 X)^-1 from its factor.
  const se = Array.from({ length: p }, (_, k) => {
    const unit = new Float64Array(p);
    unit[k] = 1;
    const factor = Float64Array.from({ length: p * p }, (__, i) => A[Math.floor(i / p) * (p + 1) + (i % p)]);
    forwardSolve(factor, p, unit);
    return Math.sqrt(unit.reduce((sum, value) => sum + value * value, 0));
  });
  return { criterion, se };
}

async function fitOne(design: Design, y: Float64Array): Promise<MomentFit> {
  const responses = { kind: 'dense', rows: y.length, names: ['y'], values: y.slice() } as const;
  const result = await fitDesign(design, responses, { threads: 1, ddf: 'satterthwaite' });
  expect(STATUSES[result.table.status[0]]).toBe('ok');
  return result;
}

function check(design: Design, result: MomentFit, V: Float64Array, y: Float64Array): void {
  const { criterion, se } = denseCriterion(design, V, y.slice());
  const { table } = result;
  expect(Math.abs(table.criterion[0] - criterion)).toBeLessThan(TOLERANCE.criterion.absolute);
  se.forEach((value, k) => {
    expect(Math.abs(table.coefficients.standardError[k] / value - 1)).toBeLessThan(TOLERANCE.standardError);
  });
}

/** G Z'V^-1 (y - X b) of the only term. */
function checkModes(design: Design, result: MomentFit, V: Float64Array, y: Float64Array): void {
  const { n, fixed } = design;
  const { covariance, coefficients } = result.table;
  const { z, codes } = design.random[0];
  const q = result.table.terms[0].names.length;
  const rest = y.map((value, i) =>
    fixed.names.reduce((sum, _, k) => sum - fixed.x[k * n + i] * coefficients.estimate[k], value),
  );
  const L = V.slice();
  choleskyInPlace(L, n);
  forwardSolve(L, n, rest);
  backwardSolve(L, n, rest);
  const [{ estimate, levels }] = result.randomEffects(0);
  const expected = new Float64Array(levels.length * q);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) expected[codes[i] * q + a] += covariance[a * q + b] * z[b * n + i] * rest[i];
    }
  }
  expect(arrayDifference(estimate, expected)).toBeLessThan(TOLERANCE.randomEffect);
}

/** Residuals of subjects, with what subjects share. */
function response({ subject, visit }: Trial, seed: number, shared: number): Float64Array {
  const random = new TestRandom(seed);
  const effects = random.normals(subject.levels.length);
  let before = 0;
  return Float64Array.from(subject.codes, (s, i) => {
    before = visit.codes[i] === 0 ? random.normal() : 0.6 * before + 0.8 * random.normal();
    return 3 + shared * effects[s] + before * (1 + 0.05 * visit.codes[i]);
  });
}

describe('forms of blocks', () => {
  it.each(['cs', 'ar1', 'ar1h', 'ad', 'sp_exp'] as const)('%s over 20 visits', async (structure) => {
    const study = trial(11, 9, 20);
    const y = response(study, 4, 0.4);
    const design = structuredDesign(study, '~ x + arm', structure);
    const result = await fitOne(design, y);
    const form = result.moments.batches[0].design.blocks?.layout.form;
    expect(form).toBe(structure === 'cs' ? 'means' : 'neighbours');
    const structured = result.table.structured;
    if (!structured) throw new Error('no covariance');
    // One number, to the last bit: tables show it once.
    if (structure === 'cs' || structure === 'ar1') expect(new Set(structured.sd).size).toBe(1);
    const { n } = design;
    const V = new Float64Array(n * n);
    const visits = structured.visits.length;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (study.subject.codes[i] !== study.subject.codes[j]) continue;
        const [a, b] = [study.visit.codes[i], study.visit.codes[j]];
        V[i * n + j] =
          structure === 'sp_exp'
            ? structured.sd[0] ** 2 * Math.exp(-Math.abs(study.times[i] - study.times[j]) / structured.values[0])
            : structured.sd[a] * structured.sd[b] * structured.correlation[a * visits + b];
      }
    }
    check(design, result, V, y);
  });

  it.each(['~ x + arm + (1 | subject)', '~ x + (0 + arm | subject)'])('scales by visit beside %s', async (formula) => {
    const study = trial(12, 12, 3, 0);
    // Every row three times over: many cells of a kind a subject.
    const rows = study.table.rows;
    const times = 3;
    const pick = Int32Array.from({ length: rows * times }, (_, i) => i % rows);
    const random = new TestRandom(3);
    const columns = new Map(
      [...study.table.columns].map(([name, column]) => [
        name,
        column.kind === 'factor'
          ? { ...column, codes: pick.map((i) => column.codes[i]) }
          : { ...column, values: random.normals(rows * times) },
      ]),
    );
    const many = {
      ...study,
      table: { ...study.table, rows: rows * times, columns } as Trial['table'],
    };
    const n = rows * times;
    const visit = pick.map((i) => study.visit.codes[i]);
    const subject = pick.map((i) => study.subject.codes[i]);
    const x = new Float64Array(3 * n);
    visit.forEach((v, i) => {
      x[v * n + i] = 1;
    });
    const design = structuredDesign(many, formula, null, {
      dispersion: { text: '~ 0 + visit', names: ['v0', 'v1', 'v2'], x },
    });
    const effects = random.normals(12);
    const y = Float64Array.from(subject, (s, i) => 0.7 * effects[s] + random.normal() * (0.5 + 0.5 * visit[i]));
    const result = await fitOne(design, y);
    const blocks = result.moments.batches[0].design.blocks;
    expect(Math.max(...(blocks?.blocks.map(({ size }) => size) ?? []))).toBe(3);
    const [term] = result.table.terms;
    const { z, codes } = design.random[0];
    const q = term.names.length;
    const V = new Float64Array(n * n);
    const sd = result.table.structured?.dispersion.estimate.map(Math.exp) ?? new Float64Array(3);
    for (let i = 0; i < n; i++) {
      V[i * n + i] = sd[visit[i]] ** 2;
      for (let j = 0; j < n; j++) {
        if (codes[i] !== codes[j]) continue;
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) V[i * n + j] += z[a * n + i] * result.table.covariance[a * q + b] * z[b * n + j];
        }
      }
    }
    check(design, result, V, y);
    // Effects of every level, not of those whose rows come first: G Z'V^-1 (y - X b).
    checkModes(design, result, V, y);
    // Moments with such blocks come back from a file.
    const bytes = Buffer.concat([...serialiseMoments(result.moments)]);
    expect(deserialiseMoments(bytes).moments.batches[0].design.blocks).toEqual(blocks);
  });

  it.each([
    ['~ x + arm + (1 | site)', 'us', false],
    ['~ x + arm + (1 | site)', 'ar1h', true],
    ['~ x + arm + (0 + visit | site)', 'ar1', true],
  ] as const)('subjects of a level are turned: %s beside %s, weighted: %s', async (formula, structure, weighted) => {
    const study = inSites(trial(21, 48, 4, 0.12), 4);
    const random = new TestRandom(8);
    const made = structuredDesign(study, formula, structure);
    const { n } = made;
    const own = random.normals(48).map(Math.exp);
    const design = weighted ? { ...made, weights: Float64Array.from(study.subject.codes, (s) => own[s]) } : made;
    const bySite = random.normals(4);
    const y = response(study, 6, 0.5).map((value, i) => value + 0.8 * bySite[made.random[0].codes[i]]);
    const result = await fitOne(design, y);
    const { blocks } = result.moments.batches[0].design;
    // No more rows a site than the patterns of visits have, and the deviations of subjects as sums.
    const largest = Math.max(...(blocks?.blocks.map(({ size }) => size) ?? []));
    expect(largest).toBeLessThan(30);
    expect(Math.max(...[0, 1, 2, 3].map((s) => made.random[0].codes.filter((c) => c === s).length))).toBeGreaterThan(
      38,
    );
    expect(blocks?.blocks.some(({ sums, size }) => sums && size === 4)).toBe(true);
    expect(blocks?.blocks.reduce((sum, { count, size }) => sum + count * size, 0)).toBe(n);
    const structured = result.table.structured;
    if (!structured) throw new Error('no covariance');
    const { sd, correlation, visits } = structured;
    const [term] = result.table.terms;
    const q = term.names.length;
    const { z, codes } = made.random[0];
    const V = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const [a, b] = [study.visit.codes[i], study.visit.codes[j]];
        if (study.subject.codes[i] === study.subject.codes[j]) {
          V[i * n + j] = sd[a] * sd[b] * correlation[a * visits.length + b];
          if (weighted) V[i * n + j] /= own[study.subject.codes[i]];
        }
        if (codes[i] !== codes[j]) continue;
        for (let c = 0; c < q; c++) {
          for (let e = 0; e < q; e++) V[i * n + j] += z[c * n + i] * result.table.covariance[c * q + e] * z[e * n + j];
        }
      }
    }
    check(design, result, V, y);
    checkModes(design, result, V, y);
    const bytes = Buffer.concat([...serialiseMoments(result.moments)]);
    expect(deserialiseMoments(bytes).moments.batches[0].design.blocks).toEqual(blocks);
  });
});
