/**
 * An independent, slow reference of generalised mixed models in float64, from the rows themselves: the modes of the random
 * effects by Newton steps on all of them together, Laplace's criterion from the dense Cholesky factor of
 * H = I + A'WA with observed information, a minimum by BFGS with differences of values. It shares no code and no algebra
 * with the library beyond the model matrices.
 */
import { likelihoodRow, openLikelihood } from './family-likelihoods.mjs';

/**
 * The problem of one response on a design of the library. `y` has one value for each row of the design, of an ordinal
 * response the category from 0 on; `trials` those of a binomial one.
 *
 * Points are beta, covariance factors (triangles by columns, any signs) and the family's own: roots of what is at least 0
 * (1/size, phi), logarithms of what is greater (shape, precision), the first threshold and logarithms of differences.
 */
export function familyProblem(design, { family, link, y, trials, categories = 0 }) {
  const { n, random, weights, offset } = design;
  const { x, names } = design.fixed;
  const p = names.length;
  const sizes = random.map((term) => term.names.length);
  const m = sizes.reduce((sum, q) => sum + (q * (q + 1)) / 2, 0);
  const d = family === 'cumulative' ? categories - 1 : family === 'binomial' || family === 'poisson' ? 0 : 1;
  const rows = Array.from({ length: n }, (_, i) => likelihoodRow(family, y[i], weights?.[i] ?? 1, trials?.[i]));
  const likelihood = openLikelihood(family, link);
  const starts = [];
  let effects = 0;
  random.forEach((term, t) => {
    starts.push(effects);
    effects += term.levels.length * sizes[t];
  });
  const width = sizes.reduce((sum, q) => sum + q, 0);
  // Columns of A = Z L of each row, and where they stand.
  const places = new Int32Array(n * width);
  const a = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    let at = i * width;
    random.forEach(({ codes }, t) => {
      for (let c = 0; c < sizes[t]; c++) places[at++] = starts[t] + codes[i] * sizes[t] + c;
    });
  }
  let u = new Float64Array(effects);
  const [fixed, l, r, w] = [0, 0, 0, 0].map(() => new Float64Array(n));
  const H = new Float64Array(effects * effects);
  const slope = new Float64Array(effects);

  /** Penalised log likelihood at some effects; fills l, r and w. */
  function inner(at, extras) {
    let total = 0;
    for (let i = 0; i < n; i++) {
      let eta = fixed[i];
      for (let c = i * width; c < (i + 1) * width; c++) eta += a[c] * at[places[c]];
      [l[i], r[i], w[i]] = likelihood(rows[i], eta, extras);
      total += l[i];
    }
    for (const value of at) total -= 0.5 * value * value;
    return total;
  }

  /** Cholesky factor of I + A'WA into H; its log determinant, NaN where it has none. */
  function factor() {
    H.fill(0);
    for (let j = 0; j < effects; j++) H[j * effects + j] = 1;
    for (let i = 0; i < n; i++) {
      for (let c = i * width; c < (i + 1) * width; c++) {
        for (let e = i * width; e < (i + 1) * width; e++) {
          if (places[e] <= places[c]) H[places[c] * effects + places[e]] += w[i] * a[c] * a[e];
        }
      }
    }
    let logDet = 0;
    for (let j = 0; j < effects; j++) {
      const row = j * effects;
      for (let i = 0; i < j; i++) {
        let sum = H[row + i];
        for (let k = 0; k < i; k++) sum -= H[row + k] * H[i * effects + k];
        H[row + i] = sum / H[i * effects + i];
      }
      let rest = H[row + j];
      for (let k = 0; k < j; k++) rest -= H[row + k] ** 2;
      if (!(rest > 0)) return Number.NaN;
      H[row + j] = Math.sqrt(rest);
      logDet += Math.log(rest);
    }
    return logDet;
  }

  function solve(b) {
    for (let i = 0; i < effects; i++) {
      for (let k = 0; k < i; k++) b[i] -= H[i * effects + k] * b[k];
      b[i] /= H[i * effects + i];
    }
    for (let i = effects - 1; i >= 0; i--) {
      for (let k = i + 1; k < effects; k++) b[i] -= H[k * effects + i] * b[k];
      b[i] /= H[i * effects + i];
    }
  }

  function modes(from, extras) {
    let at = from;
    let value = inner(at, extras);
    for (let round = 0; round < 200; round++) {
      let logDet = factor();
      for (let lift = 1; Number.isNaN(logDet) && lift < 1e12; lift *= 4) {
        for (let i = 0; i < n; i++) w[i] = Math.max(w[i], 0) + 1e-3 * (lift - 1);
        logDet = factor();
      }
      for (let j = 0; j < effects; j++) slope[j] = -at[j];
      for (let i = 0; i < n; i++) for (let c = i * width; c < (i + 1) * width; c++) slope[places[c]] += a[c] * r[i];
      const before = slope.slice();
      solve(slope);
      const gain = slope.reduce((sum, value, j) => sum + value * before[j], 0);
      if (!Number.isFinite(gain)) return { value: Number.NaN };
      if (gain < 1e-20) {
        value = inner(at, extras);
        return { value, at, logDet: factor() };
      }
      const step = slope.slice();
      const last = value;
      let next = Number.NaN;
      let moved = at;
      for (let t = 1; t > 1e-6; t /= 3) {
        moved = at.map((value, j) => value + t * step[j]);
        next = inner(moved, extras);
        if (next >= last - 1e-12 * Math.abs(last)) break;
      }
      if (!(next >= last - 1e-9 * Math.abs(last))) {
        value = inner(at, extras);
        return { value, at, logDet: factor() };
      }
      at = moved;
      value = next;
    }
    return { value: Number.NaN };
  }

  /** Laplace's criterion at a point; NaN where it has none. */
  function criterion(point) {
    for (let i = 0; i < n; i++) {
      fixed[i] = offset?.[i] ?? 0;
      for (let c = 0; c < p; c++) fixed[i] += x[c * n + i] * point[c];
    }
    let at = p;
    let column = 0;
    random.forEach(({ z }, t) => {
      const q = sizes[t];
      for (let i = 0; i < n; i++) a.fill(0, i * width + column, i * width + column + q);
      for (let c = 0; c < q; c++) {
        for (let k = c; k < q; k++) {
          for (let i = 0; i < n; i++) a[i * width + column + c] += z[k * n + i] * point[at];
          at++;
        }
      }
      column += q;
    });
    const extras = naturalExtras(family, point.subarray(p + m));
    let found = modes(u, extras);
    if (!Number.isFinite(found.value)) found = modes(new Float64Array(effects), extras);
    if (!Number.isFinite(found.value)) return Number.NaN;
    u = found.at;
    return -2 * found.value + found.logDet;
  }

  return { p, m, d, sizes, criterion, restart: () => (u = new Float64Array(effects)) };
}

