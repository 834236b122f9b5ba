// Criterion and gradient of models of any structure: the eliminated factor level by level, a border W = [Z_rest X] of
// any width. Twin in float64: src/lmm/crossed-objective.ts, whose header has the formulas. With M = W'V1^-1 W,
// v = W'V1^-1 r, T = [L_rest 0; 0 I] and D = [I 0; 0 0], Omega = T'M T + D = K K':
//
//     solution = Omega^-1 T'v,   S = r'V1^-1 r - |K^-1 T'v|^2,   log|V| + log|X'V^-1 X| = sum log|F_i| + log|Omega|
//     Z_i'P Z_i = A_i - U_i U_i',  U_i = (K^-1 T'B_i')',  B_i = Z_i'V1^-1 W         of the eliminated factor
//     Z_rest'P Z_rest L_rest = M T Omega^-1,  L_rest'Z_rest'P r = solution           of the border: nothing cancels
//
// for ML the leading part of K, that of Z_rest, takes the place of K in the traces.
//
// Design: degrees of freedom d; W'W - sum N'N (packed lower triangle); per type count, R (Q_LEVEL x Q_LEVEL), N = Q'W
// (Q_LEVEL x border). Response: what no level takes up of y'y and W'y, then of each type mean and scatter (lower).
//#import lmm/level

// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

var<private> gradient: array<f32, PARAMETERS>;
var<private> curvature: array<f32, PARAMETERS>; // expected, ignoring the other factors, X and the scale

fn triangle(n: u32) -> u32 { return n * (n + 1u) / 2u; }

// Rows of the workspace: M and K packed, then vectors of the border: v, solution, T solution, Z_rest'P r, one column;
// then Y = C^-1 N and U of the level at hand, Q_LEVEL vectors each.
fn row_m(a: u32, b: u32) -> u32 { return select(triangle(b) + a, triangle(a) + b, a >= b); }
fn row_k(a: u32, b: u32) -> u32 { return triangle(shape.border) + triangle(a) + b; }
fn row_vector(vector: u32, a: u32) -> u32 { return 2u * triangle(shape.border) + vector * shape.border + a; }

const VECTOR_V: u32 = 0u;
const VECTOR_SOLUTION: u32 = 1u;
const VECTOR_SCALED: u32 = 2u; // T solution
const VECTOR_PROJECTED: u32 = 3u; // Z_rest'P r
const VECTOR_COLUMN: u32 = 4u;
const VECTOR_Y: u32 = 5u;
const VECTOR_U: u32 = VECTOR_Y + Q_LEVEL;

fn load(model: u32, row: u32) -> f32 { return workspace[row * shape.stride + model]; }
fn save(model: u32, row: u32, value: f32) { workspace[row * shape.stride + model] = value; }

fn type_size() -> u32 { return 1u + QQ + Q_LEVEL * shape.border; }
fn type_at(kind: u32) -> u32 { return 1u + triangle(shape.border) + kind * type_size(); }
fn count_of(model: u32, kind: u32) -> f32 { return design_value(model, type_at(kind)); }

// Fills C, E, y, W and the rows of Y for a type; returns log det F.
fn enter_type(model: u32, kind: u32) -> f32 {
  let at = type_at(kind) + 1u;
  let log_det_f = enter_level(model, at, 1u + shape.border + kind * TYPE_ROWS);
  for (var a = 0u; a < shape.border; a++) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      var n = design_value(model, at + QQ + i * shape.border + a);
      for (var l = 0u; l < i; l++) {
        n -= C[i * Q_LEVEL + l] * load(model, row_vector(VECTOR_Y + l, a));
      }
      save(model, row_vector(VECTOR_Y + i, a), n / C[i * Q_LEVEL + i]);
    }
  }
  return log_det_f;
}

// Element a of T'x for a vector x of the border.
fn transformed(model: u32, vector: u32, a: u32) -> f32 {
  let column = border_column(a);
  var sum = 0.0f;
  for (var i = 0u; i < column.width; i++) {
    sum += border_factor(column, i, column.index) * load(model, row_vector(vector, column.first + i));
  }
  return sum;
}

