import{g as e,r as t}from"./words-Chl6qJA6-cm2kD5_I.js";const n={"glmm/binomial":`// Binomial counts with logit link. Twin in float64: src/glmm/families/binomial.ts.
//
// A pseudo-row has k successes of m trials; pi = k / m, and the linear predictor is logit(pi) + d, or d where pi is 0 or 1. As a
// deviance its part of the criterion is a sum of positive terms: with p the probability and K(d) = log(1 - pi + pi e^d),
//
//     2 m (K(d) - pi d)      r = m (pi - p)      W = m p q      W' = W (q - p)      W'' = W ((q - p)^2 - 2 p q)
//     p - pi = pi (1 - pi) (e^d - 1) / (1 - pi + pi e^d)
//
// K is the cumulant generating function of one trial: for small d by its series. Where pi > 1/2 failures change places with
// successes, which keeps the digits of pi.
//#import glmm/exponentials

fn family_stratum(model: u32, s: u32, change: f32, derivatives: bool) -> Terms {
  var total = Terms();
  let end = row_start(s + 1u);
  for (var i = row_start(s); i < end; i++) {
    let m = design_value(model, shape.strata * (P + 1u) + 2u * i + 1u);
    let k = response(model, 1u + 2u * i);
    let shift = clamp(response(model, 2u + 2u * i) + change, -HIGHEST, HIGHEST);
    let swapped = 2.0f * k > m;
    let pi = select(k, m - k, swapped) / max(m, 1e-30f);
    let d = select(shift, -shift, swapped);
    var p = 0.0f;
    var q = 1.0f;
    var r = 0.0f; // of the rarer outcome
    if (pi > 0.0f) {
      let e = exponential(d);
      let denominator = 1.0f + pi * e.less_one;
      q = (1.0f - pi) / denominator;
      p = pi * (1.0f + e.less_one) / denominator;
      total.value += 2.0f * m * cumulants(pi, d, e.less_one);
      r = -m * pi * q * e.less_one;
    } else {
      let small = num_exp(-abs(d));
      let major = 1.0f / (1.0f + small);
      p = select(small * major, major, d > 0.0f);
      q = select(major, small * major, d > 0.0f);
      total.value += 2.0f * m * (max(d, 0.0f) + num_log1p(small));
      r = -m * p;
    }
    total.r += select(r, -r, swapped);
    let w = m * p * q;
    total.w += w;
    let skew = select(q - p, p - q, swapped);
    total.w1 += w * skew;
    total.w2 += w * (skew * skew - 2.0f * p * q);
  }
  return total;
}

// K(d) - pi d for pi <= 1/2.
fn cumulants(pi: f32, d: f32, less_one: f32) -> f32 {
  if (abs(d) >= 0.35f) {
    return num_log1p(pi * less_one) - pi * d;
  }
  let v = pi * (1.0f - pi);
  let s = 1.0f - 2.0f * pi;
  let fourth = 1.0f - 6.0f * v;
  let fifth = s * (1.0f - 12.0f * v);
  let sixth = 1.0f - 30.0f * v + 120.0f * v * v;
  let seventh = s * (1.0f - 60.0f * v + 360.0f * v * v);
  let series = 1.0f + d / 3.0f * (s + d / 4.0f * (fourth + d / 5.0f * (fifth + d / 6.0f * (sixth + d / 7.0f * seventh))));
  return 0.5f * v * d * d * series;
}

fn add_remainder(model: u32) {}

fn family_start(model: u32, excess: f32, squares: f32) -> f32 { return 0.0f; }

fn dispersed_mass(model: u32) -> f32 { return 1.0f; }
`,"glmm/exponentials":`// Exponentials in single precision without loss near zero.
//#import num/f32

// Predictors beyond this are nothing that a search ends at, and leave squares of weights in range.
const HIGHEST: f32 = 30.0f;
const LOWEST: f32 = -60.0f;

struct Exponential {
  less_one: f32, // e^d - 1
  rest: f32, // e^d - 1 - d, never negative
}

fn exponential(d: f32) -> Exponential {
  if (abs(d) < 0.35f) {
    let series = 1.0f + d / 3.0f * (1.0f + d / 4.0f * (1.0f + d / 5.0f * (1.0f + d / 6.0f * (1.0f + d / 7.0f))));
    let rest = 0.5f * d * d * series;
    return Exponential(d + rest, rest);
  }
  let less_one = num_exp(d) - 1.0f;
  return Exponential(less_one, less_one - d);
}
`,"glmm/family-newton":`// Projected Newton search of Laplace's criterion, in stages: the generalised linear model, then the variance from where it is
// likely, then the dispersion. Twins in float64: src/glmm/family-newton.ts for the steps, src/glmm/family-search.ts for the
// stages. Variance and dispersion are stepped on logarithmic scales at some distance from zero, so that they reach it in a
// finite step; each has its origin there. The point found is a start for the host's Newton method in float64.
//
// Lanes that share a model come to every sum, so branches around an evaluation depend on what \`agreed\` says.
//#import glmm/scalar-objective

// 1 where a model without much information has other minima far off, which the host looks for.
//#param LITTLE: u32

const FOUND: u32 = 0u;
const UNSURE: u32 = 1u; // the host searches itself

const CLOSE: f32 = 1e-2f; // decrements that end the stages before the last
const CLOSER: f32 = 1e-3f;
const SETTLED: f32 = 1e-4f; // of the last: one more step leaves its square
const STALLED: f32 = 5e-2f; // at which a search that rounding stops still counts
const MAXIMAL_REFUSALS: u32 = 12u;
const LONGEST: f32 = 5.0f; // step of a coefficient, in predictors
const LONGEST_DOWN: f32 = -2.3025851f; // of logarithms
const LONGEST_UP: f32 = 1.6094379f;
const LITTLE_INFORMATION: f32 = 31.0f;
// A dispersion that wins less than this leaves Poisson's limit in play, where that is a minimum: the host looks at both.
const COMPETING: f32 = 6.5f;

const GENERALISED_LINEAR: u32 = 0u;
const WITH_VARIANCE: u32 = 1u;
const WITH_DISPERSION: u32 = 2u;
const LAST: u32 = select(select(GENERALISED_LINEAR, WITH_VARIANCE, RANDOM == 1u), WITH_DISPERSION, DISPERSION == 1u);

const FREE: u32 = 0u;
const HELD: u32 = 1u; // at a bound, or not of this stage
const CLAMPED: u32 = 2u; // to the longest step

struct Found {
  evaluations: u32,
  outcome: u32,
}

// The step from the point evaluated last, in scaled coordinates.
var<private> step: array<f32, N>;
var<private> scale: array<f32, N>;
var<private> lowest: array<f32, N>;
var<private> state: array<u32, N>;
var<private> factor: array<f32, N * N>;
var<private> slope: f32; // of the criterion along the step
var<private> is_pure: bool; // Newton's own step, all within the box

fn is_logarithmic(j: u32) -> bool { return j >= P; }

// What one lane says, to all.
fn agreed(choice: u32) -> u32 {
  let own = select(0.0f, f32(choice), lane() == 0u);
  return u32(reduce(mat2x4f(vec4f(own, 0.0f, 0.0f, 0.0f), vec4f()))[0].x + 0.5f);
}

fn gradient(j: u32) -> f32 { return sums[GRADIENT + j]; }

// Scales at the point, what is held in this stage, and the box.
fn rescale(model: u32, stage: u32) {
  for (var j = 0u; j < P; j++) {
    scale[j] = 1.0f;
    lowest[j] = -LONGEST;
    state[j] = FREE;
  }
  for (var j = P; j < N; j++) {
    let x = point[j];
    var origin = f32(shape.levels) / max(sums[INFORMATION], 1e-10f);
    if (j == EXTRA) {
      let mean = max(sums[WEIGHT] / dispersed_mass(model), 1e-20f);
      origin = max((1.0f - x * mean) / mean, 1e-3f * x);
    }
    origin = clamp(origin, 1e-10f, 1e10f);
    scale[j] = x + origin;
    lowest[j] = max(LONGEST_DOWN, num_log(origin / scale[j]));
    let present = (j == GAMMA && RANDOM == 1u && stage >= WITH_VARIANCE) || (j == EXTRA && stage == WITH_DISPERSION);
    state[j] = select(HELD, FREE, present && !(x <= 0.0f && gradient(j) >= 0.0f));
  }
}

// Cholesky factor of the scaled Hessian over the free parameters, its diagonal raised by \`ridge\` of itself; false where it is
// not positive definite.
fn factorise(ridge: f32) -> bool {
  for (var i = 0u; i < N; i++) {
    for (var j = 0u; j <= i; j++) {
      var a = select(0.0f, 1.0f, i == j);
      if (state[i] == FREE && state[j] == FREE) {
        a = scale[i] * scale[j] * sums[hessian_at(i, j)];
        if (i == j) {
          if (is_logarithmic(i)) {
            a += scale[i] * gradient(i);
          }
          a += ridge * max(abs(a), 1e-3f);
        }
      }
      let whole = a;
      for (var k = 0u; k < j; k++) {
        a -= factor[i * N + k] * factor[j * N + k];
      }
      if (i == j) {
        if (!(a > 1e-6f * abs(whole))) {
          return false;
        }
        factor[i * N + i] = sqrt(a);
      } else {
        factor[i * N + j] = a / factor[j * N + j];
      }
    }
  }
  return true;
}

// The step that minimises the parabola within the box; false where there is none.
fn find_step(model: u32, stage: u32) -> bool {
  rescale(model, stage);
  is_pure = true;
  for (var j = 0u; j < N; j++) {
    step[j] = 0.0f;
  }
  for (var round = 0u; round < 3u; round++) {
    var ridge = 0.0f;
    var is_positive = factorise(0.0f);
    for (var turn = 0u; turn < 7u && !is_positive; turn++) {
      ridge = select(10.0f * ridge, 1e-3f, ridge == 0.0f);
      is_positive = factorise(ridge);
      is_pure = false;
    }
    if (!is_positive) {
      return false;
    }
    for (var i = 0u; i < N; i++) {
      var sum = step[i];
      if (state[i] == FREE) {
        sum = gradient(i);
        for (var j = P; j < N; j++) {
          if (state[j] == CLAMPED) {
            sum += sums[hessian_at(i, j)] * scale[j] * step[j];
          }
        }
        sum *= -scale[i];
      }
      for (var k = 0u; k < i; k++) {
        sum -= factor[i * N + k] * step[k];
      }
      step[i] = sum / factor[i * N + i];
    }
    for (var back = N; back > 0u; back--) {
      let i = back - 1u;
      var sum = step[i];
      for (var k = i + 1u; k < N; k++) {
        sum -= factor[k * N + i] * step[k];
      }
      step[i] = sum / factor[i * N + i];
    }
    var clamped = false;
    for (var j = P; j < N; j++) {
      if (state[j] == FREE) {
        let within = clamp(step[j], lowest[j], LONGEST_UP);
        if (within != step[j]) {
          step[j] = within;
          state[j] = CLAMPED;
          clamped = true;
        }
      }
    }
    if (!clamped) {
      break;
    }
    is_pure = false;
  }
  var longest = 0.0f;
  for (var j = 0u; j < P; j++) {
    longest = max(longest, abs(step[j]));
  }
  let share = min(1.0f, LONGEST / max(longest, 1e-30f));
  slope = 0.0f;
  for (var j = 0u; j < N; j++) {
    if (share < 1.0f) {
      is_pure = false;
      step[j] *= share;
    }
    slope += scale[j] * gradient(j) * step[j];
  }
  return true;
}

// \`point\`: a part of the step from x.
fn move_point(x: array<f32, N>, part: f32) {
  for (var j = 0u; j < N; j++) {
    let s = part * step[j];
    if (j < P) {
      point[j] = x[j] + s;
    } else if (step[j] == 0.0f) {
      point[j] = x[j];
    } else {
      let to = x[j] + scale[j] * exponential(s).less_one;
      point[j] = select(to, 0.0f, to < 1e-6f * scale[j] && s <= 0.999f * lowest[j]);
      point[j] = max(point[j], 0.0f);
    }
  }
}

// What becomes of a search after an evaluation.
const GO_ON: u32 = 0u;
const SHORTEN: u32 = 1u;
const NEXT_STAGE: u32 = 2u;
const END: u32 = 3u;
const GIVE_UP: u32 = 4u;

fn search_family(model: u32) -> Found {
  for (var g = lane(); g < shape.levels; g += LANES) {
    workspace[level_mode(model, g)] = 0.0f;
  }
  var x: array<f32, N>; // accepted last
  for (var j = 0u; j < N; j++) {
    x[j] = 0.0f;
    point[j] = 0.0f;
  }
  var stage = GENERALISED_LINEAR;
  var value = 0.0f;
  var limit = 0.0f; // the criterion without dispersion, where that is a minimum
  var is_minimum = false;
  var part = 1.0f;
  var refused = 0u;
  var stepping = false;
  var decrement = 1e30f;
  var evaluations = 0u;
  for (var turn = 0u; turn < shape.turns; turn++) {
    evaluate_objective(model);
    evaluations++;
    let next = sums[VALUE];
    let valid = sums[FAILED] == 0.0f && abs(next) < 1e30f;
    let noise = 1e-6f * (1.0f + abs(next) + sums[ROUNDED]);
    var choice = GO_ON;
    if (!valid || (stepping && !(next <= value + 1e-4f * part * slope + noise))) {
      refused++;
      part *= select(0.25f, 0.5f, refused == 1u);
      choice = SHORTEN;
      if (!stepping || refused >= MAXIMAL_REFUSALS) {
        choice = select(GIVE_UP, END, stepping && decrement <= STALLED && stage == LAST);
      }
    } else {
      x = point;
      value = next;
      if (!find_step(model, stage)) {
        choice = GIVE_UP;
      } else {
        decrement = select(1e30f, -0.5f * slope, is_pure);
        let goal = select(select(CLOSER, CLOSE, stage == GENERALISED_LINEAR), SETTLED, stage == LAST);
        if (decrement < goal) {
          choice = select(NEXT_STAGE, END, stage == LAST);
        }
      }
    }
    choice = agreed(choice);
    if (choice == SHORTEN) {
      move_point(x, part);
      continue;
    }
    if (choice == GIVE_UP) {
      return Found(evaluations, UNSURE);
    }
    if (choice == END) {
      // The last step is not looked at: the host does that.
      let last = select(0.0f, 1.0f, decrement < SETTLED);
      move_point(x, last);
      let competes = is_minimum && point[EXTRA] > 0.0f && value > limit - COMPETING;
      return Found(evaluations, select(FOUND, UNSURE, competes));
    }
    part = 1.0f;
    refused = 0u;
    stepping = choice == GO_ON;
    if (stepping) {
      move_point(x, 1.0f);
      continue;
    }
    if (stage == GENERALISED_LINEAR && RANDOM == 1u) {
      stage = WITH_VARIANCE;
      let likely = likely_variance(model);
      // Two minima, or little information: the host looks at more than one.
      let is_interior = gradient(GAMMA) < 0.0f;
      let several = (LITTLE == 1u && sums[WEIGHT] < LITTLE_INFORMATION) || (!is_interior && likely > 0.0f);
      if (agreed(select(0u, 1u, several)) == 1u) {
        return Found(evaluations, UNSURE);
      }
      if (is_interior) {
        point[GAMMA] = select(0.01f, likely, likely > 0.0f);
      }
      continue;
    }
    limit = value;
    is_minimum = gradient(EXTRA) > -1e-3f * abs(sums[EXTRA_R]);
    stage = WITH_DISPERSION;
    point[EXTRA] = family_start(model, 3.0f * sums[EXTRA_R] + sums[EXTRA_W], -sums[EXTRA_R] - sums[EXTRA_W]);
  }
  return Found(evaluations, UNSURE);
}

// Writes where a search ended: rows of the parameters as bits, then evaluations + 65536 * outcome, the reference point as it
// came, and the modes of the levels. Every lane writes those that it knows.
fn store_found(model: u32, found: Found) {
  if (RANDOM == 1u) {
    for (var g = lane(); g < shape.levels; g += LANES) {
      optima[(N + 2u + g) * shape.stride + model] = bitcast<u32>(workspace[level_mode(model, g)]);
    }
  }
  if (lane() != 0u) {
    return;
  }
  for (var j = 0u; j < N; j++) {
    optima[j * shape.stride + model] = bitcast<u32>(point[j]);
  }
  optima[N * shape.stride + model] = min(found.evaluations, 0xffffu) | (found.outcome << 16u);
  optima[(N + 1u) * shape.stride + model] = bitcast<u32>(response(model, 0u));
}
`,"glmm/nbinom2":`// Negative binomial counts of variance mu + nu mu^2, log link, nu the dispersion. Twin in float64: src/glmm/families/nbinom2.ts,
// whose header has the derivatives.
//
// A stratum has S counts; its pseudo-rows are nodes of offsets with n cells, y counts and the share a of the stratum's exposure
// that a cell has, sum n a = 1. With d the linear predictor less log S (S = 0: less nothing), mu = S a e^d, z = nu mu:
//
//     value = 2 S (e^d - 1 - d) + 2 sum [ y log1p(z) + n mu (c(z) - 1) ],   c(z) = log1p(z) / z
//     y - n mu = (y - n S a) - n S a (e^d - 1)
//
// of which the host forms y - n S a in float64. The first part is Poisson's, the rest vanishes with nu. Beside the pseudo-rows
// stands -2 sum_i C_i sum log1p(k nu) over k from the count before to the i-th, C_i the cells with that count or a larger one.
//#import glmm/exponentials

// Numbers of a response: reference, sum of v (v - 1) over its counts; S and d of each stratum; y - n S a of each pseudo-row; C.
const STRATA: u32 = 2u;

fn family_stratum(model: u32, s: u32, change: f32, derivatives: bool) -> Terms {
  let nu = point[EXTRA];
  let S = response(model, STRATA + 2u * s);
  let d = clamp(response(model, STRATA + 2u * s + 1u) + change, LOWEST, HIGHEST);
  let exposure = select(1.0f, S, S > 0.0f); // times a: the mean at d = 0
  let e = exponential(d);
  var t = Terms();
  t.value = select(2.0f * num_exp(d), 2.0f * S * e.rest, S > 0.0f);
  var rest = 0.0f;
  let rows = shape.strata * (P + 1u);
  let end = row_start(s + 1u);
  for (var i = row_start(s); i < end; i++) {
    let n = design_value(model, rows + 2u * i + 1u);
    let a = exposure * design_value(model, rows + 2u * i);
    let excess = response(model, STRATA + 2u * shape.strata + i);
    let y = excess + select(0.0f, n * a, S > 0.0f);
    let mu = a + a * e.less_one;
    let z = nu * mu;
    let s1 = 1.0f / (1.0f + z);
    let p = z * s1;
    let m = n + nu * y;
    let ms = mu * s1;
    var left = excess - n * a * e.less_one;
    if (S == 0.0f) {
      left = -n * mu;
    }
    left *= s1;
    let w = ms * s1 * m;
    let L = num_log1p(z);
    let bent = quotient_less_one(z, L);
    rest += 2.0f * (y * L + n * mu * bent);
    t.r += left;
    t.w += w;
    if (derivatives) {
      t.rounded += abs(y * L);
      let slope = quotient_slope(z, s1, bent);
      t.w1 += w * (s1 - p);
      t.w2 += w * (s1 * s1 - 4.0f * p * s1 + p * p);
      t.slope += 2.0f * mu * (y * s1 + n * mu * slope);
      t.bend += 2.0f * mu * mu * (n * mu * quotient_bend(z, s1, slope) - y * s1 * s1);
      t.rE -= left * ms;
      t.rEE += 2.0f * left * ms * ms;
      t.wE += ms * s1 * (y * (s1 - p) - 2.0f * n * ms);
      t.wEE += ms * ms * s1 * (y * (2.0f * p - 4.0f * s1) + 6.0f * n * ms);
      t.w1E += ms * s1 * (y * (s1 - p) + m * ms * (2.0f * p - 4.0f * s1));
    }
  }
  t.value += rest;
  return t;
}

// log1p(z) / z - 1; with t = z / (2 + z) it is -t + 2 t^2 / (2 + z) (1/3 + t^2 / 5 + ...).
fn quotient_less_one(z: f32, L: f32) -> f32 {
  if (z < 0.5f) {
    let half = 1.0f / (2.0f + z);
    let t = z * half;
    let t2 = t * t;
    return -t + 2.0f * t2 * half * (1.0f / 3.0f + t2 * (0.2f + t2 * (1.0f / 7.0f + t2 * (1.0f / 9.0f))));
  }
  return L / z - 1.0f;
}

// Its derivatives; those of z below 0.1 by their series.
fn quotient_slope(z: f32, s: f32, less_one: f32) -> f32 {
  if (z < 0.1f) {
    return -0.5f + z * (2.0f / 3.0f - z * (0.75f - z * (0.8f - z * (5.0f / 6.0f - z * (6.0f / 7.0f - z * 0.875f)))));
  }
  return (-z * s - less_one) / z;
}

fn quotient_bend(z: f32, s: f32, slope: f32) -> f32 {
  if (z < 0.1f) {
    return 2.0f / 3.0f - z * (1.5f - z * (2.4f - z * (10.0f / 3.0f - z * (30.0f / 7.0f - z * 5.25f))));
  }
  return (-s * s - 2.0f * slope) / z;
}

const SINGLY: f32 = 64.0f; // counts up to which one is taken after the other
const RATIO: f32 = 1.5f; // of the ends of an interval that three points of Gauss's rule do
const GAUSS_AT: f32 = 0.77459667f;
const GAUSS_SIDE: f32 = 0.27777778f;
const GAUSS_MIDDLE: f32 = 0.44444445f;

// The part of the log likelihood that belongs to counts. The lanes share the counts.
fn add_remainder(model: u32) {
  let nu = point[EXTRA];
  let first = STRATA + 2u * shape.strata + shape.rows;
  let table = shape.strata * (P + 1u) + 2u * shape.rows;
  for (var i = lane(); i < shape.counts; i += LANES) {
    let cells = response(model, first + i);
    if (cells == 0.0f) {
      continue;
    }
    var k = 0.0f;
    if (i > 0u) {
      k = design_value(model, table + i - 1u);
    }
    let end = design_value(model, table + i);
    var value = 0.0f;
    var slope = 0.0f;
    var bend = 0.0f;
    while (k < end) {
      if (k < SINGLY) {
        let q = k / (1.0f + k * nu);
        value += num_log1p(k * nu);
        slope += q;
        bend -= q * q;
        k += 1.0f;
        continue;
      }
      // A sum of k terms is nearly the integral from half a step before the first to half a step after the last.
      let to = min(end, floor(RATIO * k));
      let half = 0.5f * (to - k);
      let middle = k + half - 0.5f;
      for (var c = 0u; c < 3u; c++) {
        let at = middle + (f32(c) - 1.0f) * GAUSS_AT * half;
        let weight = (to - k) * select(GAUSS_SIDE, GAUSS_MIDDLE, c == 1u);
        let q = at / (1.0f + at * nu);
        value += weight * num_log1p(at * nu);
        slope += weight * q;
        bend -= weight * q * q;
      }
      k = to;
    }
    sums[VALUE] -= 2.0f * cells * value;
    sums[GRADIENT + EXTRA] -= 2.0f * cells * slope;
    sums[HESSIAN + EXTRA * (EXTRA + 1u) / 2u + EXTRA] -= 2.0f * cells * bend;
  }
}

const LEAST_START: f32 = 0.05f;

// By the moments of the counts about their means; \`about\` is the sum of n mu^2 - 2 y mu, \`squares\` that of n mu^2.
fn family_start(model: u32, about: f32, squares: f32) -> f32 {
  return max((response(model, 1u) + about) / squares, LEAST_START);
}

// Cells of all pseudo-rows.
fn dispersed_mass(model: u32) -> f32 { return design_value(model, shape.strata * (P + 1u) + 2u * shape.rows + shape.counts); }
`,"glmm/poisson":`// Poisson counts with log link. Twin in float64: src/glmm/families/poisson.ts.
//
// A pseudo-row has S counts and the linear predictor log S + d, or d where S = 0. As a deviance its part of the criterion is a
// sum of positive terms,
//
//     2 S (e^d - 1 - d)  (S = 0: 2 e^d)      r = -S (e^d - 1)  (-e^d)      W = W' = W'' = S e^d  (e^d)
//
// The host gives S and what d is at the reference point, which it takes the logarithms for in float64.
//#import glmm/exponentials

fn family_stratum(model: u32, s: u32, change: f32, derivatives: bool) -> Terms {
  var total = Terms();
  let end = row_start(s + 1u);
  for (var i = row_start(s); i < end; i++) {
    let S = response(model, 1u + 2u * i);
    let d = clamp(response(model, 2u + 2u * i) + change, LOWEST, HIGHEST);
    if (S > 0.0f) {
      let e = exponential(d);
      total.value += 2.0f * S * e.rest;
      total.r -= S * e.less_one;
      total.w += S + S * e.less_one;
    } else {
      let mu = num_exp(d);
      total.value += 2.0f * mu;
      total.r -= mu;
      total.w += mu;
    }
  }
  total.w1 = total.w;
  total.w2 = total.w;
  return total;
}

fn add_remainder(model: u32) {}

fn family_start(model: u32, excess: f32, squares: f32) -> f32 { return 0.0f; }

fn dispersed_mass(model: u32) -> f32 { return 1.0f; }
`,"glmm/scalar-objective":`// Laplace's criterion of models with one random term of one column (or none), with its gradient and Hessian. Twin in float64:
// src/glmm/scalar-objective.ts, whose header has the formulas. The lanes of a model share its levels. The kernel imports one of
// the lmm/lanes-* modules and a family: \`family_stratum\` (the deviance of a stratum and its derivatives, by how far predictors
// are from the reference point), \`add_remainder\`, what belongs to no pseudo-row, and \`family_start\`, a dispersion.
//
// The host scales: columns of X to orthonormal ones times the root of the rows, z to a mean square of 1, and moves the origin of
// the coefficients to a reference point near the data, so that what is added up are small changes of predictors.
//#import lmm/model-data

// Fixed effects; 1 where there is a random term; 1 where the family has a dispersion.
//#param P: u32
//#param RANDOM: u32
//#param DISPERSION: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\`, \`optima\` and \`workspace\`
  design_row: u32,
  design_step: u32,
  levels: u32,
  strata: u32, // rows with the same columns of x and z in one level
  rows: u32,
  counts: u32, // values of the family's tail
  turns: u32, // evaluations of a search at most
}

// Parameters: coefficients, the variance, the dispersion. The last two have their places where a model lacks them, too.
const N: u32 = P + 2u;
const GAMMA: u32 = P;
const EXTRA: u32 = P + 1u;

// What an evaluation adds up over the levels.
const VALUE: u32 = 0u;
const FAILED: u32 = 1u; // levels without a mode
const WEIGHT: u32 = 2u; // sum W
const INFORMATION: u32 = 3u; // sum z^2 W
const EXTRA_R: u32 = 4u; // sums of dr/dphi and dW/dphi
const EXTRA_W: u32 = 5u;
const ROUNDED: u32 = 6u; // terms that cancel
const GRADIENT: u32 = 7u;
const HESSIAN: u32 = GRADIENT + N; // lower triangle by rows
const SUMS: u32 = HESSIAN + N * (N + 1u) / 2u;
const PADDED: u32 = (SUMS + 7u) / 8u * 8u;

const MAXIMAL_INNER: u32 = 40u;
const LONGEST_INNER: f32 = 4.0f; // step of a predictor
const SETTLED_INNER: f32 = 1e-3f; // whose square is rounding

// What a stratum adds: to the criterion \`value\`, and derivatives of its log likelihood by predictor.
struct Terms {
  value: f32,
  r: f32,
  w: f32,
  w1: f32,
  w2: f32,
  // By the dispersion, \`slope\` and \`bend\` of the value itself; and what of it cancels.
  rounded: f32,
  slope: f32,
  bend: f32,
  rE: f32,
  wE: f32,
  w1E: f32,
  rEE: f32,
  wEE: f32,
}

// The point that is evaluated.
var<private> point: array<f32, N>;
var<private> sums: array<f32, PADDED>;

fn stratum_z(model: u32, s: u32) -> f32 { return design_value(model, s * (P + 1u)); }

fn stratum_x(model: u32, s: u32, k: u32) -> f32 { return design_value(model, s * (P + 1u) + 1u + k); }

fn level_start(g: u32) -> u32 { return structure[g]; }

fn row_start(s: u32) -> u32 { return structure[shape.levels + 1u + s]; }

// Rows of the workspace: modes, and the sums of z r and z^2 W of the evaluation before.
fn level_mode(model: u32, g: u32) -> u32 { return g * shape.stride + model; }

fn level_score(model: u32, g: u32) -> u32 { return (shape.levels + g) * shape.stride + model; }

fn level_weight(model: u32, g: u32) -> u32 { return (2u * shape.levels + g) * shape.stride + model; }

fn hessian_at(i: u32, j: u32) -> u32 {
  let high = max(i, j);
  return HESSIAN + high * (high + 1u) / 2u + min(i, j);
}

// A stratum at effect b of its level; without \`derivatives\` beyond W.
fn stratum_terms(model: u32, s: u32, b: f32, derivatives: bool) -> Terms {
  var change = stratum_z(model, s) * b;
  for (var k = 0u; k < P; k++) {
    change += stratum_x(model, s, k) * point[k];
  }
  return family_stratum(model, s, change, derivatives);
}

// The mode of a level, from the one before; false where none is found.
fn find_mode(model: u32, g: u32, gamma: f32) -> bool {
  let at = level_mode(model, g);
  if (gamma == 0.0f) {
    workspace[at] = 0.0f;
    return true;
  }
  var b = workspace[at];
  var base = b;
  var step = 0.0f;
  var height = 1e30f;
  for (var turn = 0u; turn < MAXIMAL_INNER; turn++) {
    var value = b * b / gamma;
    var R = 0.0f;
    var V = 0.0f;
    var reach = 0.0f;
    let end = level_start(g + 1u);
    for (var s = level_start(g); s < end; s++) {
      let z = stratum_z(model, s);
      let terms = stratum_terms(model, s, b, false);
      value += terms.value;
      R += z * terms.r;
      V += z * z * terms.w;
      reach = max(reach, abs(z));
    }
    let falls = value <= height + 2e-6f * (1.0f + abs(height));
    if (!falls && abs(step) * reach > SETTLED_INNER) {
      step *= 0.5f;
      b = base + step;
      continue;
    }
    height = value;
    base = b;
    let D = 1.0f + gamma * V;
    step = (gamma * R - b) / select(1.0f, D, D > 0.01f);
    var length = abs(step) * reach;
    if (length > LONGEST_INNER) {
      step *= LONGEST_INNER / length;
      length = LONGEST_INNER;
    }
    b += step;
    if (length < SETTLED_INNER) {
      workspace[at] = b;
      return true;
    }
  }
  workspace[at] = 0.0f;
  return false;
}

// Adds what a level brings at its mode.
fn add_level(model: u32, g: u32) {
  let gamma = point[GAMMA];
  if (!find_mode(model, g, gamma)) {
    sums[FAILED] += 1.0f;
    return;
  }
  let b = workspace[level_mode(model, g)];
  let start = level_start(g);
  let end = level_start(g + 1u);
  var value = 0.0f;
  var R = 0.0f;
  var V = 0.0f;
  var V1 = 0.0f;
  var V2 = 0.0f;
  var RE = 0.0f;
  var VE = 0.0f;
  var V1E = 0.0f;
  var REE = 0.0f;
  var VEE = 0.0f;
  var w_x: array<f32, P>; // sums of z W x, z^2 W' x, z^3 W'' x, and those by the dispersion
  var k_x: array<f32, P>;
  var w2_x: array<f32, P>;
  var wE_x: array<f32, P>;
  var w1E_x: array<f32, P>;
  var rE_x: array<f32, P>;
  for (var k = 0u; k < P; k++) {
    w_x[k] = 0.0f;
    k_x[k] = 0.0f;
    w2_x[k] = 0.0f;
    wE_x[k] = 0.0f;
    w1E_x[k] = 0.0f;
    rE_x[k] = 0.0f;
  }
  for (var s = start; s < end; s++) {
    let t = stratum_terms(model, s, b, true);
    let z = stratum_z(model, s);
    value += t.value;
    R += z * t.r;
    V += z * z * t.w;
    V1 += z * z * z * t.w1;
    V2 += z * z * z * z * t.w2;
    sums[WEIGHT] += t.w;
    for (var i = 0u; i < P; i++) {
      let x = stratum_x(model, s, i);
      sums[GRADIENT + i] -= 2.0f * t.r * x;
      w_x[i] += z * t.w * x;
      k_x[i] += z * z * t.w1 * x;
      w2_x[i] += z * z * z * t.w2 * x;
      let row = 2.0f * t.w * x;
      for (var j = 0u; j <= i; j++) {
        sums[HESSIAN + i * (i + 1u) / 2u + j] += row * stratum_x(model, s, j);
      }
    }
    if (DISPERSION == 1u) {
      RE += z * t.rE;
      VE += z * z * t.wE;
      V1E += z * z * z * t.w1E;
      REE += z * t.rEE;
      VEE += z * z * t.wEE;
      sums[EXTRA_R] += t.rE;
      sums[EXTRA_W] += t.wE;
      sums[ROUNDED] += t.rounded;
      sums[GRADIENT + EXTRA] += t.slope;
      sums[HESSIAN + EXTRA * (EXTRA + 1u) / 2u + EXTRA] += t.bend;
      for (var i = 0u; i < P; i++) {
        let x = stratum_x(model, s, i);
        wE_x[i] += z * t.wE * x;
        w1E_x[i] += z * z * t.w1E * x;
        rE_x[i] += t.rE * x;
      }
    }
  }
  let D = 1.0f + gamma * V;
  if (!(D > 0.0f)) {
    sums[FAILED] += 1.0f;
    return;
  }
  var rho = R;
  if (gamma > 0.0f) {
    rho = b / gamma;
  }
  workspace[level_score(model, g)] = rho;
  workspace[level_weight(model, g)] = V;
  sums[INFORMATION] += V;
  sums[VALUE] += value + b * rho + num_log1p(gamma * V);
  let ratio = gamma / D;
  let bG = rho / D;
  let dG = V + gamma * V1 * bG;
  let bE = ratio * RE;
  let dE = gamma * (VE + V1 * bE);
  for (var i = 0u; i < P; i++) {
    let bx = -ratio * w_x[i];
    // Along the mode: x~ = x + z b_beta.
    k_x[i] += V1 * bx;
    w2_x[i] += V2 * bx;
    sums[GRADIENT + i] += ratio * k_x[i];
    for (var j = 0u; j <= i; j++) {
      sums[HESSIAN + i * (i + 1u) / 2u + j] -= ratio * (2.0f * w_x[i] * w_x[j] + ratio * k_x[i] * k_x[j]);
    }
    if (RANDOM == 1u) {
      let bxG = -(w_x[i] + gamma * rho * k_x[i]) / (D * D);
      let dxG = k_x[i] + gamma * (w2_x[i] * bG + V1 * bxG);
      sums[HESSIAN + GAMMA * (GAMMA + 1u) / 2u + i] += 2.0f * w_x[i] * bG + (dxG - ratio * k_x[i] * dG) / D;
    }
    if (DISPERSION == 1u) {
      let wE = wE_x[i] + VE * bx;
      let w1E = w1E_x[i] + V1E * bx;
      let bxE = -ratio * (wE + k_x[i] * bE);
      let dxE = gamma * (w1E + w2_x[i] * bE + V1 * bxE);
      sums[HESSIAN + EXTRA * (EXTRA + 1u) / 2u + i] +=
        -2.0f * (rE_x[i] - w_x[i] * bE) + (dxE - ratio * k_x[i] * dE) / D;
    }
  }
  if (RANDOM == 1u) {
    sums[GRADIENT + GAMMA] += dG / D - rho * rho;
    let bGG = -bG * (V + dG) / D;
    let dGG = 2.0f * V1 * bG + gamma * (V2 * bG * bG + V1 * bGG);
    sums[HESSIAN + GAMMA * (GAMMA + 1u) / 2u + GAMMA] += 2.0f * V * rho * bG + dGG / D - dG / D * (dG / D);
  }
  if (DISPERSION == 1u) {
    sums[GRADIENT + EXTRA] += dE / D;
    let bEE = ratio * (REE - VE * bE) - ratio * RE * dE / D;
    let dEE = gamma * (VEE + 2.0f * V1E * bE + V2 * bE * bE + V1 * bEE);
    sums[HESSIAN + EXTRA * (EXTRA + 1u) / 2u + EXTRA] += dEE / D - dE / D * (dE / D) - 2.0f * RE * bE;
    if (RANDOM == 1u) {
      let bGE = RE / D - ratio * VE * bG - ratio * RE * dG / D;
      let dGE = VE + V1 * bE + gamma * (V1E * bG + V2 * bG * bE + V1 * bGE);
      sums[HESSIAN + EXTRA * (EXTRA + 1u) / 2u + GAMMA] +=
        (dGE - 2.0f * rho * RE) / D - dG / D * (dE / D);
    }
  }
  if (gamma == 0.0f) {
    return;
  }
  // D_beta,beta / D = ratio (sum z^2 W'' x~x~' - ratio V' sum z W' x~x~')
  for (var s = start; s < end; s++) {
    let t = stratum_terms(model, s, b, true);
    let z = stratum_z(model, s);
    let bend = ratio * z * (z * t.w2 - ratio * V1 * t.w1);
    for (var i = 0u; i < P; i++) {
      let row = bend * (stratum_x(model, s, i) - z * ratio * w_x[i]);
      for (var j = 0u; j <= i; j++) {
        sums[HESSIAN + i * (i + 1u) / 2u + j] += row * (stratum_x(model, s, j) - z * ratio * w_x[j]);
      }
    }
  }
}

// The criterion at \`point\`, into \`sums\`.
fn evaluate_objective(model: u32) {
  for (var k = 0u; k < PADDED; k++) {
    sums[k] = 0.0f;
  }
  for (var g = lane(); g < shape.levels; g += LANES) {
    add_level(model, g);
  }
  add_remainder(model);
  if (LANES > 1u) {
    for (var k = 0u; k < PADDED; k += 8u) {
      let total = reduce(mat2x4f(
        vec4f(sums[k], sums[k + 1u], sums[k + 2u], sums[k + 3u]),
        vec4f(sums[k + 4u], sums[k + 5u], sums[k + 6u], sums[k + 7u]),
      ));
      for (var c = 0u; c < 4u; c++) {
        sums[k + c] = total[0][c];
        sums[k + 4u + c] = total[1][c];
      }
    }
  }
}

// The variance that would be best if the likelihood of each level were a parabola, after an evaluation where it is zero; 0
// where that is none. The best of a grid of factors of two.
fn likely_variance(model: u32) -> f32 {
  var best = 0.0f;
  var least = 0.0f;
  for (var power = -14; power < 3; power += 8) {
    let first = power_of_two(power);
    var low = vec4f();
    var high = vec4f();
    for (var g = lane(); g < shape.levels; g += LANES) {
      let R = workspace[level_score(model, g)];
      let V = max(workspace[level_weight(model, g)], 0.0f);
      for (var c = 0u; c < 4u; c++) {
        let variance = first * f32(1u << c);
        let further = 16.0f * variance;
        low[c] += num_log1p(variance * V) - variance * R * R / (1.0f + variance * V);
        high[c] += num_log1p(further * V) - further * R * R / (1.0f + further * V);
      }
    }
    let values = reduce(mat2x4f(low, high));
    for (var c = 0u; c < 8u; c++) {
      let value = values[c / 4u][c % 4u];
      if (value < least && power + i32(c) < 3) {
        least = value;
        best = first * f32(1u << c);
      }
    }
  }
  return best;
}
`,"kernels/block-finish":`// Finishes what kernels/block-search found, one thread a model.
//#number
//#import lmm/block-derivatives
//#import lmm/factor-finish

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(6) var<storage, read> constants: array<f32>;
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  finish_factors(model);
}
`,"kernels/block-search":`// Searches the factors of models with one grouping factor and any terms on it, one thread a model.
//#import lmm/block-objective
//#import lmm/profiled-gaussian
//#import lmm/factor-search

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models || is_searched(model)) {
    return;
  }
  store_optimum(model, search_factors(model));
}
`,"kernels/block-statistics":`// Pairs of every column of the draws that kernels/block-search has fitted, one thread a draw.
//#import lmm/block-columns
//#import lmm/factor-statistics

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(8) var<storage, read> tests: array<f32>;
@group(0) @binding(9) var<storage, read_write> pairs: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  store_pairs(model);
}
`,"kernels/bootstrap-tails":`// Average tail of each column of a response over its draws, and the quantile of |t|: one workgroup a response and column.
// Twin in float64: src/lmm/bootstrap/conditional-tails.ts, which has the formulas.
// A draw that could not be fitted does not count.
// Threads of a workgroup, which share the draws of a response.
//#param LANES: u32
//#import lmm/draws-shape
//#import num/f32

@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(9) var<storage, read> pairs: array<f32>;
// |t| observed, rows of \`responses\`, a column each.
@group(0) @binding(11) var<storage, read> observed: array<f32>;
// The same rows: log p, then the quantiles, then how many draws count, then 1 where log p is an upper bound.
@group(0) @binding(12) var<storage, read_write> tails: array<f32>;

const SQRT_HALF: f32 = 0.70710678f;
const LOG_HALF: f32 = -0.69314718f;
const FLOOR_STEPS: u32 = 60u;
const QUANTILE_STEPS: u32 = 24u;

// log(exp(x^2) erfc(x)) for x >= 0, to 1e-7 (W. H. Press and others, Numerical Recipes, section 6.2).
fn log_scaled_erfc(x: f32) -> f32 {
  let t = 1.0f / (1.0f + 0.5f * x);
  var sum = 0.17087277f;
  sum = sum * t - 0.82215223f;
  sum = sum * t + 1.48851587f;
  sum = sum * t - 1.13520398f;
  sum = sum * t + 0.27886807f;
  sum = sum * t - 0.18628806f;
  sum = sum * t + 0.09678418f;
  sum = sum * t + 0.37409196f;
  sum = sum * t + 1.00002368f;
  sum = sum * t - 1.26551223f;
  return num_log(t) + sum;
}

// log P(Z > x).
fn log_upper(x: f32) -> f32 {
  let s = abs(x) * SQRT_HALF;
  let log_tail = LOG_HALF + log_scaled_erfc(s) - s * s;
  if (x >= 0.0f) {
    return log_tail;
  }
  return num_log1p(-num_exp(log_tail));
}

struct AverageTail {
  log: f32,
  effective: f32,
  counted: f32,
}

// Sums of the draws of a lane: largest log tail, sum and squares relative to it, draws that count.
var<workgroup> parts: array<vec4f, LANES>;

fn merge(a: vec4f, b: vec4f) -> vec4f {
  let largest = max(a.x, b.x);
  let of_a = num_exp(a.x - largest);
  let of_b = num_exp(b.x - largest);
  return vec4f(largest, a.y * of_a + b.y * of_b, a.z * of_a * of_a + b.z * of_b * of_b, a.w + b.w);
}

// The same number in every lane.
fn average_tail(lane: u32, response: u32, column: u32, t: f32) -> AverageTail {
  var part = vec4f(-3e38f, 0.0f, 0.0f, 0.0f);
  for (var b = lane; b < draws.draws; b += LANES) {
    let model = b * draws.responses + response;
    let ratio = pairs[(2u * column + 1u) * draws.pair_stride + model];
    if (!(ratio >= 0.0f)) {
      continue;
    }
    let mean = abs(pairs[2u * column * draws.pair_stride + model]);
    let a = t * ratio;
    let near = log_upper(a - mean);
    let value = near + num_log1p(num_exp(min(log_upper(a + mean) - near, 0.0f)));
    part = merge(part, vec4f(value, 1.0f, 1.0f, 1.0f));
  }
  parts[lane] = part;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (lane < half) {
      parts[lane] = merge(parts[lane], parts[lane + half]);
    }
    workgroupBarrier();
  }
  let whole = workgroupUniformLoad(&parts[0]);
  if (whole.w == 0.0f) {
    return AverageTail(0.0f, 0.0f, 0.0f);
  }
  return AverageTail(whole.x + num_log(whole.y / whole.w), whole.y * whole.y / whole.z, whole.w);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let response = group.x;
  let column = draws.column + group.y;
  if (response >= draws.responses || column >= draws.columns) {
    return;
  }
  let t = observed[column * draws.responses + response];
  let there = average_tail(lane, response, column, t);
  var log_p = there.log;
  let bound = there.effective < draws.needed;
  if (bound) {
    log_p = 0.0f;
    var low = 0.0f;
    var high = t;
    for (var k = 0u; k < FLOOR_STEPS && (high - low) * high > 0.02f; k++) {
      let middle = 0.5f * (low + high);
      let tail = average_tail(lane, response, column, middle);
      if (tail.effective >= draws.needed) {
        low = middle;
        log_p = tail.log;
      } else {
        high = middle;
      }
    }
  }
  var quantile = 0.0f;
  if (draws.alpha > 0.0f) {
    let goal = num_log(draws.alpha);
    var low = 0.0f;
    var high = 2.0f;
    for (var k = 0u; k < 30u; k++) {
      if (average_tail(lane, response, column, high).log <= goal) {
        break;
      }
      low = high;
      high *= 2.0f;
    }
    for (var k = 0u; k < QUANTILE_STEPS; k++) {
      quantile = 0.5f * (low + high);
      if (average_tail(lane, response, column, quantile).log > goal) {
        low = quantile;
      } else {
        high = quantile;
      }
    }
  }
  if (lane == 0u) {
    tails[column * draws.responses + response] = log_p;
    tails[(draws.columns + column) * draws.responses + response] = quantile;
    tails[(2u * draws.columns + column) * draws.responses + response] = there.counted;
    tails[(3u * draws.columns + column) * draws.responses + response] = select(0.0f, 1.0f, bound);
  }
}
`,"kernels/crossed-finish":`// Finishes what kernels/crossed-search found, one thread a model, with its matrices in storage.
//#number
//#import lmm/crossed-derivatives
//#import lmm/factor-finish

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<vec2f>;
@group(0) @binding(6) var<storage, read> constants: array<f32>;
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  finish_factors(model);
}
`,"kernels/crossed-search":`// Searches the factors of models of any structure, one thread a model, with its matrices in storage.
//#import lmm/crossed-objective
//#import lmm/profiled-gaussian
//#import lmm/factor-search

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models || is_searched(model)) {
    return;
  }
  store_optimum(model, search_factors(model));
}
`,"kernels/crossed-statistics":`// Pairs of every column of the draws that kernels/crossed-search has fitted, one thread a draw.
//#import lmm/crossed-columns
//#import lmm/factor-statistics

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;
@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(8) var<storage, read> tests: array<f32>;
@group(0) @binding(9) var<storage, read_write> pairs: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  store_pairs(model);
}
`,"kernels/dense-moments":`// Moments of dense responses that share a design: Q'd, then of the residuals r = d - Q Q'd their square sum and
// sum r z over the rows of each column of Z. Twin in float64: src/moments/dense-moments.ts, which has the formulas.
// One stage a dispatch, a thread a response (x) and task (y): neighbouring threads read neighbouring words of a row of
// responses and the same word of the design.
//#number

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\` and \`finished\`
  rows: u32,
  columns: u32, // of Q, filled up with zeros to a multiple of 4
  stage: u32,
  round: u32, // 0, then 1 for the second projection
  tasks: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
// Where the entries of each column of Z begin, one more at the end; then the row of each entry.
@group(0) @binding(1) var<storage, read> structure: array<u32>;
// Q, row by row; then the value of each entry of Z, weighted.
@group(0) @binding(2) var<storage, read> design: array<vec2f>;
// Rows of d; r in the end.
@group(0) @binding(3) var<storage, read_write> responses: array<vec2f>;
// Rows of Q'd of the first and of the second projection, of r'r, and of the columns of Z.
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

const PROJECT: u32 = 0u;
const SUBTRACT: u32 = 1u;
const SQUARE: u32 = 2u;
const LEVELS: u32 = 3u;
// Terms summed before they meet the sum of all: a long sum then errs like a short one.
const PART: u32 = 256u;

fn response(model: u32, row: u32) -> num { return num_load(responses[row * shape.stride + model]); }
fn store(model: u32, row: u32, value: num) { finished[row * shape.stride + model] = num_store(value); }
fn basis(row: u32, column: u32) -> num { return num_load(design[row * shape.columns + column]); }

// Four columns of Q at a time.
fn project(model: u32, block: u32) {
  let nothing = num_of(0.0f);
  let first = 4u * block;
  var whole0 = nothing;
  var whole1 = nothing;
  var whole2 = nothing;
  var whole3 = nothing;
  for (var from_row = 0u; from_row < shape.rows; from_row += PART) {
    var part0 = nothing;
    var part1 = nothing;
    var part2 = nothing;
    var part3 = nothing;
    let to_row = min(from_row + PART, shape.rows);
    for (var row = from_row; row < to_row; row++) {
      let d = response(model, row);
      part0 = num_add(part0, num_mul(d, basis(row, first)));
      part1 = num_add(part1, num_mul(d, basis(row, first + 1u)));
      part2 = num_add(part2, num_mul(d, basis(row, first + 2u)));
      part3 = num_add(part3, num_mul(d, basis(row, first + 3u)));
    }
    whole0 = num_add(whole0, part0);
    whole1 = num_add(whole1, part1);
    whole2 = num_add(whole2, part2);
    whole3 = num_add(whole3, part3);
  }
  let at = shape.round * shape.columns + first;
  store(model, at, whole0);
  store(model, at + 1u, whole1);
  store(model, at + 2u, whole2);
  store(model, at + 3u, whole3);
}

fn subtract(model: u32, row: u32) {
  var fitted = num_of(0.0f);
  for (var c = 0u; c < shape.columns; c++) {
    let coordinate = num_load(finished[(shape.round * shape.columns + c) * shape.stride + model]);
    fitted = num_add(fitted, num_mul(basis(row, c), coordinate));
  }
  responses[row * shape.stride + model] = num_store(num_sub(response(model, row), fitted));
}

fn square(model: u32) {
  var whole = num_of(0.0f);
  for (var from_row = 0u; from_row < shape.rows; from_row += PART) {
    var part = num_of(0.0f);
    let to_row = min(from_row + PART, shape.rows);
    for (var row = from_row; row < to_row; row++) {
      part = num_add(part, num_sqr(response(model, row)));
    }
    whole = num_add(whole, part);
  }
  store(model, 2u * shape.columns, whole);
}

fn level_sum(model: u32, column: u32, columns: u32) {
  let entries = columns + 1u;
  let values = shape.rows * shape.columns;
  let last = structure[column + 1u];
  var whole = num_of(0.0f);
  for (var from_entry = structure[column]; from_entry < last; from_entry += PART) {
    var part = num_of(0.0f);
    let to_entry = min(from_entry + PART, last);
    for (var e = from_entry; e < to_entry; e++) {
      part = num_add(part, num_mul(response(model, structure[entries + e]), num_load(design[values + e])));
    }
    whole = num_add(whole, part);
  }
  store(model, 2u * shape.columns + 1u + column, whole);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  for (var task = id.y; task < shape.tasks; task += groups.y) {
    switch shape.stage {
      case PROJECT: { project(model, task); }
      case SUBTRACT: { subtract(model, task); }
      case SQUARE: { square(model); }
      case LEVELS: { level_sum(model, task, shape.tasks); }
      default: {}
    }
  }
}
`,"kernels/factor-draw":`// Draws responses of a model of any structure, as the kernels over factors read them. Twin in float64:
// src/lmm/bootstrap/factor-bootstrap.ts (momentsSimulator), whose header has the formulas.
//#import lmm/level
//#import lmm/draws
//#import num/normal

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read_write> responses: array<f32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;
@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
// G' with G'G what [Z_rest X] has inside the levels (border x border), then the levels of each type in order.
@group(0) @binding(10) var<storage, read> roots: array<f32>;

fn effect_row(model: u32, a: u32) -> u32 { return a * shape.stride + model; }
fn inside_row(model: u32, k: u32) -> u32 { return (shape.border + k) * shape.stride + model; }

// The random effects of the border, and g = G [u_rest; 0] + e; returns g'g.
fn draw_border(model: u32) -> f32 {
  for (var a = 0u; a < shape.random; a++) {
    let column = border_column(a);
    var sum = 0.0f;
    for (var c = 0u; c < column.width; c++) {
      sum += border_factor(column, column.index, c) * normal_at(column.first + c);
    }
    workspace[effect_row(model, a)] = sum;
  }
  var total = 0.0f;
  for (var k = 0u; k < shape.border; k++) {
    // Columns of G' beyond its rank are zero, and no number is drawn for them.
    var largest = 0.0f;
    for (var a = 0u; a < shape.border; a++) {
      largest = max(largest, abs(roots[a * shape.border + k]));
    }
    var sum = 0.0f;
    if (largest > 0.0f) {
      sum = normal_at(shape.random + k);
      for (var a = 0u; a < shape.random; a++) {
        sum += roots[a * shape.border + k] * workspace[effect_row(model, a)];
      }
    }
    workspace[inside_row(model, k)] = sum;
    total += sum * sum;
  }
  for (var a = 0u; a < shape.border; a++) {
    var sum = 0.0f;
    for (var k = 0u; k < shape.border; k++) {
      sum += roots[a * shape.border + k] * workspace[inside_row(model, k)];
    }
    responses[(1u + a) * shape.stride + model] = sum;
  }
  return total;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  normal_begin(stream_of(model), draw_of(model), draws.kind, draws.seed);
  var parameters: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    parameters[k] = fitted_value(model, k);
  }
  place_factors(parameters);
  let inside = draw_border(model);
  let first = shape.random + shape.border; // number of the first level
  let type_size = 1u + QQ + Q_LEVEL * shape.border;
  var listed = shape.border * shape.border; // place of the level in \`roots\`
  for (var kind = 0u; kind < shape.types; kind++) {
    let at = 1u + shape.border * (shape.border + 1u) / 2u + kind * type_size;
    let count = design_value(model, at);
    var fixed: array<f32, Q_LEVEL>; // N [u_rest; 0]
    var own: array<bool, Q_LEVEL>; // whether the block has that row
    for (var i = 0u; i < Q_LEVEL; i++) {
      own[i] = false;
      for (var l = 0u; l < Q_LEVEL; l++) {
        own[i] = own[i] || design_value(model, at + 1u + i * Q_LEVEL + l) != 0.0f;
      }
      var sum = 0.0f;
      for (var a = 0u; a < shape.random; a++) {
        let n = design_value(model, at + 1u + QQ + i * shape.border + a);
        if (n != 0.0f) {
          sum += n * workspace[effect_row(model, a)];
        }
      }
      fixed[i] = sum;
    }
    // Set to zero by hand: a variable of a loop's body keeps its value from turn to turn on some drivers.
    var mean: array<f32, Q_LEVEL>;
    var square: array<f32, QQ>;
    for (var a = 0u; a < Q_LEVEL; a++) {
      mean[a] = 0.0f;
      for (var b = 0u; b <= a; b++) {
        square[a * Q_LEVEL + b] = 0.0f;
      }
    }
    for (var i = 0u; i < u32(count); i++) {
      let base = first + 2u * Q_LEVEL * u32(roots[listed]);
      listed++;
      var r: array<f32, Q_LEVEL>;
      for (var a = 0u; a < Q_LEVEL; a++) {
        r[a] = 0.0f;
      }
      for (var a = 0u; a < Q_LEVEL; a++) {
        var effect = 0.0f;
        for (var c = 0u; c < Q_LEVEL; c++) {
          effect += factors[a * Q_LEVEL + c] * normal_at(base + c);
        }
        for (var l = 0u; l < Q_LEVEL; l++) {
          r[l] += design_value(model, at + 1u + l * Q_LEVEL + a) * effect;
        }
      }
      for (var a = 0u; a < Q_LEVEL; a++) {
        r[a] = select(0.0f, r[a] + fixed[a] + normal_at(base + Q_LEVEL + a), own[a]);
        mean[a] += r[a] / count;
        for (var b = 0u; b <= a; b++) {
          square[a * Q_LEVEL + b] += r[a] * r[b];
        }
      }
    }
    var row = 1u + shape.border + kind * TYPE_ROWS;
    for (var a = 0u; a < Q_LEVEL; a++) {
      responses[(row + a) * shape.stride + model] = mean[a];
    }
    if (SCATTER == 1u) {
      row += Q_LEVEL;
      for (var a = 0u; a < Q_LEVEL; a++) {
        for (var b = 0u; b <= a; b++) {
          let scatter = square[a * Q_LEVEL + b] - count * mean[a] * mean[b];
          responses[row * shape.stride + model] = select(0.0f, scatter, count > 1.0f);
          row++;
        }
      }
    }
  }
  responses[model] = inside + chi_squared_at(first + 2u * Q_LEVEL * draws.levels, draws.outside);
}
`,"kernels/family-search-wide":`// Searches the parameters of generalised models with one random term of one column, or none, one workgroup a
// response: for many pseudo-rows, which its lanes share by the levels that they belong to.
//#import lmm/lanes-workgroup
//#import glmm/family-newton
//#slot family

@group(0) @binding(0) var<uniform> shape: Shape;
// First stratum of each level, then first pseudo-row of each stratum, and in both the end.
@group(0) @binding(1) var<storage, read> structure: array<u32>;
// By stratum z and the columns of x; then what the family reads of pseudo-rows and of its tail.
@group(0) @binding(2) var<storage, read> design: array<f32>;
// What the family reads of a response.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// The parameters as bits, evaluations + 65536 * outcome, the reference point, the modes.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;
// Modes of the levels, their scores and weights.
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let model = group.x;
  if (model >= shape.models) {
    return;
  }
  lanes_begin(index);
  store_found(model, search_family(model));
}
`,"kernels/family-search":`// Searches the parameters of generalised models with one random term of one column, or none, one thread a response.
//#import lmm/lanes-single
//#import glmm/family-newton
//#slot family

@group(0) @binding(0) var<uniform> shape: Shape;
// First stratum of each level, then first pseudo-row of each stratum, and in both the end.
@group(0) @binding(1) var<storage, read> structure: array<u32>;
// By stratum z and the columns of x; then what the family reads of pseudo-rows and of its tail.
@group(0) @binding(2) var<storage, read> design: array<f32>;
// What the family reads of a response.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// The parameters as bits, evaluations + 65536 * outcome, the reference point, the modes.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;
// Modes of the levels, their scores and weights.
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  store_found(model, search_family(model));
}
`,"kernels/pattern-search":`// Searches the covariance parameters of models with structured residuals whose blocks are sums over patterns, one thread a
// response.
//#import lmm/blocks-objective
//#import lmm/factor-search

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<mat4x4f>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models || is_searched(model)) {
    return;
  }
  enter_model(model);
  store_optimum(model, search_factors(model));
}
`,"kernels/spectral-draw":`// Draws responses of a model with one scalar random term: r_w and z of each level. Twin in float64:
// src/lmm/bootstrap/spectral-bootstrap.ts, whose header has the formulas.
//#import num/normal
//#import lmm/draws

@group(0) @binding(6) var<uniform> draws: Draws;
// The design of kernels/spectral-search.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// Streams, then gamma in units of 1 / mean eigenvalue.
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(3) var<storage, read_write> responses: array<f32>;

const HEADER: u32 = 10u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  normal_begin(stream_of(model), draw_of(model), draws.kind, draws.seed);
  let gamma = fitted_value(model, 0u);
  for (var j = 0u; j < draws.levels; j++) {
    let lambda = design[HEADER + 3u * j + 2u].y;
    responses[(j + 1u) * draws.stride + model] = sqrt(1.0f + gamma * lambda) * normal_at(j);
  }
  responses[model] = chi_squared_at(draws.levels, draws.outside);
}
`,"kernels/spectral-finish":`// Finishes what kernels/spectral-search found, in the number type it is linked with: Newton's method in log gamma to the
// digits that users get, the criterion, and of every coefficient and contrast what its estimate, standard error and
// degrees of freedom are made of. Twin in float64: src/lmm/spectral-search.ts (finishSpectral) and
// spectral-finish.ts, which have the formulas. Sums of logarithms are one product and one logarithm.
//#number

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\`, \`optima\` and \`finished\`
  design_row: u32,
  design_step: u32,
  levels: u32,
  blocks: u32, // of four eigenvalues in the log-determinant; 0 where they are those of the residual form
  columns: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
// r_w, then z of each level, as pairs.
@group(0) @binding(3) var<storage, read> responses: array<vec2f>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
// d and sum mu; lambda of each level; mu, filled up with 0; then of each column, in units of l'(X'X)^-1 l, K^2 of the
// eigenvalues that are zero and K sqrt(lambda) of the others.
@group(0) @binding(6) var<storage, read> constants: array<vec2f>;
// Rows of gamma, S, criterion relative to gamma = 0, A, slope, curvature, (outcome, evaluations), then of each column
// shift, variance and its change with log gamma.
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

const INTERIOR: u32 = 0u;
const BOUNDARY: u32 = 1u;
const UNSURE: u32 = 2u;
const STEPS: u32 = 4u;
const LONGEST_STEP: f32 = 0.5f;
const NEGLIGIBLE_STEP: f32 = 1e-10f;
const SETTLED_STEP: f32 = 1e-7f;

struct Sums {
  s: num,
  zht: num,
  zht2: num,
  h: num,
  ht: num,
}

fn eigenvalue(j: u32) -> num { return num_load(constants[2u + j]); }
fn z(model: u32, j: u32) -> num { return num_load(responses[(j + 1u) * shape.stride + model]); }
fn store(model: u32, row: u32, value: num) { finished[row * shape.stride + model] = num_store(value); }

// Eigenvalues in the log-determinant and the place of the first.
fn mu_count() -> u32 { return select(4u * shape.blocks, shape.levels, shape.blocks == 0u); }
fn mu_first() -> u32 { return select(2u + shape.levels, 2u, shape.blocks == 0u); }

fn sums_at(model: u32, gamma: num) -> Sums {
  let one = num_of(1.0f);
  let nothing = num_of(0.0f);
  var sums = Sums(num_load(responses[model]), nothing, nothing, nothing, nothing);
  for (var j = 0u; j < shape.levels; j++) {
    let gl = num_mul(gamma, eigenvalue(j));
    let t = num_recip(num_add(one, gl));
    let h = num_mul(gl, t);
    let zt = num_mul(num_sqr(z(model, j)), t);
    let zht = num_mul(zt, h);
    sums.s = num_add(sums.s, zt);
    sums.zht = num_add(sums.zht, zht);
    sums.zht2 = num_add(sums.zht2, num_mul(zht, num_sub(one, num_scale(h, 2.0f))));
  }
  let first = mu_first();
  for (var m = 0u; m < mu_count(); m++) {
    let gm = num_mul(gamma, num_load(constants[first + m]));
    let t = num_recip(num_add(one, gm));
    let h = num_mul(gm, t);
    sums.h = num_add(sums.h, h);
    sums.ht = num_add(sums.ht, num_mul(h, t));
  }
  return sums;
}

// sum log(1 + gamma mu).
fn log_determinant(gamma: num) -> num {
  let one = num_of(1.0f);
  let first = mu_first();
  var product = one;
  var exponents = 0;
  for (var m = 0u; m < mu_count(); m++) {
    product = num_mul(product, num_add(one, num_mul(gamma, num_load(constants[first + m]))));
    let e = exponent_near_one(num_hi(product));
    product = num_scale(product, power_of_two(-e));
    exponents += e;
  }
  let log_2 = num_pair(0.693147182f, -1.90465421e-9f);
  return num_add(num_log(product), num_mul(log_2, num_of(f32(exponents))));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  let one = num_of(1.0f);
  let nothing = num_of(0.0f);
  let d = num_load(constants[0]);
  var outcome = optima[shape.stride + model] >> 16u;
  var evaluations = optima[shape.stride + model] & 0xffffu;

  // At gamma = 0: S, and the slope in gamma that decides about the boundary.
  var s0 = num_load(responses[model]);
  var zl = nothing;
  for (var j = 0u; j < shape.levels; j++) {
    let z2 = num_sqr(z(model, j));
    s0 = num_add(s0, z2);
    zl = num_add(zl, num_mul(z2, eigenvalue(j)));
  }
  let slope0 = num_sub(num_load(constants[1]), num_div(num_mul(d, zl), s0));
  let falling = num_lt(slope0, nothing);

  var gamma = nothing;
  var s = s0;
  var a = nothing;
  var slope = nothing;
  var curvature = nothing;
  var difference = nothing;
  if (outcome == BOUNDARY && falling) {
    outcome = UNSURE;
  }
  if (outcome == INTERIOR) {
    gamma = num_exp(num_of(bitcast<f32>(optima[model])));
    var step = 1.0f;
    for (var k = 0u; k < STEPS; k++) {
      let sums = sums_at(model, gamma);
      evaluations++;
      s = sums.s;
      a = num_div(sums.zht, s);
      slope = num_sub(sums.h, num_mul(d, a));
      curvature = num_sub(sums.ht, num_mul(d, num_add(num_div(sums.zht2, s), num_sqr(a))));
      step = -num_hi(slope) / num_hi(curvature);
      if (!(num_hi(curvature) > 0.0f) || !(abs(step) < LONGEST_STEP)) {
        outcome = UNSURE;
        break;
      }
      if (abs(step) < NEGLIGIBLE_STEP || k + 1u == STEPS) {
        break;
      }
      gamma = num_mul(gamma, num_exp(num_of(step)));
    }
    if (!(abs(step) < SETTLED_STEP)) {
      outcome = UNSURE;
    }
    // log1p keeps the digits of small differences, the direct sum those of large ones.
    let drop = num_sub(s0, s);
    var logarithm = num_log(num_div(s, s0));
    if (num_hi(drop) < 0.5f * num_hi(s0)) {
      var fall = nothing;
      for (var j = 0u; j < shape.levels; j++) {
        let gl = num_mul(gamma, eigenvalue(j));
        fall = num_add(fall, num_mul(num_sqr(z(model, j)), num_div(gl, num_add(one, gl))));
      }
      logarithm = num_log1p(num_neg(num_div(fall, s0)));
    }
    difference = num_add(log_determinant(gamma), num_mul(d, logarithm));
    if (!falling && !num_lt(difference, nothing)) {
      outcome = UNSURE;
    }
  }
  store(model, 0u, gamma);
  store(model, 1u, s);
  store(model, 2u, difference);
  store(model, 3u, a);
  store(model, 4u, slope);
  store(model, 5u, curvature);
  finished[6u * shape.stride + model] = vec2f(f32(outcome), f32(evaluations));
  let first = 2u + shape.levels + 4u * shape.blocks;
  for (var c = 0u; c < shape.columns; c++) {
    let at = first + c * (1u + shape.levels);
    let fixed_part = num_mul(num_load(constants[at]), gamma);
    var shift = nothing;
    var variance = num_add(one, fixed_part);
    var change = fixed_part;
    for (var j = 0u; j < shape.levels; j++) {
      let lambda = eigenvalue(j);
      let k = num_load(constants[at + 1u + j]);
      let t = num_recip(num_add(one, num_mul(gamma, lambda)));
      let weight = num_mul(gamma, t);
      shift = num_add(shift, num_mul(num_mul(k, z(model, j)), weight));
      let part = num_mul(num_div(num_sqr(k), lambda), weight);
      variance = num_add(variance, part);
      change = num_add(change, num_mul(part, t));
    }
    store(model, 7u + 3u * c, shift);
    store(model, 8u + 3u * c, variance);
    store(model, 9u + 3u * c, change);
  }
}
`,"kernels/spectral-search-subgroup":`// The search over models with one scalar random term (lmm/spectral-search), one workgroup a response, which sums by
// subgroups: kernels/spectral-search-wide for devices that have them.
//#import lmm/lanes-subgroup
//#import lmm/spectral-search
//#import lmm/kept-squares

@group(0) @binding(0) var<uniform> shape: Shape;
// Three vectors each of the grid's u, gamma and sum h (9 points used of 12); d and sum mu; then three a level: t at the
// grid's points, the last followed by lambda; then the blocks of mu, filled up with 0.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// r_w, then z^2 of each level.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// u as bits, then evaluations + 65536 * outcome.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
) {
  let model = group.x;
  if (model >= shape.models) {
    return;
  }
  lanes_begin(index, subgroup, subgroups);
  keep_squares(model);
  let found = search_model(model);
  if (index == 0u) {
    write_found(model, found);
  }
}
`,"kernels/spectral-search-wide":`// The search over models with one scalar random term (lmm/spectral-search), one workgroup a response: for many levels and
// too few responses to fill a device with threads.
//#import lmm/lanes-workgroup
//#import lmm/spectral-search
//#import lmm/kept-squares

@group(0) @binding(0) var<uniform> shape: Shape;
// Three vectors each of the grid's u, gamma and sum h (9 points used of 12); d and sum mu; then three a level: t at the
// grid's points, the last followed by lambda; then the blocks of mu, filled up with 0.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// r_w, then z^2 of each level.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// u as bits, then evaluations + 65536 * outcome.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let model = group.x;
  if (model >= shape.models) {
    return;
  }
  lanes_begin(index);
  keep_squares(model);
  let found = search_model(model);
  if (index == 0u) {
    write_found(model, found);
  }
}
`,"kernels/spectral-search":`// The search over models with one scalar random term (lmm/spectral-search), one thread a response.
//#import lmm/lanes-single
//#import lmm/spectral-search

@group(0) @binding(0) var<uniform> shape: Shape;
// Three vectors each of the grid's u, gamma and sum h (9 points used of 12); d and sum mu; then three a level: t at the
// grid's points, the last followed by lambda; then the blocks of mu, filled up with 0.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// r_w, then z^2 of each level.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// u as bits, then evaluations + 65536 * outcome.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

fn z_squared(model: u32, j: u32) -> f32 { return stored_square(model, j); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  write_found(model, search_model(model));
}
`,"kernels/spectral-statistics":`// What a draw says of each coefficient and contrast: the pair (mean, ratio) of src/lmm/bootstrap/conditional-tails.ts. Twin in
// float64: src/lmm/bootstrap/spectral-bootstrap.ts.
//#import lmm/draws
//#import num/f32

@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
// A column each, in units of l'(X'X)^-1 l: K^2 of the eigenvalues that are zero, then K sqrt(lambda) of the others.
@group(0) @binding(8) var<storage, read> tests: array<f32>;
// Rows of \`stride\` draws: mean and ratio of each column.
@group(0) @binding(9) var<storage, read_write> pairs: array<f32>;

const HEADER: u32 = 10u;
const CONSTANTS: u32 = 9u;
const BOUNDARY: u32 = 1u;
const UNSURE: u32 = 2u;

fn z(model: u32, j: u32) -> f32 { return responses[(j + 1u) * draws.stride + model]; }
fn eigenvalue(j: u32) -> f32 { return design[HEADER + 3u * j + 2u].y; }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  let gamma = fitted_value(model, 0u);
  let outcome = optima[draws.stride + model] >> 16u;
  let found = select(num_exp(bitcast<f32>(optima[model])), 0.0f, outcome == BOUNDARY);
  var s = responses[model];
  for (var j = 0u; j < draws.levels; j++) {
    s += z(model, j) * z(model, j) / (1.0f + found * eigenvalue(j));
  }
  let sigma_squared = s / design[CONSTANTS].x;
  for (var c = 0u; c < draws.columns; c++) {
    let at = c * (1u + draws.levels);
    var mean = 0.0f;
    var drawn = 1.0f + tests[at] * gamma; // variance of the column at gamma, and at what was found
    var estimated = 1.0f + tests[at] * found;
    for (var j = 0u; j < draws.levels; j++) {
      let lambda = eigenvalue(j);
      let a = tests[at + 1u + j];
      let shrunk = gamma / (1.0f + gamma * lambda);
      let shrunk_found = found / (1.0f + found * lambda);
      mean += a * z(model, j) * (shrunk - shrunk_found);
      drawn += a * a / lambda * shrunk;
      estimated += a * a / lambda * shrunk_found;
    }
    pairs[mean_at(model, c)] = mean / sqrt(drawn);
    let ratio = sqrt(sigma_squared * estimated / drawn);
    pairs[ratio_at(model, c)] = select(ratio, -1.0f, outcome == UNSURE);
  }
}
`,"lmm/block-columns":`// Estimate and variance (over s^2) of column c at the point that lmm/block-objective evaluated last. \`tests\` holds rows
// l'R^-1, P each.
//#import lmm/block-objective

fn column_estimate(model: u32, c: u32) -> f32 {
  var sum = 0.0f;
  for (var a = 0u; a < P; a++) {
    sum += tests[c * P + a] * shift[a];
  }
  return sum;
}

fn column_variance(model: u32, c: u32) -> f32 {
  var v: array<f32, P>;
  var total = 0.0f;
  for (var a = 0u; a < P; a++) {
    var s = tests[c * P + a];
    for (var l = 0u; l < a; l++) {
      s -= information[a * P + l] * v[l];
    }
    v[a] = s / information[a * P + a];
    total += v[a] * v[a];
  }
  return total;
}
`,"lmm/block-derivatives":`// Criterion of models with one grouping factor, its gradient and its Hessian over the covariance G of a level, in the
// number type of the kernel and in the thread's own arrays. Twins in float64: src/lmm/block-sweep.ts and
// block-derivatives.ts. In the terms of lmm/derivatives, with c_i = U_i'U_i:
//
//     df/dG_e  = tr(E_e sum (A_i - c_i - d T_i / S))
//     d2f      = sum tr(A_i E_e M_i E_f) - tr(H_e H_f) - 2 d h_e'h_f / S - d (dS/dG_e)(dS/dG_f) / S^2,
//     M_i      = 2 d T_i / S - A_i + 2 c_i                                        ML: without c and tr(H_e H_f)
//#import lmm/derivatives

var<private> Y: array<num, Q_LEVEL * P>; // C^-1 N of the level at hand

// Fills C, E, Y, y, W for a type; its log det F, or -1 where a pivot has no digits.
fn enter_type(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u + QQ;
  let log_det_f = enter_level(model, kind);
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < P; j++) {
      var n = design_pair(at + i * P + j);
      for (var l = 0u; l < i; l++) {
        n = less_product(n, C[i * Q_LEVEL + l], Y[l * P + j]);
      }
      Y[i * P + j] = num_mul(n, over_C[i]);
    }
  }
  return log_det_f;
}

// First sweep: what a type adds to S, X'V^-1 X (in D) and X'V^-1 r (in shift).
fn add_level(weight: num) {
  for (var i = 0u; i < Q_LEVEL; i++) {
    S = num_add(S, num_mul(weight, num_sqr(y[i])));
    if (SCATTER == 1u) {
      S = num_add(S, W[i * Q_LEVEL + i]);
    }
    for (var a = 0u; a < P; a++) {
      let ya = num_mul(weight, Y[i * P + a]);
      shift[a] = add_product(shift[a], ya, y[i]);
      for (var b = 0u; b <= a; b++) {
        D[packed(a, b)] = add_product(D[packed(a, b)], ya, Y[i * P + b]);
      }
    }
  }
}

// Between the sweeps: D, shift, and what it takes from S. False where X'V^-1 X is not positive.
fn solve_fixed_effects() -> bool {
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      var sum = D[packed(a, b)];
      let whole = num_hi(sum);
      for (var l = 0u; l < b; l++) {
        sum = less_product(sum, D[packed(a, l)], D[packed(b, l)]);
      }
      if (a == b) {
        if (!(num_hi(sum) > LEAST_PIVOT * whole)) {
          return false;
        }
        if (REML == 1u) {
          log_det = num_add(log_det, num_log(sum));
        }
        let root = num_sqrt(sum);
        D[packed(a, a)] = root;
        over_D[a] = num_recip(root);
      } else {
        D[packed(a, b)] = num_mul(sum, over_D[b]);
      }
    }
    var s = shift[a];
    for (var l = 0u; l < a; l++) {
      s = less_product(s, D[packed(a, l)], shift[l]);
    }
    s = num_mul(s, over_D[a]);
    shift[a] = s;
    S = less_product(S, s, s);
  }
  for (var back = P; back > 0u; back--) {
    let a = back - 1u;
    var s = shift[a];
    for (var l = back; l < P; l++) {
      s = less_product(s, D[packed(l, a)], shift[l]);
    }
    shift[a] = num_mul(s, over_D[a]);
  }
  return num_hi(S) > 0.0f;
}

// Second sweep: what a type adds to the sums of the derivatives. \`twice_d\` is 2 d / S.
fn add_derivatives(weight: num, twice_d: num) {
  var rest: array<num, Q_LEVEL>;
  for (var l = 0u; l < Q_LEVEL; l++) {
    var value = y[l];
    for (var a = 0u; a < P; a++) {
      value = less_product(value, Y[l * P + a], shift[a]);
    }
    rest[l] = value;
  }
  for (var i = 0u; i < Q_LEVEL; i++) {
    var ti = nothing();
    for (var l = 0u; l < Q_LEVEL; l++) {
      ti = add_product(ti, E[l * Q_LEVEL + i], rest[l]);
    }
    t[i] = ti;
    for (var a = 0u; a < P; a++) {
      var u = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        u = add_product(u, E[l * Q_LEVEL + i], Y[l * P + a]);
      }
      for (var l = 0u; l < a; l++) {
        u = less_product(u, D[packed(a, l)], U[i * P + l]);
      }
      U[i * P + a] = num_mul(u, over_D[a]);
    }
  }
  var c: array<num, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var sum = nothing();
      if (REML == 1u) {
        for (var k = 0u; k < P; k++) {
          sum = add_product(sum, U[i * P + k], U[j * P + k]);
        }
      }
      c[i * Q_LEVEL + j] = sum;
    }
  }
  add_forms(weight, twice_d, c);
  add_changes(weight, 0u);
}

// Takes the sums of the second sweep to \`slope\` and \`hessian\`.
fn end_derivatives(d: num) {
  let d_over_s = num_div(d, S);
  end_slopes(d_over_s);
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      var value = hessian[packed(e, f)];
      if (REML == 1u) {
        for (var k = 0u; k < P; k++) {
          for (var l = 0u; l <= k; l++) {
            let part = num_mul(H[e * PP + packed(k, l)], H[f * PP + packed(k, l)]);
            value = num_sub(value, num_scale(part, select(2.0f, 1.0f, k == l)));
          }
        }
      }
      var dot = num_div(num_mul(change_of_s(e), change_of_s(f)), S);
      for (var k = 0u; k < P; k++) {
        dot = add_product(dot, num_scale(h[e * P + k], 2.0f), h[f * P + k]);
      }
      hessian[packed(e, f)] = less_product(value, d_over_s, dot);
    }
  }
}

// Everything at the factor L; false where it cannot be formed, or not with the digits that it should have.
fn evaluate(model: u32) -> bool {
  let d = design_pair(0u);
  log_det = nothing();
  S = response_pair(model, 0u);
  for (var i = 0u; i < PP; i++) {
    D[i] = design_pair(1u + i);
  }
  for (var a = 0u; a < P; a++) {
    shift[a] = response_pair(model, 1u + a);
  }
  begin_sums();
  var twice_d = nothing();
  // One place where levels are entered: drivers copy functions to each call.
  for (var sweep = 0u; sweep < 2u; sweep++) {
    for (var kind = 0u; kind < shape.types; kind++) {
      let weight = count_of(kind);
      let log_det_f = enter_type(model, kind);
      if (num_hi(log_det_f) < 0.0f) {
        return false;
      }
      if (sweep == 0u) {
        log_det = add_product(log_det, weight, log_det_f);
        add_level(weight);
      } else {
        add_derivatives(weight, twice_d);
      }
    }
    if (sweep == 0u) {
      if (!solve_fixed_effects()) {
        return false;
      }
      twice_d = num_scale(num_div(d, S), 2.0f);
    }
  }
  end_derivatives(d);
  return true;
}
`,"lmm/block-objective":`// Criterion and gradient of models with one grouping factor, all in the thread's own arrays. Twin in float64:
// src/lmm/block-objective.ts, whose header has the formulas. Sums are of positive terms.
//
// Design: degrees of freedom d; I - sum N'N (packed lower triangle); per type count, R (Q_LEVEL x Q_LEVEL), N = Q'X
// (Q_LEVEL x P). Response: what no level takes up of y'y and X'y (P), then of each type mean and scatter (lower).
//#import lmm/level

//#param P: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

const QP: u32 = Q_LEVEL * P;
const TYPES: u32 = 1u + P * (P + 1u) / 2u; // first value of the types in a design
const TYPE_SIZE: u32 = 1u + QQ + QP;

var<private> Y: array<f32, QP>; // C^-1 N of the level at hand
// Cholesky factor of X'V^-1 X, and (X'V^-1 X)^-1 X'V^-1 r.
var<private> information: array<f32, P * P>;
var<private> shift: array<f32, P>;
var<private> gradient: array<f32, PARAMETERS>;
var<private> curvature: array<f32, PARAMETERS>; // expected, ignoring X and the scale

fn count_of(model: u32, kind: u32) -> f32 { return design_value(model, TYPES + kind * TYPE_SIZE); }

// Fills C, E, Y, y, W for a type; returns log det F.
fn enter_type(model: u32, kind: u32) -> f32 {
  let at = TYPES + kind * TYPE_SIZE + 1u;
  let log_det_f = enter_level(model, at, 1u + P + kind * TYPE_ROWS);
  for (var j = 0u; j < P; j++) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      var n = design_value(model, at + QQ + i * P + j);
      for (var l = 0u; l < i; l++) {
        n -= C[i * Q_LEVEL + l] * Y[l * P + j];
      }
      Y[i * P + j] = n / C[i * Q_LEVEL + i];
    }
  }
  return log_det_f;
}

// First sweep, at \`parameters\`: log_det, quadratic, information and shift. False where X'V^-1 X is not positive.
fn evaluate(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  place_factors(parameters);
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      information[a * P + b] = design_value(model, 1u + a * (a + 1u) / 2u + b);
    }
    shift[a] = response(model, 1u + a);
  }
  begin_levels();
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    add_level(kind, weight, enter_type(model, kind));
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var a = 0u; a < P; a++) {
        let ya = weight * Y[i * P + a];
        shift[a] += ya * y[i];
        for (var b = 0u; b <= a; b++) {
          information[a * P + b] += ya * Y[i * P + b];
        }
      }
    }
  }
  end_levels();
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      var sum = information[a * P + b];
      let whole = sum;
      for (var l = 0u; l < b; l++) {
        sum -= information[a * P + l] * information[b * P + l];
      }
      if (a == b) {
        if (!(sum > 1e-6f * whole)) {
          return false;
        }
        information[a * P + a] = sqrt(sum);
        if (REML == 1u) {
          log_det += num_log(sum);
        }
      } else {
        information[a * P + b] = sum / information[b * P + b];
      }
    }
    var s = shift[a];
    for (var l = 0u; l < a; l++) {
      s -= information[a * P + l] * shift[l];
    }
    s /= information[a * P + a];
    shift[a] = s;
    quadratic -= s * s;
  }
  for (var back = P; back > 0u; back--) {
    let a = back - 1u;
    var s = shift[a];
    for (var l = back; l < P; l++) {
      s -= information[l * P + a] * shift[l];
    }
    shift[a] = s / information[a * P + a];
  }
  return true;
}

// Second sweep, at the point evaluated last: gradient, and the expected curvature of each parameter.
fn differentiate(model: u32, d_over_s: f32) {
  var slope: array<f32, QQ>;
  for (var i = 0u; i < QQ; i++) {
    slope[i] = 0.0f;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    curvature[k] = 0.0f;
  }
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    enter_type(model, kind);
    // U = (Cholesky factor of the information)^-1 B' with B = E'Y; t = E'y - B shift.
    var U: array<f32, QP>;
    var t: array<f32, Q_LEVEL>;
    for (var i = 0u; i < Q_LEVEL; i++) {
      var ti = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        ti += E[l * Q_LEVEL + i] * y[l];
      }
      for (var a = 0u; a < P; a++) {
        var dot = 0.0f;
        for (var l = 0u; l < Q_LEVEL; l++) {
          dot += E[l * Q_LEVEL + i] * Y[l * P + a];
        }
        ti -= dot * shift[a];
        if (REML == 1u) {
          for (var l = 0u; l < a; l++) {
            dot -= information[a * P + l] * U[i * P + l];
          }
          U[i * P + a] = dot / information[a * P + a];
        }
      }
      t[i] = ti;
    }
    var A = level_information();
    var outer: array<f32, QQ>;
    for (var i = 0u; i < QQ; i++) {
      outer[i] = 0.0f;
    }
    if (SCATTER == 1u) {
      outer = level_scatter();
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j < Q_LEVEL; j++) {
        var value = A[i * Q_LEVEL + j];
        if (REML == 1u) {
          for (var a = 0u; a < P; a++) {
            value -= U[i * P + a] * U[j * P + a];
          }
        }
        slope[i * Q_LEVEL + j] += weight * value - d_over_s * (weight * t[i] * t[j] + outer[i * Q_LEVEL + j]);
      }
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      curvature[k] += weight * level_curvature(parameter(k), A);
    }
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    gradient[k] = 2.0f * factor_slope(slope, at.row, at.column);
  }
}
`,"lmm/blocks-objective":`// Criterion and gradient of models whose covariance is block-diagonal with few kinds of blocks, patterns of visits, whose
// numbers are sums over pairs of positions. Twin in float64: src/lmm/structured/blocks-objective.ts, whose header has the
// formulas; the structures are those of structures.ts beside it, parameters in the same order.
//
// The kernel declares \`shape\`, \`structure\`, \`design\` and \`responses\`. Structure: points to begin at, each with the inverse
// of the Hessian there, as bits; then of each pattern HEAD words (rows, count as bits, its group's first correlation, its
// first matrix in the design, its first row of a response), the visits of its rows, and their columns of scales as bits.
// Design: S_ab,qq of every pair b <= a of a pattern's positions, cut into 4 x 4 blocks of a lower triangle by rows, filled up
// with 0. Response: which point it begins at; then of each pair q'r (P) and r'r. Loops over P x P run over matrices.
//#import num/f32
//#import lmm/visit-structures

//#param P: u32
// Most rows of a pattern.
//#param VISITS: u32
//#param SCALES: u32
// Parameters of all groups, after the scales.
//#param PARAMETERS: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\` and \`optima\`
  design_row: u32,
  design_step: u32,
  patterns: u32,
  starts: u32, // of each response: one
  points: u32, // to begin at
  visits: u32, // of the structure
  turns: u32, // evaluations of a start in one dispatch
  round: u32, // of a search that takes several dispatches
}

const SQUARE: u32 = VISITS * VISITS;
const FOURS: u32 = (P + 3u) / 4u;
const MATRICES: u32 = FOURS * (FOURS + 1u) / 2u; // of a pair
const HEAD: u32 = 5u;
const RECORD: u32 = HEAD + VISITS + VISITS * SCALES;
const LEAST_PIVOT: f32 = 1e-6f; // of V, in units of its diagonal, and of X'V^-1 X
const LONGEST_LOG: f32 = 20.0f; // of a standard deviation in units of the response's

var<private> criterion: f32;
var<private> criterion_noise: f32; // what rounding does to it
var<private> gradient: array<f32, PARAMETERS>;
var<private> point: array<f32, PARAMETERS>; // evaluated last
// Of the pattern at hand: standard deviations, V and its inverse.
var<private> deviation: array<f32, VISITS>;
var<private> V: array<f32, SQUARE>;
var<private> O: array<f32, SQUARE>;
// X'V^-1 X in 4 x 4 blocks, later what its pairs count for in T; its Cholesky factor; X'V^-1 r, later the shift.
var<private> M: array<mat4x4f, MATRICES>;
var<private> information: array<f32, P * P>;
var<private> shift: array<f32, P>;

fn response(model: u32, row: u32) -> f32 { return responses[row * shape.stride + model]; }

// Where the point that a response begins at stands in the structure.
const POINT: u32 = PARAMETERS + PARAMETERS * PARAMETERS;
var<private> beginning: u32;

fn enter_model(model: u32) { beginning = POINT * min(u32(response(model, 0u)), shape.points - 1u); }

fn start_value(start: u32, k: u32) -> f32 { return bitcast<f32>(structure[beginning + k]); }

fn first_inverse() -> array<f32, PARAMETERS * PARAMETERS> {
  var H: array<f32, PARAMETERS * PARAMETERS>;
  for (var k = 0u; k < PARAMETERS * PARAMETERS; k++) {
    H[k] = bitcast<f32>(structure[beginning + PARAMETERS + k]);
  }
  return H;
}

// What searches from several starts are compared by.
fn covariances(parameters: array<f32, PARAMETERS>) -> array<f32, PARAMETERS> { return parameters; }

fn begin_criterion() {}

struct Pattern {
  record: u32,
  size: u32,
  count: f32,
  place: u32, // of the correlations of its group
  matrix: u32,
  row: u32,
}

fn pattern(i: u32) -> Pattern {
  let at = shape.points * POINT + i * RECORD;
  return Pattern(
    at, structure[at], bitcast<f32>(structure[at + 1u]), structure[at + 2u], structure[at + 3u], structure[at + 4u],
  );
}

fn visit(kind: Pattern, a: u32) -> u32 { return structure[kind.record + HEAD + a]; }

fn scale_column(kind: Pattern, a: u32, c: u32) -> f32 {
  return bitcast<f32>(structure[kind.record + HEAD + VISITS + a * SCALES + c]);
}

// V of a pattern and its inverse; log|V| and whether there is one.
fn form_pattern(kind: Pattern) -> vec2f {
  let m = kind.size;
  for (var a = 0u; a < m; a++) {
    var log_deviation = 0.0f;
    for (var c = 0u; c < SCALES; c++) {
      log_deviation += scale_column(kind, a, c) * point[c];
    }
    deviation[a] = num_exp(clamp(log_deviation, -LONGEST_LOG, LONGEST_LOG));
  }
  // The factor of V into the lower triangle of O, then its inverse, then V^-1.
  var pivots = 1.0f;
  var log_det = 0.0f;
  for (var a = 0u; a < m; a++) {
    for (var b = 0u; b <= a; b++) {
      let value = deviation[a] * deviation[b] * between(kind.place, visit(kind, a), visit(kind, b));
      V[a * VISITS + b] = value;
      V[b * VISITS + a] = value;
      var rest = value;
      for (var c = 0u; c < b; c++) {
        rest -= O[a * VISITS + c] * O[b * VISITS + c];
      }
      if (a == b) {
        if (!(rest > LEAST_PIVOT * value)) {
          return vec2f(0.0f);
        }
        O[a * VISITS + a] = sqrt(rest);
        log_det += num_log(rest);
      } else {
        O[a * VISITS + b] = rest / O[b * VISITS + b];
      }
    }
  }
  for (var a = 0u; a < m; a++) {
    O[a * VISITS + a] = 1.0f / O[a * VISITS + a];
    for (var b = 0u; b < a; b++) {
      var sum = 0.0f;
      for (var c = b; c < a; c++) {
        sum += O[a * VISITS + c] * O[c * VISITS + b];
      }
      O[a * VISITS + b] = -sum * O[a * VISITS + a];
    }
  }
  for (var b = 0u; b < m; b++) {
    for (var a = b; a < m; a++) {
      var sum = 0.0f;
      for (var c = a; c < m; c++) {
        sum += O[c * VISITS + a] * O[c * VISITS + b];
      }
      O[b * VISITS + a] = sum; // above the diagonal, which later columns no longer read
    }
  }
  for (var a = 0u; a < m; a++) {
    for (var b = 0u; b < a; b++) {
      O[a * VISITS + b] = O[b * VISITS + a];
    }
  }
  return vec2f(log_det, 1.0f);
}

// Evaluates at \`parameters\`; false where there is no value.
fn evaluate_criterion(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  point = parameters;
  for (var i = 0u; i < MATRICES; i++) {
    M[i] = mat4x4f();
  }
  for (var c = 0u; c < P; c++) {
    shift[c] = 0.0f;
  }
  var square = 0.0f;
  var log_det = 0.0f;
  criterion_noise = 0.0f;
  for (var i = 0u; i < shape.patterns; i++) {
    let kind = pattern(i);
    let formed = form_pattern(kind);
    if (formed.y == 0.0f) {
      return false;
    }
    log_det += kind.count * formed.x;
    criterion_noise += kind.count * abs(formed.x);
    var matrix = kind.matrix;
    var row = kind.row;
    for (var a = 0u; a < kind.size; a++) {
      for (var b = 0u; b <= a; b++) {
        let o = O[a * VISITS + b];
        for (var e = 0u; e < MATRICES; e++) {
          M[e] += o * design[matrix];
          matrix++;
        }
        for (var c = 0u; c < P; c++) {
          shift[c] += o * response(model, row);
          row++;
        }
        square += o * response(model, row);
        row++;
      }
    }
  }
  var log_det_m = 0.0f;
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      let value = M[(a / 4u) * (a / 4u + 1u) / 2u + b / 4u][b % 4u][a % 4u];
      var rest = value;
      for (var c = 0u; c < b; c++) {
        rest -= information[a * P + c] * information[b * P + c];
      }
      if (a == b) {
        if (!(rest > LEAST_PIVOT * value)) {
          return false;
        }
        information[a * P + a] = sqrt(rest);
        log_det_m += num_log(rest);
      } else {
        information[a * P + b] = rest / information[b * P + b];
      }
    }
  }
  for (var a = 0u; a < P; a++) {
    var rest = shift[a];
    for (var b = 0u; b < a; b++) {
      rest -= information[a * P + b] * shift[b];
    }
    shift[a] = rest / information[a * P + a];
    square -= shift[a] * shift[a];
  }
  for (var i = 0u; i < P; i++) {
    let a = P - 1u - i;
    var rest = shift[a];
    for (var b = a + 1u; b < P; b++) {
      rest -= information[b * P + a] * shift[b];
    }
    shift[a] = rest / information[a * P + a];
  }
  if (!(square > 0.0f)) {
    return false;
  }
  criterion = log_det + square;
  criterion_noise += square;
  if (REML == 1u) {
    criterion += log_det_m;
    criterion_noise += abs(log_det_m);
  }
  criterion_noise = 1e-6f + 3e-7f * criterion_noise;
  return true;
}

// What a pair counts for in T beside r'r: b b', and C by REML; blocks off the diagonal twice. Leaves X'V^-1 X.
fn form_weights() {
  if (REML == 1u) {
    // Inverse of the factor, in its place.
    for (var a = 0u; a < P; a++) {
      information[a * P + a] = 1.0f / information[a * P + a];
      for (var b = 0u; b < a; b++) {
        var sum = 0.0f;
        for (var c = b; c < a; c++) {
          sum += information[a * P + c] * information[c * P + b];
        }
        information[a * P + b] = -sum * information[a * P + a];
      }
    }
  }
  for (var i = 0u; i < MATRICES; i++) {
    M[i] = mat4x4f();
  }
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      var weight = shift[a] * shift[b];
      if (REML == 1u) {
        for (var c = a; c < P; c++) {
          weight += information[c * P + a] * information[c * P + b];
        }
      }
      let diagonal = a / 4u == b / 4u;
      let at = (a / 4u) * (a / 4u + 1u) / 2u + b / 4u;
      M[at][b % 4u][a % 4u] = select(2.0f, 1.0f, diagonal) * weight;
      if (diagonal) {
        M[at][a % 4u][b % 4u] = weight;
      }
    }
  }
}

// \`gradient\` at the point evaluated last.
fn differentiate_criterion(model: u32) {
  form_weights();
  for (var k = 0u; k < PARAMETERS; k++) {
    gradient[k] = 0.0f;
  }
  var T: array<f32, SQUARE>;
  var half: array<f32, SQUARE>; // O T
  for (var i = 0u; i < shape.patterns; i++) {
    let kind = pattern(i);
    let m = kind.size;
    form_pattern(kind);
    var matrix = kind.matrix;
    var row = kind.row;
    for (var a = 0u; a < m; a++) {
      for (var b = 0u; b <= a; b++) {
        var cross = 0.0f;
        for (var c = 0u; c < P; c++) {
          cross += shift[c] * response(model, row);
          row++;
        }
        var sums = vec4f();
        for (var e = 0u; e < MATRICES; e++) {
          let S = design[matrix];
          sums += S[0] * M[e][0] + S[1] * M[e][1] + S[2] * M[e][2] + S[3] * M[e][3];
          matrix++;
        }
        let value = select(0.5f, 1.0f, a == b)
          * (response(model, row) - 2.0f * cross + ((sums.x + sums.y) + (sums.z + sums.w)));
        row++;
        T[a * VISITS + b] = value;
        T[b * VISITS + a] = value;
      }
    }
    for (var a = 0u; a < m; a++) {
      for (var b = 0u; b < m; b++) {
        var sum = 0.0f;
        for (var c = 0u; c < m; c++) {
          sum += O[a * VISITS + c] * T[c * VISITS + b];
        }
        half[a * VISITS + b] = sum;
      }
    }
    // Y = n O - O T O into T.
    for (var a = 0u; a < m; a++) {
      for (var b = 0u; b <= a; b++) {
        var sum = 0.0f;
        for (var c = 0u; c < m; c++) {
          sum += half[a * VISITS + c] * O[b * VISITS + c];
        }
        let value = kind.count * O[a * VISITS + b] - sum;
        T[a * VISITS + b] = value;
        T[b * VISITS + a] = value;
      }
    }
    for (var a = 0u; a < m; a++) {
      var sum = 0.0f;
      for (var b = 0u; b < m; b++) {
        sum += V[a * VISITS + b] * T[a * VISITS + b];
      }
      for (var c = 0u; c < SCALES; c++) {
        gradient[c] += 2.0f * scale_column(kind, a, c) * sum;
      }
    }
    if (STRUCTURE == UNSTRUCTURED) {
      for (var a = 0u; a < m; a++) {
        let v = visit(kind, a);
        for (var c = 0u; c < v; c++) {
          var sum = 0.0f;
          for (var b = 0u; b < m; b++) {
            sum += deviation[b] * T[a * VISITS + b] * factor_element(kind.place, visit(kind, b), c);
          }
          gradient[kind.place + v * (v - 1u) / 2u + c] += 2.0f * deviation[a] * sum;
        }
      }
    } else if (STRUCTURE != DIAGONAL) {
      for (var a = 0u; a < m; a++) {
        for (var b = 0u; b < a; b++) {
          let weight = 2.0f * deviation[a] * deviation[b] * T[a * VISITS + b];
          let low = visit(kind, b);
          let high = visit(kind, a); // rows stand in the order of visits
          if (STRUCTURE == EXCHANGEABLE) {
            gradient[kind.place] += weight * shared_correlation(point[kind.place]).y;
          } else if (STRUCTURE == AUTOREGRESSIVE) {
            let rho = correlation_of(point[kind.place]);
            gradient[kind.place] += weight * f32(high - low) * power(rho.x, high - low - 1u) * rho.y;
          } else {
            for (var k = low; k < high; k++) {
              let slope = correlation_of(point[kind.place + k]).y;
              gradient[kind.place + k] += weight * slope * neighbours(kind.place, low, high, k);
            }
          }
        }
      }
    }
  }
}
`,"lmm/crossed-columns":`// Estimate and variance (over s^2) of column c at the point that lmm/crossed-objective evaluated last: X is the last part
// of the border, so the last block of K alone tells. \`tests\` holds rows l'R^-1, one element a column of X.
//#import lmm/crossed-objective

fn column_estimate(model: u32, c: u32) -> f32 {
  let p = shape.border - shape.random;
  var sum = 0.0f;
  for (var a = 0u; a < p; a++) {
    sum += tests[c * p + a] * load(model, row_vector(VECTOR_SOLUTION, shape.random + a));
  }
  return sum;
}

fn column_variance(model: u32, c: u32) -> f32 {
  let p = shape.border - shape.random;
  var total = 0.0f;
  for (var a = shape.random; a < shape.border; a++) {
    var s = tests[c * p + a - shape.random];
    for (var l = shape.random; l < a; l++) {
      s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_COLUMN, l));
    }
    s /= load(model, row_k(a, a));
    save(model, row_vector(VECTOR_COLUMN, a), s);
    total += s * s;
  }
  return total;
}
`,"lmm/crossed-derivatives":`// Criterion of models of any structure, its gradient and its Hessian over the covariances G, in the number type of the
// kernel. Twins in float64: src/lmm/crossed-objective.ts and crossed-derivatives.ts. In the terms of lmm/crossed-objective,
// with U_z = (K^-1 T'W'V1^-1 z)' for every column z of Z, the block of Z'P Z of two levels k and l is
//
//     T_kl = [k = l] A_k - U_k U_l'     both of the eliminated factor,   B_k's part - U_k U_l'   one of them,
//            M_kl - U_k U_l'            none of them                     (ML: without the columns of X in U)
//     d2f  = sum_kl (2 d (E_e t_k)'T_kl (E_f t_l) / S - tr(E_e T_kl E_f T_lk)) - d (dS/dG_e)(dS/dG_f) / S^2
//
// where the first part takes in X for ML, too. Levels of one type are summed by their number.
//#import lmm/derivatives
//#import lmm/crossed-pairs

// Pairs of the workspace: M and K packed; vectors of the border; Y = C^-1 N of the level at hand; of every column of Z its U,
// then its t; of those of the eliminated factor their products with the random columns of the border.
const VECTOR_V: u32 = 0u;
const VECTOR_SOLUTION: u32 = 1u;
const VECTOR_SCALED: u32 = 2u; // T solution
const VECTOR_COLUMN: u32 = 3u;
const VECTOR_OVER: u32 = 4u; // what divides by the diagonal of K
const VECTOR_Y: u32 = 5u;
const VECTOR_U: u32 = VECTOR_Y + Q_LEVEL;

fn row_m(a: u32, b: u32) -> u32 { return packed(max(a, b), min(a, b)); }
fn row_k(a: u32, b: u32) -> u32 { return packed(shape.border, 0u) + packed(a, b); }
fn row_vector(vector: u32, a: u32) -> u32 { return 2u * packed(shape.border, 0u) + vector * shape.border + a; }
fn eliminated() -> u32 { return shape.types * Q_LEVEL; } // columns of the eliminated factor, by type
fn row_t(z: u32) -> u32 { return row_vector(VECTOR_U + eliminated() + shape.random, z); }
fn row_b(z: u32, a: u32) -> u32 { return row_t(eliminated() + shape.random + z * shape.random + a); }

fn load(model: u32, row: u32) -> num { return num_load(workspace[row * shape.stride + model]); }
fn save(model: u32, row: u32, value: num) { workspace[row * shape.stride + model] = num_store(value); }

// Element (row of the level, column) of the factor that a border column belongs to.
fn factor_of(column: BorderColumn, row: u32, index: u32) -> num { return L[column.square + row * column.width + index]; }

// Fills C, E, y, W and the rows of Y for a type; its log det F, or -1 where a pivot has no digits.
fn enter_type(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u + QQ;
  let log_det_f = enter_level(model, kind);
  for (var a = 0u; a < shape.border; a++) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      var n = design_pair(at + i * shape.border + a);
      for (var l = 0u; l < i; l++) {
        n = less_product(n, C[i * Q_LEVEL + l], load(model, row_vector(VECTOR_Y + l, a)));
      }
      save(model, row_vector(VECTOR_Y + i, a), num_mul(n, over_C[i]));
    }
  }
  return log_det_f;
}

// First sweep: what a type adds to S, M and v.
fn add_level(model: u32, weight: num) {
  for (var i = 0u; i < Q_LEVEL; i++) {
    S = num_add(S, num_mul(weight, num_sqr(y[i])));
    if (SCATTER == 1u) {
      S = num_add(S, W[i * Q_LEVEL + i]);
    }
  }
  for (var a = 0u; a < shape.border; a++) {
    var ya: array<num, Q_LEVEL>;
    var touched = false;
    for (var i = 0u; i < Q_LEVEL; i++) {
      ya[i] = num_mul(weight, load(model, row_vector(VECTOR_Y + i, a)));
      touched |= num_hi(ya[i]) != 0.0f;
    }
    if (!touched) { // a level touches few levels of other factors
      continue;
    }
    var v = load(model, row_vector(VECTOR_V, a));
    for (var i = 0u; i < Q_LEVEL; i++) {
      v = add_product(v, ya[i], y[i]);
    }
    save(model, row_vector(VECTOR_V, a), v);
    for (var b = 0u; b <= a; b++) {
      var m = load(model, row_m(a, b));
      for (var i = 0u; i < Q_LEVEL; i++) {
        m = add_product(m, ya[i], load(model, row_vector(VECTOR_Y + i, b)));
      }
      save(model, row_m(a, b), m);
    }
  }
}

// Element a of T'x for a vector x of the border.
fn transformed(model: u32, vector: u32, a: u32) -> num {
  let column = border_column(a);
  var sum = nothing();
  for (var i = 0u; i < column.width; i++) {
    sum = add_product(sum, factor_of(column, i, column.index), load(model, row_vector(vector, column.first + i)));
  }
  return sum;
}

// Between the sweeps: K, the solution, D, shift, and what it takes from S. False where a pivot has no digits.
fn solve_border(model: u32) -> bool {
  let border = shape.border;
  for (var a = 0u; a < border; a++) {
    let left = border_column(a);
    for (var b = 0u; b <= a; b++) {
      let right = border_column(b);
      var sum = num_of(select(0.0f, 1.0f, a == b && a < shape.random));
      for (var i = 0u; i < left.width; i++) {
        var inner = nothing();
        for (var j = 0u; j < right.width; j++) {
          let m = load(model, row_m(left.first + i, right.first + j));
          inner = add_product(inner, m, factor_of(right, j, right.index));
        }
        sum = add_product(sum, factor_of(left, i, left.index), inner);
      }
      let whole = num_hi(sum);
      for (var l = 0u; l < b; l++) {
        sum = less_product(sum, load(model, row_k(a, l)), load(model, row_k(b, l)));
      }
      if (a != b) {
        sum = num_mul(sum, load(model, row_vector(VECTOR_OVER, b)));
      } else {
        if (!(num_hi(sum) > LEAST_PIVOT * whole)) {
          return false;
        }
        if (REML == 1u || a < shape.random) {
          log_det = num_add(log_det, num_log(sum));
        }
        sum = num_sqrt(sum);
        save(model, row_vector(VECTOR_OVER, a), num_recip(sum));
      }
      save(model, row_k(a, b), sum);
      if (b >= shape.random) {
        D[packed(a - shape.random, b - shape.random)] = sum;
      }
    }
    let over = load(model, row_vector(VECTOR_OVER, a));
    if (a >= shape.random) {
      over_D[a - shape.random] = over;
    }
    var s = transformed(model, VECTOR_V, a);
    for (var l = 0u; l < a; l++) {
      s = less_product(s, load(model, row_k(a, l)), load(model, row_vector(VECTOR_SOLUTION, l)));
    }
    s = num_mul(s, over);
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    S = less_product(S, s, s);
  }
  for (var back = border; back > 0u; back--) {
    let a = back - 1u;
    var s = load(model, row_vector(VECTOR_SOLUTION, a));
    for (var l = back; l < border; l++) {
      s = less_product(s, load(model, row_k(l, a)), load(model, row_vector(VECTOR_SOLUTION, l)));
    }
    s = num_mul(s, load(model, row_vector(VECTOR_OVER, a)));
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    if (a >= shape.random) {
      shift[a - shape.random] = s;
    }
  }
  for (var a = 0u; a < border; a++) {
    let column = border_column(a);
    var sum = nothing();
    for (var c = 0u; c < column.width; c++) {
      let s = load(model, row_vector(VECTOR_SOLUTION, column.first + c));
      sum = add_product(sum, factor_of(column, column.index, c), s);
    }
    save(model, row_vector(VECTOR_SCALED, a), sum);
  }
  return num_hi(S) > 0.0f;
}

// U of column z of Z, from its products with the border in VECTOR_COLUMN; its t is what they leave of \`whole\`.
fn project(model: u32, z: u32, whole: num) {
  var rest = whole;
  var first = shape.border; // of the elements of U that are not zero
  for (var a = 0u; a < shape.border; a++) {
    rest = less_product(rest, load(model, row_vector(VECTOR_COLUMN, a)), load(model, row_vector(VECTOR_SCALED, a)));
    var u = transformed(model, VECTOR_COLUMN, a);
    if (num_hi(u) != 0.0f) {
      first = min(first, a);
    }
    for (var l = first; l < a; l++) {
      u = less_product(u, load(model, row_k(a, l)), load(model, row_vector(VECTOR_U + z, l)));
    }
    save(model, row_vector(VECTOR_U + z, a), num_mul(u, load(model, row_vector(VECTOR_OVER, a))));
  }
  save(model, row_t(z), rest);
}

// sum over the columns a of the border from \`first\` on of U of two columns of Z.
fn dot(model: u32, z: u32, other: u32, first: u32, end: u32) -> num {
  var sum = nothing();
  for (var a = first; a < end; a++) {
    sum = add_product(sum, load(model, row_vector(VECTOR_U + z, a)), load(model, row_vector(VECTOR_U + other, a)));
  }
  return sum;
}

// Second sweep: a type that has been entered.
fn add_derivatives(model: u32, kind: u32, weight: num, twice_d: num) {
  let unit = unit_at(kind * Q_LEVEL);
  for (var i = 0u; i < Q_LEVEL; i++) {
    var whole = nothing();
    for (var l = 0u; l < Q_LEVEL; l++) {
      whole = add_product(whole, E[l * Q_LEVEL + i], y[l]);
    }
    for (var a = 0u; a < shape.border; a++) {
      var sum = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, E[l * Q_LEVEL + i], load(model, row_vector(VECTOR_Y + l, a)));
      }
      save(model, row_vector(VECTOR_COLUMN, a), sum);
      if (a < shape.random) {
        save(model, row_b(unit.first + i, a), sum);
      }
    }
    project(model, unit.first + i, whole);
  }
  take(model, unit);
  var c: array<num, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      let end = select(shape.random, shape.border, REML == 1u);
      c[i * Q_LEVEL + j] = dot(model, unit.first + i, unit.first + j, 0u, end);
    }
  }
  add_forms(weight, twice_d, c);
  add_changes(weight, 0u);
}

// The levels of the border's factors: t, U, H, h and products.
fn add_border(model: u32) {
  for (var z = 0u; z < shape.random; z++) {
    for (var a = 0u; a < shape.border; a++) {
      save(model, row_vector(VECTOR_COLUMN, a), load(model, row_m(z, a)));
    }
    project(model, eliminated() + z, load(model, row_vector(VECTOR_V, z)));
    let column = border_column(z);
    if (column.index + 1u < column.width) {
      continue;
    }
    take(model, unit_at(eliminated() + column.first));
    add_changes(num_of(1.0f), column.square);
    for (var i = 0u; i < column.width; i++) {
      for (var j = 0u; j <= i; j++) {
        let at = column.square + i * column.width + j;
        products[at] = add_product(products[at], t[i], t[j]);
      }
    }
  }
}

// Everything at the factors L; false where it cannot be formed, or not with the digits that it should have.
fn evaluate(model: u32) -> bool {
  let d = design_pair(0u);
  log_det = nothing();
  S = response_pair(model, 0u);
  for (var i = 0u; i < packed(shape.border, 0u); i++) {
    save(model, i, design_pair(1u + i));
  }
  for (var a = 0u; a < shape.border; a++) {
    save(model, row_vector(VECTOR_V, a), response_pair(model, 1u + a));
  }
  begin_sums();
  var twice_d = nothing();
  // One place where levels are entered: drivers copy functions to each call.
  for (var sweep = 0u; sweep < 2u; sweep++) {
    for (var kind = 0u; kind < shape.types; kind++) {
      let weight = count_of(kind);
      let log_det_f = enter_type(model, kind);
      if (num_hi(log_det_f) < 0.0f) {
        return false;
      }
      if (sweep == 0u) {
        log_det = add_product(log_det, weight, log_det_f);
        add_level(model, weight);
      } else {
        add_derivatives(model, kind, weight, twice_d);
      }
    }
    if (sweep == 0u) {
      if (!solve_border(model)) {
        return false;
      }
      twice_d = num_scale(num_div(d, S), 2.0f);
    }
  }
  add_border(model);
  let columns = eliminated() + shape.random;
  var unit = unit_at(0u);
  for (var z = 0u; z < columns; z += unit.width) {
    unit = unit_at(z);
    var other = unit;
    for (var x = 0u; x <= z; x += other.width) {
      other = unit_at(x);
      add_pair(model, unit, other, twice_d);
    }
  }
  let d_over_s = num_div(d, S);
  end_slopes(d_over_s);
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      let changes = num_div(num_mul(change_of_s(e), change_of_s(f)), S);
      hessian[packed(e, f)] = less_product(hessian[packed(e, f)], d_over_s, changes);
    }
  }
  return true;
}
`,"lmm/crossed-objective":`// Criterion and gradient of models of any structure: the eliminated factor level by level, a border W = [Z_rest X] of
// any width. Twin in float64: src/lmm/crossed-objective.ts, whose header has the formulas. With M = W'V1^-1 W,
// v = W'V1^-1 r, T = [L_rest 0; 0 I] and D = [I 0; 0 0], Omega = T'M T + D = K K':
//
//     solution = Omega^-1 T'v,   S = r'V1^-1 r - |K^-1 T'v|^2,   log|V| + log|X'V^-1 X| = sum log|F_i| + log|Omega|
//     Z_i'P Z_i = A_i - U_i U_i',  U_i = (K^-1 T'B_i')',  B_i = Z_i'V1^-1 W         of the eliminated factor
//     Z_rest'P Z_rest L_rest = M T Omega^-1,  L_rest'Z_rest'P r = solution           of the border: nothing cancels
//
// for ML the leading part of K, that of Z_rest, takes the place of K in the traces.
//
// Design: degrees of freedom d; W'W - sum N'N (packed lower triangle); per type count, R (Q_LEVEL x Q_LEVEL), N = Q'W
// (Q_LEVEL x border). Response: what no level takes up of y'y and W'y, then of each type mean and scatter (lower).
//#import lmm/level

// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

var<private> gradient: array<f32, PARAMETERS>;
var<private> curvature: array<f32, PARAMETERS>; // expected, ignoring the other factors, X and the scale

fn triangle(n: u32) -> u32 { return n * (n + 1u) / 2u; }

// Rows of the workspace: M and K packed, then vectors of the border: v, solution, T solution, Z_rest'P r, one column;
// then Y = C^-1 N and U of the level at hand, Q_LEVEL vectors each.
fn row_m(a: u32, b: u32) -> u32 { return select(triangle(b) + a, triangle(a) + b, a >= b); }
fn row_k(a: u32, b: u32) -> u32 { return triangle(shape.border) + triangle(a) + b; }
fn row_vector(vector: u32, a: u32) -> u32 { return 2u * triangle(shape.border) + vector * shape.border + a; }

const VECTOR_V: u32 = 0u;
const VECTOR_SOLUTION: u32 = 1u;
const VECTOR_SCALED: u32 = 2u; // T solution
const VECTOR_PROJECTED: u32 = 3u; // Z_rest'P r
const VECTOR_COLUMN: u32 = 4u;
const VECTOR_Y: u32 = 5u;
const VECTOR_U: u32 = VECTOR_Y + Q_LEVEL;

fn load(model: u32, row: u32) -> f32 { return workspace[row * shape.stride + model]; }
fn save(model: u32, row: u32, value: f32) { workspace[row * shape.stride + model] = value; }

fn type_size() -> u32 { return 1u + QQ + Q_LEVEL * shape.border; }
fn type_at(kind: u32) -> u32 { return 1u + triangle(shape.border) + kind * type_size(); }
fn count_of(model: u32, kind: u32) -> f32 { return design_value(model, type_at(kind)); }

// Fills C, E, y, W and the rows of Y for a type; returns log det F.
fn enter_type(model: u32, kind: u32) -> f32 {
  let at = type_at(kind) + 1u;
  let log_det_f = enter_level(model, at, 1u + shape.border + kind * TYPE_ROWS);
  for (var a = 0u; a < shape.border; a++) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      var n = design_value(model, at + QQ + i * shape.border + a);
      for (var l = 0u; l < i; l++) {
        n -= C[i * Q_LEVEL + l] * load(model, row_vector(VECTOR_Y + l, a));
      }
      save(model, row_vector(VECTOR_Y + i, a), n / C[i * Q_LEVEL + i]);
    }
  }
  return log_det_f;
}

// Element a of T'x for a vector x of the border.
fn transformed(model: u32, vector: u32, a: u32) -> f32 {
  let column = border_column(a);
  var sum = 0.0f;
  for (var i = 0u; i < column.width; i++) {
    sum += border_factor(column, i, column.index) * load(model, row_vector(vector, column.first + i));
  }
  return sum;
}

// First sweep, at \`parameters\`: log_det, quadratic, K and solution. False where X'V^-1 X is not positive.
fn evaluate(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  place_factors(parameters);
  let border = shape.border;
  for (var a = 0u; a < border; a++) {
    for (var b = 0u; b <= a; b++) {
      save(model, row_m(a, b), design_value(model, 1u + triangle(a) + b));
    }
    save(model, row_vector(VECTOR_V, a), response(model, 1u + a));
  }
  begin_levels();
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    add_level(kind, weight, enter_type(model, kind));
    for (var a = 0u; a < border; a++) {
      var ya: array<f32, Q_LEVEL>;
      var touched = false;
      var sum = 0.0f;
      for (var i = 0u; i < Q_LEVEL; i++) {
        ya[i] = weight * load(model, row_vector(VECTOR_Y + i, a));
        touched |= ya[i] != 0.0f;
        sum += ya[i] * y[i];
      }
      if (!touched) { // a level touches few levels of other factors
        continue;
      }
      let v = row_vector(VECTOR_V, a);
      save(model, v, load(model, v) + sum);
      for (var b = 0u; b <= a; b++) {
        var product = 0.0f;
        for (var i = 0u; i < Q_LEVEL; i++) {
          product += ya[i] * load(model, row_vector(VECTOR_Y + i, b));
        }
        let m = row_m(a, b);
        save(model, m, load(model, m) + product);
      }
    }
  }
  end_levels();
  for (var a = 0u; a < border; a++) {
    let left = border_column(a);
    for (var b = 0u; b <= a; b++) {
      let right = border_column(b);
      var sum = select(0.0f, 1.0f, a == b && a < shape.random);
      for (var i = 0u; i < left.width; i++) {
        var inner = 0.0f;
        for (var j = 0u; j < right.width; j++) {
          inner += load(model, row_m(left.first + i, right.first + j)) * border_factor(right, j, right.index);
        }
        sum += border_factor(left, i, left.index) * inner;
      }
      let whole = sum;
      for (var l = 0u; l < b; l++) {
        sum -= load(model, row_k(a, l)) * load(model, row_k(b, l));
      }
      if (a != b) {
        save(model, row_k(a, b), sum / load(model, row_k(b, b)));
        continue;
      }
      if (a < shape.random) {
        sum = max(sum, 1.0f); // Omega - D is positive semidefinite there
      } else if (!(sum > 1e-6f * whole)) {
        return false;
      }
      save(model, row_k(a, a), sqrt(sum));
      if (REML == 1u || a < shape.random) {
        log_det += num_log(sum);
      }
    }
    var s = transformed(model, VECTOR_V, a);
    for (var l = 0u; l < a; l++) {
      s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_SOLUTION, l));
    }
    s /= load(model, row_k(a, a));
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    quadratic -= s * s;
  }
  for (var back = border; back > 0u; back--) {
    let a = back - 1u;
    var s = load(model, row_vector(VECTOR_SOLUTION, a));
    for (var l = back; l < border; l++) {
      s -= load(model, row_k(l, a)) * load(model, row_vector(VECTOR_SOLUTION, l));
    }
    save(model, row_vector(VECTOR_SOLUTION, a), s / load(model, row_k(a, a)));
  }
  return true;
}

// T x for a vector x of the border, of which the first \`width\` elements count.
fn scale_vector(model: u32, source: u32, target_vector: u32, width: u32) {
  for (var a = 0u; a < width; a++) {
    let column = border_column(a);
    var sum = 0.0f;
    for (var c = 0u; c < column.width; c++) {
      sum += border_factor(column, column.index, c) * load(model, row_vector(source, column.first + c));
    }
    save(model, row_vector(target_vector, a), sum);
  }
}

// The eliminated factor's part of the gradient: slopes in G; adds to the curvatures of its parameters.
fn level_slopes(model: u32, d_over_s: f32, used: u32) -> array<f32, QQ> {
  var slope: array<f32, QQ>;
  for (var i = 0u; i < QQ; i++) {
    slope[i] = 0.0f;
  }
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    enter_type(model, kind);
    var t: array<f32, Q_LEVEL>;
    for (var i = 0u; i < Q_LEVEL; i++) {
      var ti = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        ti += E[l * Q_LEVEL + i] * y[l];
      }
      for (var a = 0u; a < shape.border; a++) {
        var dot = 0.0f;
        for (var l = 0u; l < Q_LEVEL; l++) {
          dot += E[l * Q_LEVEL + i] * load(model, row_vector(VECTOR_Y + l, a));
        }
        ti -= dot * load(model, row_vector(VECTOR_SCALED, a));
        save(model, row_vector(VECTOR_COLUMN, a), dot);
      }
      t[i] = ti;
      var first = used; // of the elements of U that are not zero
      for (var a = 0u; a < used; a++) {
        var u = transformed(model, VECTOR_COLUMN, a);
        if (u != 0.0f) {
          first = min(first, a);
        }
        for (var l = first; l < a; l++) {
          u -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_U + i, l));
        }
        save(model, row_vector(VECTOR_U + i, a), u / load(model, row_k(a, a)));
      }
    }
    var A = level_information();
    var outer: array<f32, QQ>;
    for (var i = 0u; i < QQ; i++) {
      outer[i] = 0.0f;
    }
    if (SCATTER == 1u) {
      outer = level_scatter();
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j <= i; j++) {
        var value = A[i * Q_LEVEL + j];
        for (var a = 0u; a < used; a++) {
          value -= load(model, row_vector(VECTOR_U + i, a)) * load(model, row_vector(VECTOR_U + j, a));
        }
        let part = weight * value - d_over_s * (weight * t[i] * t[j] + outer[i * Q_LEVEL + j]);
        slope[i * Q_LEVEL + j] += part;
        if (i != j) {
          slope[j * Q_LEVEL + i] += part;
        }
      }
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      if (at.square == 0u) {
        curvature[k] += weight * level_curvature(at, A);
      }
    }
  }
  return slope;
}

// Half of the gradient in the factors of the border; adds to the curvatures of their parameters.
fn border_slopes(model: u32, d_over_s: f32, used: u32) -> array<f32, SQUARES> {
  var slope: array<f32, SQUARES>;
  for (var i = 0u; i < SQUARES; i++) {
    slope[i] = 0.0f;
  }
  for (var j = 0u; j < shape.random; j++) {
    let column = border_column(j);
    // Omega^-1 e_j, then T times that into the first vector of U.
    for (var a = j; a < used; a++) {
      var s = select(0.0f, 1.0f, a == j);
      for (var l = j; l < a; l++) {
        s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_COLUMN, l));
      }
      save(model, row_vector(VECTOR_COLUMN, a), s / load(model, row_k(a, a)));
    }
    for (var back = used; back > 0u; back--) {
      let a = back - 1u;
      var s = 0.0f;
      if (a >= j) {
        s = load(model, row_vector(VECTOR_COLUMN, a));
      }
      for (var l = back; l < used; l++) {
        s -= load(model, row_k(l, a)) * load(model, row_vector(VECTOR_COLUMN, l));
      }
      save(model, row_vector(VECTOR_COLUMN, a), s / load(model, row_k(a, a)));
    }
    scale_vector(model, VECTOR_COLUMN, VECTOR_U, used);
    let effect = load(model, row_vector(VECTOR_SOLUTION, j));
    for (var i = 0u; i < column.width; i++) {
      let row = column.first + i;
      var sum = 0.0f;
      for (var a = 0u; a < used; a++) {
        sum += load(model, row_m(row, a)) * load(model, row_vector(VECTOR_U, a));
      }
      let projected = load(model, row_vector(VECTOR_PROJECTED, row));
      slope[column.square + i * column.width + column.index] += sum - d_over_s * projected * effect;
    }
    if (column.index != 0u) {
      continue;
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      if (at.square != column.square) {
        continue;
      }
      // As if the effects of the level were alone: m / (1 + g m) each.
      var form = 0.0f;
      var own = 0.0f;
      for (var i = 0u; i < column.width; i++) {
        let m = load(model, row_m(column.first + i, column.first + i));
        var g = 0.0f;
        for (var l = 0u; l < column.width; l++) {
          g += border_factor(column, i, l) * border_factor(column, i, l);
        }
        let information = m / (1.0f + g * m);
        form += information * border_factor(column, i, at.column) * border_factor(column, i, at.column);
        own = select(own, information, i == at.row);
      }
      let along = own * border_factor(column, at.row, at.column);
      curvature[k] += 2.0f * (own * form + along * along);
    }
  }
  return slope;
}

// Second sweep, at the point evaluated last: gradient, and the expected curvature of each parameter.
fn differentiate(model: u32, d_over_s: f32) {
  let used = select(shape.random, shape.border, REML == 1u);
  for (var k = 0u; k < PARAMETERS; k++) {
    curvature[k] = 0.0f;
  }
  scale_vector(model, VECTOR_SOLUTION, VECTOR_SCALED, shape.border);
  for (var a = 0u; a < shape.random; a++) {
    var t = load(model, row_vector(VECTOR_V, a));
    for (var b = 0u; b < shape.border; b++) {
      t -= load(model, row_m(a, b)) * load(model, row_vector(VECTOR_SCALED, b));
    }
    save(model, row_vector(VECTOR_PROJECTED, a), t);
  }
  var inner = level_slopes(model, d_over_s, used);
  var outer = border_slopes(model, d_over_s, used);
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    var g = outer[at.square + at.row * at.width + at.column];
    if (at.square == 0u) {
      g = factor_slope(inner, at.row, at.column);
    }
    gradient[k] = 2.0f * g;
  }
}
`,"lmm/crossed-pairs":`// Blocks of Z'P Z of two levels, or types of levels, and what they add to the Hessian over the covariances G: the sums over k and l
// in the header of lmm/crossed-derivatives, whose workspace they read. Twin in float64: src/lmm/crossed-pairs.ts.

// A level, or a type of levels of the eliminated factor: its columns of Z.
struct Unit {
  first: u32,
  width: u32,
  square: u32,
}

fn unit_at(z: u32) -> Unit {
  if (z < eliminated()) {
    return Unit(z, Q_LEVEL, 0u);
  }
  let column = border_column(z - eliminated());
  return Unit(z, column.width, column.square);
}

fn weight_of(unit: Unit) -> num {
  if (unit.first < eliminated()) {
    return count_of(unit.first / Q_LEVEL);
  }
  return num_of(1.0f);
}

// Takes t and the part of U for X of a unit into the thread.
fn take(model: u32, unit: Unit) {
  for (var i = 0u; i < unit.width; i++) {
    t[i] = load(model, row_t(unit.first + i));
    for (var a = 0u; a < P; a++) {
      U[i * P + a] = load(model, row_vector(VECTOR_U + unit.first + i, shape.random + a));
    }
  }
}

// What the block of two units adds to the Hessian, and to the traces where it is that of a level of the border. The block of
// a type with itself is that of its levels with one another: what A takes part in has been added.
fn add_pair(model: u32, unit: Unit, other: Unit, twice_d: num) {
  var T: array<num, WIDEST * WIDEST>;
  var TP: array<num, WIDEST * WIDEST>; // with the columns of X in any case
  let same = unit.first == other.first;
  for (var i = 0u; i < unit.width; i++) {
    for (var j = 0u; j < other.width; j++) {
      let z = unit.first + i;
      let x = other.first + j;
      var whole = nothing();
      if (x >= eliminated()) {
        whole = load(model, row_m(z - eliminated(), x - eliminated()));
      } else if (z >= eliminated()) {
        whole = load(model, row_b(x, z - eliminated()));
      }
      let fixed_part = dot(model, z, x, shape.random, shape.border);
      let value = num_sub(whole, dot(model, z, x, 0u, shape.random));
      TP[i * WIDEST + j] = num_sub(value, fixed_part);
      T[i * WIDEST + j] = value;
      if (REML == 1u) {
        T[i * WIDEST + j] = TP[i * WIDEST + j];
      }
      if (same && x >= eliminated() && j <= i) {
        let at = unit.square + i * unit.width + j;
        traces[at] = num_add(traces[at], T[i * WIDEST + j]);
      }
    }
  }
  let weight = num_mul(weight_of(unit), weight_of(other));
  for (var e = 0u; e < PARAMETERS; e++) {
    let left = parameter(e);
    if (left.square != unit.square) {
      continue;
    }
    for (var f = 0u; f < PARAMETERS; f++) {
      let right = parameter(f);
      if (right.square != other.square || (same && f > e)) {
        continue;
      }
      var trace = nothing();
      var form = nothing();
      for (var turn = 0u; turn < 4u; turn++) {
        let turned = turn >= 2u;
        let turned_right = turn % 2u == 1u;
        if ((turned && left.row == left.column) || (turned_right && right.row == right.column)) {
          continue;
        }
        let a = select(left.row, left.column, turned);
        let b = select(left.column, left.row, turned);
        let c = select(right.row, right.column, turned_right);
        let d = select(right.column, right.row, turned_right);
        trace = add_product(trace, T[b * WIDEST + c], T[a * WIDEST + d]);
        let product = num_mul(load(model, row_t(unit.first + b)), load(model, row_t(other.first + d)));
        form = add_product(form, product, TP[a * WIDEST + c]);
      }
      var value = num_mul(weight, num_sub(num_mul(twice_d, form), trace));
      if (!same && e == f) {
        value = num_scale(value, 2.0f); // both orders of the levels
      }
      let at = packed(max(e, f), min(e, f));
      hessian[at] = num_add(hessian[at], value);
    }
  }
}
`,"lmm/derivatives":`// What the finishes of all structures share, in the number type of the kernel: a level of the eliminated factor, sums over
// levels of what the derivatives over G are made of, and what they say of a column. Twin in float64:
// src/lmm/block-derivatives.ts. With X'V^-1 X = D D' in place of its inverse, U_i = D^-1 X'V^-1 Z_i, t_i = Z_i'P r:
//
//     H_e = sum U_i E_e U_i',   h_e = sum U_i E_e t_i,   dS/dG_e = -tr(E_e sum T_i),  T_i = t_i t_i' (and scatters)
//
// Elements of G are those that the parameters have in its factor. \`design\` and \`responses\` are those of the search: high
// words, of which \`responses\` has the low ones in as many further rows. \`constants\` holds the number of columns, the low
// words of the design, then as pairs a row l'R^-1 of P a column.
//#import lmm/factors
//#number

//#param Q_LEVEL: u32
// Columns of a level of any factor, at most.
//#param WIDEST: u32
//#param P: u32
// 1 where a type has several levels, so that responses have scatters.
//#param SCATTER: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

const QQ: u32 = Q_LEVEL * Q_LEVEL;
const PP: u32 = P * (P + 1u) / 2u;
const PAIRS: u32 = PARAMETERS * (PARAMETERS + 1u) / 2u;
const TYPE_ROWS: u32 = Q_LEVEL + SCATTER * (Q_LEVEL * (Q_LEVEL + 1u) / 2u);
// Below this share of itself a pivot has lost too many digits, of a pair or of the design.
const LEAST_PIVOT: f32 = 1e-6f;

var<private> L: array<num, SQUARES + 1u>; // factors of G, to be evaluated at; the last is 1
// Of the level at hand: Cholesky factor C of F and what divides by its diagonal; C^-1 R, C^-1 mean, C^-1 scatter C^-T.
var<private> C: array<num, QQ>;
var<private> over_C: array<num, Q_LEVEL>;
var<private> E: array<num, QQ>;
var<private> y: array<num, Q_LEVEL>;
var<private> W: array<num, QQ>;
var<private> A: array<num, QQ>;
var<private> M: array<num, QQ>;
// Of the level at hand, of whatever factor: U_i' (P a row) and t_i.
var<private> U: array<num, WIDEST * P>;
var<private> t: array<num, WIDEST>;

var<private> log_det: num; // log|V| (+ log|X'V^-1 X|)
var<private> S: num;
var<private> D: array<num, PP>; // packed lower triangle
var<private> over_D: array<num, P>;
var<private> shift: array<num, P>; // (X'V^-1 X)^-1 X'V^-1 r
var<private> traces: array<num, SQUARES>; // sum of the diagonal blocks of Z'P Z (ML: Z'V^-1 Z), as lower triangles
var<private> products: array<num, SQUARES>; // sum T
var<private> H: array<num, PARAMETERS * PP>;
var<private> h: array<num, PARAMETERS * P>;
var<private> slope: array<num, SQUARES>; // df/dG as symmetric matrices
var<private> hessian: array<num, PAIRS>; // packed lower triangle

fn packed(row: u32, column: u32) -> u32 { return row * (row + 1u) / 2u + column; }

fn type_size() -> u32 { return 1u + QQ + Q_LEVEL * shape.border; }
fn type_at(kind: u32) -> u32 { return 1u + packed(shape.border, 0u) + kind * type_size(); }
fn design_pair(i: u32) -> num { return num_load(vec2f(design_value(0u, i), constants[1u + i])); }
fn count_of(kind: u32) -> num { return design_pair(type_at(kind)); }

fn test_pair(c: u32, a: u32) -> num {
  let at = 1u + type_at(shape.types) + 2u * (c * P + a);
  return num_load(vec2f(constants[at], constants[at + 1u]));
}

fn response_pair(model: u32, row: u32) -> num {
  let rows = 1u + shape.border + shape.types * TYPE_ROWS;
  return num_load(vec2f(response(model, row), response(model, rows + row)));
}

fn add_product(sum: num, a: num, b: num) -> num { return num_add(sum, num_mul(a, b)); }
fn less_product(sum: num, a: num, b: num) -> num { return num_sub(sum, num_mul(a, b)); }
fn nothing() -> num { return num_of(0.0f); }

fn begin_sums() {
  for (var i = 0u; i < SQUARES; i++) {
    traces[i] = nothing();
    products[i] = nothing();
  }
  for (var i = 0u; i < PARAMETERS * PP; i++) {
    H[i] = nothing();
  }
  for (var i = 0u; i < PARAMETERS * P; i++) {
    h[i] = nothing();
  }
  for (var i = 0u; i < PAIRS; i++) {
    hessian[i] = nothing();
  }
}

// Fills C, E, y, W for a type; its log det F, or -1 where a pivot has no digits.
fn enter_level(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u;
  let row = 1u + shape.border + kind * TYPE_ROWS;
  var K: array<num, QQ>;
  for (var i = 0u; i < QQ; i++) {
    E[i] = design_pair(at + i);
  }
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var sum = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, E[i * Q_LEVEL + l], L[l * Q_LEVEL + j]);
      }
      K[i * Q_LEVEL + j] = sum;
    }
  }
  var product = num_of(1.0f);
  var exact = true;
  // Row by row: the Cholesky factor and the forward substitutions with it.
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var sum = num_of(select(0.0f, 1.0f, i == j));
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, K[i * Q_LEVEL + l], K[j * Q_LEVEL + l]);
      }
      let whole = num_hi(sum);
      for (var l = 0u; l < j; l++) {
        sum = less_product(sum, C[i * Q_LEVEL + l], C[j * Q_LEVEL + l]);
      }
      if (i == j) {
        exact = exact && num_hi(sum) > LEAST_PIVOT * whole;
        C[i * Q_LEVEL + i] = num_sqrt(sum);
      } else {
        C[i * Q_LEVEL + j] = num_mul(sum, over_C[j]);
      }
    }
    let pivot = C[i * Q_LEVEL + i];
    let inverse = num_recip(pivot);
    over_C[i] = inverse;
    product = num_mul(product, pivot);
    for (var j = 0u; j < Q_LEVEL; j++) {
      var e = E[i * Q_LEVEL + j];
      for (var l = 0u; l < i; l++) {
        e = less_product(e, C[i * Q_LEVEL + l], E[l * Q_LEVEL + j]);
      }
      E[i * Q_LEVEL + j] = num_mul(e, inverse);
    }
    var m = response_pair(model, row + i);
    for (var l = 0u; l < i; l++) {
      m = less_product(m, C[i * Q_LEVEL + l], y[l]);
    }
    y[i] = num_mul(m, inverse);
  }
  if (SCATTER == 1u) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j <= i; j++) {
        let value = response_pair(model, row + Q_LEVEL + packed(i, j));
        W[i * Q_LEVEL + j] = value;
        W[j * Q_LEVEL + i] = value;
      }
    }
    for (var j = 0u; j < Q_LEVEL; j++) {
      for (var i = 0u; i < Q_LEVEL; i++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < i; l++) {
          w = less_product(w, C[i * Q_LEVEL + l], W[l * Q_LEVEL + j]);
        }
        W[i * Q_LEVEL + j] = num_mul(w, over_C[i]);
      }
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j < Q_LEVEL; j++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < j; l++) {
          w = less_product(w, C[j * Q_LEVEL + l], W[i * Q_LEVEL + l]);
        }
        W[i * Q_LEVEL + j] = num_mul(w, over_C[j]);
      }
    }
  }
  if (!exact) {
    return num_of(-1.0f);
  }
  return num_scale(num_log(product), 2.0f);
}

// The diagonal block of a type, whose block of Z'P Z is A - c (c as a lower triangle): its part of traces, products and of
// the Hessian, as far as A takes part; \`twice_d\` is 2 d / S.
fn add_forms(weight: num, twice_d: num, c: array<num, QQ>) {
  var taken = c;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var a = nothing();
      var T = num_mul(weight, num_mul(t[i], t[j]));
      for (var l = 0u; l < Q_LEVEL; l++) {
        a = add_product(a, E[l * Q_LEVEL + i], E[l * Q_LEVEL + j]);
        if (SCATTER == 1u) {
          var we = nothing();
          for (var m = 0u; m < Q_LEVEL; m++) {
            we = add_product(we, W[l * Q_LEVEL + m], E[m * Q_LEVEL + j]);
          }
          T = add_product(T, E[l * Q_LEVEL + i], we);
        }
      }
      let at = i * Q_LEVEL + j;
      let difference = num_sub(a, taken[at]);
      traces[at] = add_product(traces[at], weight, difference);
      products[at] = num_add(products[at], T);
      let m = less_product(num_mul(twice_d, T), weight, num_sub(difference, taken[at]));
      A[at] = a;
      M[at] = m;
      A[j * Q_LEVEL + i] = a;
      M[j * Q_LEVEL + i] = m;
    }
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      if (parameter(e).square == 0u && parameter(f).square == 0u) {
        hessian[packed(e, f)] = num_add(hessian[packed(e, f)], sandwich(parameter(e), parameter(f)));
      }
    }
  }
}

// What a level of the factor whose square begins there adds to H and h.
fn add_changes(weight: num, square: u32) {
  for (var e = 0u; e < PARAMETERS; e++) {
    let element = parameter(e);
    if (element.square != square) {
      continue;
    }
    let first = element.row * P;
    let second = element.column * P;
    let mixed = element.row != element.column;
    for (var k = 0u; k < P; k++) {
      let u = num_mul(weight, U[first + k]);
      let v = num_mul(weight, U[second + k]);
      var sum = add_product(h[e * P + k], u, t[element.column]);
      if (mixed) {
        sum = add_product(sum, v, t[element.row]);
      }
      h[e * P + k] = sum;
      for (var l = 0u; l <= k; l++) {
        let at = e * PP + packed(k, l);
        var value = add_product(H[at], u, U[second + l]);
        if (mixed) {
          value = add_product(value, v, U[first + l]);
        }
        H[at] = value;
      }
    }
  }
}

// tr(A E_e M E_f), symmetrised over the order of A and M: both have to be symmetric.
fn sandwich(e: Parameter, f: Parameter) -> num {
  var sum = nothing();
  for (var turn = 0u; turn < 4u; turn++) {
    let turned_e = turn >= 2u;
    let turned_f = turn % 2u == 1u;
    if ((turned_e && e.row == e.column) || (turned_f && f.row == f.column)) {
      continue;
    }
    let a = select(e.row, e.column, turned_e);
    let b = select(e.column, e.row, turned_e);
    let c = select(f.row, f.column, turned_f);
    let d = select(f.column, f.row, turned_f);
    sum = add_product(sum, A[d * Q_LEVEL + a], M[b * Q_LEVEL + c]);
    sum = add_product(sum, M[d * Q_LEVEL + a], A[b * Q_LEVEL + c]);
  }
  return num_scale(sum, 0.5f);
}

fn change_of_s(e: u32) -> num {
  let at = parameter(e);
  let value = num_neg(products[at.square + at.row * at.width + at.column]);
  if (at.row == at.column) {
    return value;
  }
  return num_scale(value, 2.0f);
}

// df/dG from the sums.
fn end_slopes(d_over_s: num) {
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    let place = at.square + at.row * at.width + at.column;
    let value = less_product(traces[place], d_over_s, products[place]);
    slope[place] = value;
    slope[at.square + at.column * at.width + at.row] = value;
  }
}

struct Column {
  shift: num, // of the estimate
  variance: num, // over s^2
  change: array<num, PARAMETERS>, // of the variance with the elements of G
}

fn column(c: u32) -> Column {
  var v: array<num, P>; // D^-1 l
  var result: Column;
  result.shift = nothing();
  result.variance = nothing();
  for (var a = 0u; a < P; a++) {
    let l = test_pair(c, a);
    result.shift = add_product(result.shift, l, shift[a]);
    var s = l;
    for (var b = 0u; b < a; b++) {
      s = less_product(s, D[packed(a, b)], v[b]);
    }
    s = num_mul(s, over_D[a]);
    v[a] = s;
    result.variance = add_product(result.variance, s, s);
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    var sum = nothing();
    for (var k = 0u; k < P; k++) {
      var inner = nothing();
      for (var l = 0u; l < k; l++) {
        inner = add_product(inner, H[e * PP + packed(k, l)], v[l]);
      }
      inner = add_product(num_scale(inner, 2.0f), H[e * PP + packed(k, k)], v[k]);
      sum = add_product(sum, inner, v[k]);
    }
    // More of G is less information, and more variance.
    result.change[e] = sum;
  }
  return result;
}
`,"lmm/draws-shape":`// The uniform of the kernels of a bootstrap. The draws of some responses are made in slices, one after another, so that no
// dispatch lasts long. Column \`draw * responses + response\` of a buffer is one draw; \`pairs\` has those of all slices, the
// other buffers those of one, counted from its first.

struct Draws {
  models: u32, // draws of all responses in the slice
  stride: u32, // of a row of buffers over the slice
  responses: u32,
  draws: u32, // of each response
  seed: vec2u,
  kind: u32,
  columns: u32, // coefficients and contrasts
  levels: u32, // of the eliminated factor
  outside: f32, // degrees of freedom that nothing in the model reaches
  alpha: f32, // of the intervals; 0 without any
  needed: f32, // draws that must carry a tail
  first: u32, // draw of the slice
  pair_stride: u32, // of a row of \`pairs\`
  column: u32, // the first that a dispatch judges
}
`,"lmm/draws":`// Which draw a thread has, and from what it is drawn. The kernel declares \`draws\`, and \`fitted\`: rows of \`responses\`, the
// stream of each, then the parameters that it is drawn with, as bits.
//#import lmm/draws-shape

fn response_of(model: u32) -> u32 { return model % draws.responses; }
fn draw_of(model: u32) -> u32 { return draws.first + model / draws.responses; }
fn stream_of(model: u32) -> u32 { return fitted[response_of(model)]; }
fn fitted_value(model: u32, i: u32) -> f32 {
  return bitcast<f32>(fitted[(1u + i) * draws.responses + response_of(model)]);
}

// Rows of a pair: mean and ratio of a column. A ratio below zero marks a draw that could not be fitted.
fn mean_at(model: u32, column: u32) -> u32 { return pair_row(2u * column) + model; }
fn ratio_at(model: u32, column: u32) -> u32 { return pair_row(2u * column + 1u) + model; }
fn pair_row(row: u32) -> u32 { return row * draws.pair_stride + draws.first * draws.responses; }
`,"lmm/factor-finish":`// Finishes what lmm/factor-search found, in the number type of the kernel: Newton's method to the digits that users get, and
// what they get. Twins in float64: src/lmm/newton.ts (without its safeguards: what would need one is left to the host) and
// src/lmm/factor-finish.ts. The kernel imports an objective with derivatives: \`evaluate\`, which fills log_det, S, slope and
// hessian at the factor L, then \`column\` and \`change_of_s\`.
//
// Parameters are elements of the factor whose rows are in the order of its pivots, largest first: with a fixed order a first
// column near zero makes the later ones exchangeable. They count in units of their row of the factor.
//#import lmm/factors

const FOUND: u32 = 0u;
const NOWHERE: u32 = 1u; // the search found nothing
const UNSETTLED: u32 = 2u; // the search did, but the host has to finish: the factor is that of the search

const EVALUATIONS: u32 = 5u;
const GOAL: f32 = 1e-15f; // Newton decrement
const LARGEST_DECREMENT: f32 = 0.05f;
const FLAT: f32 = 1e-6f; // pivot of the Hessian, of its largest element

var<private> order: array<u32, SQUARES>; // row of its square where each row of the pivoted factor stands
var<private> size: array<f32, PARAMETERS>;
var<private> factorised: array<num, PAIRS>; // Cholesky factor of the Hessian in the parameters

fn row_of(at: Parameter) -> u32 { return order[at.square + at.row]; }
fn place_of(at: Parameter, row: u32, column: u32) -> u32 { return at.square + row * at.width + column; }

// The factors of the search, in \`factors\`, with their pivots first: Gram and Schmidt over the rows of each term.
fn pivot() {
  var rest = factors;
  for (var i = 0u; i < SQUARES; i++) {
    factors[i] = 0.0f;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    order[at.square + at.row] = at.row;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    if (at.row != at.column) {
      continue;
    }
    // A column of a term: its rows follow as parameters.
    var end = at.row + 1u;
    for (var l = k + 1u; l < PARAMETERS; l++) {
      let below = parameter(l);
      if (below.row == below.column) {
        break;
      }
      end = below.row + 1u;
    }
    var best = at.row;
    var largest = -1.0f;
    for (var i = at.row; i < end; i++) {
      var norm = 0.0f;
      for (var l = 0u; l < at.width; l++) {
        let value = rest[place_of(at, order[at.square + i], l)];
        norm += value * value;
      }
      if (norm > largest) {
        largest = norm;
        best = i;
      }
    }
    let chosen = order[at.square + best];
    order[at.square + best] = order[at.square + at.row];
    order[at.square + at.row] = chosen;
    if (!(largest > 0.0f)) {
      continue;
    }
    let length = sqrt(largest);
    var direction = rest; // of the chosen row
    for (var l = 0u; l < at.width; l++) {
      direction[l] = rest[place_of(at, chosen, l)] / length;
    }
    for (var i = at.row; i < end; i++) {
      let row = order[at.square + i];
      var dot = 0.0f;
      for (var l = 0u; l < at.width; l++) {
        dot += rest[place_of(at, row, l)] * direction[l];
      }
      factors[place_of(at, row, at.column)] = dot;
      for (var l = 0u; l < at.width; l++) {
        rest[place_of(at, row, l)] -= dot * direction[l];
      }
    }
  }
}

// d G_e / d parameter k, in units of the parameter.
fn jacobian(k: u32, e: u32) -> num {
  let at = parameter(k);
  let element = parameter(e);
  let row = row_of(at);
  var sum = nothing();
  if (at.square == element.square && row == element.row) {
    sum = L[place_of(at, element.column, at.column)];
  }
  if (at.square == element.square && row == element.column) {
    sum = num_add(sum, L[place_of(at, element.row, at.column)]);
  }
  return num_mul(num_of(size[k]), sum);
}

// x = (Cholesky factor of the Hessian)^-1 x.
fn substitute(values: array<num, PARAMETERS>) -> array<num, PARAMETERS> {
  var x = values;
  for (var k = 0u; k < PARAMETERS; k++) {
    var sum = x[k];
    for (var l = 0u; l < k; l++) {
      sum = less_product(sum, factorised[packed(k, l)], x[l]);
    }
    x[k] = num_div(sum, factorised[packed(k, k)]);
  }
  return x;
}

fn sum_of_squares(x: array<num, PARAMETERS>) -> num {
  var values = x;
  var sum = nothing();
  for (var k = 0u; k < PARAMETERS; k++) {
    sum = num_add(sum, num_sqr(values[k]));
  }
  return sum;
}

// The Hessian in the parameters and its Cholesky factor; false where it is not clearly positive.
fn factorise() -> bool {
  var largest = 0.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    let row = row_of(at);
    var norm = 0.0f;
    for (var l = 0u; l < at.width; l++) {
      let value = num_hi(L[place_of(at, row, l)]);
      norm += value * value;
    }
    size[k] = max(1.0f, sqrt(norm));
    var along: array<num, PARAMETERS>; // (row k of the Jacobian) times the Hessian over G
    for (var f = 0u; f < PARAMETERS; f++) {
      along[f] = nothing();
    }
    for (var e = 0u; e < PARAMETERS; e++) {
      let element = parameter(e);
      if (at.square != element.square || (row != element.row && row != element.column)) {
        continue;
      }
      let value = jacobian(k, e);
      for (var f = 0u; f < PARAMETERS; f++) {
        along[f] = add_product(along[f], value, hessian[packed(max(e, f), min(e, f))]);
      }
    }
    for (var l = 0u; l <= k; l++) {
      let other = parameter(l);
      var sum = nothing();
      if (at.square == other.square && at.column == other.column) {
        sum = num_mul(num_of(2.0f * size[k]), num_mul(num_of(size[l]), slope[place_of(at, row, row_of(other))]));
      }
      for (var e = 0u; e < PARAMETERS; e++) {
        sum = add_product(sum, along[e], jacobian(l, e));
      }
      factorised[packed(k, l)] = sum;
    }
    largest = max(largest, num_hi(factorised[packed(k, k)]));
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    for (var l = 0u; l <= k; l++) {
      var sum = factorised[packed(k, l)];
      for (var m = 0u; m < l; m++) {
        sum = less_product(sum, factorised[packed(k, m)], factorised[packed(l, m)]);
      }
      if (k == l) {
        if (!(num_hi(sum) > FLAT * largest)) {
          return false;
        }
        factorised[packed(k, k)] = num_sqrt(sum);
      } else {
        factorised[packed(k, l)] = num_div(sum, factorised[packed(l, l)]);
      }
    }
  }
  return true;
}

fn gradient_of(k: u32) -> num {
  let at = parameter(k);
  let row = row_of(at);
  var sum = nothing();
  for (var b = 0u; b < at.width; b++) {
    sum = add_product(sum, slope[place_of(at, row, b)], L[place_of(at, b, at.column)]);
  }
  return num_mul(num_of(2.0f * size[k]), sum);
}

fn store(model: u32, row: u32, value: num) { finished[row * shape.stride + model] = num_store(value); }

// Rows of the factors' squares, S, the log-determinants, the decrement, (outcome, evaluations), then of each column shift,
// variance over s^2 and half of what the uncertainty of G adds to the inverse degrees of freedom.
fn finish_factors(model: u32) {
  let found = optima[PARAMETERS * shape.stride + model];
  var evaluations = found & 0xffffu;
  var outcome = select(UNSETTLED, NOWHERE, found >> 16u != FOUND);
  var start: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    start[k] = bitcast<f32>(optima[k * shape.stride + model]);
  }
  place_factors(start);
  pivot();
  for (var i = 0u; i <= SQUARES; i++) {
    L[i] = num_of(factors[i]);
  }
  var decrement = nothing();
  for (var turn = 0u; turn < EVALUATIONS && outcome == UNSETTLED; turn++) {
    evaluations++;
    if (!evaluate(model) || !factorise()) {
      break;
    }
    var step: array<num, PARAMETERS>;
    for (var k = 0u; k < PARAMETERS; k++) {
      step[k] = gradient_of(k);
    }
    step = substitute(step);
    decrement = num_scale(sum_of_squares(step), 0.5f);
    if (num_hi(decrement) <= GOAL) {
      outcome = FOUND;
      break;
    }
    if (!(num_hi(decrement) <= LARGEST_DECREMENT)) {
      break;
    }
    for (var back = PARAMETERS; back > 0u; back--) {
      let k = back - 1u;
      var sum = step[k];
      for (var l = back; l < PARAMETERS; l++) {
        sum = less_product(sum, factorised[packed(l, k)], step[l]);
      }
      step[k] = num_div(sum, factorised[packed(k, k)]);
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      let place = place_of(at, row_of(at), at.column);
      L[place] = less_product(L[place], num_of(size[k]), step[k]);
    }
  }
  finished[(SQUARES + 3u) * shape.stride + model] = vec2f(f32(outcome), f32(evaluations));
  for (var i = 0u; i < SQUARES; i++) {
    if (outcome != FOUND) {
      L[i] = num_of(factors[i]);
    }
    store(model, i, L[i]);
  }
  if (outcome != FOUND) {
    return;
  }
  store(model, SQUARES, S);
  store(model, SQUARES + 1u, log_det);
  store(model, SQUARES + 2u, decrement);
  let columns = u32(constants[0]);
  for (var c = 0u; c < columns; c++) {
    var values = column(c);
    // d log(variance S) / d parameters
    var along: array<num, PARAMETERS>;
    for (var k = 0u; k < PARAMETERS; k++) {
      along[k] = nothing();
    }
    for (var e = 0u; e < PARAMETERS; e++) {
      let change = num_add(num_div(values.change[e], values.variance), num_div(change_of_s(e), S));
      for (var k = 0u; k < PARAMETERS; k++) {
        along[k] = add_product(along[k], change, jacobian(k, e));
      }
    }
    let at = SQUARES + 4u + 3u * c;
    store(model, at, values.shift);
    store(model, at + 1u, values.variance);
    store(model, at + 2u, sum_of_squares(substitute(along)));
  }
}
`,"lmm/factor-search":`// Minimises the criterion of one model over the parameters of its covariance (the free elements of relative factors, or
// those of blocks), by BFGS with a Hessian that begins as an expected one. The kernel imports a criterion: begin_criterion,
// evaluate_criterion, differentiate_criterion, first_inverse, and what they leave in criterion, criterion_noise and
// gradient; and parameters with start_value and covariances (lmm/factors, lmm/blocks-objective).
//
// A search that would hold a thread for too long goes on in further dispatches, from the point that it has reached.
// The host scales: factors by their typical size, each response to a residual variance near 1. The point found is a
// start for the host's Newton method in float64.

const MAXIMAL_EVALUATIONS: u32 = 90u; // of a start
const MAXIMAL_REFUSALS: u32 = 10u; // of a step
const RENEWED: u32 = 20u; // steps after which the Hessian is begun anew: updates from steps of mere noise spoil it
const SETTLED: f32 = 4e-6f; // Newton decrement in deviance units
const STALLED: f32 = 1e-2f; // at which a search that rounding stops still counts
const LONGEST: f32 = 2.0f; // step in units of 1 + the size of the factor

const SAME: f32 = 2e-3f; // criteria closer than this may be in either order

const FOUND: u32 = 0u;
const UNSURE: u32 = 1u; // the host searches itself
const UNFINISHED: u32 = 2u; // the next dispatch goes on from where this one stood

struct FactorOptimum {
  parameters: array<f32, PARAMETERS>,
  // Criterion less that of the first start.
  value: f32,
  evaluations: u32,
  outcome: u32,
}

fn search_factors(model: u32) -> FactorOptimum {
  begin_criterion();
  var evaluations = 0u;
  if (shape.round > 0u) {
    evaluations = optima[PARAMETERS * shape.stride + model] & 0xffffu;
  }
  var outcome = UNSURE;
  var best: array<f32, PARAMETERS>;
  var best_G: array<f32, PARAMETERS>;
  var best_value = 0.0f;

  for (var start = 0u; start < shape.starts; start++) {
    var x: array<f32, PARAMETERS>; // accepted last
    var moved: array<f32, PARAMETERS>; // evaluated next
    for (var k = 0u; k < PARAMETERS; k++) {
      moved[k] = start_value(start, k);
      if (shape.round > 0u) {
        moved[k] = bitcast<f32>(optima[k * shape.stride + model]);
      }
    }
    var value = 0.0f;
    var noise = 0.0f;
    var H: array<f32, PARAMETERS * PARAMETERS>; // inverse of the Hessian
    var step: array<f32, PARAMETERS>;
    var slope = 0.0f; // along the step
    var decrement = 0.0f;
    var scale = 1.0f;
    var refused = 0u;
    var fresh = true; // H is the diagonal of expected curvatures
    var stepping = false; // from x, with a step; else \`moved\` is taken as it is
    var settled = false;
    var steps = 0u;
    // One place where the kernel evaluates and one where it differentiates: drivers copy functions to each call.
    var cut_short = shape.turns < MAXIMAL_EVALUATIONS;
    for (var turn = 0u; turn < min(MAXIMAL_EVALUATIONS, shape.turns); turn++) {
      evaluations++;
      let valid = evaluate_criterion(model, moved);
      let next = criterion;
      if (!valid || (stepping && !(next <= value + 1e-4f * scale * slope + noise))) {
        if (!stepping) {
          cut_short = false;
          break;
        }
        refused++;
        if (refused < MAXIMAL_REFUSALS) {
          scale *= select(0.25f, 0.5f, refused == 1u);
          for (var k = 0u; k < PARAMETERS; k++) {
            moved[k] = x[k] + scale * step[k];
          }
          continue;
        }
        if (fresh || decrement <= STALLED) {
          cut_short = false;
          break;
        }
        moved = x;
        stepping = false;
        continue;
      }
      let before = gradient;
      differentiate_criterion(model);
      value = next;
      noise = criterion_noise;
      x = moved;
      steps++;
      fresh = !stepping || steps % RENEWED == 0u;
      if (!fresh) {
        // s = scale * step, y = gradient - before; H y into \`hy\`.
        var sy = 0.0f;
        var yhy = 0.0f;
        var hy: array<f32, PARAMETERS>;
        for (var k = 0u; k < PARAMETERS; k++) {
          var sum = 0.0f;
          for (var l = 0u; l < PARAMETERS; l++) {
            sum += H[k * PARAMETERS + l] * (gradient[l] - before[l]);
          }
          hy[k] = sum;
          yhy += sum * (gradient[k] - before[k]);
          sy += scale * step[k] * (gradient[k] - before[k]);
        }
        if (sy > -0.02f * scale * slope * scale) {
          let gain = (1.0f + yhy / sy) / sy;
          for (var k = 0u; k < PARAMETERS; k++) {
            for (var l = 0u; l < PARAMETERS; l++) {
              let sk = scale * step[k];
              let sl = scale * step[l];
              H[k * PARAMETERS + l] += gain * sk * sl - (sk * hy[l] + hy[k] * sl) / sy;
            }
          }
        } else {
          // Hardly any curvature along the step, or a negative one: longer steps.
          for (var k = 0u; k < PARAMETERS * PARAMETERS; k++) {
            H[k] *= 4.0f;
          }
        }
      }
      var norm = 0.0f;
      var size = 0.0f;
      // A second time where rounding has spoilt H, so that its step leads upwards.
      for (var trial = 0u; trial < 2u; trial++) {
        if (fresh) {
          H = first_inverse();
        }
        slope = 0.0f;
        norm = 0.0f;
        size = 0.0f;
        for (var k = 0u; k < PARAMETERS; k++) {
          var sum = 0.0f;
          for (var l = 0u; l < PARAMETERS; l++) {
            sum -= H[k * PARAMETERS + l] * gradient[l];
          }
          step[k] = sum;
          slope += sum * gradient[k];
          norm += sum * sum;
          size += x[k] * x[k];
        }
        if (fresh || slope <= 0.0f) {
          break;
        }
        fresh = true;
      }
      decrement = -0.5f * slope;
      // Should the search end here, the host goes on from where that was.
      settled = slope == 0.0f || (decrement >= 0.0f && decrement < STALLED && !fresh);
      if (!(slope < 0.0f) || (decrement < SETTLED && !fresh)) {
        cut_short = false;
        break;
      }
      scale = min(1.0f, LONGEST * (1.0f + sqrt(size)) / sqrt(norm));
      for (var k = 0u; k < PARAMETERS; k++) {
        moved[k] = x[k] + scale * step[k];
      }
      refused = 0u;
      stepping = true;
    }
    if (cut_short) {
      return FactorOptimum(x, value, evaluations, UNFINISHED);
    }
    if (!settled) {
      continue;
    }
    var G = covariances(x);
    if (outcome == FOUND && abs(value - best_value) < SAME) {
      var difference = 0.0f;
      var size = 0.0f;
      for (var k = 0u; k < PARAMETERS; k++) {
        difference = max(difference, abs(G[k] - best_G[k]));
        size = max(size, max(abs(G[k]), abs(best_G[k])));
      }
      if (difference > 0.1f * size + 1e-3f) {
        outcome = UNSURE;
        break;
      }
    }
    if (outcome == UNSURE || value < best_value) {
      best = x;
      best_G = G;
      best_value = value;
      outcome = FOUND;
    }
  }
  return FactorOptimum(best, best_value, evaluations, outcome);
}

// Whether an earlier dispatch has come to the end of a model's search.
fn is_searched(model: u32) -> bool {
  return shape.round > 0u && optima[PARAMETERS * shape.stride + model] >> 16u != UNFINISHED;
}

// Writes the optimum: rows of the parameters as bits, then evaluations + 65536 * outcome.
fn store_optimum(model: u32, optimum: FactorOptimum) {
  var parameters = optimum.parameters;
  for (var k = 0u; k < PARAMETERS; k++) {
    optima[k * shape.stride + model] = bitcast<u32>(parameters[k]);
  }
  optima[PARAMETERS * shape.stride + model] = min(optimum.evaluations, 0xffffu) | (optimum.outcome << 16u);
}
`,"lmm/factor-statistics":`// What a draw says of each coefficient and contrast: the pair (mean, ratio) of src/lmm/bootstrap/conditional-tails.ts. Twin in
// float64: src/lmm/bootstrap/factor-bootstrap.ts. The kernel imports an objective and its columns: \`column_estimate\` and
// \`column_variance\` at the point evaluated last.
//#import lmm/factors
//#import lmm/draws

const FOUND_OUTCOME: u32 = 0u;

fn store_pairs(model: u32) {
  var parameters: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    parameters[k] = fitted_value(model, k);
  }
  var valid = optima[PARAMETERS * shape.stride + model] >> 16u == FOUND_OUTCOME;
  // One place where the kernel evaluates: first at what was drawn from, then at what was found.
  for (var pass_number = 0u; pass_number < 2u; pass_number++) {
    valid = evaluate(model, parameters) && valid;
    let s = response(model, 0u) + quadratic;
    for (var c = 0u; c < draws.columns; c++) {
      let estimate = column_estimate(model, c);
      let variance = column_variance(model, c);
      if (pass_number == 0u) {
        pairs[mean_at(model, c)] = estimate;
        pairs[ratio_at(model, c)] = variance;
        continue;
      }
      let drawn = pairs[ratio_at(model, c)];
      pairs[mean_at(model, c)] = (estimate - pairs[mean_at(model, c)]) / sqrt(drawn);
      let ratio = sqrt(s / design_value(model, 0u) * variance / drawn);
      pairs[ratio_at(model, c)] = select(-1.0f, ratio, valid);
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      parameters[k] = bitcast<f32>(optima[k * shape.stride + model]);
    }
  }
}
`,"lmm/factors":`// The relative covariance factors of a model and what its parameters are. The kernel declares \`structure\`: four words a
// parameter (where its square begins in \`factors\`, width of the square, row, column); the starts as bits, parameters
// each; then four words a border column: first column of its level, width of the level, where the square of its factor
// begins, its column in that.
//#import lmm/model-data

//#param PARAMETERS: u32
// Elements of all squares of factors: the eliminated factor's, then those in the border.
//#param SQUARES: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\`, \`optima\`, \`workspace\` and designs of their own
  design_row: u32,
  design_step: u32,
  types: u32,
  starts: u32,
  border: u32, // columns [Z_rest X]
  random: u32, // of them those of Z_rest
  turns: u32, // evaluations of a start in one dispatch
  round: u32, // of a search that takes several dispatches
  zero: u32,
}

var<private> factors: array<f32, SQUARES + 1u>; // the last is 1: the factor of a fixed effect

struct Parameter {
  square: u32,
  width: u32,
  row: u32,
  column: u32,
}

fn parameter(k: u32) -> Parameter {
  return Parameter(structure[4u * k], structure[4u * k + 1u], structure[4u * k + 2u], structure[4u * k + 3u]);
}

fn start_value(start: u32, k: u32) -> f32 { return bitcast<f32>(structure[4u * PARAMETERS + start * PARAMETERS + k]); }

struct BorderColumn {
  first: u32,
  width: u32,
  square: u32,
  index: u32,
}

fn border_column(a: u32) -> BorderColumn {
  let at = (4u + shape.starts) * PARAMETERS + 4u * a;
  return BorderColumn(structure[at], structure[at + 1u], structure[at + 2u], structure[at + 3u]);
}

// Element (row of the level, column) of the factor that a border column belongs to.
fn border_factor(column: BorderColumn, row: u32, index: u32) -> f32 {
  return factors[column.square + row * column.width + index];
}

fn place_factors(parameters: array<f32, PARAMETERS>) {
  for (var i = 0u; i < SQUARES; i++) {
    factors[i] = 0.0f;
  }
  factors[SQUARES] = 1.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    factors[at.square + at.row * at.width + at.column] = parameters[k];
  }
}

// L L' of every term at the parameters' places; leaves \`factors\` there.
fn covariances(parameters: array<f32, PARAMETERS>) -> array<f32, PARAMETERS> {
  place_factors(parameters);
  var G: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    var sum = 0.0f;
    for (var l = 0u; l < at.width; l++) {
      sum += factors[at.square + at.row * at.width + l] * factors[at.square + at.column * at.width + l];
    }
    G[k] = sum;
  }
  return G;
}
`,"lmm/kept-squares":`// z^2 of the first levels of a workgroup's model in its own memory: rows of \`responses\` lie a stride apart, so that
// neighbouring lanes, which have neighbouring levels, would read a line of memory each, in every evaluation. A lane reads
// what it wrote itself and needs no barrier.

// Levels kept.
//#param KEPT: u32

var<workgroup> kept_squares: array<f32, KEPT>;

fn keep_squares(model: u32) {
  for (var j = lane(); j < min(shape.levels, KEPT); j += LANES) {
    kept_squares[j] = stored_square(model, j);
  }
}

fn z_squared(model: u32, j: u32) -> f32 {
  if (j < KEPT) {
    return kept_squares[j];
  }
  return stored_square(model, j);
}
`,"lmm/lanes-single":`// Lanes that share a model: here one thread has it alone. The other two modules of this kind have the same names.

const LANES: u32 = 1u;

fn lane() -> u32 { return 0u; }

// Sums over the lanes of a model, the same in each of them.
fn reduce(own: mat2x4f) -> mat2x4f { return own; }
`,"lmm/lanes-subgroup":`// Lanes that share a model: here the threads of a workgroup, summed by subgroups first, which takes a third of the
// barriers of lmm/lanes-workgroup. The rule about branches is the same.
enable subgroups;
requires subgroup_id;

const LANES: u32 = 64u;

var<private> own_lane: u32;
var<private> own_subgroup: u32;
var<private> subgroup_count: u32;
// A subgroup has one lane at least.
var<workgroup> subgroup_sums: array<mat2x4f, LANES>;

fn lanes_begin(index: u32, subgroup: u32, subgroups: u32) {
  own_lane = index;
  own_subgroup = subgroup;
  subgroup_count = subgroups;
}

fn lane() -> u32 { return own_lane; }

// Sums over the lanes of a model, the same in each of them.
fn reduce(own: mat2x4f) -> mat2x4f {
  let sum = mat2x4f(subgroupAdd(own[0]), subgroupAdd(own[1]));
  if (subgroupElect()) {
    subgroup_sums[own_subgroup] = sum;
  }
  workgroupBarrier();
  if (own_lane == 0u) {
    for (var s = 1u; s < subgroup_count; s++) {
      subgroup_sums[0] += subgroup_sums[s];
    }
  }
  // Its barriers keep the next call from writing before all have read.
  return workgroupUniformLoad(&subgroup_sums[0]);
}
`,"lmm/lanes-workgroup":`// Lanes that share a model: here the threads of a workgroup. All of them have to come to every \`reduce\`, so branches
// around one may depend on uniform values and on earlier results of \`reduce\` only.

const LANES: u32 = 64u;

var<private> own_lane: u32;
var<workgroup> lane_sums: array<mat2x4f, LANES>;

fn lanes_begin(index: u32) { own_lane = index; }

fn lane() -> u32 { return own_lane; }

// Sums over the lanes of a model, the same in each of them. The order of the additions does not depend on the device.
fn reduce(own: mat2x4f) -> mat2x4f {
  lane_sums[own_lane] = own;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (own_lane < half) {
      lane_sums[own_lane] += lane_sums[own_lane + half];
    }
    workgroupBarrier();
  }
  // Its barriers keep the next call from writing before all have read.
  return workgroupUniformLoad(&lane_sums[0]);
}
`,"lmm/level":`// One level of the eliminated factor, or a type of levels with the same R: F = I + (R L)(R L)' = C C', and what the
// response brings. R = Q'Z has Q_LEVEL rows; means and scatters over the levels of a type lie in rows of the response.
//#import lmm/factors
//#import num/f32

//#param Q_LEVEL: u32
// 1 where a type has several levels, so that responses have scatters.
//#param SCATTER: u32

const QQ: u32 = Q_LEVEL * Q_LEVEL;
const TYPE_ROWS: u32 = Q_LEVEL + SCATTER * (Q_LEVEL * (Q_LEVEL + 1u) / 2u);

// C, C^-1 R, C^-1 mean, C^-1 scatter C^-T.
var<private> C: array<f32, QQ>;
var<private> E: array<f32, QQ>;
var<private> y: array<f32, Q_LEVEL>;
var<private> W: array<f32, QQ>;

// Fills C, E, y, W from R at \`at\` of the design and the response from \`row\` on; returns log det F.
fn enter_level(model: u32, at: u32, row: u32) -> f32 {
  var K: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      E[i * Q_LEVEL + j] = design_value(model, at + i * Q_LEVEL + j);
    }
  }
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var sum = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum += E[i * Q_LEVEL + l] * factors[l * Q_LEVEL + j];
      }
      K[i * Q_LEVEL + j] = sum;
    }
  }
  var product = 1.0f;
  // Row by row: the Cholesky factor and the forward substitutions with it.
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var sum = select(0.0f, 1.0f, i == j);
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum += K[i * Q_LEVEL + l] * K[j * Q_LEVEL + l];
      }
      for (var l = 0u; l < j; l++) {
        sum -= C[i * Q_LEVEL + l] * C[j * Q_LEVEL + l];
      }
      if (i == j) {
        // F - I is positive semidefinite, so a pivot is 1 at least.
        C[i * Q_LEVEL + i] = sqrt(max(sum, 1.0f));
      } else {
        C[i * Q_LEVEL + j] = sum / C[j * Q_LEVEL + j];
      }
    }
    let pivot = C[i * Q_LEVEL + i];
    let inverse = 1.0f / pivot;
    product *= pivot;
    for (var j = 0u; j < Q_LEVEL; j++) {
      var e = E[i * Q_LEVEL + j];
      for (var l = 0u; l < i; l++) {
        e -= C[i * Q_LEVEL + l] * E[l * Q_LEVEL + j];
      }
      E[i * Q_LEVEL + j] = e * inverse;
    }
    var m = response(model, row + i);
    for (var l = 0u; l < i; l++) {
      m -= C[i * Q_LEVEL + l] * y[l];
    }
    y[i] = m * inverse;
  }
  if (SCATTER == 1u) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j <= i; j++) {
        let value = response(model, row + Q_LEVEL + i * (i + 1u) / 2u + j);
        W[i * Q_LEVEL + j] = value;
        W[j * Q_LEVEL + i] = value;
      }
    }
    for (var j = 0u; j < Q_LEVEL; j++) {
      for (var i = 0u; i < Q_LEVEL; i++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < i; l++) {
          w -= C[i * Q_LEVEL + l] * W[l * Q_LEVEL + j];
        }
        W[i * Q_LEVEL + j] = w / C[i * Q_LEVEL + i];
      }
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j < Q_LEVEL; j++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < j; l++) {
          w -= C[j * Q_LEVEL + l] * W[i * Q_LEVEL + l];
        }
        W[i * Q_LEVEL + j] = w / C[j * Q_LEVEL + j];
      }
    }
  }
  return 2.0f * num_log(product);
}

// E'E = R'F^-1 R of the level at hand.
fn level_information() -> array<f32, QQ> {
  var A: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var dot = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        dot += E[l * Q_LEVEL + i] * E[l * Q_LEVEL + j];
      }
      A[i * Q_LEVEL + j] = dot;
    }
  }
  return A;
}

// E'W E: what the scatter of a type adds to the outer product of Z'V^-1 r.
fn level_scatter() -> array<f32, QQ> {
  var WE: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var inner = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        inner += W[i * Q_LEVEL + l] * E[l * Q_LEVEL + j];
      }
      WE[i * Q_LEVEL + j] = inner;
    }
  }
  var out: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var outer = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        outer += E[l * Q_LEVEL + i] * WE[l * Q_LEVEL + j];
      }
      out[i * Q_LEVEL + j] = outer;
    }
  }
  return out;
}

// Expected curvature of a parameter of the eliminated factor, ignoring X and the scale, with A = Z'V^-1 Z of the level.
fn level_curvature(at: Parameter, A: array<f32, QQ>) -> f32 {
  var information = A; // WGSL indexes no values by variables
  var form = 0.0f;
  var along = 0.0f;
  for (var i = 0u; i < Q_LEVEL; i++) {
    var ai = 0.0f;
    for (var j = 0u; j < Q_LEVEL; j++) {
      ai += information[i * Q_LEVEL + j] * factors[j * Q_LEVEL + at.column];
    }
    form += factors[i * Q_LEVEL + at.column] * ai;
    along = select(along, ai, i == at.row);
  }
  return 2.0f * (information[at.row * Q_LEVEL + at.row] * form + along * along);
}

var<private> log_det: f32;
var<private> quadratic: f32; // S less what no level takes up
// In parts of 32 types: one running sum over a thousand of them errs by more than the search takes for noise.
const PART: u32 = 32u;
var<private> part_log_det: f32;
var<private> part_quadratic: f32;

fn begin_levels() {
  log_det = 0.0f;
  quadratic = 0.0f;
  part_log_det = 0.0f;
  part_quadratic = 0.0f;
}

// Adds what the type entered last brings to log|V| and to the quadratic form of the response, scatters included.
fn add_level(kind: u32, weight: f32, log_det_f: f32) {
  if (kind % PART == 0u) {
    end_levels();
  }
  part_log_det += weight * log_det_f;
  for (var i = 0u; i < Q_LEVEL; i++) {
    part_quadratic += weight * y[i] * y[i];
    if (SCATTER == 1u) {
      part_quadratic += W[i * Q_LEVEL + i];
    }
  }
}

fn end_levels() {
  log_det += part_log_det;
  quadratic += part_quadratic;
  part_log_det = 0.0f;
  part_quadratic = 0.0f;
}

// Half of the derivative in an element of the level's factor, from the slope in its covariance.
fn factor_slope(slope: array<f32, QQ>, row: u32, column: u32) -> f32 {
  var slopes = slope;
  var g = 0.0f;
  for (var b = 0u; b < Q_LEVEL; b++) {
    g += slopes[row * Q_LEVEL + b] * factors[b * Q_LEVEL + column];
  }
  return g;
}
`,"lmm/model-data":`// What kernels over models read. The kernel declares \`shape\`, \`design\` and \`responses\`.
//
// Models are columns of rows of \`shape.stride\`, so that neighbouring threads read neighbouring words. A design that all
// models share has design_row = 1 and design_step = 0; designs of their own lie as columns too: stride and 1.

fn response(model: u32, row: u32) -> f32 { return responses[row * shape.stride + model]; }

fn design_value(model: u32, i: u32) -> f32 { return design[i * shape.design_row + model * shape.design_step]; }
`,"lmm/profiled-gaussian":`// The criterion of a linear mixed model with beta and sigma profiled out, log|V| (+ log|X'V^-1 X|) + d log S, as the search
// sees one: relative to the first point that could be evaluated, where its digits are. The kernel imports an objective over
// it, which has \`evaluate\`, \`differentiate\`, \`log_det\`, \`quadratic\`, \`gradient\` and \`curvature\` (block, crossed).
//
// Another likelihood is another module with the same functions and variables (a residual structure, a family).
//#import num/f32

var<private> criterion: f32;
var<private> criterion_noise: f32; // what rounding does to it
// Log-determinant and quadratic form at the reference, and whether there is one.
var<private> reference: vec2f;
var<private> has_reference: bool;

fn begin_criterion() {
  reference = vec2f(0.0f);
  has_reference = false;
}

// Evaluates at \`parameters\`; false where there is no value.
fn evaluate_criterion(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  let valid = evaluate(model, parameters);
  if (valid && !has_reference) {
    reference = vec2f(log_det, quadratic);
    has_reference = true;
  }
  let rest = response(model, 0u);
  let d = design_value(model, 0u);
  criterion = (log_det - reference.x) + d * num_log1p((quadratic - reference.y) / (rest + reference.y));
  return valid;
}

// \`gradient\` and expected \`curvature\` at the point evaluated last.
fn differentiate_criterion(model: u32) {
  differentiate(model, design_value(model, 0u) / (response(model, 0u) + quadratic));
  criterion_noise = 1e-6f + 3e-7f * (abs(log_det) + abs(criterion) + abs(quadratic));
}

// Inverse of the Hessian that a search begins with: its expected diagonal.
fn first_inverse() -> array<f32, PARAMETERS * PARAMETERS> {
  var largest = 0.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    largest = max(largest, curvature[k]);
  }
  var H: array<f32, PARAMETERS * PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    for (var l = 0u; l < PARAMETERS; l++) {
      H[k * PARAMETERS + l] = 0.0f;
    }
    H[k * PARAMETERS + k] = 1.0f / max(curvature[k], 1e-4f * largest + 1e-20f);
  }
  return H;
}
`,"lmm/spectral-search":`// Minimises the profiled criterion of models with one scalar random term over u = log gamma. The lanes of a model share
// its levels. The kernel imports one of the lmm/lanes-* modules, declares the bindings and says where z^2 of a level is:
// \`z_squared\`. Twin in float64: src/lmm/spectral-search.ts, whose header has the formulas. All sums are of
// positive terms.
//
// The host scales: eigenvalues by their mean, each response to a residual variance near 1; gamma is relative to that.
// The point found is a start for the host's float64 finish, so Newton's method stops once a step is small enough for
// quadratic convergence to do the rest.
//#import num/f32

// 1 where the eigenvalues in the log-determinant are not those of the residual form (ML).
//#param SEPARATE_MU: u32
// 1 where responses hold z itself, as draws do, instead of its square.
//#param SIGNED: u32
// 2 where responses are pairs, of which the first word is what counts here.
//#param WORDS: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of \`responses\`, \`optima\` and designs of their own
  design_row: u32,
  design_step: u32,
  levels: u32, // J, eigenvalues
  blocks: u32, // of four eigenvalues in the log-determinant
}

const GRID: u32 = 9u;
const CONSTANTS: u32 = 9u; // the vector of d and sum mu
const HEADER: u32 = 10u; // vectors before those of the levels
const LOG_100: f32 = 4.6051702f;
// Up to gamma * mean(lambda) = 3e26 and down to 1e-13: below that the sign of the slope is rounding.
const UP_STEPS: u32 = 11u;
const DOWN_STEPS: u32 = 5u;
const MAXIMAL_EVALUATIONS: u32 = 64u;
const SETTLED_STEP: f32 = 1e-3f;

const INTERIOR: u32 = 0u;
const BOUNDARY: u32 = 1u;
const UNSURE: u32 = 2u; // the host searches itself

struct Evaluation {
  slope: f32,
  curvature: f32,
}

fn design_vector(model: u32, i: u32) -> vec4f { return design[i * shape.design_row + model * shape.design_step]; }

fn degrees(model: u32) -> f32 { return design_vector(model, CONSTANTS).x; }

fn grid_u(model: u32, i: u32) -> f32 { return design_vector(model, i >> 2u)[i & 3u]; }

fn eigenvalue(model: u32, j: u32) -> f32 { return design_vector(model, HEADER + 3u * j + 2u).y; }

fn within(model: u32) -> f32 { return responses[WORDS * model]; }

// z^2 of a level as it lies in \`responses\`.
fn stored_square(model: u32, j: u32) -> f32 {
  let z = responses[WORDS * ((j + 1u) * shape.stride + model)];
  return select(z, z * z, SIGNED == 1u);
}

fn evaluate(model: u32, u: f32) -> Evaluation {
  let gamma = exp(u);
  var s = 0.0f;
  var zht = 0.0f;
  var zht2 = 0.0f;
  var h_sum = 0.0f;
  var ht_sum = 0.0f;
  for (var j = lane(); j < shape.levels; j += LANES) {
    let gl = gamma * eigenvalue(model, j);
    let t = 1.0f / (1.0f + gl);
    let h = gl * t;
    let zt = z_squared(model, j) * t;
    let ht = zt * h;
    s += zt;
    zht += ht;
    zht2 += ht * (1.0f - 2.0f * h);
    if (SEPARATE_MU == 0u) {
      h_sum += h;
      ht_sum += h * t;
    }
  }
  if (SEPARATE_MU != 0u) {
    let first = HEADER + 3u * shape.levels;
    var h4 = vec4f();
    var ht4 = vec4f();
    for (var b = lane(); b < shape.blocks; b += LANES) {
      let gm = gamma * design_vector(model, first + b);
      let t = 1.0f / (1.0f + gm);
      let h = gm * t;
      h4 += h;
      ht4 += h * t;
    }
    h_sum = (h4.x + h4.y) + (h4.z + h4.w);
    ht_sum = (ht4.x + ht4.y) + (ht4.z + ht4.w);
  }
  let sums = reduce(mat2x4f(vec4f(s, zht, zht2, h_sum), vec4f(ht_sum, 0.0f, 0.0f, 0.0f)));
  let whole = within(model) + sums[0].x;
  let a = sums[0].y / whole;
  let d = degrees(model);
  return Evaluation(sums[0].w - d * a, sums[1].x - d * (sums[0].z / whole + a * a));
}

// Criterion relative to gamma = 0.
fn criterion_difference(model: u32, u: f32, s0: f32) -> f32 {
  let gamma = exp(u);
  var direct = 0.0f;
  var drop = 0.0f;
  var log_det = 0.0f;
  for (var j = lane(); j < shape.levels; j += LANES) {
    let gl = gamma * eigenvalue(model, j);
    let t = 1.0f / (1.0f + gl);
    let z2 = z_squared(model, j);
    direct += z2 * t;
    drop += z2 * (gl * t);
    if (SEPARATE_MU == 0u) {
      log_det += num_log1p(gl);
    }
  }
  if (SEPARATE_MU != 0u) {
    let first = HEADER + 3u * shape.levels;
    for (var b = lane(); b < 4u * shape.blocks; b += LANES) {
      log_det += num_log1p(gamma * design_vector(model, first + (b >> 2u))[b & 3u]);
    }
  }
  let sums = reduce(mat2x4f(vec4f(direct, drop, log_det, 0.0f), vec4f()))[0];
  // log1p keeps the digits of small differences, the direct sum those of large ones.
  let d = degrees(model);
  if (sums.y < 0.5f * s0) {
    return sums.z + d * num_log1p(-sums.y / s0);
  }
  return sums.z + d * num_log((within(model) + sums.x) / s0);
}

struct Found {
  u: f32,
  evaluations: u32,
  outcome: u32,
}

fn search_model(model: u32) -> Found {
  // Slopes at gamma = 0 (in gamma) and at all points of the grid (in u), in one pass over the levels.
  let rw = within(model);
  let d = degrees(model);
  var s_zero = 0.0f;
  var zl_sum = 0.0f;
  var s_low = vec4f();
  var s_high = vec4f();
  var s_top = 0.0f;
  var a_low = vec4f();
  var a_high = vec4f();
  var a_top = 0.0f;
  for (var j = lane(); j < shape.levels; j += LANES) {
    let at = HEADER + 3u * j;
    let t_low = design_vector(model, at);
    let t_high = design_vector(model, at + 1u);
    let last = design_vector(model, at + 2u);
    let z2 = z_squared(model, j);
    let zl = z2 * last.y;
    s_zero += z2;
    zl_sum += zl;
    s_low += z2 * t_low;
    s_high += z2 * t_high;
    s_top += z2 * last.x;
    a_low += zl * (t_low * t_low);
    a_high += zl * (t_high * t_high);
    a_top += zl * (last.x * last.x);
  }
  let lower = reduce(mat2x4f(s_low, a_low));
  let upper = reduce(mat2x4f(s_high, a_high));
  let ends = reduce(mat2x4f(vec4f(s_zero, zl_sum, s_top, a_top), vec4f()))[0];
  let s0 = rw + ends.x;
  let slopes_low = design_vector(model, 6u) - d * (design_vector(model, 3u) * lower[1] / (rw + lower[0]));
  let slopes_high = design_vector(model, 7u) - d * (design_vector(model, 4u) * upper[1] / (rw + upper[0]));
  var slopes = array<f32, GRID + 1u>(
    design_vector(model, CONSTANTS).y - d * (ends.y / s0),
    slopes_low.x, slopes_low.y, slopes_low.z, slopes_low.w,
    slopes_high.x, slopes_high.y, slopes_high.z, slopes_high.w,
    design_vector(model, 8u).x - d * (design_vector(model, 5u).x * ends.w / (rw + ends.z)),
  );
  var falling = 0u;
  for (var i = 0u; i <= GRID; i++) {
    falling |= select(0u, 1u << i, slopes[i] < 0.0f);
  }

  var evaluations = 1u;
  var outcome = BOUNDARY;
  var best_u = 0.0f;
  var best = 0.0f; // difference at best_u
  var known = (falling & 1u) == 0u; // that best has been computed: gamma = 0 is a minimum
  var found = known;

  // A minimum lies where the criterion falls at one point and not at the next.
  var starts = falling & ~(falling >> 1u);
  while (starts != 0u) {
    let i = firstTrailingBit(starts);
    starts &= starts - 1u;
    // Outside the grid the missing end of the bracket is looked for first, in steps of a factor of 100.
    var low = grid_u(model, max(i, 1u) - 1u);
    var high = grid_u(model, min(i, GRID - 1u));
    var outward = 0.0f;
    var outward_steps = 0u;
    var u = low + (high - low) * (slopes[i] / (slopes[i] - slopes[min(i + 1u, GRID)]));
    if (i == 0u) {
      outward = -LOG_100;
      outward_steps = DOWN_STEPS;
    } else if (i == GRID) {
      outward = LOG_100;
      outward_steps = UP_STEPS;
    }
    if (outward != 0.0f) {
      u = low + outward;
    } else if (!(u > low && u < high)) {
      u = 0.5f * (low + high);
    }
    var settled = false;
    var last_step = 1e30f;
    for (var k = 0u; k < MAXIMAL_EVALUATIONS; k++) {
      let e = evaluate(model, u);
      evaluations++;
      if (e.slope < 0.0f) {
        low = u;
      } else {
        high = u;
      }
      if (outward_steps > 0u) {
        if ((e.slope < 0.0f) == (outward > 0.0f)) { // not bracketed yet
          u += outward;
          outward_steps--;
          if (outward_steps == 0u) {
            break;
          }
          continue;
        }
        outward_steps = 0u;
      }
      var next = u - e.slope / e.curvature;
      let newton = e.curvature > 0.0f && next >= low && next <= high;
      if (!newton) {
        next = 0.5f * (low + high);
      }
      let step = abs(next - u);
      u = next;
      // Near gamma = 0 steps stop shrinking before they are small: only rounding is left.
      if (newton && (step < SETTLED_STEP || (step < 0.1f && step >= 0.5f * last_step))) {
        settled = true;
        break;
      }
      if (high - low < 1e-5f) {
        settled = true;
        break;
      }
      last_step = select(1e30f, step, newton);
    }
    if (!settled) {
      outcome = UNSURE;
      break;
    }
    if (!found) {
      best_u = u;
      outcome = INTERIOR;
      found = true;
      continue;
    }
    // A second minimum, or one beside gamma = 0: rare, and the criterion decides.
    if (!known) {
      best = criterion_difference(model, best_u, s0);
      known = true;
    }
    let difference = criterion_difference(model, u, s0);
    if (abs(difference - best) < 1e-3f + 1e-4f * (abs(difference) + abs(best))) {
      outcome = UNSURE;
      break;
    }
    if (difference < best) {
      best = difference;
      best_u = u;
      outcome = INTERIOR;
    }
  }
  return Found(best_u, evaluations, outcome);
}

fn write_found(model: u32, found: Found) {
  optima[model] = bitcast<u32>(found.u);
  optima[shape.stride + model] = found.evaluations | (found.outcome << 16u);
}
`,"lmm/visit-structures":`// What the rows of a subject at two visits are to each other, as functions of parameters that stand in \`point\` from a place on:
// structures of visits, of which a kernel has one. Twin in float64: src/lmm/structured/structures.ts, whose header has the
// formulas. The kernel declares \`shape\`, with the number of visits of the structure.
//#param STRUCTURE: u32

// Values of STRUCTURE; standard deviations by visit or one for all make no difference here.
const DIAGONAL: u32 = 0u;
const EXCHANGEABLE: u32 = 1u;
const AUTOREGRESSIVE: u32 = 2u;
const ANTE_DEPENDENT: u32 = 3u;
const UNSTRUCTURED: u32 = 4u;

// tanh, and its slope without the cancellation near 1.
fn correlation_of(phi: f32) -> vec2f {
  let e = num_exp(-2.0f * min(abs(phi), 30.0f));
  let rho = (1.0f - e) / (1.0f + e);
  return vec2f(select(rho, -rho, phi < 0.0f), 4.0f * e / ((1.0f + e) * (1.0f + e)));
}

// The one correlation of all pairs, and its slope.
fn shared_correlation(phi: f32) -> vec2f {
  let least = select(0.0f, -1.0f / (f32(shape.visits) - 1.0f), shape.visits > 1u);
  let e = num_exp(-min(abs(phi), 30.0f));
  let share = select(1.0f, e, phi < 0.0f) / (1.0f + e);
  return vec2f(least + (1.0f - least) * share, (1.0f - least) * e / ((1.0f + e) * (1.0f + e)));
}

fn power(rho: f32, lag: u32) -> f32 {
  var value = 1.0f;
  for (var i = 0u; i < lag; i++) {
    value *= rho;
  }
  return value;
}

// Element (i, j) of the unit lower factor of \`us\`.
fn factor_element(place: u32, i: u32, j: u32) -> f32 {
  if (j >= i) {
    return select(0.0f, 1.0f, i == j);
  }
  return point[place + i * (i - 1u) / 2u + j];
}

// Product of the correlations of neighbours from visit \`low\` to \`high\`, but for one of them.
fn neighbours(place: u32, low: u32, high: u32, without: u32) -> f32 {
  var value = 1.0f;
  for (var k = low; k < high; k++) {
    if (k != without) {
      value *= correlation_of(point[place + k]).x;
    }
  }
  return value;
}

// K between two visits.
fn between(place: u32, i: u32, j: u32) -> f32 {
  let low = min(i, j);
  let high = max(i, j);
  if (STRUCTURE == UNSTRUCTURED) {
    var sum = 0.0f;
    for (var c = 0u; c <= low; c++) {
      sum += factor_element(place, i, c) * factor_element(place, j, c);
    }
    return sum;
  }
  if (i == j) {
    return 1.0f;
  }
  if (STRUCTURE == EXCHANGEABLE) {
    return shared_correlation(point[place]).x;
  }
  if (STRUCTURE == AUTOREGRESSIVE) {
    return power(correlation_of(point[place]).x, high - low);
  }
  if (STRUCTURE == ANTE_DEPENDENT) {
    return neighbours(place, low, high, high);
  }
  return 0.0f;
}
`,"num/df64-fma":`// Pairs of f32 with the product's rounding error by fma, where fma is one rounding; every rounding hidden.
//#import num/df64

fn rounded(x: f32) -> f32 { return opaque(x); }

fn two_prod(a: f32, b: f32) -> vec2f {
  let p = rounded(a * b);
  return vec2f(p, rounded(fma(a, b, -p)));
}
`,"num/df64-opaque":`// Pairs of f32 where only constants are hidden from the compiler: for compilers that keep to the order of operations.
//#import num/df64
//#import num/df64-split

fn rounded(x: f32) -> f32 { return x; }
`,"num/df64-split":`// Product with its rounding error, the significands split by a mask into 12 and 12 bits: unlike the split by 4097 it
// cannot overflow. The order of the subtractions makes each of them exact.

fn split_high(a: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
}

fn two_prod(a: f32, b: f32) -> vec2f {
  let p = rounded(a * b);
  let ah = split_high(a);
  let al = rounded(a - ah);
  let bh = split_high(b);
  let bl = rounded(b - bh);
  let rest = rounded(rounded(rounded(p - rounded(ah * bh)) - rounded(al * bh)) - rounded(ah * bl));
  return vec2f(p, rounded(rounded(al * bl) - rest));
}
`,"num/df64-xor":`// Pairs of f32 where every rounding is hidden from the compiler, which can then neither fold nor contract.
//#import num/df64
//#import num/df64-split

fn rounded(x: f32) -> f32 { return opaque(x); }
`,"num/df64":`// The number type \`num\` as an unevaluated sum of two f32, |low| <= ulp(high) / 2: about 48 bits, the exponents of f32.
// The contract is in shaders/README.md. A variant adds \`rounded\` and \`two_prod\`.
//
// Errors (relative, of the exact result): add and sub 2^-47, mul 2^-45.8, div 2^-45, sqrt 2^-46, log and log1p 2^-45.
//#import num/opaque
//#import num/exponent

alias num = vec2f;

fn num_of(x: f32) -> num { return vec2f(opaque(x), 0.0f); }
fn num_pair(hi: f32, lo: f32) -> num { return vec2f(opaque(hi), opaque(lo)); }
fn num_load(pair: vec2f) -> num { return pair; }
fn num_store(x: num) -> vec2f { return x; }
fn num_hi(x: num) -> f32 { return x.x; }

// a + b and its rounding error. Written in this order: spirv-opt folds (a - b) + b into a.
fn two_sum(a: f32, b: f32) -> vec2f {
  let s = rounded(a + b);
  let bb = rounded(s - a);
  return vec2f(s, rounded(rounded(a - rounded(s - bb)) + rounded(b - bb)));
}

// The same for |a| >= |b|.
fn quick_two_sum(a: f32, b: f32) -> vec2f {
  let s = rounded(a + b);
  return vec2f(s, rounded(b - rounded(s - a)));
}

fn num_neg(a: num) -> num { return -a; }

// Two two-sums: the cheaper sum with one loses everything under cancellation.
fn num_add(a: num, b: num) -> num {
  let high = two_sum(a.x, b.x);
  let low = two_sum(a.y, b.y);
  let sum = quick_two_sum(high.x, rounded(high.y + low.x));
  return quick_two_sum(sum.x, rounded(sum.y + low.y));
}

fn num_sub(a: num, b: num) -> num { return num_add(a, -b); }

fn num_mul(a: num, b: num) -> num {
  let p = two_prod(a.x, b.x);
  let cross = rounded(rounded(a.x * b.y) + rounded(a.y * b.x));
  return quick_two_sum(p.x, rounded(p.y + cross));
}

fn num_sqr(a: num) -> num {
  let p = two_prod(a.x, a.x);
  return quick_two_sum(p.x, rounded(p.y + rounded(2.0f * rounded(a.x * a.y))));
}

// Quotient of the high words, corrected once. It is hidden: compilers fold (a / b) * b into a.
fn num_div(a: num, b: num) -> num {
  let q = opaque(a.x / b.x);
  let p = two_prod(q, b.x);
  let rest = rounded(rounded(rounded(a.x - p.x) - p.y) + rounded(a.y - rounded(q * b.y)));
  return quick_two_sum(q, rounded(rest / b.x));
}

fn num_recip(a: num) -> num { return num_div(num_of(1.0f), a); }

// 0 for a <= 0.
fn num_sqrt(a: num) -> num {
  if (a.x <= 0.0f) {
    return vec2f();
  }
  let s = opaque(sqrt(a.x));
  let p = two_prod(s, s);
  let rest = rounded(rounded(rounded(a.x - p.x) - p.y) + a.y);
  return quick_two_sum(s, rounded(rounded(0.5f * rest) / s));
}

fn num_scale(a: num, power: f32) -> num { return a * power; }
fn num_lt(a: num, b: num) -> bool { return a.x < b.x || (a.x == b.x && a.y < b.y); }

// 2 atanh(s) for |s| <= 0.1716: powers up to s^9 in pairs, up to s^19 in f32.
fn num_twice_atanh(s: num) -> num {
  let w = num_sqr(s);
  let v = w.x;
  let tail = v * (1.0f / 11.0f + v * (1.0f / 13.0f + v * (1.0f / 15.0f + v * (1.0f / 17.0f + v * (1.0f / 19.0f)))));
  var series = num_add(num_pair(0.111111112f, -8.27842295e-10f), num_of(tail)); // 1/9
  series = num_add(num_pair(0.142857149f, -6.38621200e-9f), num_mul(w, series)); // 1/7
  series = num_add(num_pair(0.200000003f, -2.98023228e-9f), num_mul(w, series)); // 1/5
  series = num_add(num_pair(0.333333343f, -9.93410776e-9f), num_mul(w, series)); // 1/3
  return num_scale(num_add(s, num_mul(s, num_mul(w, series))), 2.0f);
}

// Natural logarithm of a normal number > 0.
fn num_log(x: num) -> num {
  let e = exponent_near_one(x.x);
  let m = vec2f(scale_by_power(x.x, -e), scale_by_power(x.y, -e));
  let one = num_of(1.0f);
  let series = num_twice_atanh(num_div(num_sub(m, one), num_add(m, one)));
  return num_add(num_mul(num_pair(0.693147182f, -1.90465421e-9f), num_of(f32(e))), series); // log(2)
}

// log(1 + x) for x > -1, without loss near 0.
fn num_log1p(x: num) -> num {
  if (x.x > -0.28f && x.x < 0.4f) {
    return num_twice_atanh(num_div(x, num_add(num_of(2.0f), x)));
  }
  return num_log(num_add(num_of(1.0f), x));
}

// exp(x); 0 below -87. Below exp(-60) the low word is flushed to zero.
fn num_exp(x: num) -> num {
  if (x.x < -87.0f) {
    return vec2f();
  }
  let k = round(x.x * 1.4426950f);
  // 15 bits of log(2), so that the product is exact, and the rest of it.
  let high = num_sub(x, num_of(k * 0.693145751953125f));
  let r = num_scale(num_sub(high, num_mul(num_pair(1.42860677e-6f, 5.49792315e-14f), num_of(k))), 0.0625f);
  let v = r.x;
  let tail = v * (1.0f / 120.0f + v * (1.0f / 720.0f + v * (1.0f / 5040.0f)));
  var series = num_add(num_pair(0.0416666679f, -1.24176347e-9f), num_of(tail)); // 1/24
  series = num_add(num_pair(0.166666672f, -4.96705388e-9f), num_mul(r, series)); // 1/6
  series = num_add(num_of(0.5f), num_mul(r, series));
  // exp - 1, doubled four times: (1 + t)^2 - 1 = 2 t + t^2.
  var t = num_add(r, num_mul(num_sqr(r), series));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  let result = num_add(num_of(1.0f), t);
  return vec2f(scale_by_power(result.x, i32(k)), scale_by_power(result.y, i32(k)));
}
`,"num/exponent":`// Exponents of f32 by their bits: what WGSL's frexp and ldexp do, without their freedoms.

// e such that x * 2^-e lies in [sqrt(1/2), sqrt(2)), for a normal number > 0.
fn exponent_near_one(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 255u) - 127;
  // 0x3504f4 is the significand of sqrt(2), rounded up.
  return select(e, e + 1, (bits & 0x7fffffu) >= 0x3504f4u);
}

// 2^e for e in -126..127, exactly.
fn power_of_two(e: i32) -> f32 {
  return bitcast<f32>(u32(e + 127) << 23u);
}

// x * 2^e for |e| <= 252, in two steps because 2^e alone may be out of range.
fn scale_by_power(x: f32, e: i32) -> f32 {
  let half = e / 2;
  return (x * power_of_two(half)) * power_of_two(e - half);
}
`,"num/f32":`// The number type \`num\` in single precision: the contract of shaders/README.md.
//
// Logarithms and exponentials are our own: WGSL lets \`log\` be wrong by 2e-4 relative near 1, and drivers use that.
//#import num/exponent

alias num = f32;

const NUM_LN2_HI: f32 = 0.693145751953125f; // 15 significant bits: exact times any exponent
const NUM_LN2_LO: f32 = 1.42860677e-6f;

// Nothing needs hiding from the compiler in plain f32.
fn num_begin(zero: u32) {}

fn num_of(x: f32) -> num { return x; }
fn num_pair(hi: f32, lo: f32) -> num { return hi + lo; }
fn num_load(pair: vec2f) -> num { return pair.x + pair.y; }
fn num_store(x: num) -> vec2f { return vec2f(x, 0.0f); }
fn num_hi(x: num) -> f32 { return x; }

fn num_neg(a: num) -> num { return -a; }
fn num_add(a: num, b: num) -> num { return a + b; }
fn num_sub(a: num, b: num) -> num { return a - b; }
fn num_mul(a: num, b: num) -> num { return a * b; }
fn num_sqr(a: num) -> num { return a * a; }
fn num_div(a: num, b: num) -> num { return a / b; }
fn num_recip(a: num) -> num { return 1.0f / a; }
fn num_sqrt(a: num) -> num { return sqrt(a); }
fn num_scale(a: num, power: f32) -> num { return a * power; }
fn num_lt(a: num, b: num) -> bool { return a < b; }

// 2 atanh(s) for |s| <= 0.1716.
fn num_twice_atanh(s: f32) -> f32 {
  let w = s * s;
  let tail = w * (1.0f / 3.0f + w * (0.2f + w * (1.0f / 7.0f + w * (1.0f / 9.0f + w * (1.0f / 11.0f)))));
  return 2.0f * (s + s * tail);
}

// Natural logarithm of a normal number > 0.
fn num_log(x: num) -> num {
  let e = exponent_near_one(x);
  let m = scale_by_power(x, -e);
  let k = f32(e);
  return k * NUM_LN2_HI + (k * NUM_LN2_LO + num_twice_atanh((m - 1.0f) / (m + 1.0f)));
}

// log(1 + x) for x > -1, without loss near 0.
fn num_log1p(x: num) -> num {
  if (x > -0.28f && x < 0.4f) {
    return num_twice_atanh(x / (2.0f + x));
  }
  return num_log(1.0f + x);
}

// exp(x); 0 below -87.
fn num_exp(x: num) -> num {
  if (x < -87.0f) {
    return 0.0f;
  }
  let k = round(x * 1.4426950f);
  let r = (x - k * NUM_LN2_HI) - k * NUM_LN2_LO;
  let series = 1.0f / 6.0f + r * (1.0f / 24.0f + r * (1.0f / 120.0f + r * (1.0f / 720.0f + r * (1.0f / 5040.0f))));
  return scale_by_power(1.0f + (r + r * r * (0.5f + r * series)), i32(k));
}
`,"num/normal":`// Standard normal numbers from counters, one 32-bit word each by the inverse distribution function. Twin:
// src/numeric/counter-normals.ts. The integers agree with it bit by bit, the numbers to about 1e-6.
//#import num/philox
//#import num/f32

// The block of four words at hand, and which numbers it belongs to.
var<private> normal_words: vec4u;
var<private> normal_block: u32;
var<private> normal_counter: vec4u; // draw, unused, stream, kind
var<private> normal_key: vec2u;

// Goes to the numbers of a draw.
fn normal_begin(stream: u32, draw: u32, kind: u32, key: vec2u) {
  normal_counter = vec4u(draw, 0u, stream, kind);
  normal_key = key;
  normal_block = 0xffffffffu;
}

fn normal_at(index: u32) -> f32 {
  let block = index >> 2u;
  if (block != normal_block) {
    normal_words = philox(vec4u(normal_counter.x, block, normal_counter.z, normal_counter.w), normal_key);
    normal_block = block;
  }
  return normal_of_word(normal_words[index & 3u]);
}

// The lowest bit is the sign, the others the probability beyond the number. M. J. Wichura, algorithm AS 241 (PPND7).
fn normal_of_word(word: u32) -> f32 {
  let tail_bits = word >> 1u;
  let q = (f32(0x80000000u - tail_bits) - 0.5f) * 2.3283064e-10f; // 1/2 - tail
  var z: f32;
  if (q <= 0.425f) {
    let r = 0.180625f - q * q;
    let top = ((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f;
    let bottom = ((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1.0f;
    z = q * top / bottom;
  } else {
    let r = sqrt(-num_log((f32(tail_bits) + 0.5f) * 2.3283064e-10f));
    // r is at most 4.8 here: the smallest tail is 2^-33.
    let s = r - 1.6f;
    let top = ((0.17023821103f * s + 1.3067284816f) * s + 2.7568153900f) * s + 1.4234372777f;
    let bottom = (0.12021132975f * s + 0.73700164250f) * s + 1.0f;
    z = top / bottom;
  }
  return select(z, -z, (word & 1u) == 1u);
}

// Number \`index\` of the draw, or from there on one for each degree of freedom below 100, as a chi-squared number:
// Cornish and Fisher's expansion (counter-normals.ts).
fn chi_squared_at(index: u32, k: f32) -> f32 {
  if (k < 100.0f) {
    var sum = 0.0f;
    for (var i = 0u; i < u32(k); i++) {
      let z = normal_at(index + i);
      sum += z * z;
    }
    return sum;
  }
  let z = normal_at(index);
  let z2 = z * z;
  let root = sqrt(2.0f / k);
  let first = z * root + (2.0f / 3.0f) * (z2 - 1.0f) / k + z * (z2 - 7.0f) / (18.0f * k) * root;
  let second = z * ((9.0f * z2 + 256.0f) * z2 - 433.0f) / (9720.0f * k * k) * root;
  return k * (1.0f + (first - (((6.0f * z2 + 14.0f) * z2 - 32.0f) / (405.0f * k * k)) + second));
}
`,"num/opaque":`// Hides values from the compiler: an exclusive or with a zero that only the host knows to be one. Compilers fold the
// error-free transforms away as soon as one operand is a constant (SwiftShader does), and an identity bitcast, \`let\` or a
// private variable that is never written hide nothing.

var<private> opaque_zero: u32;

// To be called first by the entry point, with a uniform that is 0.
fn num_begin(zero: u32) {
  opaque_zero = zero;
}

fn opaque(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ opaque_zero);
}
`,"num/philox":`// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011): four random words from a counter and a key, with the same
// integers on every device and in src/numeric/philox.ts.

// High word of a * b, from four products of 16-bit halves: WGSL has no such operation.
fn multiply_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let middle = ah * bl + ((al * bl) >> 16u);
  let carry = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var i = 0; i < 10; i++) {
    let h0 = multiply_high(0xd2511f53u, c.x);
    let h1 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4u(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
`,"probe/chains":`// Sums of products with a carried accumulator, the operands from every address space that kernels use. One thread a sum;
// row k of the results belongs to source k.
//#number
//#param TERMS: u32

struct Settings {
  zero: u32,
  count: u32,
}

const SLOTS = 8u;
const GROUP = 32u;

@group(0) @binding(0) var<uniform> settings: Settings;
// TERMS rows of \`count\` pairs a (xy), b (zw).
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// The first 8 terms of the first sum again.
@group(0) @binding(2) var<uniform> shared_operands: array<vec4f, 8>;
// Four rows of \`count\` pairs.
@group(0) @binding(3) var<storage, read_write> results: array<vec2f>;

var<workgroup> tile: array<vec2f, 32>;

fn accumulate(sum: num, operand: vec4f) -> num {
  return num_add(sum, num_mul(num_load(operand.xy), num_load(operand.zw)));
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  num_begin(settings.zero);
  let count = settings.count;
  // The host gives whole workgroups only, so that every thread comes to the barriers.
  let at = min(id.x, count - 1u);

  // Storage, two inlined calls an iteration.
  var sum = num_of(0.0f);
  for (var k = 0u; k + 1u < TERMS; k += 2u) {
    sum = accumulate(sum, operands[k * count + at]);
    sum = accumulate(sum, operands[(k + 1u) * count + at]);
  }
  if (TERMS % 2u == 1u) {
    sum = accumulate(sum, operands[(TERMS - 1u) * count + at]);
  }
  results[at] = num_store(sum);

  // A private array, its index known at run time only.
  var slots: array<num, SLOTS>;
  for (var s = 0u; s < SLOTS; s++) {
    slots[s] = num_of(0.0f);
  }
  for (var k = 0u; k < TERMS; k++) {
    let s = (k + at) % SLOTS;
    slots[s] = accumulate(slots[s], operands[k * count + at]);
  }
  var total = slots[0];
  for (var s = 1u; s < SLOTS; s++) {
    total = num_add(total, slots[s]);
  }
  results[count + at] = num_store(total);

  // Uniform operands: the same sum in every thread.
  var uniform_sum = num_of(0.0f);
  for (var s = 0u; s < SLOTS; s++) {
    uniform_sum = accumulate(uniform_sum, shared_operands[s]);
  }
  results[2u * count + at] = num_store(uniform_sum);

  // Workgroup memory: the tree over the threads' sums.
  tile[lane] = num_store(sum);
  for (var stride = GROUP / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      tile[lane] = num_store(num_add(num_load(tile[lane]), num_load(tile[lane + stride])));
    }
  }
  workgroupBarrier();
  results[3u * count + at] = tile[0];
}
`,"probe/facts":`// What the device's f32 and integers do: one operation a row, judged bit by bit on the host.
//#import num/philox

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// a, b, c and a positive number.
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// Eight rows of \`count\` bit patterns.
@group(0) @binding(2) var<storage, read_write> results: array<u32>;
// A counter, then its key in two words of four, for each of \`words\`.
@group(0) @binding(3) var<storage, read> counters: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> words: array<vec4u>;

fn write_row(row: u32, at: u32, value: f32) {
  results[row * settings.count + at] = bitcast<u32>(value);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  if (at >= settings.count) {
    return;
  }
  let given = operands[at];
  write_row(0u, at, given.x + given.y);
  write_row(1u, at, given.x * given.y);
  write_row(2u, at, given.x * given.y + given.z);
  write_row(3u, at, fma(given.x, given.y, given.z));
  write_row(4u, at, given.x / given.y);
  write_row(5u, at, sqrt(given.w));
  write_row(6u, at, log(given.w));
  write_row(7u, at, exp(given.x));
  if (at < arrayLength(&words)) {
    words[at] = philox(counters[2u * at], counters[2u * at + 1u].xy);
  }
}
`,"probe/functions":`// Logarithms and exponential, with the constants that they bring along.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// Rows of \`count\` pairs: arguments of log, log1p and exp.
@group(0) @binding(1) var<storage, read> operands: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  let count = settings.count;
  if (at >= count) {
    return;
  }
  results[at] = num_store(num_log(num_load(operands[at])));
  results[count + at] = num_store(num_log1p(num_load(operands[count + at])));
  results[2u * count + at] = num_store(num_exp(num_load(operands[2u * count + at])));
}
`,"probe/operations":`// Every operation of the number contract on given operands; row k of the results is operation k.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// Pairs a (xy) and b (zw).
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// 12 rows of \`count\` pairs.
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

fn write_row(row: u32, at: u32, value: num) {
  results[row * settings.count + at] = num_store(value);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  if (at >= settings.count) {
    return;
  }
  let a = num_load(operands[at].xy);
  let b = num_load(operands[at].zw);
  write_row(0u, at, num_add(a, b));
  write_row(1u, at, num_sub(a, b));
  write_row(2u, at, num_mul(a, b));
  write_row(3u, at, num_add(num_mul(a, b), a));
  write_row(4u, at, num_sqr(a));
  write_row(5u, at, num_div(a, b));
  write_row(6u, at, num_recip(b));
  let positive = operands[at].xy * select(-1.0f, 1.0f, operands[at].x >= 0.0f);
  write_row(7u, at, num_sqrt(num_load(positive)));
  write_row(8u, at, num_sub(a, a));
  write_row(9u, at, num_mul(a, a));
  write_row(10u, at, num_add(a, num_neg(b)));
  write_row(11u, at, num_add(num_of(1.0f), b));
}
`,"probe/subgroups":`// Numbers passed between the threads of a subgroup: the sum with the neighbour, and who that was.
enable subgroups;
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// Sum (xy) and the neighbour's index as a number (z).
@group(0) @binding(2) var<storage, read_write> results: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  // The host gives whole workgroups only.
  let at = min(id.x, settings.count - 1u);
  let own = operands[at].xy;
  let other = vec2f(subgroupShuffleXor(own.x, 1u), subgroupShuffleXor(own.y, 1u));
  let neighbour = subgroupShuffleXor(at, 1u);
  results[at] = vec4f(num_store(num_add(num_load(own), num_load(other))), f32(neighbour), 0.0f);
}
`,"probe/transforms":`// The error-free transforms alone, for df64 variants: sum, ordered sum and product with their rounding errors.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> operands: array<vec2f>;
// Three rows of \`count\` pairs.
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  let count = settings.count;
  if (at >= count) {
    return;
  }
  let a = operands[at].x;
  let b = operands[at].y;
  let swapped = abs(a) < abs(b);
  results[at] = two_sum(a, b);
  results[count + at] = quick_two_sum(select(a, b, swapped), select(b, a, swapped));
  results[2u * count + at] = two_prod(a, b);
}
`},r=[`df64-opaque`,`df64-xor`,`df64-fma`,`f32`],i=/^\s*\/\/#import\s+(\S+)\s*$/,a=/^\s*\/\/#slot\s+(\w+)\s*$/,o=/^\s*\/\/#number\s*$/,s=/^\s*\/\/#param\s+([A-Za-z]\w*)(?:\s*:\s*(u32|i32|f32))?\s*(?:\/\/.*)?$/,c=/^\s*\/\/#/,l=/^\s*(?:enable|requires|diagnostic)\b[^;]*;\s*$/,u=/^\/\/#source (\S+)$/;function d(e,t,r=n){let u=new Set,d=[],f=[],h=new Map,b=(e,n,a)=>{let m=Object.hasOwn(r,e)?r[e]:void 0;if(m===void 0)throw g(e,a,r);if(n.includes(e)){let t=[...n.slice(n.indexOf(e)),e].join(` -> `);throw y(`${v(a)}shader modules import each other: ${t}`,a)}if(u.has(e))return;let S=_(e),C=m.split(`
`).map((r,a)=>{let u={path:S,line:a+1},f=i.exec(r)?.[1]??(o.test(r)?`num/${t.number}`:x(r,u));if(f!==null)return b(f,[...n,e],u),r;let m=s.exec(r);if(m!==null){let[,e,t]=m;return h.has(e)||h.set(e,{name:e,type:p(t),...u}),r}if(c.test(r))throw y(`${v(u)}no such directive: ${r.trim()}`,u);return l.test(r)?(d.includes(r.trim())||d.push(r.trim()),``):r});u.add(e),f.push(`//#source ${S}\n${C.join(`
`)}`)},x=(e,n)=>{let r=a.exec(e)?.[1];if(r===void 0)return null;let i=t.modules?.[r];if(i===void 0)throw y(`${v(n)}no module for the slot ${r}`,n);return i};b(e,[],null);let S=m(_(e),h,t.constants??{});return[...d,...S,...f].join(`
`)}function f(e,t){let n=e.split(`
`);for(let e=Math.min(t,n.length)-1;e>=0;e--){let r=u.exec(n[e])?.[1];if(r!==void 0)return{path:r,line:t-e-1}}return null}function p(e){return e===`u32`||e===`i32`||e===`f32`?e:null}function m(t,n,r){for(let i of Object.keys(r)){if(n.has(i))continue;let r=e(i,n.keys());throw y(`${t}: no module declares the constant '${i}'${r===void 0?``:`; did you mean '${r}'?`}`,{path:t})}return[...n.values()].map(e=>{let{name:t,type:n,path:i,line:a}=e;if(!Object.hasOwn(r,t))throw y(`${v(e)}no value for the parameter ${t}`,{path:i,line:a});let o=r[t],s=h(o,n);if(s===null)throw y(`${v(e)}${t} = ${o} is no ${n??`number that f32 can hold`}`,{path:i,line:a});return s.replace(`NAME`,t)})}function h(e,t){let n=t??(Number.isInteger(e)?e>=0?`u32`:`i32`:`f32`);if(n===`f32`){let t=Math.fround(e);if(!Number.isFinite(t))return null;let n=String(t);return`const NAME: f32 = ${/[.e]/.test(n)?n:`${n}.0`}f;`}let[r,i]=n===`u32`?[0,4294967295]:[-2147483647,2147483647];return!Number.isInteger(e)||e<r||e>i?null:`const NAME: ${n} = ${e}${n===`u32`?`u`:`i`};`}function g(t,n,r){let i=e(t,Object.keys(r)),a=i===void 0?``:`; did you mean '${i}'?`;return y(`${v(n)}no shader module '${t}'${a}`,n)}function _(e){return`${e}.wgsl`}function v(e){return e===null?``:`${e.path}:${e.line}: `}function y(e,n){return new t(`DeviceError`,e,{...n===null?{}:{path:n.path},...n?.line===void 0?{}:{line:n.line},remedy:`This is a mistake in the package, not in your data: report it, and use the CPU backend (“backend: cpu”).`})}export{d as n,f as r,r as t};