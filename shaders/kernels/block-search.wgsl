// Searches the factor of models with one grouping factor and any terms on it, one thread a response: BFGS over the free
// elements of the relative covariance factor. Twin in float64: src/backend/cpu/block-objective.ts, whose header has the
// formulas. Levels of one type share R, N; a response enters a type by mean and scatter. Sums are of positive terms.
//
// The host scales: factors by their typical size, each response to a residual variance near 1. The point found is a
// start for the host's Newton method in float64.
//#import num/f32

//#param Q_LEVEL: u32
//#param P: u32
//#param PARAMETERS: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32
// 1 where a type has several levels, so that responses have scatters.
//#param SCATTER: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of `responses` and `optima`
  types: u32,
  starts: u32,
  d: f32,
}

const QQ: u32 = Q_LEVEL * Q_LEVEL;
const QP: u32 = Q_LEVEL * P;
const STARTS: u32 = 2u * PARAMETERS; // after row and column of each parameter
const TYPE_SIZE: u32 = 1u + QQ + QP; // count, R, N
const TYPE_ROWS: u32 = Q_LEVEL + SCATTER * (Q_LEVEL * (Q_LEVEL + 1u) / 2u);

@group(0) @binding(0) var<uniform> shape: Shape;
// Row and column of each parameter; the starts; I - sum N'N (P x P); the types.
@group(0) @binding(1) var<storage, read> design: array<f32>;
// Rows of `stride` responses: what no level takes up of y'y and X'y (P), then of each type mean and scatter (lower).
@group(0) @binding(2) var<storage, read> responses: array<f32>;
// Rows of `stride` responses: the parameters as bits, then evaluations + 65536 * outcome.
@group(0) @binding(3) var<storage, read_write> optima: array<u32>;

const MAXIMAL_EVALUATIONS: u32 = 90u; // of a start
const MAXIMAL_REFUSALS: u32 = 10u; // of a step
const RENEWED: u32 = 20u; // steps after which the Hessian is begun anew: updates from steps of mere noise spoil it
const SETTLED: f32 = 4e-6f; // Newton decrement in deviance units
const STALLED: f32 = 1e-2f; // at which a search that rounding stops still counts
const LONGEST: f32 = 2.0f; // step in units of 1 + the size of the factor

const SAME: f32 = 2e-3f; // criteria closer than this may be in either order

const FOUND: u32 = 0u;
const UNSURE: u32 = 1u; // the host searches itself

var<private> factor: array<f32, QQ>;
// Of the type at hand, with F = I + (R L)(R L)' = C C': C, C^-1 R, C^-1 N, C^-1 mean, C^-1 scatter C^-T.
var<private> C: array<f32, QQ>;
var<private> E: array<f32, QQ>;
var<private> Y: array<f32, QP>;
var<private> y: array<f32, Q_LEVEL>;
var<private> W: array<f32, QQ>;
// Cholesky factor of X'V^-1 X, and (X'V^-1 X)^-1 X'V^-1 r.
var<private> information: array<f32, P * P>;
var<private> shift: array<f32, P>;
var<private> log_det: f32;
var<private> quadratic: f32; // S less what no level takes up
var<private> gradient: array<f32, PARAMETERS>;
var<private> curvature: array<f32, PARAMETERS>; // expected, ignoring X and the scale

fn response(model: u32, row: u32) -> f32 { return responses[row * shape.stride + model]; }

fn place(k: u32) -> u32 { return u32(design[k]) * Q_LEVEL + u32(design[PARAMETERS + k]); }

