// Criterion and gradient of models whose covariance is block-diagonal with few kinds of blocks, patterns of visits, whose
// numbers are sums over pairs of positions. Twin in float64: src/lmm/structured/blocks-objective.ts, whose header has the
// formulas; the structures are those of structures.ts beside it, parameters in the same order.
//
// The kernel declares `shape`, `structure`, `design` and `responses`. Structure: points to begin at, each with the inverse
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
  stride: u32, // of a row of `responses` and `optima`
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

// Evaluates at `parameters`; false where there is no value.
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

// `gradient` at the point evaluated last.
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
