/**
 * -2 log likelihood of a design with structured residuals from the covariance of its rows, in parameters of its own (log
 * standard deviations, Fisher's z of correlations, of `us` of the partial ones), and a quasi-Newton search of it by differences:
 * no code of the fits.
 */

/** Correlations over m visits from the parameters of a structure, which stand in u from `at` on. */
function correlations(structure, u, at, m) {
  const K = Array.from({ length: m }, (_, i) => Float64Array.from({ length: m }, (__, j) => (i === j ? 1 : 0)));
  const fill = (of) => {
    for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) K[i][j] = K[j][i] = of(i, j);
    return K;
  };
  const name = structure.replace(/h$/, '');
  if (name === 'us') {
    // Rows of the Cholesky factor on the sphere.
    const L = K.map((row) => new Float64Array(row.length));
    let next = at;
    for (let i = 0; i < m; i++) {
      let rest = 1;
      for (let j = 0; j < i; j++) {
        const z = Math.tanh(u[next++]);
        L[i][j] = z * Math.sqrt(rest);
        rest *= 1 - z * z;
      }
      L[i][i] = Math.sqrt(rest);
    }
    return fill((i, j) => L[i].reduce((sum, value, c) => sum + value * L[j][c], 0));
  }
  if (name === 'cs') {
    const least = -1 / (m - 1);
    return fill(() => least + (1 - least) / (1 + Math.exp(-u[at])));
  }
  if (name === 'ar1') return fill((i, j) => Math.tanh(u[at]) ** (i - j));
  if (name === 'ad') {
    return fill((i, j) => {
      let value = 1;
      for (let k = j; k < i; k++) value *= Math.tanh(u[at + k]);
      return value;
    });
  }
  if (name === 'toep') {
    const r = [1];
    let a = [];
    let left = 1;
    for (let k = 1; k < m; k++) {
      const partial = Math.tanh(u[at + k - 1]);
      r.push(a.reduce((sum, value, j) => sum + value * r[k - 1 - j], partial * left));
      a = [...a.map((value, j) => value - partial * a[a.length - 1 - j]), partial];
      left *= 1 - partial * partial;
    }
    return fill((i, j) => r[i - j]);
  }
  return K;
}

function correlationCount(structure, m) {
  if (structure === null || structure === 'diag') return 0;
  if (structure === 'us') return (m * (m - 1)) / 2;
  return /^(toep|ad)/.test(structure) ? m - 1 : 1;
}

/** Rows that some factors connect. */
function connectedRows(n, factors) {
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const root = (i) => {
    let at = i;
    while (parent[at] !== at) at = parent[at];
    return at;
  };
  for (const codes of factors) {
    const first = new Map();
    codes.forEach((code, i) => {
      if (first.has(code)) parent[root(i)] = root(first.get(code));
      else first.set(code, i);
    });
  }
  const sets = new Map();
  for (let i = 0; i < n; i++) sets.set(root(i), [...(sets.get(root(i)) ?? []), i]);
  return [...sets.values()];
}

