/**
 * The search as one would write it with gpu.js: a thread a response, single precision, a grid of the intraclass
 * correlation t = gamma / (gamma + 1 / mean lambda), then golden sections about its best point.
 */
import { GPU, input } from 'gpu.js';

const GRID = 24;
const SECTIONS = 24;

// Its text becomes the shader: plain loops, no closures. Returns gamma and the criterion without its constant.
function searchKernel(z2, within, lambda, mean, degrees) {
  const g = this.thread.x;
  const rest = within[g];
  let best = 0;
  let least = 1e30;
  let atZero = 0;
  for (let i = 0; i < this.constants.grid; i++) {
    const t = i / this.constants.grid;
    const gamma = t / ((1 - t) * mean);
    let s = rest;
    let logs = 0;
    for (let j = 0; j < this.constants.levels; j++) {
      const f = 1 + gamma * lambda[j];
      s += z2[g][j] / f;
      logs += Math.log(f);
    }
    const value = degrees * Math.log(s) + logs;
    if (i === 0) atZero = value;
    if (value < least) {
      least = value;
      best = t;
    }
  }
  const step = 1 / this.constants.grid;
  const ratio = 0.6180339887;
  let a = Math.max(0, best - step);
  let b = Math.min(0.999999, best + step);
  let x1 = b - ratio * (b - a);
  let x2 = a + ratio * (b - a);
  let f1 = 0;
  let f2 = 0;
  let t = x1;
  let left = 1;
  let gammaBest = 0;
  let valueBest = atZero;
  for (let k = 0; k < this.constants.sections; k++) {
    const gamma = t / ((1 - t) * mean);
    let s = rest;
    let logs = 0;
    for (let j = 0; j < this.constants.levels; j++) {
      const f = 1 + gamma * lambda[j];
      s += z2[g][j] / f;
      logs += Math.log(f);
    }
    const value = degrees * Math.log(s) + logs;
    if (value < valueBest) {
      valueBest = value;
      gammaBest = gamma;
    }
    if (k === 0) {
      f1 = value;
      t = x2;
    } else {
      if (k > 1 && left === 1) f1 = value;
      else f2 = value;
      if (f1 < f2) {
        b = x2;
        x2 = x1;
        f2 = f1;
        x1 = b - ratio * (b - a);
        t = x1;
        left = 1;
      } else {
        a = x1;
        x1 = x2;
        f1 = f2;
        x2 = a + ratio * (b - a);
        t = x2;
        left = 0;
      }
    }
  }
  return [gammaBest, valueBest];
}

/** Opens WebGL2 and compiles; `search()` uploads, searches and reads back: pairs of gamma and criterion by response. */
export function openSearch({ count, levels, d, lambda, z2, within }) {
  const gpu = new GPU({ mode: 'webgl2' });
  const kernel = gpu.createKernel(searchKernel, {
    output: [count],
    constants: { levels, grid: GRID, sections: SECTIONS },
    precision: 'single',
    tactic: 'precision',
  });
  const mean = lambda.reduce((sum, value) => sum + value, 0) / levels;
  const values = Float32Array.from(z2);
  const rest = Float32Array.from(within);
  const eigenvalues = Float32Array.from(lambda);
  return {
    search: () => kernel(input(values, [levels, count]), rest, eigenvalues, mean, d),
    mode: gpu.mode,
    close: () => gpu.destroy(),
  };
}
