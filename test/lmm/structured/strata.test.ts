/**
 * Strata of variance beside one random effect a level have formulas of their own. The judge is the general path of blocks, which
 * the same model takes when its random term is written as a structure: `diag(1 | site)`, whose parameter is log l.
 */
import { describe, expect, it } from 'vitest';
import { type FitOptions, fit as fitTable, readDelimited, STATUSES } from '../../../src/doors/node.ts';
import { BlocksObjective, type Order } from '../../../src/lmm/structured/blocks-objective.ts';
import { areStrata, covarianceParameters } from '../../../src/lmm/structured/covariance-parameters.ts';
import type { CovarianceBlocks } from '../../../src/moments/covariance-blocks.ts';
import { denseMoments } from '../../../src/moments/table-moments.ts';
import type { Design } from '../../../src/types/design.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { TestRandom } from '../random.ts';
import { structuredDesign, trial } from './designs.ts';

function opened(design: Design, rows: number, method: 'REML' | 'ML', values: Float64Array) {
  const moments = denseMoments(design, { kind: 'dense', rows, names: ['y'], values });
  const [batch] = moments.batches;
  const blocks = batch.design.blocks as CovarianceBlocks;
  const parameters = covarianceParameters(blocks.layout, batch.design.terms);
  const objective = new BlocksObjective(parameters, blocks, batch.design.p, method === 'REML');
  objective.load(batch.responses.blocks ?? new Float64Array(0), 0, 0.7);
  return { objective, apart: areStrata(parameters, blocks.blocks), count: parameters.count, p: batch.design.p };
}

function close(found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(found.length).toBe(wanted.length);
  const size = Math.max(1e-300, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++)
    expect(Math.abs(found[i] - wanted[i]) / size).toBeLessThan(TOLERANCE.strataPath);
}

const CASES = [
  // Rows of a stratum are many, few, and one each.
  { name: 'by visit', subjects: 60, visits: 3, columns: (v: number) => [v === 0, v === 1, v === 2].map(Number) },
  { name: 'by visit beside a constant', subjects: 9, visits: 4, columns: (v: number) => [1, v - 1.5, Number(v === 2)] },
  { name: 'by a covariate', subjects: 12, visits: 3, columns: (_: number, x: number) => [1, x / 3] },
] as const;

describe.each(['REML', 'ML'] as const)('strata of variance beside a random effect, by %s', (method) => {
  it.each(CASES)('$name', ({ subjects, visits, columns }) => {
    const study = trial(8, subjects, visits);
    const { rows } = study.table;
    const random = new TestRandom(3);
    const x = study.table.columns.get('x');
    const made = Array.from({ length: rows }, (_, i) =>
      columns(study.visit.codes[i], x?.kind === 'numeric' ? x.values[i] : 0),
    );
    const width = made[0].length;
    const dispersion = {
      text: '~ a',
      names: Array.from({ length: width }, (_, c) => `a${c}`),
      x: Float64Array.from({ length: rows * width }, (_, at) => made[at % rows][Math.floor(at / rows)]),
    };
    const design = structuredDesign(study, '~ x * arm + (1 | site)', null, { dispersion });
    const general = { ...design, random: design.random.map((term) => ({ ...term, structure: 'diag' as const })) };
    const values = random.normals(rows);
    const ours = opened(design, rows, method, values);
    const theirs = opened(general, rows, method, values);
    expect([ours.apart, theirs.apart]).toEqual([true, false]);
    const { count, p } = ours;
    const place = count - 1;
    for (const l of [0.6, -0.05, 3]) {
      const t = Float64Array.from({ length: count }, (_, k) => (k === place ? l : 0.3 * random.normal()));
      const log = t.slice();
      log[place] = Math.log(Math.abs(l));
      for (const order of ['value', 'gradient', 'average', 'hessian'] satisfies Order[]) {
        const wanted = theirs.objective.evaluate(log, order);
        close([ours.objective.evaluate(t, order)], [wanted]);
        close([ours.objective.leastShare], [theirs.objective.leastShare]);
        close(ours.objective.covariance, theirs.objective.covariance);
        close(ours.objective.shift, theirs.objective.shift);
        if (order === 'value') continue;
        // d / d log l = l d / dl.
        const scaled = (numbers: Float64Array) => {
          const square = numbers.length > count;
          return numbers.map((value, at) => {
            const powers = [at % count, ...(square ? [Math.floor(at / count)] : [])].filter((k) => k === place).length;
            return value * l ** powers;
          });
        };
        close(scaled(ours.objective.gradient), theirs.objective.gradient);
        if (order === 'gradient') continue;
        const hessian = scaled(ours.objective.hessian);
        if (order === 'hessian') hessian[count * count - 1] += l * ours.objective.gradient[place];
        close(hessian, theirs.objective.hessian);
        if (order === 'average') continue;
        const changes = [ours, theirs].map(({ objective }) => {
          const out = new Float64Array(count * p * p);
          objective.writeChanges(out);
          return out;
        });
        close(
          changes[0].map((value, at) => (at >= place * p * p ? value * l : value)),
          changes[1],
        );
        const information = [ours, theirs].map(({ objective }) => {
          const out = new Float64Array(count * count);
          objective.expectedInformation(out);
          return out;
        });
        close(scaled(information[0]), information[1]);
        const W = Float64Array.from({ length: count * count }, () => random.normal());
        for (let k = 0; k < count; k++) for (let e = 0; e < k; e++) W[e * count + k] = W[k * count + e];
        close(ours.objective.adjustment(scaled(W)), theirs.objective.adjustment(W));
      }
    }
  });
});