// Fills C, E, Y, y, W for a type; returns log det F.
fn enter_type(model: u32, kind: u32) -> f32 {
  let at = STARTS + shape.starts * PARAMETERS + P * P + kind * TYPE_SIZE + 1u;
  var K: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var sum = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum += design[at + i * Q_LEVEL + l] * factor[l * Q_LEVEL + j];
      }
      K[i * Q_LEVEL + j] = sum;
      E[i * Q_LEVEL + j] = design[at + i * Q_LEVEL + j];
    }
    for (var j = 0u; j < P; j++) {
      Y[i * P + j] = design[at + QQ + i * P + j];
    }
  }
  let row = 1u + P + kind * TYPE_ROWS;
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
    for (var j = 0u; j < P; j++) {
      var n = Y[i * P + j];
      for (var l = 0u; l < i; l++) {
        n -= C[i * Q_LEVEL + l] * Y[l * P + j];
      }
      Y[i * P + j] = n * inverse;
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

fn count_of(kind: u32) -> f32 {
  return design[STARTS + shape.starts * PARAMETERS + P * P + kind * TYPE_SIZE];
}

// First sweep, at `parameters`: log_det, quadratic, information and shift. False where X'V^-1 X is not positive.
fn evaluate(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  for (var i = 0u; i < QQ; i++) {
    factor[i] = 0.0f;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    factor[place(k)] = parameters[k];
  }
  let rest = STARTS + shape.starts * PARAMETERS;
  for (var i = 0u; i < P * P; i++) {
    information[i] = design[rest + i];
  }
  for (var a = 0u; a < P; a++) {
    shift[a] = response(model, 1u + a);
  }
  log_det = 0.0f;
  quadratic = 0.0f;
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(kind);
    log_det += weight * enter_type(model, kind);
    for (var i = 0u; i < Q_LEVEL; i++) {
      quadratic += weight * y[i] * y[i];
      if (SCATTER == 1u) {
        quadratic += W[i * Q_LEVEL + i];
      }
      for (var a = 0u; a < P; a++) {
        let ya = weight * Y[i * P + a];
        shift[a] += ya * y[i];
        for (var b = 0u; b <= a; b++) {
          information[a * P + b] += ya * Y[i * P + b];
        }
      }
    }
  }
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
    let weight = count_of(kind);
    enter_type(model, kind);
    // U = (Cholesky factor of the information)^-1 B' with B = E'Y; t = E'y - B shift.
    var A: array<f32, QQ>;
    var U: array<f32, QP>;
    var t: array<f32, Q_LEVEL>;
    var WE: array<f32, QQ>;
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
      for (var j = 0u; j < Q_LEVEL; j++) {
        var dot = 0.0f;
        var inner = 0.0f;
        for (var l = 0u; l < Q_LEVEL; l++) {
          dot += E[l * Q_LEVEL + i] * E[l * Q_LEVEL + j];
          if (SCATTER == 1u) {
            inner += W[i * Q_LEVEL + l] * E[l * Q_LEVEL + j];
          }
        }
        A[i * Q_LEVEL + j] = dot;
        WE[i * Q_LEVEL + j] = inner;
      }
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j < Q_LEVEL; j++) {
        var value = A[i * Q_LEVEL + j];
        if (REML == 1u) {
          for (var a = 0u; a < P; a++) {
            value -= U[i * P + a] * U[j * P + a];
          }
        }
        var outer = weight * t[i] * t[j];
        if (SCATTER == 1u) {
          for (var l = 0u; l < Q_LEVEL; l++) {
            outer += E[l * Q_LEVEL + i] * WE[l * Q_LEVEL + j];
          }
        }
        slope[i * Q_LEVEL + j] += weight * value - d_over_s * outer;
      }
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let r = u32(design[k]);
      let c = u32(design[PARAMETERS + k]);
      var form = 0.0f;
      var along = 0.0f;
      for (var i = 0u; i < Q_LEVEL; i++) {
        var ai = 0.0f;
        for (var j = 0u; j < Q_LEVEL; j++) {
          ai += A[i * Q_LEVEL + j] * factor[j * Q_LEVEL + c];
        }
        form += factor[i * Q_LEVEL + c] * ai;
        along = select(along, ai, i == r);
      }
      curvature[k] += 2.0f * weight * (A[r * Q_LEVEL + r] * form + along * along);
    }
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let r = u32(design[k]);
    let c = u32(design[PARAMETERS + k]);
    var g = 0.0f;
    for (var b = 0u; b < Q_LEVEL; b++) {
      g += slope[r * Q_LEVEL + b] * factor[b * Q_LEVEL + c];
    }
    gradient[k] = 2.0f * g;
  }
}

