/**
 * Log likelihoods of the families of generalised models by row, for `family-reference.mjs`: textbook densities with their
 * first two derivatives by the linear predictor, all constants included. `extras` are the dispersion as it stands in a
 * variance (1/size, phi, shape, precision) or the thresholds.
 */

/** log Gamma by Stirling's series from 16 on, below by recurrence. */
export function logGamma(x) {
  let shift = 0;
  let z = x;
  for (; z < 16; z++) shift += Math.log(z);
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360)))))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Its first two derivatives. */
function polygamma(x) {
  let [first, second] = [0, 0];
  let z = x;
  for (; z < 16; z++) {
    first -= 1 / z;
    second += 1 / (z * z);
  }
  const w = 1 / (z * z);
  first += Math.log(z) - 0.5 / z - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w / 132))));
  second += 1 / z + 0.5 * w + (w / z) * (1 / 6 - w * (1 / 30 - w * (1 / 42 - w * (1 / 30 - (w * 5) / 66))));
  return [first, second];
}

/** Upper tail of the standard normal: by its series near zero, by its continued fraction beyond. */
function normalTail(x) {
  if (x < 0) return 1 - normalTail(-x);
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (x < 2.5) {
    let [sum, term] = [x, x];
    for (let k = 3; term > 1e-18 * sum; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = x;
  for (let k = 120; k > 0; k--) fraction = x + k / fraction;
  return density / fraction;
}

/** Distributions: F and 1 - F at eta, f and f'. */
const LINKS = {
  logit(eta) {
    const [p, q] = [1 / (1 + Math.exp(-eta)), 1 / (1 + Math.exp(eta))];
    return [p, q, p * q, p * q * (q - p)];
  },
  probit(eta) {
    const density = Math.exp(-0.5 * eta * eta) / Math.sqrt(2 * Math.PI);
    return [normalTail(-eta), normalTail(eta), density, -eta * density];
  },
  cloglog(eta) {
    const rate = Math.exp(eta);
    const q = Math.exp(-rate);
    return [-Math.expm1(-rate), q, rate * q, rate * (1 - rate) * q];
  },
};

function binomial(link, { k, trials, constant, weight }, eta) {
  const [p, q, f, slope] = LINKS[link](eta);
  const [wins, losses] = [k, trials - k];
  const l = (wins > 0 ? wins * Math.log(p) : 0) + (losses > 0 ? losses * Math.log(q) : 0) + constant;
  const [by1, by2] = [wins > 0 ? wins / p : 0, losses > 0 ? losses / q : 0];
  const first = by1 - by2;
  const second = (wins > 0 ? by1 / p : 0) + (losses > 0 ? by2 / q : 0);
  return [weight * l, weight * first * f, weight * (second * f * f - first * slope)];
}

function poisson({ y, constant, weight }, eta) {
  const mu = Math.exp(eta);
  return [weight * (y * eta - mu + constant), weight * (y - mu), weight * mu];
}

/** Counts above this have differences of Stirling's series in place of sums. */
const MANY = 100;

/**
 * log of s (s + 1) ... (s + y - 1) / s^y and its first two derivatives by s, of many counts: with t = y / s,
 * (s + y - 1/2) log1p(t) - y and the difference of the series behind it, whose terms are at most 1 / (12 s).
 */
function rising(s, y) {
  let shift = 0;
  let [first, second] = [0, 0];
  let low = s;
  // The series holds from 16 on.
  for (; low < 16; low++) {
    shift += Math.log(low / (low + y));
    first += 1 / low - 1 / (low + y);
    second -= 1 / low ** 2 - 1 / (low + y) ** 2;
  }
  const high = low + y;
  const log = Math.log1p(y / low);
  const value = (high - 0.5) * log - y + series(high) - series(low) + shift + y * Math.log(low / s);
  first += log - y / s + (slope(high) - slope(low));
  second += -y / (low * high) + y / s ** 2 + (curvature(high) - curvature(low));
  return [value, first, second];
}

const series = (z) => {
  const w = 1 / (z * z);
  return (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360)))))) / z;
};
const slope = (z) => {
  const w = 1 / (z * z);
  return -0.5 / z - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w / 132))));
};
const curvature = (z) => {
  const w = 1 / (z * z);
  return 0.5 * w + (w / z) * (1 / 6 - w * (1 / 30 - w * (1 / 42 - w * (1 / 30 - (w * 5) / 66))));
};

