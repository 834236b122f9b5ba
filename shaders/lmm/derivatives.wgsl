// What the finishes of all structures share, in the number type of the kernel: a level of the eliminated factor, sums over
// levels of what the derivatives over G are made of, and what they say of a column. Twin in float64:
// src/lmm/block-derivatives.ts. With X'V^-1 X = D D' in place of its inverse, U_i = D^-1 X'V^-1 Z_i, t_i = Z_i'P r:
//
//     H_e = sum U_i E_e U_i',   h_e = sum U_i E_e t_i,   dS/dG_e = -tr(E_e sum T_i),  T_i = t_i t_i' (and scatters)
//
// Elements of G are those that the parameters have in its factor. `design` and `responses` are those of the search: high
// words, of which `responses` has the low ones in as many further rows. `constants` holds the number of columns, the low
// words of the design, then as pairs a row l'R^-1 of P a column.
//#import lmm/factors
//#number

//#param Q_LEVEL: u32
// Columns of a level of any factor, at most.
//#param WIDEST: u32
//#param P: u32
// 1 where a type has several levels, so that responses have scatters.
//#param SCATTER: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

const QQ: u32 = Q_LEVEL * Q_LEVEL;
const PP: u32 = P * (P + 1u) / 2u;
const PAIRS: u32 = PARAMETERS * (PARAMETERS + 1u) / 2u;
const TYPE_ROWS: u32 = Q_LEVEL + SCATTER * (Q_LEVEL * (Q_LEVEL + 1u) / 2u);
// Below this share of itself a pivot has lost too many digits, of a pair or of the design.
const LEAST_PIVOT: f32 = 1e-6f;

var<private> L: array<num, SQUARES + 1u>; // factors of G, to be evaluated at; the last is 1
// Of the level at hand: Cholesky factor C of F and what divides by its diagonal; C^-1 R, C^-1 mean, C^-1 scatter C^-T.
var<private> C: array<num, QQ>;
var<private> over_C: array<num, Q_LEVEL>;
var<private> E: array<num, QQ>;
var<private> y: array<num, Q_LEVEL>;
var<private> W: array<num, QQ>;
var<private> A: array<num, QQ>;
var<private> M: array<num, QQ>;
// Of the level at hand, of whatever factor: U_i' (P a row) and t_i.
var<private> U: array<num, WIDEST * P>;
var<private> t: array<num, WIDEST>;

var<private> log_det: num; // log|V| (+ log|X'V^-1 X|)
var<private> S: num;
var<private> D: array<num, PP>; // packed lower triangle
var<private> over_D: array<num, P>;
var<private> shift: array<num, P>; // (X'V^-1 X)^-1 X'V^-1 r
var<private> traces: array<num, SQUARES>; // sum of the diagonal blocks of Z'P Z (ML: Z'V^-1 Z), as lower triangles
var<private> products: array<num, SQUARES>; // sum T
var<private> H: array<num, PARAMETERS * PP>;
var<private> h: array<num, PARAMETERS * P>;
var<private> slope: array<num, SQUARES>; // df/dG as symmetric matrices
var<private> hessian: array<num, PAIRS>; // packed lower triangle

fn packed(row: u32, column: u32) -> u32 { return row * (row + 1u) / 2u + column; }

fn type_size() -> u32 { return 1u + QQ + Q_LEVEL * shape.border; }
fn type_at(kind: u32) -> u32 { return 1u + packed(shape.border, 0u) + kind * type_size(); }
fn design_pair(i: u32) -> num { return num_load(vec2f(design_value(0u, i), constants[1u + i])); }
fn count_of(kind: u32) -> num { return design_pair(type_at(kind)); }

fn test_pair(c: u32, a: u32) -> num {
  let at = 1u + type_at(shape.types) + 2u * (c * P + a);
  return num_load(vec2f(constants[at], constants[at + 1u]));
}

fn response_pair(model: u32, row: u32) -> num {
  let rows = 1u + shape.border + shape.types * TYPE_ROWS;
  return num_load(vec2f(response(model, row), response(model, rows + row)));
}

fn add_product(sum: num, a: num, b: num) -> num { return num_add(sum, num_mul(a, b)); }
fn less_product(sum: num, a: num, b: num) -> num { return num_sub(sum, num_mul(a, b)); }
fn nothing() -> num { return num_of(0.0f); }

