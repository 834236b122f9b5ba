// Criterion and gradient of models with one grouping factor, all in the thread's own arrays. Twin in float64:
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

// First sweep, at `parameters`: log_det, quadratic, information and shift. False where X'V^-1 X is not positive.
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