/** Variance mu + nu mu^2. */
function nbinom2(row, eta, [nu]) {
  if (nu < 1e-12) return poisson(row, eta);
  const { y, constant, weight } = row;
  const mu = Math.exp(eta);
  const z = nu * mu;
  let value = 0;
  if (y > MANY) [value] = rising(1 / nu, y);
  else for (let k = 1; k < y; k++) value += Math.log1p(k * nu);
  const l = value + y * eta - (y + 1 / nu) * Math.log1p(z) + constant;
  return [weight * l, (weight * (y - mu)) / (1 + z), (weight * mu * (1 + nu * y)) / (1 + z) ** 2];
}

/** Variance mu (1 + phi). */
function nbinom1(row, eta, [phi]) {
  if (phi < 1e-9) return poisson(row, eta);
  const { y, constant, weight } = row;
  const size = Math.exp(eta) / phi;
  let [value, first, second] = [0, 0, 0];
  if (y > MANY) [value, first, second] = rising(size, y);
  else {
    for (let k = 0; k < y; k++) {
      value += Math.log1p(k / size);
      first += 1 / (size + k) - 1 / size;
      second -= 1 / (size + k) ** 2 - 1 / size ** 2;
    }
  }
  // y log size has gone with the rest: size phi is the mean.
  const l = value + y * eta - (size + y) * Math.log1p(phi) + constant;
  const by1 = size * first + y - size * Math.log1p(phi);
  const by2 = size * first - size * Math.log1p(phi) + size * size * second;
  return [weight * l, weight * by1, -weight * by2];
}

/** Variance mu^2 / shape. */
function gamma({ y, weight }, eta, [shape]) {
  const ratio = y * Math.exp(-eta);
  const l = shape * (Math.log(shape) - eta) + (shape - 1) * Math.log(y) - shape * ratio - logGamma(shape);
  return [weight * l, weight * shape * (ratio - 1), weight * shape * ratio];
}

/** Shapes precision p and precision (1 - p). */
function beta({ y, weight }, eta, [precision]) {
  const [p, q, f, slope] = LINKS.logit(eta);
  const [a, b] = [precision * p, precision * q];
  const [[a1, a2], [b1, b2]] = [polygamma(a), polygamma(b)];
  const odds = Math.log(y) - Math.log1p(-y);
  const l = logGamma(precision) - logGamma(a) - logGamma(b) + (a - 1) * Math.log(y) + (b - 1) * Math.log1p(-y);
  const first = odds - a1 + b1;
  return [
    weight * l,
    weight * precision * f * first,
    -weight * (precision * slope * first - (precision * f) ** 2 * (a2 + b2)),
  ];
}

function cumulative(link, { y, weight }, eta, thresholds) {
  const none = [0, 1, 0, 0];
  const low = y === 0 ? none : LINKS[link](thresholds[y - 1] - eta);
  const high = y === thresholds.length ? [1, 0, 0, 0] : LINKS[link](thresholds[y] - eta);
  const probability = low[0] > 0.5 ? low[1] - high[1] : high[0] - low[0];
  const first = (low[2] - high[2]) / probability;
  return [weight * Math.log(probability), weight * first, weight * (first ** 2 - (high[3] - low[3]) / probability)];
}

const logBinomial = (m, k) => (k > 0 && k < m ? logGamma(m + 1) - logGamma(k + 1) - logGamma(m - k + 1) : 0);

/** What a density needs of a value: of proportions the weights are the trials; categories are counted from 0. */
export function likelihoodRow(family, y, weight, trials) {
  if (family !== 'binomial')
    return { y, weight, constant: /Gamma|beta|cumulative/.test(family) ? 0 : -logGamma(y + 1) };
  if (trials !== undefined) return { k: y, trials, weight, constant: logBinomial(trials, y) };
  const k = y > 0 && y < 1 ? Math.round(weight * y) : weight * y;
  return { k, trials: weight, weight: 1, constant: logBinomial(weight, k) };
}

/** (row, eta, extras) -> [l, dl/deta, -d2l/deta2]. */
export function openLikelihood(family, link) {
  switch (family) {
    case 'binomial':
      return (row, eta) => binomial(link, row, eta);
    case 'cumulative':
      return (row, eta, thresholds) => cumulative(link, row, eta, thresholds);
    default:
      return { poisson, nbinom2, nbinom1, Gamma: gamma, beta }[family];
  }
}