/** The criterion of a design as a function of `count` parameters, and points to start at. */
export function structuredProblem(design, y, method) {
  const { n, fixed, residual, dispersion, random, weights } = design;
  const p = fixed.names.length;
  const structure = residual?.structure ?? null;
  const m = residual?.visit?.levels.length ?? 1;
  const groups = residual?.by?.levels.length ?? 1;
  const group = residual?.by?.codes ?? new Int32Array(n);
  const visit = residual?.visit?.codes ?? new Int32Array(n);
  const time = residual?.time?.values ?? null;
  const subject = residual?.subject.codes ?? Int32Array.from({ length: n }, (_, i) => i);
  const own = structure !== null && (structure === 'us' || structure === 'diag' || structure.endsWith('h'));
  const slots = own ? m : 1;
  const scales = dispersion ? dispersion.names.length : groups * slots;
  const each = correlationCount(structure, m);
  const count = scales + groups * each + random.length;
  const sets = connectedRows(n, [subject, ...random.map(({ codes }) => codes)]);
  const largest = Math.max(...sets.map((rows) => rows.length));
  const L = new Float64Array(largest * largest);
  const white = new Float64Array(largest * (p + 1));

  const logDeviation = (u, i) =>
    dispersion
      ? dispersion.names.reduce((sum, _, c) => sum + dispersion.x[c * n + i] * u[c], 0)
      : u[group[i] * slots + (own ? visit[i] : 0)];

  function criterion(u) {
    const K = structure
      ? Array.from({ length: groups }, (_, g) => correlations(structure, u, scales + g * each, m))
      : [];
    const covariance = (i, j) => {
      let value = 0;
      if (subject[i] === subject[j]) {
        const range = time ? Math.exp(u[scales + group[i] * each]) : 1;
        const cor = time
          ? Math.exp(-Math.abs(time[i] - time[j]) / range)
          : K.length
            ? K[group[i]][visit[i]][visit[j]]
            : 1;
        const size = Math.exp(logDeviation(u, i) + logDeviation(u, j));
        value = ((i === j ? 1 : cor) * size) / Math.sqrt(weights ? weights[i] * weights[j] : 1);
      }
      random.forEach(({ codes }, t) => {
        if (codes[i] === codes[j]) value += Math.exp(2 * u[count - random.length + t]);
      });
      return value;
    };
    const width = p + 1;
    const M = new Float64Array(width * width);
    let logDet = 0;
    for (const rows of sets) {
      const k = rows.length;
      for (let a = 0; a < k; a++) {
        for (let b = 0; b <= a; b++) {
          let sum = covariance(rows[a], rows[b]);
          for (let c = 0; c < b; c++) sum -= L[a * k + c] * L[b * k + c];
          if (a === b && !(sum > 0)) return Number.NaN;
          L[a * k + b] = a === b ? Math.sqrt(sum) : sum / L[b * k + b];
        }
        logDet += 2 * Math.log(L[a * k + a]);
        for (let c = 0; c <= p; c++) {
          let sum = c < p ? fixed.x[c * n + rows[a]] : y[rows[a]];
          for (let b = 0; b < a; b++) sum -= L[a * k + b] * white[b * width + c];
          white[a * width + c] = sum / L[a * k + a];
        }
      }
      for (let a = 0; a < k; a++) {
        for (let c = 0; c <= p; c++) {
          for (let e = 0; e <= c; e++) M[c * width + e] += white[a * width + c] * white[a * width + e];
        }
      }
    }
    let logDetX = 0;
    for (let c = 0; c <= p; c++) {
      for (let e = 0; e <= c; e++) {
        for (let f = 0; f < e; f++) M[c * width + e] -= M[c * width + f] * M[e * width + f];
        if (e < c) M[c * width + e] /= M[e * width + e];
      }
      if (c === p) break;
      if (!(M[c * width + c] > 0)) return Number.NaN;
      logDetX += Math.log(M[c * width + c]);
      M[c * width + c] = Math.sqrt(M[c * width + c]);
    }
    const reml = method === 'REML';
    return logDet + M[p * width + p] + (reml ? logDetX : 0) + (reml ? n - p : n) * Math.log(2 * Math.PI);
  }

  const size = Math.sqrt(y.reduce((sum, value) => sum + value * value, 0) / n);
  const start = (rho, share) => {
    const u = new Float64Array(count);
    u.fill(Math.log(share * size), 0, dispersion?.names[0] === '(Intercept)' ? 1 : scales);
    for (let g = 0; g < groups; g++) {
      for (let c = 0; c < each; c++) {
        u[scales + g * each + c] = time
          ? Math.log(-1 / Math.log(rho))
          : structure.startsWith('cs')
            ? Math.log((rho + 1 / (m - 1)) / (1 - rho))
            : structure.startsWith('toep') && c > 0
              ? 0
              : Math.atanh(rho);
      }
    }
    u.fill(Math.log(0.4 * size), count - random.length);
    return u;
  };
  /** How far a point lies from ordinary values. */
  const distance = (u) => u.reduce((most, v, k) => Math.max(most, Math.abs(v - (k < scales ? Math.log(size) : 0))), 0);
  return { criterion, count, starts: [start(0.3, 0.9), start(0.01, 0.5), start(0.8, 1.1)], distance };
}

const STEP = 1e-5;
const MOST_ROUNDS = 400;

/** Broyden, Fletcher, Goldfarb and Shanno's method from a point. */
export function quasiNewton(f, start, until) {
  const k = start.length;
  let u = Float64Array.from(start);
  let value = f(u);
  const slopesAt = (at) =>
    at.map((whole, i) => {
      at[i] = whole + STEP;
      const above = f(at);
      at[i] = whole - STEP;
      const below = f(at);
      at[i] = whole;
      return (above - below) / (2 * STEP);
    });
  let g = slopesAt(u);
  const H = new Float64Array(k * k);
  const reset = () => {
    H.fill(0);
    for (let i = 0; i < k; i++) H[i * k + i] = 0.05;
  };
  reset();
  let fresh = true;
  for (let round = 0; round < MOST_ROUNDS && performance.now() < until; round++) {
    const d = g.map((_, i) => -g.reduce((sum, slope, j) => sum + H[i * k + j] * slope, 0));
    const slope = d.reduce((sum, along, i) => sum + along * g[i], 0);
    const longest = d.reduce((most, along) => Math.max(most, Math.abs(along)), 0);
    let length = longest > 1 ? 1 / longest : 1;
    let next = u;
    let reached = Number.NaN;
    let lower = false;
    for (let halving = 0; halving < 30 && slope < 0 && !lower; halving++, length /= lower ? 1 : 2) {
      next = u.map((whole, i) => whole + length * d[i]);
      reached = f(next);
      lower = reached <= value + 1e-4 * length * slope;
    }
    if (!lower) {
      if (fresh) break;
      reset();
      fresh = true;
      continue;
    }
    const slopes = slopesAt(next);
    const s = next.map((whole, i) => whole - u[i]);
    const change = slopes.map((own, i) => own - g[i]);
    const sy = s.reduce((sum, step, i) => sum + step * change[i], 0);
    if (sy > 1e-12) {
      const Hy = s.map((_, i) => change.reduce((sum, own, j) => sum + H[i * k + j] * own, 0));
      const yHy = change.reduce((sum, own, i) => sum + own * Hy[i], 0);
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) {
          H[i * k + j] += ((1 + yHy / sy) * s[i] * s[j] - Hy[i] * s[j] - s[i] * Hy[j]) / sy;
        }
      }
      fresh = false;
    }
    const gain = value - reached;
    [u, value, g] = [next, reached, slopes];
    const steepest = g.reduce((most, own) => Math.max(most, Math.abs(own)), 0);
    if (gain < 1e-11 * (1 + Math.abs(value)) && steepest < 1e-4) break;
  }
  return { u, value, slope: g.reduce((most, own) => Math.max(most, Math.abs(own)), 0) };
}
