import { it } from 'vitest';
import { buildDesign, fit, fitDesign } from '../../src/index.ts';
import { frame, label, dense, statusOf } from './frames.ts';
import { TestRandom } from './random.ts';
import { fitWith, outcome } from './engines.ts';
import { evaluateDense } from './dense-model.ts';
it('huge ratios', () => {
  for (const theta of [1e-6, 1e-5, 1e-4, 1e-3, 1e2, 1e3, 1e4, 1e5, 3e5, 1e6]) {
    const r = new TestRandom(5); const g: string[] = [], x: number[] = [], y: number[] = [], arm: string[] = [];
    for (let i = 0; i < 12; i++) { const u = theta * r.normal(); const c = 3 + r.integer(4); for (let k = 0; k < c; k++) { g.push(label('g', i)); x.push(r.normal()); arm.push(i % 2 ? 'a' : 'b'); y.push(u + 0.3*x[x.length-1] + r.normal()); } }
    const d = buildDesign('~ x + arm + (1|g)', frame({ g, x, arm }));
    const row = ['spectral', 'covariance'].map((nm) => { const f = fitWith(nm as never, d, dense({ y })); const e = evaluateDense(d, y, f.theta, 'REML');
      return `${outcome(f)} th ${f.theta[0]} crit ${f.criterion[0]} own-dense ${(f.criterion[0]-e.criterion).toExponential(1)} sig ${f.sigma[0]} est ${[...f.estimate].map(v=>v.toPrecision(10))} se ${[...f.standardError].map(v=>v.toPrecision(10))} df ${[...f.df].map(v=>v.toPrecision(6))} ev ${f.evaluations[0]} grad ${f.gradient[0].toExponential(1)}`; });
    console.log(theta + '\n' + row.join('\n'));
  }
});
it('two terms with huge spread', () => {
  for (const [a, b] of [[1e4, 1], [1e5, 1], [1e5, 0.01], [1e3, 1e-3], [1e4,0.03], [3e5, 1]]) {
    const r = new TestRandom(8); const g: string[] = [], h: string[] = [], x: number[] = [], y: number[] = [];
    const uh = Array.from({length: 9}, () => b * r.normal());
    for (let i = 0; i < 15; i++) { const u = a * r.normal(); for (let k = 0; k < 6; k++) { const l = r.integer(9); g.push(label('g', i)); h.push(label('h', l)); x.push(r.normal()); y.push(u + uh[l] + r.normal()); } }
    const d = buildDesign('~ x + (1|g) + (1|h)', frame({ g, x, h }));
    const f = fitWith('covariance', d, dense({ y }));
    // profile over second theta with first fixed
    let best = Infinity, at = 0; for (let u = -4; u < 2; u += 0.02) { const c = evaluateDense(d, y, [f.theta[0], 10 ** u], 'REML').criterion; if (c < best) { best = c; at = 10 ** u; } }
    console.log(a, b, outcome(f), [...f.theta], f.criterion[0], 'grid', best, at, 'ev', f.evaluations[0], 'grad', f.gradient[0]);
    // slope ratio
    const y2 = y.map((_, i) => a * Math.sin(Number(g[i].slice(1)) * 1.7) + b * Math.cos(Number(g[i].slice(1)) * 2.3) * x[i] + r.normal());
    const d2 = buildDesign('~ x + (x|g)', frame({ g, x, h }));
    const f2 = fitWith('covariance', d2, dense({ y: y2 })); const e2 = evaluateDense(d2, y2, f2.theta, 'REML');
    console.log('   slope', outcome(f2), [...f2.theta], f2.criterion[0] - e2.criterion, 'ev', f2.evaluations[0], 'grad', f2.gradient[0], 'df', [...f2.df]);
  }
});
it('scales and weights', async () => {
  const r = new TestRandom(9); const g: string[] = [], x: number[] = [], y: number[] = [], w: number[] = [];
  for (let i = 0; i < 12; i++) { const u = r.normal(), v = r.normal(); const c = 3 + r.integer(4); for (let k = 0; k < c; k++) { g.push(label('g', i)); x.push(r.normal()); w.push(Math.exp(r.normal())); y.push(u + (0.3 + v)*x[x.length-1] + r.normal()); } }
  for (const s of [1e-170, 1e-150, 1e-30, 1e-8, 1, 1e8, 1e30, 1e150, 1e160]) {
    const res = await fit(frame({ g, x, y: y.map(v => v * s) }), { formula: 'y ~ x + (x|g)', threads: 1 });
    const res1 = await fit(frame({ g, x, y: y.map(v => v * s) }), { formula: 'y ~ x + (1|g)', threads: 1 });
    console.log('scale', s, statusOf(res.table), res.table.messages[0], [...res.table.theta], res.table.sigma[0] / s, [...res.table.coefficients.df], '|', statusOf(res1.table), [...res1.table.theta], res1.table.sigma[0]/s);
  }
  for (const s of [1e-40, 1e-28, 1e-20, 1e-8, 1, 1e8, 1e20, 1e40]) {
    for (const form of ['y ~ x + (x|g)', 'y ~ x + (1|g)']) {
    const res = await fit(frame({ g, x, y, w: w.map(v => v * s) }), { formula: form, threads: 1, weights: 'w' });
    console.log('weights', s, form, statusOf(res.table), res.table.messages[0], [...res.table.theta].map(v => v / Math.sqrt(s)), res.table.sigma[0] / Math.sqrt(s), [...res.table.coefficients.estimate], [...res.table.coefficients.df], res.table.singular[0]);
    }
  }
});
