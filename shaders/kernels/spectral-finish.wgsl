// Finishes what kernels/spectral-search found, in the number type it is linked with: Newton's method in log gamma to the
// digits that users get, the criterion, and of every coefficient and contrast what its estimate, standard error and
// degrees of freedom are made of. Twin in float64: src/lmm/spectral-search.ts (finishSpectral) and
// spectral-finish.ts, which have the formulas. Sums of logarithms are one product and one logarithm.
//#number

struct Shape {
  models: u32,
  stride: u32, // of a row of `responses`, `optima` and `finished`
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
