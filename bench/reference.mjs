/**
 * An independent, slow reference in float64, from the rows themselves: V = I + Z G Z' is formed dense for each connected
 * block of rows, the REML criterion is minimised without derivatives, Satterthwaite's degrees of freedom come from
 * finite differences. It shares no code and no algebra with the library.
 */
/** Cholesky factor of the k x k matrix in place (lower triangle); log-determinant, or NaN. */
function cholesky(a, k) {
  let logDet = 0;
  for (let j = 0; j < k; j++) {
    for (let i = j; i < k; i++) {
      let sum = a[i * k + j];
      for (let l = 0; l < j; l++) sum -= a[i * k + l] * a[j * k + l];
      if (i > j) a[i * k + j] = sum / a[j * k + j];
      else if (!(sum > 0)) return Number.NaN;
      else {
        a[j * k + j] = Math.sqrt(sum);
        logDet += Math.log(sum);
      }
    }
  }
  return logDet;
}

function solveLower(l, k, b, columns) {
  for (let i = 0; i < k; i++) {
    for (let c = 0; c < columns; c++) {
      let sum = b[i * columns + c];
      for (let j = 0; j < i; j++) sum -= l[i * k + j] * b[j * columns + c];
      b[i * columns + c] = sum / l[i * k + i];
    }
  }
}

/** Inverse of a small symmetric positive definite matrix. */
export function inverse(a, k) {
  const l = Float64Array.from(a);
  if (Number.isNaN(cholesky(l, k))) throw new Error('the reference met a singular matrix');
  const half = new Float64Array(k * k);
  for (let i = 0; i < k; i++) half[i * k + i] = 1;
  solveLower(l, k, half, k);
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) for (let m = 0; m < k; m++) out[i * k + j] += half[m * k + i] * half[m * k + j];
  }
  return out;
}

/** Rows that random effects connect, directly or through others. */
function connectedRows(n, random) {
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const root = (i) => {
    while (parent[i] !== i) i = parent[i];
    return i;
  };
  for (const { codes } of random) {
    const first = new Map();
    for (let i = 0; i < n; i++) {
      if (!first.has(codes[i])) first.set(codes[i], i);
      else parent[root(i)] = root(first.get(codes[i]));
    }
  }
  const blocks = new Map();
  for (let i = 0; i < n; i++) {
    const at = root(i);
    if (!blocks.has(at)) blocks.set(at, []);
    blocks.get(at).push(i);
  }
  return [...blocks.values()];
}

/**
 * The REML problem of one response on a design of the library (only its model matrices are read):
 * theta -> { criterion, S, logDets, C, beta }.
 */
export function rowsProblem(design, y) {
  const { n, random } = design;
  const { x, names } = design.fixed;
  const p = names.length;
  const d = n - p;
  const blocks = connectedRows(n, random);
  const sizes = random.map((term) => term.names.length);
  const parameters = sizes.reduce((sum, q) => sum + (q * (q + 1)) / 2, 0);

  function evaluate(theta) {
    let at = 0;
    const covariances = sizes.map((q) => {
      const L = new Float64Array(q * q);
      for (let c = 0; c < q; c++) for (let r = c; r < q; r++) L[r * q + c] = theta[at++];
      const G = new Float64Array(q * q);
      for (let i = 0; i < q; i++) {
        for (let j = 0; j < q; j++) for (let l = 0; l < q; l++) G[i * q + j] += L[i * q + l] * L[j * q + l];
      }
      return G;
    });
    const k = p + 1;
    const cross = new Float64Array(k * k); // [X y]'V^-1 [X y]
    let logDetV = 0;
    for (const rows of blocks) {
      const m = rows.length;
      const V = new Float64Array(m * m);
      for (let i = 0; i < m; i++) {
        V[i * m + i] = 1;
        for (let j = 0; j <= i; j++) {
          random.forEach(({ codes, z }, t) => {
            if (codes[rows[i]] !== codes[rows[j]]) return;
            const q = sizes[t];
            for (let a = 0; a < q; a++) {
              for (let b = 0; b < q; b++) {
                V[i * m + j] += z[a * n + rows[i]] * covariances[t][a * q + b] * z[b * n + rows[j]];
              }
            }
          });
        }
      }
      logDetV += cholesky(V, m);
      const half = new Float64Array(m * k);
      for (let i = 0; i < m; i++) {
        for (let c = 0; c < p; c++) half[i * k + c] = x[c * n + rows[i]];
        half[i * k + p] = y[rows[i]];
      }
      solveLower(V, m, half, k);
      for (let i = 0; i < m; i++) {
        for (let a = 0; a < k; a++) for (let b = 0; b < k; b++) cross[a * k + b] += half[i * k + a] * half[i * k + b];
      }
    }
    return finish(cross, p, d, logDetV);
  }
  return { p, d, parameters, diagonal: diagonalParameters(sizes), evaluate };
}