function naturalExtras(family, own) {
  if (family === 'nbinom2' || family === 'nbinom1') return [own[0] ** 2];
  if (family === 'Gamma' || family === 'beta') return [Math.exp(own[0])];
  const thresholds = [];
  for (const value of own) thresholds.push(thresholds.length === 0 ? value : thresholds.at(-1) + Math.exp(value));
  return thresholds;
}

/** A point from a fit of the library: beta, factors and extras as `table.family.parameters` has them. */
export function pointOf(family, parameters, { p, m }) {
  const point = Float64Array.from(parameters);
  if (family === 'nbinom2' || family === 'nbinom1') point[p + m] = Math.sqrt(point[p + m]);
  return point;
}

/** BFGS from a point with central differences: the least value found and where. */
export function descend({ criterion }, start, { step = 1e-4, rounds = 200, goal = 1e-10 } = {}) {
  const k = start.length;
  let x = start.slice();
  let value = criterion(x);
  let B = identity(k);
  const gradientAt = (at) =>
    Float64Array.from(at, (_, j) => {
      const h = step * Math.max(1, Math.abs(at[j]) * 0.1);
      const [up, down] = [h, -h].map((move) => criterion(at.with(j, at[j] + move)));
      return (up - down) / (2 * h);
    });
  let g = gradientAt(x);
  let fresh = true;
  for (let round = 0; round < rounds && Number.isFinite(value); round++) {
    const move = new Float64Array(k);
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) move[i] -= B[i * k + j] * g[j];
    let slope = move.reduce((sum, value, j) => sum + value * g[j], 0);
    if (!Number.isFinite(slope)) break;
    if (slope >= -goal) {
      if (fresh) break;
      [B, fresh] = [identity(k), true];
      continue;
    }
    const longest = Math.max(...move.map(Math.abs));
    if (longest > 3) {
      for (let j = 0; j < k; j++) move[j] *= 3 / longest;
      slope *= 3 / longest;
    }
    let t = 1;
    let next = Number.NaN;
    let to = x;
    for (; t > 1e-9; t /= 3) {
      to = x.map((value, j) => value + t * move[j]);
      next = criterion(to);
      if (next <= value + 1e-4 * t * slope) break;
    }
    if (!(next <= value)) {
      if (fresh) break;
      [B, fresh] = [identity(k), true];
      continue;
    }
    const h = gradientAt(to);
    const [s, y] = [to.map((value, j) => value - x[j]), h.map((value, j) => value - g[j])];
    const sy = s.reduce((sum, value, j) => sum + value * y[j], 0);
    if (fresh && sy > 0) {
      const yy = y.reduce((sum, value) => sum + value * value, 0);
      B = B.map((value) => (value * sy) / yy);
    }
    fresh = false;
    if (sy > 1e-14) updateInverse(B, k, s, y, sy);
    [x, value, g] = [to, next, h];
  }
  return { point: x, value };
}

