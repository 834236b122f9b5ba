// Average tail of each column of a response over its draws, and the quantile of |t|: one workgroup a response and column.
// Twin in float64: src/lmm/bootstrap/conditional-tails.ts, which has the formulas.
// A draw that could not be fitted does not count.
// Threads of a workgroup, which share the draws of a response.
//#param LANES: u32
//#import lmm/draws-shape
//#import num/f32

@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(9) var<storage, read> pairs: array<f32>;
// |t| observed, rows of `responses`, a column each.
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