/**
 * The REML problem of response g from plain sums (the names are those of the library's MomentSums), levels eliminated:
 * V^-1 = I - Z diag(gamma / (1 + gamma n_j)) Z'. For rows too many to form V.
 */
export function sumsProblem({ n, xtx, ztx, ztz, xty, zty, yty }, p, g) {
  const k = p + 1;
  const levels = ztz.length;
  const evaluate = ([theta]) => {
    const gamma = theta * theta;
    const cross = new Float64Array(k * k);
    for (let a = 0; a < p; a++) {
      for (let b = a; b < p; b++) cross[a * k + b] = xtx[a * p + b];
      cross[a * k + p] = xty[g * p + a];
    }
    cross[p * k + p] = yty[g];
    const row = new Float64Array(k);
    let logDetV = 0;
    for (let j = 0; j < levels; j++) {
      logDetV += Math.log1p(gamma * ztz[j]);
      row.set(ztx.subarray(j * p, (j + 1) * p));
      row[p] = zty[g * levels + j];
      const weight = gamma / (1 + gamma * ztz[j]);
      for (let a = 0; a < k; a++) for (let b = a; b < k; b++) cross[a * k + b] -= weight * row[a] * row[b];
    }
    for (let a = 0; a < k; a++) for (let b = 0; b < a; b++) cross[a * k + b] = cross[b * k + a];
    return finish(cross, p, n - p, logDetV);
  };
  return { p, d: n - p, parameters: 1, diagonal: [true], evaluate };
}

/** Criterion and estimates from [X y]'V^-1 [X y] and log|V|. */
export function finish(cross, p, d, logDetV) {
  const k = p + 1;
  const L = Float64Array.from(cross);
  cholesky(L, k);
  let logDetX = 0;
  for (let a = 0; a < p; a++) logDetX += 2 * Math.log(L[a * k + a]);
  const S = L[p * k + p] ** 2;
  const information = new Float64Array(p * p);
  for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) information[a * p + b] = cross[a * k + b];
  const C = inverse(information, p);
  const beta = new Float64Array(p);
  for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) beta[a] += C[a * p + b] * cross[b * k + p];
  const logDets = logDetV + logDetX;
  return { criterion: logDets + d * (1 + Math.log((2 * Math.PI * S) / d)), S, logDets, C, beta };
}

/** Which parameters of theta are diagonal, for the starts. */
function diagonalParameters(sizes) {
  return sizes.flatMap((q) => {
    const out = [];
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) out.push(r === c);
    return out;
  });
}

/** Golden section on one parameter in log gamma, from every dip of a coarse scan; theta 0 is tried too. */
function minimiseScalar(problem) {
  const value = (u) => problem.evaluate([Math.exp(u / 2)]).criterion;
  const ratio = (Math.sqrt(5) - 1) / 2;
  let best = { theta: [0], criterion: problem.evaluate([0]).criterion };
  const grid = Array.from({ length: 45 }, (_, i) => -22 + i);
  const scan = grid.map(value);
  for (let i = 1; i + 1 < grid.length; i++) {
    if (scan[i] > scan[i - 1] || scan[i] > scan[i + 1]) continue;
    let [low, high] = [grid[i - 1], grid[i + 1]];
    let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    let [fa, fb] = [value(a), value(b)];
    while (high - low > 1e-8) {
      if (fa <= fb) [high, b, fb, a] = [b, a, fa, b - ratio * (b - low)];
      else [low, a, fa, b] = [a, b, fb, a + ratio * (high - a)];
      if (a < b && b - a < 1e-9) break;
      fa = value(a);
      fb = value(b);
    }
    const u = (low + high) / 2;
    const criterion = value(u);
    if (criterion < best.criterion) best = { theta: [Math.exp(u / 2)], criterion };
  }
  return best;
}