describe('a stratum whose rows the effects reproduce', () => {
  const SUBJECT = [...'1112222333444455556667778888'];
  const TYPE = [...'CABABCABCBCABCABCABCACABABCA'];
  const ARM = [...'tttpppptttppppttttppptttpppp'];
  const X = [
    -0.93, -0.034, -1.593, -1.906, 1.647, 0.107, 0.058, -0.331, -0.214, -0.785, -1.45, -0.179, 0.038, 0.237, 2.394,
    0.932, 0.168, -2.332, 1.308, -1.404, 0.582, 1.234, -0.685, -0.463, -1.81, -0.161, 0.257, -0.346,
  ];
  const Y = [
    0.3632, 3.1371, 0.4572, -2.7809, -0.0294, 0.487, 3.0365, 3.4967, 1.118, -0.4734, 0.9717, 1.5444, 2.7732, 1.9947,
    2.4214, 0.7076, 1.861, 2.0869, 0.393, -1.42, 0.2607, 1.008, 2.504, 3.7341, -0.8055, 0.3065, 1.3124, 1.9951,
  ];
  const order = X.map((_, i) => i);

  // One subject alone has two rows of type C, which tell the slope without a fault.
  it('is a perfect fit in any order of rows, and without a test', async () => {
    for (const rows of [order, order.toReversed(), order.map((i) => (i * 9) % order.length)]) {
      const text = rows.map((i) => [`s${SUBJECT[i]}`, TYPE[i], ARM[i], X[i], Y[i]].join(',')).join('\n');
      const table = await readDelimited(`subject,type,arm,x,y\n${text}\n`, { path: 'rows.csv' });
      const options = { formula: 'y ~ x + arm + (1 | subject)', dispersion: '~ 0 + type', threads: 1 } as const;
      const { table: fits } = await fitTable(table, options);
      expect(STATUSES[fits.status[0]]).toBe('perfect_fit');
      expect(Array.from(fits.coefficients.pValue).every(Number.isNaN)).toBe(true);
    }
  });

  /** Rows in turn of fourteen subjects by four visits, of which those of every other subject lie on a line. */
  const fourteen = Array.from({ length: 56 }, (_, i) => {
    const [subject, visit] = [Math.floor(i / 4), i % 4];
    const x = Math.round(1000 * Math.sin(5 * i + 1)) / 1000;
    return { subject, visit, x, noise: Math.sin(3 * i * i + 2) + Math.cos(11 * i) };
  });

  async function outcomes(of: (row: (typeof fourteen)[number]) => number, options: FitOptions) {
    const found = new Set<string>();
    for (const rows of [fourteen, fourteen.toReversed(), fourteen.map((_, i) => fourteen[(i * 11) % 56])]) {
      for (const unit of [1, 1e-6, 1e6]) {
        const lines = rows.map(
          (row) => `s${row.subject},v${row.visit},${row.subject % 2 ? 'b' : 'a'},${row.x},${of(row) * unit}`,
        );
        const table = await readDelimited(`subject,visit,arm,x,y\n${lines.join('\n')}\n`, { path: 'rows.csv' });
        const { table: fits } = await fitTable(table, { threads: 1, ...options });
        found.add(STATUSES[fits.status[0]]);
      }
    }
    return [...found];
  }

  it.each([
    ['y ~ x * arm', '~ arm'],
    ['y ~ x', '~ 0 + arm'],
    ['y ~ x * arm + (1 | subject)', '~ arm'],
    ['y ~ x + (1 | subject)', '~ 0 + arm'],
  ])('is a perfect fit of %s with %s, in any order and unit', async (formula, dispersion) => {
    const line = ({ subject, x, noise }: { subject: number; x: number; noise: number }) => {
      return subject % 2 ? 2 + 3 * x : 1 + x + noise;
    };
    for (const method of ['REML', 'ML'] as const) {
      expect(await outcomes(line, { formula, dispersion, method })).toEqual(['perfect_fit']);
    }
  });

  it.each(['diag', 'csh', 'us', 'ar1h'])(
    'is a perfect fit where it is a visit, with %s as with a dispersion by visit',
    async (structure) => {
      const visit = (row: (typeof fourteen)[number]) => (row.visit === 2 ? 5 : 1 + row.x + row.noise);
      const formula = 'y ~ visit * x';
      expect(await outcomes(visit, { formula, residual: `${structure}(visit | subject)` })).toEqual(['perfect_fit']);
      expect(await outcomes(visit, { formula, dispersion: '~ visit' })).toEqual(['perfect_fit']);
    },
  );

  it.each([
    ['y ~ x * arm', 'ar1h(visit | arm / subject)'],
    ['y ~ x * arm', 'csh(visit | arm / subject)'],
    ['y ~ x', 'toep(visit | arm / subject)'],
    ['y ~ x', 'ad(visit | arm / subject)'],
    ['y ~ x * arm + (1 | subject)', 'ar1(visit | arm / subject)'],
    ['y ~ x + (1 | subject)', 'toeph(visit | arm / subject)'],
  ])(
    'is a perfect fit where it is a group of subjects, of %s with %s, in any order and unit',
    async (formula, residual) => {
      const group = ({ subject, x, noise }: { subject: number; x: number; noise: number }) => {
        return 1 + x + (subject % 2 ? 0 : noise);
      };
      expect(await outcomes(group, { formula, residual })).toEqual(['perfect_fit']);
    },
  );

  it('is a perfect fit beside random slopes, in any order and unit', async () => {
    const line = ({ subject, x, noise }: { subject: number; x: number; noise: number }) => {
      return 2 + 3 * x + (subject % 2 ? 0 : noise);
    };
    const options = { formula: 'y ~ x + (x | subject)', dispersion: '~ arm' } as const;
    expect(await outcomes(line, options)).toEqual(['perfect_fit']);
  });

  it('is no perfect fit where its residuals are a ten-millionth of others: too far apart for a certificate', async () => {
    const small = ({ subject, x, noise }: { subject: number; x: number; noise: number }) => {
      return 1 + x + (subject % 2 ? 1e-7 : 1) * noise;
    };
    for (const structure of ['ar1h', 'toeph', 'cs']) {
      const options = { formula: 'y ~ x * arm', residual: `${structure}(visit | arm / subject)` };
      expect(await outcomes(small, options)).toEqual(['not_converged']);
    }
  });

  // Two subjects have both of the first visits, which x and the arm tell without a fault, beside their intercepts.
  const FEW = `subject,visit,arm,x,y
s0,v1,a0,0.36,1.99143
s0,v2,a0,-0.41,2.237
s1,v0,a1,0.48,-2.92638
s1,v1,a1,-0.64,-3.23141
s2,v0,a0,-0.75,1.97549
s2,v1,a0,1.23,1.5382
s3,v0,a1,-0.62,0.704216
s3,v1,a1,0.19,1.42701
s3,v3,a1,1.05,1.87807
s4,v0,a0,1.02,-1.84015
s4,v2,a0,1.68,-0.344965
s5,v0,a1,0.01,0.675634
s5,v1,a1,-1.18,-0.360964
s5,v2,a1,-0.87,0.156479
s5,v3,a1,0.2,0.47518
s6,v0,a0,-0.06,2.10677
s6,v1,a0,-0.34,1.60998
s7,v0,a1,-0.01,2.26118
s7,v2,a1,-0.8,1.53051`;

  it('is a perfect fit where it is two visits that few subjects have both, in any order and unit', async () => {
    const [head, ...rows] = FEW.split('\n');
    const found = new Set<string>();
    for (const order of [rows, rows.toReversed(), rows.map((_, i) => rows[(i * 7) % rows.length])]) {
      for (const unit of ['', 'e6', 'e-6']) {
        const table = await readDelimited(`${head}\n${order.map((row) => row + unit).join('\n')}\n`, {
          path: 'rows.csv',
        });
        const options = { formula: 'y ~ x + arm + (1 | subject)', dispersion: '~ visit', threads: 1 } as const;
        found.add(STATUSES[(await fitTable(table, options)).table.status[0]]);
      }
    }
    expect([...found]).toEqual(['perfect_fit']);
  });

  it('is fitted where it has a thousandth of the standard deviation of others, in any order and unit', async () => {
    const small = ({ subject, x, noise }: { subject: number; x: number; noise: number }) => {
      return 1 + x + (subject % 2 ? 1e-3 : 1) * noise;
    };
    for (const formula of ['y ~ x * arm', 'y ~ x * arm + (1 | subject)']) {
      expect(await outcomes(small, { formula, dispersion: '~ arm' })).toEqual(['ok']);
    }
  });
});