// First sweep, at `parameters`: log_det, quadratic, K and solution. False where X'V^-1 X is not positive.
fn evaluate(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  place_factors(parameters);
  let border = shape.border;
  for (var a = 0u; a < border; a++) {
    for (var b = 0u; b <= a; b++) {
      save(model, row_m(a, b), design_value(model, 1u + triangle(a) + b));
    }
    save(model, row_vector(VECTOR_V, a), response(model, 1u + a));
  }
  begin_levels();
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    add_level(kind, weight, enter_type(model, kind));
    for (var a = 0u; a < border; a++) {
      var ya: array<f32, Q_LEVEL>;
      var touched = false;
      var sum = 0.0f;
      for (var i = 0u; i < Q_LEVEL; i++) {
        ya[i] = weight * load(model, row_vector(VECTOR_Y + i, a));
        touched |= ya[i] != 0.0f;
        sum += ya[i] * y[i];
      }
      if (!touched) { // a level touches few levels of other factors
        continue;
      }
      let v = row_vector(VECTOR_V, a);
      save(model, v, load(model, v) + sum);
      for (var b = 0u; b <= a; b++) {
        var product = 0.0f;
        for (var i = 0u; i < Q_LEVEL; i++) {
          product += ya[i] * load(model, row_vector(VECTOR_Y + i, b));
        }
        let m = row_m(a, b);
        save(model, m, load(model, m) + product);
      }
    }
  }
  end_levels();
  for (var a = 0u; a < border; a++) {
    let left = border_column(a);
    for (var b = 0u; b <= a; b++) {
      let right = border_column(b);
      var sum = select(0.0f, 1.0f, a == b && a < shape.random);
      for (var i = 0u; i < left.width; i++) {
        var inner = 0.0f;
        for (var j = 0u; j < right.width; j++) {
          inner += load(model, row_m(left.first + i, right.first + j)) * border_factor(right, j, right.index);
        }
        sum += border_factor(left, i, left.index) * inner;
      }
      let whole = sum;
      for (var l = 0u; l < b; l++) {
        sum -= load(model, row_k(a, l)) * load(model, row_k(b, l));
      }
      if (a != b) {
        save(model, row_k(a, b), sum / load(model, row_k(b, b)));
        continue;
      }
      if (a < shape.random) {
        sum = max(sum, 1.0f); // Omega - D is positive semidefinite there
      } else if (!(sum > 1e-6f * whole)) {
        return false;
      }
      save(model, row_k(a, a), sqrt(sum));
      if (REML == 1u || a < shape.random) {
        log_det += num_log(sum);
      }
    }
    var s = transformed(model, VECTOR_V, a);
    for (var l = 0u; l < a; l++) {
      s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_SOLUTION, l));
    }
    s /= load(model, row_k(a, a));
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    quadratic -= s * s;
  }
  for (var back = border; back > 0u; back--) {
    let a = back - 1u;
    var s = load(model, row_vector(VECTOR_SOLUTION, a));
    for (var l = back; l < border; l++) {
      s -= load(model, row_k(l, a)) * load(model, row_vector(VECTOR_SOLUTION, l));
    }
    save(model, row_vector(VECTOR_SOLUTION, a), s / load(model, row_k(a, a)));
  }
  return true;
}

// T x for a vector x of the border, of which the first `width` elements count.
fn scale_vector(model: u32, source: u32, target_vector: u32, width: u32) {
  for (var a = 0u; a < width; a++) {
    let column = border_column(a);
    var sum = 0.0f;
    for (var c = 0u; c < column.width; c++) {
      sum += border_factor(column, column.index, c) * load(model, row_vector(source, column.first + c));
    }
    save(model, row_vector(target_vector, a), sum);
  }
}

// The eliminated factor's part of the gradient: slopes in G; adds to the curvatures of its parameters.
fn level_slopes(model: u32, d_over_s: f32, used: u32) -> array<f32, QQ> {
  var slope: array<f32, QQ>;
  for (var i = 0u; i < QQ; i++) {
    slope[i] = 0.0f;
  }
  for (var kind = 0u; kind < shape.types; kind++) {
    let weight = count_of(model, kind);
    enter_type(model, kind);
    var t: array<f32, Q_LEVEL>;
    for (var i = 0u; i < Q_LEVEL; i++) {
      var ti = 0.0f;
      for (var l = 0u; l < Q_LEVEL; l++) {
        ti += E[l * Q_LEVEL + i] * y[l];
      }
      for (var a = 0u; a < shape.border; a++) {
        var dot = 0.0f;
        for (var l = 0u; l < Q_LEVEL; l++) {
          dot += E[l * Q_LEVEL + i] * load(model, row_vector(VECTOR_Y + l, a));
        }
        ti -= dot * load(model, row_vector(VECTOR_SCALED, a));
        save(model, row_vector(VECTOR_COLUMN, a), dot);
      }
      t[i] = ti;
      var first = used; // of the elements of U that are not zero
      for (var a = 0u; a < used; a++) {
        var u = transformed(model, VECTOR_COLUMN, a);
        if (u != 0.0f) {
          first = min(first, a);
        }
        for (var l = first; l < a; l++) {
          u -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_U + i, l));
        }
        save(model, row_vector(VECTOR_U + i, a), u / load(model, row_k(a, a)));
      }
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
      for (var j = 0u; j <= i; j++) {
        var value = A[i * Q_LEVEL + j];
        for (var a = 0u; a < used; a++) {
          value -= load(model, row_vector(VECTOR_U + i, a)) * load(model, row_vector(VECTOR_U + j, a));
        }
        let part = weight * value - d_over_s * (weight * t[i] * t[j] + outer[i * Q_LEVEL + j]);
        slope[i * Q_LEVEL + j] += part;
        if (i != j) {
          slope[j * Q_LEVEL + i] += part;
        }
      }
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      if (at.square == 0u) {
        curvature[k] += weight * level_curvature(at, A);
      }
    }
  }
  return slope;
}

