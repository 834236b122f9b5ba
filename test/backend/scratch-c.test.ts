import { it } from 'vitest';
import { buildDesign } from '../../src/index.ts';
import { frame, label } from './frames.ts';
import { TestRandom } from './random.ts';
import { fitWith, outcome } from './engines.ts';
import { evaluateDense } from './dense-model.ts';
import { multiStart } from './simplex-search.ts';
const forms = ['~ x + (x|g)', '~ x + (1|g) + (0+x|g)', '~ x + (1|g) + (1|h)', '~ 1 + (x|g)', '~ x + (x|g) + (1|h)', '~ 1 + (1|g) + (x|h)'];
it.each(forms)('global %s', (form) => {
  let bad: string[] = []; let evals: number[] = []; let status: Record<string,number> = {}; let lower = 0;
  for (let seed = 0; seed < 250; seed++) {
    const r = new TestRandom(seed + 17);
    const groups = 3 + r.integer(4); const g: string[] = []; const x: number[] = []; const h: string[] = [];
    for (let i = 0; i < groups; i++) { const c = 1 + r.integer(5); for (let k = 0; k < c; k++) { g.push(label('g', i)); x.push(r.normal()); h.push(label('h', r.integer(3))); } }
    const n = g.length; if (n < 9) continue;
    const eff = r.normals(groups).map(v=>v*3), sl = r.normals(groups).map(v => v*2);
    const y = g.map((v, i) => r.normal() + (seed % 2 ? eff[Number(v.slice(1))] : 0) + (seed % 3 ? sl[Number(v.slice(1))] * x[i] : 0));
    const d = buildDesign(form, frame({ g, x, h }));
    const method = seed % 7 === 0 ? 'ML' : 'REML';
    const fits = fitWith('covariance', d, { kind: 'dense', rows: n, names: ['y'], values: Float64Array.from(y) }, { method });
    const o = outcome(fits); status[o] = (status[o] ?? 0) + 1;
    if (!o.startsWith('ok') && !o.startsWith('not_conv')) continue;
    evals.push(fits.evaluations[0]);
    const m = fits.thetas;
    const f = (t: Float64Array) => { for (const v of t) if (Math.abs(v) > 1e4) return 1e300; return evaluateDense(d, y, t, method).criterion; };
    const starts: number[][] = [];
    for (const a of [0.05, 1, 8]) for (const b of [0.05, 1, 8]) starts.push(Array.from({length: m}, (_, k) => k === 0 ? a : k === m - 1 ? b : (m === 3 && k === 1) ? (a > 2 ? 1 : -0.3) : 0.3));
    const b = multiStart(f, starts, 250);
    if (fits.criterion[0] < b.value - 1e-6) lower++;
    if (fits.criterion[0] > b.value + 1e-6) bad.push(`seed ${seed} n ${n} diff ${(fits.criterion[0] - b.value).toExponential(2)} theta ${[...fits.theta].map(v => v.toPrecision(4))} brute ${[...b.x].map(v => v.toPrecision(4))} ${o} ev ${fits.evaluations[0]} ${method} sigma ${fits.sigma[0]}`);
    const own = evaluateDense(d, y, fits.theta, method).criterion;
    if (Math.abs(own - fits.criterion[0]) > 1e-7 * (1 + Math.abs(own))) bad.push(`seed ${seed} CRITERION at theta ${own} vs ${fits.criterion[0]} ${o}`);
  }
  evals.sort((a, b) => a - b);
  console.log(form, status, 'evals median/95/max', evals[evals.length >> 1], evals[Math.floor(evals.length*0.95)], evals[evals.length-1], 'oursLower', lower, '\n', bad.length, bad.slice(0, 12).join('\n'));
});
