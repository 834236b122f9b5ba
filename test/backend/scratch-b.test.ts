import { it } from 'vitest';
import { buildDesign } from '../../src/index.ts';
import { frame, label } from './frames.ts';
import { TestRandom } from './random.ts';
import { fitWith, outcome } from './engines.ts';
import { evaluateDense } from './dense-model.ts';
it('two optima q=1', () => {
  let worst: Record<string, number> = {}; let bad: string[] = []; let evals: Record<string, number> = {spectral:0, covariance:0}; let multi=0; let status: Record<string,number> = {};
  for (let seed = 0; seed < 3000; seed++) {
    const r = new TestRandom(seed);
    const groups = 2 + r.integer(4); const g: string[] = []; const x: number[] = []; const w: number[] = [];
    for (let i = 0; i < groups; i++) { const c = 1 + r.integer(4); const w0 = Math.exp(2*r.normal()); for (let k = 0; k < c; k++) { g.push(label('g', i)); x.push(r.normal()); w.push(w0*Math.exp(r.normal())); } }
    const n = g.length; if (n < 5 || groups >= n) continue;
    const eff = Array.from({length: groups}, () => r.normal()*3);
    const y = g.map((v) => r.normal() + (seed % 2 ? eff[Number(v.slice(1))] : 0));
    const d = buildDesign(seed % 3 ? '~ x + (1|g)' : '~ 1 + (1|g)', frame({ g, x, w }), seed % 5 === 0 ? { weights: 'w' } : {});
    const method = seed % 7 === 0 ? 'ML' : 'REML';
    if (d.n <= d.fixed.names.length) continue;
    let best = Infinity, bt = 0; const c0: number[] = [];
    const f = (t: number) => evaluateDense(d, y, [t], method).criterion;
    const grid = [0]; for (let u = -4; u <= 4; u += 0.05) grid.push(10 ** u);
    for (const t of grid) { const c = f(t); c0.push(c); if (c < best) { best = c; bt = t; } }
    let minima = 0; for (let i = 0; i < c0.length; i++) if ((i === 0 || c0[i] < c0[i-1]) && (i === c0.length-1 || c0[i] < c0[i+1])) minima++;
    if (minima > 1) multi++;
    for (const name of ['spectral', 'covariance'] as const) {
      const fits = fitWith(name, d, { kind: 'dense', rows: n, names: ['y'], values: Float64Array.from(y) }, { method });
      const o = outcome(fits); status[name + ' ' + o] = (status[name + ' ' + o] ?? 0) + 1;
      evals[name] = Math.max(evals[name], fits.evaluations[0]);
      const diff = fits.criterion[0] - best;
      if (diff > 1e-6) { bad.push(`${name} seed ${seed} diff ${diff} theta ${fits.theta[0]} brute ${bt} minima ${minima} ${o}`); }
    }
  }
  console.log({ evals, multi, status }); console.log(bad.length, bad.slice(0, 30).join('\n'));
});