fn begin_sums() {
  for (var i = 0u; i < SQUARES; i++) {
    traces[i] = nothing();
    products[i] = nothing();
  }
  for (var i = 0u; i < PARAMETERS * PP; i++) {
    H[i] = nothing();
  }
  for (var i = 0u; i < PARAMETERS * P; i++) {
    h[i] = nothing();
  }
  for (var i = 0u; i < PAIRS; i++) {
    hessian[i] = nothing();
  }
}

// Fills C, E, y, W for a type; its log det F, or -1 where a pivot has no digits.
fn enter_level(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u;
  let row = 1u + shape.border + kind * TYPE_ROWS;
  var K: array<num, QQ>;
  for (var i = 0u; i < QQ; i++) {
    E[i] = design_pair(at + i);
  }
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < Q_LEVEL; j++) {
      var sum = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, E[i * Q_LEVEL + l], L[l * Q_LEVEL + j]);
      }
      K[i * Q_LEVEL + j] = sum;
    }
  }
  var product = num_of(1.0f);
  var exact = true;
  // Row by row: the Cholesky factor and the forward substitutions with it.
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var sum = num_of(select(0.0f, 1.0f, i == j));
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, K[i * Q_LEVEL + l], K[j * Q_LEVEL + l]);
      }
      let whole = num_hi(sum);
      for (var l = 0u; l < j; l++) {
        sum = less_product(sum, C[i * Q_LEVEL + l], C[j * Q_LEVEL + l]);
      }
      if (i == j) {
        exact = exact && num_hi(sum) > LEAST_PIVOT * whole;
        C[i * Q_LEVEL + i] = num_sqrt(sum);
      } else {
        C[i * Q_LEVEL + j] = num_mul(sum, over_C[j]);
      }
    }
    let pivot = C[i * Q_LEVEL + i];
    let inverse = num_recip(pivot);
    over_C[i] = inverse;
    product = num_mul(product, pivot);
    for (var j = 0u; j < Q_LEVEL; j++) {
      var e = E[i * Q_LEVEL + j];
      for (var l = 0u; l < i; l++) {
        e = less_product(e, C[i * Q_LEVEL + l], E[l * Q_LEVEL + j]);
      }
      E[i * Q_LEVEL + j] = num_mul(e, inverse);
    }
    var m = response_pair(model, row + i);
    for (var l = 0u; l < i; l++) {
      m = less_product(m, C[i * Q_LEVEL + l], y[l]);
    }
    y[i] = num_mul(m, inverse);
  }
  if (SCATTER == 1u) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j <= i; j++) {
        let value = response_pair(model, row + Q_LEVEL + packed(i, j));
        W[i * Q_LEVEL + j] = value;
        W[j * Q_LEVEL + i] = value;
      }
    }
    for (var j = 0u; j < Q_LEVEL; j++) {
      for (var i = 0u; i < Q_LEVEL; i++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < i; l++) {
          w = less_product(w, C[i * Q_LEVEL + l], W[l * Q_LEVEL + j]);
        }
        W[i * Q_LEVEL + j] = num_mul(w, over_C[i]);
      }
    }
    for (var i = 0u; i < Q_LEVEL; i++) {
      for (var j = 0u; j < Q_LEVEL; j++) {
        var w = W[i * Q_LEVEL + j];
        for (var l = 0u; l < j; l++) {
          w = less_product(w, C[j * Q_LEVEL + l], W[i * Q_LEVEL + l]);
        }
        W[i * Q_LEVEL + j] = num_mul(w, over_C[j]);
      }
    }
  }
  if (!exact) {
    return num_of(-1.0f);
  }
  return num_scale(num_log(product), 2.0f);
}