const identity = (k) => Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));

/** The inverse Hessian of BFGS after a step s with change y of the gradient. */
function updateInverse(B, k, s, y, sy) {
  const By = new Float64Array(k);
  for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) By[i] += B[i * k + j] * y[j];
  const yBy = y.reduce((sum, value, j) => sum + value * By[j], 0);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      B[i * k + j] += ((1 + yBy / sy) * s[i] * s[j] - By[i] * s[j] - s[i] * By[j]) / sy;
    }
  }
}

/** Standard errors of beta: twice the inverse of the Hessian by fourth-order differences, parameters at a bound held. */
export function standardErrors({ criterion, p }, point, steps) {
  const free = [...point.keys()].filter((j) => steps[j] > 0);
  const k = free.length;
  const H = new Float64Array(k * k);
  const at = (moves) => {
    const moved = point.slice();
    for (const [j, by] of moves) moved[j] += by;
    return criterion(moved);
  };
  const centre = criterion(point);
  for (let a = 0; a < k; a++) {
    const [i, h] = [free[a], steps[free[a]]];
    const [one, two] = [1, 2].map((c) => at([[i, c * h]]) + at([[i, -c * h]]));
    H[a * k + a] = (16 * one - two - 30 * centre) / (12 * h * h);
    for (let b = 0; b < a; b++) {
      const [j, e] = [free[b], steps[free[b]]];
      const cross = (c) => {
        const [x, y] = [c * h, c * e];
        const same =
          at([
            [i, x],
            [j, y],
          ]) +
          at([
            [i, -x],
            [j, -y],
          ]);
        return (
          (same -
            at([
              [i, x],
              [j, -y],
            ]) -
            at([
              [i, -x],
              [j, y],
            ])) /
          (4 * x * y)
        );
      };
      const value = (4 * cross(1) - cross(2)) / 3;
      H[a * k + b] = value;
      H[b * k + a] = value;
    }
  }
  const inverse = invert(H, k);
  return Float64Array.from({ length: p }, (_, c) => Math.sqrt(2 * inverse[free.indexOf(c) * (k + 1)]));
}

/** Gauss and Jordan with pivots. */
function invert(matrix, k) {
  const a = matrix.slice();
  const out = identity(k);
  for (let c = 0; c < k; c++) {
    let pivot = c;
    for (let i = c + 1; i < k; i++) if (Math.abs(a[i * k + c]) > Math.abs(a[pivot * k + c])) pivot = i;
    for (const m of [a, out]) {
      for (let j = 0; j < k; j++) [m[c * k + j], m[pivot * k + j]] = [m[pivot * k + j], m[c * k + j]];
    }
    const scale = a[c * k + c];
    for (const m of [a, out]) for (let j = 0; j < k; j++) m[c * k + j] /= scale;
    for (let i = 0; i < k; i++) {
      if (i === c) continue;
      const by = a[i * k + c];
      for (const m of [a, out]) for (let j = 0; j < k; j++) m[i * k + j] -= by * m[c * k + j];
    }
  }
  return out;
}