/** Nelder and Mead's simplex over theta, restarted where it ended until that changes nothing. */
function minimiseSimplex(problem, start) {
  const m = start.length;
  const value = (theta) => {
    const { criterion } = problem.evaluate(theta);
    return Number.isFinite(criterion) ? criterion : Number.POSITIVE_INFINITY;
  };
  let best = { theta: start, criterion: value(start) };
  for (let restart = 0; restart < 12; restart++) {
    const size = restart === 0 ? 0.5 : 0.1 / 4 ** Math.min(restart, 4);
    const corners = [best];
    for (let k = 0; k < m; k++) {
      const theta = best.theta.map((t, i) => (i === k ? t + size : t));
      corners.push({ theta, criterion: value(theta) });
    }
    for (let step = 0; step < 400 * m; step++) {
      corners.sort((a, b) => a.criterion - b.criterion);
      const worst = corners[m];
      if (worst.criterion - corners[0].criterion < 1e-12 * (1 + Math.abs(worst.criterion))) break;
      const centre = start.map((_, i) => corners.slice(0, m).reduce((sum, c) => sum + c.theta[i] / m, 0));
      const along = (factor) => {
        const theta = centre.map((c, i) => c + factor * (worst.theta[i] - c));
        return { theta, criterion: value(theta) };
      };
      let next = along(-1);
      if (next.criterion < corners[0].criterion) {
        const further = along(-2);
        if (further.criterion < next.criterion) next = further;
      } else if (next.criterion >= corners[m - 1].criterion) {
        next = along(next.criterion < worst.criterion ? -0.5 : 0.5);
        if (next.criterion >= worst.criterion) {
          for (let k = 1; k <= m; k++) {
            const theta = corners[k].theta.map((t, i) => (t + corners[0].theta[i]) / 2);
            corners[k] = { theta, criterion: value(theta) };
          }
          continue;
        }
      }
      corners[m] = next;
    }
    corners.sort((a, b) => a.criterion - b.criterion);
    const gain = best.criterion - corners[0].criterion;
    best = corners[0];
    if (restart > 2 && gain < 1e-11 * (1 + Math.abs(best.criterion))) break;
  }
  return best;
}

/** The reference fit of a problem: estimates, standard errors, df, criterion, theta, sigma. */
export function referenceFit(problem, starts = [1, 0.2]) {
  const { p, d, parameters, diagonal } = problem;
  let best;
  if (parameters === 1) best = minimiseScalar(problem);
  else {
    for (const size of starts) {
      const end = minimiseSimplex(
        problem,
        diagonal.map((on) => (on ? size : 0)),
      );
      if (!best || end.criterion < best.criterion) best = end;
    }
  }
  const { criterion, S, C, beta } = problem.evaluate(best.theta);
  const sigma2 = S / d;
  const se = Float64Array.from(beta, (_, a) => Math.sqrt(sigma2 * C[a * p + a]));
  return {
    theta: best.theta,
    criterion,
    sigma: Math.sqrt(sigma2),
    beta,
    se,
    df: degreesOfFreedom(problem, best.theta),
  };
}

/**
 * Satterthwaite's df of each coefficient, over (theta, log sigma): the deviance is D(theta) + 2 d log s + S(theta) / s^2,
 * its derivatives in theta come from central differences with one Richardson step. Means something inside the parameter
 * space only.
 */
export function degreesOfFreedom(problem, theta) {
  const { p, d } = problem;
  const m = theta.length;
  const base = problem.evaluate(theta);
  const sigma2 = base.S / d;
  const quantities = (at) => {
    const { logDets, S, C } = problem.evaluate(at);
    return [logDets + S / sigma2, S, ...Array.from({ length: p }, (_, a) => C[a * p + a])];
  };
  const centre = quantities(theta);
  const step = Math.min(0.01, 0.05 * Math.min(...theta.map(Math.abs)) + 1e-3);
  const shifted = (i, si, j, sj) => quantities(theta.map((t, k) => t + (k === i ? si : 0) + (k === j ? sj : 0)));
  const richardson = (estimate) => {
    const coarse = estimate(2 * step);
    const fine = estimate(step);
    return fine.map((value, k) => (4 * value - coarse[k]) / 3);
  };
  const first = theta.map((_, i) =>
    richardson((h) => {
      const [up, down] = [shifted(i, h, -1, 0), shifted(i, -h, -1, 0)];
      return up.map((value, k) => (value - down[k]) / (2 * h));
    }),
  );
  const size = m + 1;
  const hessian = new Float64Array(size * size);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      const [second] = richardson((h) => {
        if (i === j) return [(shifted(i, h, -1, 0)[0] - 2 * centre[0] + shifted(i, -h, -1, 0)[0]) / (h * h)];
        const ends = [shifted(i, h, j, h), shifted(i, h, j, -h), shifted(i, -h, j, h), shifted(i, -h, j, -h)];
        return [(ends[0][0] - ends[1][0] - ends[2][0] + ends[3][0]) / (4 * h * h)];
      });
      hessian[i * size + j] = second;
      hessian[j * size + i] = second;
    }
    hessian[i * size + m] = (-2 * first[i][1]) / sigma2;
    hessian[m * size + i] = hessian[i * size + m];
  }
  hessian[m * size + m] = 4 * d;
  let covariance;
  try {
    covariance = inverse(hessian, size);
  } catch {
    return new Float64Array(p).fill(Number.NaN);
  }
  return Float64Array.from({ length: p }, (_, a) => {
    const slope = [...first.map((values) => values[2 + a]), 2 * centre[2 + a]]; // of C_aa s^2 / s^2
    let quadratic = 0;
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) quadratic += slope[i] * covariance[i * size + j] * slope[j];
    return centre[2 + a] ** 2 / quadratic; // 2 v^2 / (g' 2 H^-1 g)
  });
}