// The diagonal block of a type, whose block of Z'P Z is A - c (c as a lower triangle): its part of traces, products and of
// the Hessian, as far as A takes part; `twice_d` is 2 d / S.
fn add_forms(weight: num, twice_d: num, c: array<num, QQ>) {
  var taken = c;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var a = nothing();
      var T = num_mul(weight, num_mul(t[i], t[j]));
      for (var l = 0u; l < Q_LEVEL; l++) {
        a = add_product(a, E[l * Q_LEVEL + i], E[l * Q_LEVEL + j]);
        if (SCATTER == 1u) {
          var we = nothing();
          for (var m = 0u; m < Q_LEVEL; m++) {
            we = add_product(we, W[l * Q_LEVEL + m], E[m * Q_LEVEL + j]);
          }
          T = add_product(T, E[l * Q_LEVEL + i], we);
        }
      }
      let at = i * Q_LEVEL + j;
      let difference = num_sub(a, taken[at]);
      traces[at] = add_product(traces[at], weight, difference);
      products[at] = num_add(products[at], T);
      let m = less_product(num_mul(twice_d, T), weight, num_sub(difference, taken[at]));
      A[at] = a;
      M[at] = m;
      A[j * Q_LEVEL + i] = a;
      M[j * Q_LEVEL + i] = m;
    }
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      if (parameter(e).square == 0u && parameter(f).square == 0u) {
        hessian[packed(e, f)] = num_add(hessian[packed(e, f)], sandwich(parameter(e), parameter(f)));
      }
    }
  }
}

// What a level of the factor whose square begins there adds to H and h.
fn add_changes(weight: num, square: u32) {
  for (var e = 0u; e < PARAMETERS; e++) {
    let element = parameter(e);
    if (element.square != square) {
      continue;
    }
    let first = element.row * P;
    let second = element.column * P;
    let mixed = element.row != element.column;
    for (var k = 0u; k < P; k++) {
      let u = num_mul(weight, U[first + k]);
      let v = num_mul(weight, U[second + k]);
      var sum = add_product(h[e * P + k], u, t[element.column]);
      if (mixed) {
        sum = add_product(sum, v, t[element.row]);
      }
      h[e * P + k] = sum;
      for (var l = 0u; l <= k; l++) {
        let at = e * PP + packed(k, l);
        var value = add_product(H[at], u, U[second + l]);
        if (mixed) {
          value = add_product(value, v, U[first + l]);
        }
        H[at] = value;
      }
    }
  }
}

// tr(A E_e M E_f), symmetrised over the order of A and M: both have to be symmetric.
fn sandwich(e: Parameter, f: Parameter) -> num {
  var sum = nothing();
  for (var turn = 0u; turn < 4u; turn++) {
    let turned_e = turn >= 2u;
    let turned_f = turn % 2u == 1u;
    if ((turned_e && e.row == e.column) || (turned_f && f.row == f.column)) {
      continue;
    }
    let a = select(e.row, e.column, turned_e);
    let b = select(e.column, e.row, turned_e);
    let c = select(f.row, f.column, turned_f);
    let d = select(f.column, f.row, turned_f);
    sum = add_product(sum, A[d * Q_LEVEL + a], M[b * Q_LEVEL + c]);
    sum = add_product(sum, M[d * Q_LEVEL + a], A[b * Q_LEVEL + c]);
  }
  return num_scale(sum, 0.5f);
}

fn change_of_s(e: u32) -> num {
  let at = parameter(e);
  let value = num_neg(products[at.square + at.row * at.width + at.column]);
  if (at.row == at.column) {
    return value;
  }
  return num_scale(value, 2.0f);
}

// df/dG from the sums.
fn end_slopes(d_over_s: num) {
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    let place = at.square + at.row * at.width + at.column;
    let value = less_product(traces[place], d_over_s, products[place]);
    slope[place] = value;
    slope[at.square + at.column * at.width + at.row] = value;
  }
}

struct Column {
  shift: num, // of the estimate
  variance: num, // over s^2
  change: array<num, PARAMETERS>, // of the variance with the elements of G
}

fn column(c: u32) -> Column {
  var v: array<num, P>; // D^-1 l
  var result: Column;
  result.shift = nothing();
  result.variance = nothing();
  for (var a = 0u; a < P; a++) {
    let l = test_pair(c, a);
    result.shift = add_product(result.shift, l, shift[a]);
    var s = l;
    for (var b = 0u; b < a; b++) {
      s = less_product(s, D[packed(a, b)], v[b]);
    }
    s = num_mul(s, over_D[a]);
    v[a] = s;
    result.variance = add_product(result.variance, s, s);
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    var sum = nothing();
    for (var k = 0u; k < P; k++) {
      var inner = nothing();
      for (var l = 0u; l < k; l++) {
        inner = add_product(inner, H[e * PP + packed(k, l)], v[l]);
      }
      inner = add_product(num_scale(inner, 2.0f), H[e * PP + packed(k, k)], v[k]);
      sum = add_product(sum, inner, v[k]);
    }
    // More of G is less information, and more variance.
    result.change[e] = sum;
  }
  return result;
}
