// One level of the eliminated factor, or a type of levels with the same R: F = I + (R L)(R L)' = C C', and what the
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

// Fills C, E, y, W from R at `at` of the design and the response from `row` on; returns log det F.
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
