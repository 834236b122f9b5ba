/**
 * An independent look at fits with structured residuals: the criterion, coefficients and standard errors from the dense covariance
 * of the rows at the standard deviations and correlations that the table reports, and whether a walk without derivatives from
 * there finds a lower criterion.
 */
import { inverse } from './reference.mjs';

const BOUNDS = { criterion: 1e-6, estimate: 1e-5, 'std.error': 1e-5, 'lower criterion': 1e-6 };
/** Steps of the walk, in logarithms of standard deviations and Fisher's z. */
const STEPS = [0.05, 0.01, 0.002];

/** Largest differences over some responses, with their bounds. */
export function structuredReference(design, { rows, values }, table, sample) {
  const largest = Object.fromEntries(Object.keys(BOUNDS).map((name) => [name, 0]));
  const grow = (name, value) => {
    largest[name] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.max(largest[name], value);
  };
  for (let k = 0; k < sample; k++) {
    const model = Math.floor((k * table.models) / sample);
    const y = values.subarray(model * rows, (model + 1) * rows);
    const known = parametersOf(design, table, model);
    const found = criterionOf(design, y, known);
    grow(
      'criterion',
      Math.abs(found.criterion - table.criterion[model]) / Math.max(1, 1e-3 * Math.abs(found.criterion)),
    );
    const p = found.beta.length;
    for (let c = 0; c < p; c++) {
      const at = model * p + c;
      grow('estimate', Math.abs(table.coefficients.estimate[at] - found.beta[c]) / found.se[c]);
      grow('std.error', Math.abs(table.coefficients.standardError[at] / found.se[c] - 1));
    }
    let lowest = found.criterion;
    for (const step of rows > 5000 ? [] : STEPS) {
      for (let e = 0; e < known.free; e++) {
        for (const sign of [1, -1]) {
          const moved = criterionOf(design, y, parametersOf(design, table, model, e, sign * step)).criterion;
          if (moved < lowest) lowest = moved;
        }
      }
    }
    grow('lower criterion', found.criterion - lowest);
  }
  return Object.entries(BOUNDS).map(([name, bound]) => ({ name, value: largest[name], bound }));
}

/** Standard deviation of a row, correlation of two, variance of the random intercept; with one of them moved. */
function parametersOf({ residual, dispersion, random, n }, { structured, covariance }, model, moved = -1, by = 0) {
  const { visits, names, values } = structured;
  const slots = Math.max(1, visits.length);
  let free = 0;
  const own = (value) => (free++ === moved ? value * Math.exp(by) : value);
  const equal = structured.sd
    .subarray(model * slots, (model + 1) * slots)
    .every((v) => v === structured.sd[model * slots]);
  const single = equal ? own(structured.sd[model * slots]) : 0;
  const sd = dispersion
    ? dispersion.names.map((_, c) => own(Math.exp(structured.dispersion.estimate[model * dispersion.names.length + c])))
    : Array.from({ length: slots }, (_, v) => (equal ? single : own(structured.sd[model * slots + v])));
  const z = names.map((_, c) => {
    const value = Math.atanh(values[model * names.length + c]);
    return free++ === moved ? value + by : value;
  });
  const us = structured.structure === 'us';
  const m = visits.length;
  const cor = Array.from(structured.correlation.subarray(model * m * m, (model + 1) * m * m));
  if (us) {
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < a; b++) {
        const value = Math.tanh(Math.atanh(cor[a * m + b]) + (free++ === moved ? by : 0));
        cor[a * m + b] = value;
        cor[b * m + a] = value;
      }
    }
  }
  const rho = z.length > 0 ? Math.tanh(z[0]) : 0;
  const intercept = random.length > 0 ? own(covariance[model * (covariance.length / structured.sd.length) * slots]) : 0;
  const rowSd = (i) =>
    dispersion
      ? sd.reduce((s, value, c) => (dispersion.x[c * n + i] === 1 ? value : s), 0)
      : sd[residual.visit.codes[i]];
  const ar = structured.structure === 'ar1';
  const correlation = (i, j) => {
    const [a, b] = [residual.visit.codes[i], residual.visit.codes[j]];
    return us ? cor[a * m + b] : ar ? rho ** Math.abs(a - b) : rho;
  };
  return { free, rowSd, correlation, intercept };
}

/** -2 log restricted likelihood, by blocks of rows of one subject or donor. */
function criterionOf(design, y, { rowSd, correlation, intercept }) {
  const { n, fixed, residual, random } = design;
  const p = fixed.names.length;
  const groups = new Map();
  const codes = residual ? residual.subject.codes : random[0].codes;
  for (let i = 0; i < n; i++) groups.set(codes[i], [...(groups.get(codes[i]) ?? []), i]);
  const A = new Float64Array(p * p);
  const b = new Float64Array(p);
  let square = 0;
  let logDet = 0;
  for (const rows of groups.values()) {
    const k = rows.length;
    const L = new Float64Array(k * k);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) {
        const same = i === j ? 1 : residual ? correlation(rows[i], rows[j]) : 0;
        let sum = rowSd(rows[i]) * rowSd(rows[j]) * same + intercept;
        for (let l = 0; l < j; l++) sum -= L[i * k + l] * L[j * k + l];
        L[i * k + j] = i === j ? Math.sqrt(sum) : sum / L[j * k + j];
      }
      logDet += 2 * Math.log(L[i * k + i]);
    }
    const white = (of) => {
      const out = new Float64Array(k);
      for (let i = 0; i < k; i++) {
        let sum = of(rows[i]);
        for (let l = 0; l < i; l++) sum -= L[i * k + l] * out[l];
        out[i] = sum / L[i * k + i];
      }
      return out;
    };
    const x = Array.from({ length: p }, (_, c) => white((i) => fixed.x[c * n + i]));
    const own = white((i) => y[i]);
    for (let i = 0; i < k; i++) {
      square += own[i] * own[i];
      for (let c = 0; c < p; c++) {
        b[c] += x[c][i] * own[i];
        for (let e = 0; e < p; e++) A[c * p + e] += x[c][i] * x[e][i];
      }
    }
  }
  const C = inverse(A, p);
  const beta = Array.from({ length: p }, (_, c) => b.reduce((sum, value, e) => sum + C[c * p + e] * value, 0));
  const rss = square - beta.reduce((sum, value, c) => sum + value * b[c], 0);
  const criterion = logDet + logDeterminant(A, p) + rss + (n - p) * Math.log(2 * Math.PI);
  return { criterion, beta, se: beta.map((_, c) => Math.sqrt(C[c * p + c])) };
}

function logDeterminant(A, p) {
  const L = Float64Array.from(A);
  let sum = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let value = L[i * p + j];
      for (let k = 0; k < j; k++) value -= L[i * p + k] * L[j * p + k];
      L[i * p + j] = i === j ? Math.sqrt(value) : value / L[j * p + j];
    }
    sum += 2 * Math.log(L[i * p + i]);
  }
  return sum;
}
