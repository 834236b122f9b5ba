// Projected Newton search of Laplace's criterion, in stages: the generalised linear model, then the variance from where it is
// likely, then the dispersion. Twins in float64: src/glmm/family-newton.ts for the steps, src/glmm/family-search.ts for the
// stages. Variance and dispersion are stepped on logarithmic scales at some distance from zero, so that they reach it in a
// finite step; each has its origin there. The point found is a start for the host's Newton method in float64.
//
// Lanes that share a model come to every sum, so branches around an evaluation depend on what `agreed` says.
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

// Cholesky factor of the scaled Hessian over the free parameters, its diagonal raised by `ridge` of itself; false where it is
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

// `point`: a part of the step from x.
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