// L L' of the whole level.
fn covariance(parameters: array<f32, PARAMETERS>) -> array<f32, QQ> {
  var L: array<f32, QQ>;
  for (var i = 0u; i < QQ; i++) {
    L[i] = 0.0f;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    L[place(k)] = parameters[k];
  }
  var G: array<f32, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var sum = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum += L[i * Q_LEVEL + l] * L[j * Q_LEVEL + l];
      }
      G[i * Q_LEVEL + j] = sum;
    }
  }
  return G;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  let rest = responses[model];
  // Criterion is taken relative to the first start, where its digits are.
  var log_det_0 = 0.0f;
  var quadratic_0 = 0.0f;
  var evaluations = 0u;
  var outcome = UNSURE;
  var best: array<f32, PARAMETERS>;
  var best_G: array<f32, QQ>;
  var best_value = 0.0f;

  for (var start = 0u; start < shape.starts; start++) {
    var x: array<f32, PARAMETERS>; // accepted last
    var moved: array<f32, PARAMETERS>; // evaluated next
    for (var k = 0u; k < PARAMETERS; k++) {
      moved[k] = design[STARTS + start * PARAMETERS + k];
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
    var stepping = false; // from x, with a step; else `moved` is taken as it is
    var settled = false;
    var steps = 0u;
    // One place where the kernel evaluates and one where it differentiates: drivers copy functions to each call.
    for (var turn = 0u; turn < MAXIMAL_EVALUATIONS; turn++) {
      evaluations++;
      let valid = evaluate(model, moved);
      if (valid && log_det_0 == 0.0f && quadratic_0 == 0.0f) {
        log_det_0 = log_det;
        quadratic_0 = quadratic;
      }
      let next = (log_det - log_det_0) + shape.d * num_log1p((quadratic - quadratic_0) / (rest + quadratic_0));
      if (!valid || (stepping && !(next <= value + 1e-4f * scale * slope + noise))) {
        if (!stepping) {
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
          break;
        }
        moved = x;
        stepping = false;
        continue;
      }
      let before = gradient;
      differentiate(model, shape.d / (rest + quadratic));
      value = next;
      noise = 1e-6f + 3e-7f * (abs(log_det) + abs(value) + abs(quadratic));
      x = moved;
      steps++;
      fresh = !stepping || steps % RENEWED == 0u;
      if (!fresh) {
        // s = scale * step, y = gradient - before; H y into `hy`.
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
          var largest = 0.0f;
          for (var k = 0u; k < PARAMETERS; k++) {
            largest = max(largest, curvature[k]);
          }
          for (var k = 0u; k < PARAMETERS; k++) {
            for (var l = 0u; l < PARAMETERS; l++) {
              H[k * PARAMETERS + l] = 0.0f;
            }
            H[k * PARAMETERS + k] = 1.0f / max(curvature[k], 1e-4f * largest + 1e-20f);
          }
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
        break;
      }
      scale = min(1.0f, LONGEST * (1.0f + sqrt(size)) / sqrt(norm));
      for (var k = 0u; k < PARAMETERS; k++) {
        moved[k] = x[k] + scale * step[k];
      }
      refused = 0u;
      stepping = true;
    }
    if (!settled) {
      continue;
    }
    var G = covariance(x);
    if (outcome == FOUND && abs(value - best_value) < SAME) {
      var difference = 0.0f;
      var size = 0.0f;
      for (var i = 0u; i < QQ; i++) {
        difference = max(difference, abs(G[i] - best_G[i]));
        size = max(size, max(abs(G[i]), abs(best_G[i])));
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
  for (var k = 0u; k < PARAMETERS; k++) {
    optima[k * shape.stride + model] = bitcast<u32>(best[k]);
  }
  optima[PARAMETERS * shape.stride + model] = min(evaluations, 0xffffu) | (outcome << 16u);
}