// Half of the gradient in the factors of the border; adds to the curvatures of their parameters.
fn border_slopes(model: u32, d_over_s: f32, used: u32) -> array<f32, SQUARES> {
  var slope: array<f32, SQUARES>;
  for (var i = 0u; i < SQUARES; i++) {
    slope[i] = 0.0f;
  }
  for (var j = 0u; j < shape.random; j++) {
    let column = border_column(j);
    // Omega^-1 e_j, then T times that into the first vector of U.
    for (var a = j; a < used; a++) {
      var s = select(0.0f, 1.0f, a == j);
      for (var l = j; l < a; l++) {
        s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_COLUMN, l));
      }
      save(model, row_vector(VECTOR_COLUMN, a), s / load(model, row_k(a, a)));
    }
    for (var back = used; back > 0u; back--) {
      let a = back - 1u;
      var s = 0.0f;
      if (a >= j) {
        s = load(model, row_vector(VECTOR_COLUMN, a));
      }
      for (var l = back; l < used; l++) {
        s -= load(model, row_k(l, a)) * load(model, row_vector(VECTOR_COLUMN, l));
      }
      save(model, row_vector(VECTOR_COLUMN, a), s / load(model, row_k(a, a)));
    }
    scale_vector(model, VECTOR_COLUMN, VECTOR_U, used);
    let effect = load(model, row_vector(VECTOR_SOLUTION, j));
    for (var i = 0u; i < column.width; i++) {
      let row = column.first + i;
      var sum = 0.0f;
      for (var a = 0u; a < used; a++) {
        sum += load(model, row_m(row, a)) * load(model, row_vector(VECTOR_U, a));
      }
      let projected = load(model, row_vector(VECTOR_PROJECTED, row));
      slope[column.square + i * column.width + column.index] += sum - d_over_s * projected * effect;
    }
    if (column.index != 0u) {
      continue;
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      if (at.square != column.square) {
        continue;
      }
      // As if the effects of the level were alone: m / (1 + g m) each.
      var form = 0.0f;
      var own = 0.0f;
      for (var i = 0u; i < column.width; i++) {
        let m = load(model, row_m(column.first + i, column.first + i));
        var g = 0.0f;
        for (var l = 0u; l < column.width; l++) {
          g += border_factor(column, i, l) * border_factor(column, i, l);
        }
        let information = m / (1.0f + g * m);
        form += information * border_factor(column, i, at.column) * border_factor(column, i, at.column);
        own = select(own, information, i == at.row);
      }
      let along = own * border_factor(column, at.row, at.column);
      curvature[k] += 2.0f * (own * form + along * along);
    }
  }
  return slope;
}

// Second sweep, at the point evaluated last: gradient, and the expected curvature of each parameter.
fn differentiate(model: u32, d_over_s: f32) {
  let used = select(shape.random, shape.border, REML == 1u);
  for (var k = 0u; k < PARAMETERS; k++) {
    curvature[k] = 0.0f;
  }
  scale_vector(model, VECTOR_SOLUTION, VECTOR_SCALED, shape.border);
  for (var a = 0u; a < shape.random; a++) {
    var t = load(model, row_vector(VECTOR_V, a));
    for (var b = 0u; b < shape.border; b++) {
      t -= load(model, row_m(a, b)) * load(model, row_vector(VECTOR_SCALED, b));
    }
    save(model, row_vector(VECTOR_PROJECTED, a), t);
  }
  var inner = level_slopes(model, d_over_s, used);
  var outer = border_slopes(model, d_over_s, used);
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    var g = outer[at.square + at.row * at.width + at.column];
    if (at.square == 0u) {
      g = factor_slope(inner, at.row, at.column);
    }
    gradient[k] = 2.0f * g;
  }
}
