// Minimises the profiled criterion of models with one scalar random term over u = log gamma. The lanes of a model share
// its levels. The kernel imports one of the lmm/lanes-* modules, declares the bindings and says where z^2 of a level is:
// `z_squared`. Twin in float64: src/lmm/spectral-search.ts, whose header has the formulas. All sums are of
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
  stride: u32, // of a row of `responses`, `optima` and designs of their own
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

// z^2 of a level as it lies in `responses`.
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
