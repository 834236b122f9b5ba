import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { isFitError } from '../../src/errors.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { profileIntervals, waldIntervals } from '../../src/intervals/intervals.ts';
import { intervalWidth } from '../../src/lmm/intervals/interval-options.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { tidy } from '../../src/result/tidy.ts';
import { jsonText } from '../../src/result/write-json.ts';
import { INTERVAL_REASONS, type IntervalTable } from '../../src/types/inference.ts';
import { dense, frame, label, responseOver, unbalancedLayout } from '../lmm/frames.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;

function limits(found: IntervalTable, term: string, model = 0): [number, number] {
  const i = found.parameters.findIndex((parameter) => parameter.term === term);
  const at = model * found.parameters.length + i;
  return [found.low[at], found.high[at]];
}

function layout(seed: number, groups = 14) {
  const { random, g, x, arm, n } = unbalancedLayout(seed, groups, 7);
  const h = Array.from({ length: n }, () => label('h', random.integer(6)));
  return { random, g, x, arm, h, n };
}

async function fitted(formula: string, columns: Parameters<typeof frame>[0], y: ArrayLike<number>, options = {}) {
  return fitDesign(buildDesign(formula, frame(columns)), dense({ y }), { ...CPU, ...options });
}

describe('profile intervals', () => {
  it('of one random intercept are the same by the spectral path and by blocks', async () => {
    const bad: string[] = [];
    for (let seed = 1; seed <= 12; seed++) {
      const { random, g, x, arm } = layout(seed, 5 + seed);
      const y = Object.fromEntries([0, 0.3, 2].map((sd, r) => [`y${r}`, responseOver(random, g, x, sd, 0)]));
      const batch = denseMoments(buildDesign('~ x + arm + (1 | g)', frame({ g, x, arm })), dense(y)).batches[0];
      const width = intervalWidth(batch.design.p + 1, 1);
      const options = {
        method: 'ML',
        ddf: 'asymptotic',
        contrasts: Float64Array.of(0, 1, -1), // a contrast too
        intervals: { kind: 'profile', level: 0.9, asked: new Uint8Array(width).fill(1), draws: 0, seed: 1 },
      } as const;
      const engines = await loadEngines([{ design: batch.design, options }]);
      const [a, b] = (['spectral', 'block'] as const).map((path) =>
        fitRange(engines.open(batch.design, path, options), batch, options, 0, 3),
      );
      a.low.forEach((low, i) => {
        const bound = TOLERANCE.profileEngines * (a.high[i] - low);
        if (Math.abs(b.low[i] - low) <= bound && Math.abs(b.high[i] - a.high[i]) <= bound) return;
        bad.push(`seed ${seed}, ${i}: ${low} ${a.high[i]}, blocks ${b.low[i]} ${b.high[i]}`);
      });
    }
    expect(bad).toEqual([]);
  });

  it.each(['~ x + (1 | g)', '~ x + (x | g)', '~ x + (1 | g) + (1 | h)'])(
    'of %s move with the origin and the units of the response and of a covariate',
    async (formula) => {
      const { random, g, x, h } = layout(5);
      const y = responseOver(random, g, x, 1, 0.5);
      const first = await profileIntervals(await fitted(formula, { g, x, h }, y), { threads: 1 });
      const [a, b, c] = [1000, 1e-4, 50];
      const moved = await profileIntervals(
        await fitted(
          formula,
          { g, h, x: x.map((value) => value * c) },
          y.map((value) => a + b * value),
        ),
        { threads: 1 },
      );
      first.parameters.forEach(({ term, effect }, i) => {
        const unit = term.startsWith('cor__') ? 1 : term === 'x' || term === 'sd__x' ? b / c : b;
        const shift = term === '(Intercept)' && effect === 'fixed' ? a : 0;
        const bound = TOLERANCE.profileEquivariance * unit * (first.high[i] - first.low[i]);
        expect(Math.abs(moved.low[i] - shift - unit * first.low[i])).toBeLessThanOrEqual(bound);
        expect(Math.abs(moved.high[i] - shift - unit * first.high[i])).toBeLessThanOrEqual(bound);
      });
    },
  );

  it('do not depend on the method of the fit, and grow with the level', async () => {
    const { random, g, x, h } = layout(6);
    const y = responseOver(random, g, x, 1, 0.5);
    const fits = await Promise.all(
      (['REML', 'ML'] as const).map((method) => fitted('~ x + (x | g)', { g, x, h }, y, { method })),
    );
    const [a, b] = await Promise.all(fits.map((result) => profileIntervals(result, { threads: 1 })));
    expect(a.low).toEqual(b.low);
    expect(a.high).toEqual(b.high);
    const wide = await profileIntervals(fits[0], { level: 0.99, threads: 1 });
    a.low.forEach((low, i) => {
      expect(wide.low[i]).toBeLessThanOrEqual(low);
      expect(wide.high[i]).toBeGreaterThanOrEqual(a.high[i]);
    });
  });

  it('end at zero where the data allow no variance, and at -1 or 1', async () => {
    const { random, g, x, h } = layout(7);
    const y = Array.from({ length: g.length }, () => random.normal());
    const scalar = await profileIntervals(await fitted('~ x + (1 | g)', { g, x }, y), { threads: 1 });
    expect(limits(scalar, 'sd__(Intercept)')[0]).toBe(0);
    const crossed = await profileIntervals(await fitted('~ x + (1 | g) + (1 | h)', { g, x, h }, y), { threads: 1 });
    for (const group of ['g', 'h']) {
      const i = crossed.parameters.findIndex((parameter) => parameter.group === group);
      expect(crossed.low[i]).toBe(0);
      expect(crossed.high[i]).toBeGreaterThan(0);
    }
    const weak = await profileIntervals(await fitted('~ x + (x | g)', { g, x }, responseOver(random, g, x, 0.4, 0.3)), {
      threads: 1,
    });
    const [low, high] = limits(weak, 'cor__(Intercept).x');
    expect(low === -1 || high === 1).toBe(true);
  });

  it('stand in tidy tables and JSON, for contrasts too, and only where they were asked for', async () => {
    const { random, g, x, arm } = layout(8);
    const y = responseOver(random, g, x, 1, 0);
    const constant = y.map(() => 3);
    const design = buildDesign('~ x + arm + (1 | g)', frame({ g, x, arm }));
    const result = await fitDesign(design, dense({ y, constant }), { ...CPU, contrasts: { both: 'x + armb' } });
    const asked = ['x', 'both', 'sd__(Intercept)|g'];
    const intervals = await profileIntervals(result, { parameters: asked, threads: 1 });
    const rows = [...outputRows(tidy({ ...result, intervals }))];
    const shown = rows.filter((row) => row['conf.low'] !== null).map((row) => row['term']);
    expect(shown).toEqual(['x', 'both', 'sd__(Intercept)']);
    for (const row of rows) {
      if (row['conf.low'] === null) continue;
      expect(Number(row['conf.low'])).toBeLessThan(Number(row['estimate']));
      expect(Number(row['conf.high'])).toBeGreaterThan(Number(row['estimate']));
    }
    // The sum of two coefficients is one where x and armb are recoded: here only that it is no multiple of either.
    expect(limits(intervals, 'both')[0]).not.toBeCloseTo(limits(intervals, 'x')[0], 3);
    const width = intervals.parameters.length;
    const why = (model: number, i: number) => INTERVAL_REASONS[intervals.reason[model * width + i]];
    expect(why(0, 0)).toBe('not asked for');
    expect(why(1, 1)).toBe('the model has no fit');
    const json = JSON.parse([...jsonText({ ...result, intervals })].join('')) as {
      intervals: object;
      models: { intervals: { term: string; low: number | null }[] }[];
    };
    expect(json.intervals).toEqual({ method: 'profile', level: 0.95 });
    expect(json.models[0].intervals.map(({ term }) => term)).toEqual(['x', 'both', 'sd__(Intercept)']);
    expect(json.models[1].intervals).toEqual([]);
  });

  it('of a contrast are those of a coefficient of the recoded model', async () => {
    const { random, g, x, h } = layout(9);
    const z = x.map(() => random.normal());
    const y = responseOver(random, g, x, 1, 0);
    const plain = await fitted('~ x + z + (x | g)', { g, x, z, h }, y, { contrasts: { sum: 'x + z' } });
    // b1 x + b2 z = (b1 + b2) x + b2 (z - x)
    const recoded = await fitted('~ x + v + (x | g)', { g, x, h, v: z.map((value, i) => value - x[i]) }, y);
    const a = limits(await profileIntervals(plain, { parameters: ['sum'], threads: 1 }), 'sum');
    const b = limits(await profileIntervals(recoded, { parameters: ['x'], threads: 1 }), 'x');
    const bound = TOLERANCE.profileEquivariance * (a[1] - a[0]);
    expect(Math.abs(a[0] - b[0])).toBeLessThanOrEqual(bound);
    expect(Math.abs(a[1] - b[1])).toBeLessThanOrEqual(bound);
  });

  it('of responses with missing values are those of each alone', async () => {
    const { random, g, x, h } = layout(10);
    const columns = { g, x, h };
    const full = responseOver(random, g, x, 1, 0);
    const holes = full.map((value, i) => (i % 5 === 0 ? Number.NaN : value + 0.1 * x[i]));
    const design = buildDesign('~ x + (1 | g)', frame(columns));
    const both = await fitDesign(design, dense({ full, holes }), CPU);
    const together = await profileIntervals(both, { threads: 1 });
    const keep = holes.flatMap((value, i) => (Number.isNaN(value) ? [] : [i]));
    const pick = <T>(values: readonly T[]) => keep.map((i) => values[i]);
    const alone = await profileIntervals(await fitted('~ x + (1 | g)', { g: pick(g), x: pick(x) }, pick(holes)), {
      threads: 1,
    });
    alone.low.forEach((low, i) => {
      const at = alone.parameters.length + i;
      const bound = TOLERANCE.profileEquivariance * (alone.high[i] - low);
      expect(Math.abs(together.low[at] - low)).toBeLessThanOrEqual(bound);
      expect(Math.abs(together.high[at] - alone.high[i])).toBeLessThanOrEqual(bound);
    });
  });

  it('refuse what makes no sense, and stop at a signal', async () => {
    const { random, g, x } = layout(11);
    const result = await fitted('~ x + (1 | g)', { g, x }, responseOver(random, g, x, 1, 0));
    const refusal = async (options: Parameters<typeof profileIntervals>[1]) =>
      profileIntervals(result, options).then(
        () => null,
        (error: unknown) => error,
      );
    const error = await refusal({ parameters: ['sd__(Intercep)'] });
    expect(isFitError(error, 'OptionError') && error.fields.remedy).toBe("Did you mean 'sd__(Intercept)'?");
    expect(isFitError(await refusal({ level: 1 }), 'OptionError')).toBe(true);
    expect(isFitError(await refusal({ signal: AbortSignal.abort() }), 'AbortError')).toBe(true);
  });
});

describe('Wald intervals', () => {
  it('are those of tidy', async () => {
    const { random, g, x } = layout(12);
    const result = await fitted('~ x + (1 | g)', { g, x }, responseOver(random, g, x, 1, 0));
    const intervals = waldIntervals(result, { level: 0.9 });
    expect([...outputRows(tidy({ ...result, intervals }))]).toEqual([...outputRows(tidy(result, { confLevel: 0.9 }))]);
  });
});
