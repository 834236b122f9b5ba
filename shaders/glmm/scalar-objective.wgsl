// Laplace's criterion of models with one random term of one column (or none), with its gradient and Hessian. Twin in float64:
// src/glmm/scalar-objective.ts, whose header has the formulas. The lanes of a model share its levels. The kernel imports one of
// the lmm/lanes-* modules and a family: `family_stratum` (the deviance of a stratum and its derivatives, by how far predictors
// are from the reference point), `add_remainder`, what belongs to no pseudo-row, and `family_start`, a dispersion.
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
  stride: u32, // of a row of `responses`, `optima` and `workspace`
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

// What a stratum adds: to the criterion `value`, and derivatives of its log likelihood by predictor.
struct Terms {
  value: f32,
  r: f32,
  w: f32,
  w1: f32,
  w2: f32,
  // By the dispersion, `slope` and `bend` of the value itself; and what of it cancels.
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

// A stratum at effect b of its level; without `derivatives` beyond W.
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

// The criterion at `point`, into `sums`.
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
