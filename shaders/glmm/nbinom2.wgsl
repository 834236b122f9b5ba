// Negative binomial counts of variance mu + nu mu^2, log link, nu the dispersion. Twin in float64: src/glmm/families/nbinom2.ts,
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

// By the moments of the counts about their means; `about` is the sum of n mu^2 - 2 y mu, `squares` that of n mu^2.
fn family_start(model: u32, about: f32, squares: f32) -> f32 {
  return max((response(model, 1u) + about) / squares, LEAST_START);
}

// Cells of all pseudo-rows.
fn dispersed_mass(model: u32) -> f32 { return design_value(model, shape.strata * (P + 1u) + 2u * shape.rows + shape.counts); }
