// Criterion of models with one grouping factor, its gradient and its Hessian over the covariance G of a level, in the
// number type of the kernel and in the thread's own arrays. Twins in float64: src/lmm/block-sweep.ts and
// block-derivatives.ts; their formulas with X'V^-1 X = D D' in place of its inverse, U_i = D^-1 B_i', t_i = Z_i'P r:
//
//     c_i = U_i'U_i,   T_i = t_i t_i' (and scatters),   H_e = sum U_i E_e U_i',   h_e = sum U_i E_e t_i
//
//     df/dG_e  = tr(E_e sum (A_i - c_i - d T_i / S)),                             dS/dG_e = -tr(E_e sum T_i)
//     d2f      = sum tr(A_i E_e M_i E_f) - tr(H_e H_f) - 2 d h_e'h_f / S - d (dS/dG_e)(dS/dG_f) / S^2,
//     M_i      = 2 d T_i / S - A_i + 2 c_i                                        ML: without c and tr(H_e H_f)
//
// Elements of G are those that the parameters have in its factor. `design` and `responses` are those of
// lmm/block-objective: high words, of which `responses` has the low ones in as many further rows. `constants` holds the
// number of columns, the low words of the design, then as pairs a row l'R^-1 of P a column.
//#import lmm/factors
//#number

//#param Q_LEVEL: u32
//#param P: u32
// 1 where a type has several levels, so that responses have scatters.
//#param SCATTER: u32
// 1 where log|X'V^-1 X| belongs to the criterion.
//#param REML: u32

const QQ: u32 = Q_LEVEL * Q_LEVEL;
const QP: u32 = Q_LEVEL * P;
const PP: u32 = P * (P + 1u) / 2u;
const PAIRS: u32 = PARAMETERS * (PARAMETERS + 1u) / 2u;
const TYPES: u32 = 1u + PP; // first value of the types in a design
const TYPE_SIZE: u32 = 1u + QQ + QP;
const TYPE_ROWS: u32 = Q_LEVEL + SCATTER * (Q_LEVEL * (Q_LEVEL + 1u) / 2u);
// Below this share of itself a pivot has lost too many digits, of a pair or of the design.
const LEAST_PIVOT: f32 = 1e-6f;

var<private> L: array<num, SQUARES>; // factor of G, to be evaluated at
// Of the level at hand: Cholesky factor C of F and what divides by its diagonal; C^-1 R, C^-1 N, C^-1 mean, C^-1 scatter C^-T.
var<private> C: array<num, QQ>;
var<private> over_C: array<num, Q_LEVEL>;
var<private> E: array<num, QQ>;
var<private> Y: array<num, QP>;
var<private> y: array<num, Q_LEVEL>;
var<private> W: array<num, QQ>;
var<private> A: array<num, QQ>;
var<private> M: array<num, QQ>;

var<private> log_det: num; // log|V| (+ log|X'V^-1 X|)
var<private> S: num;
var<private> D: array<num, PP>; // packed lower triangle
var<private> over_D: array<num, P>;
var<private> shift: array<num, P>; // (X'V^-1 X)^-1 X'V^-1 r
var<private> traces: array<num, QQ>; // sum A - c
var<private> products: array<num, QQ>; // sum T
var<private> H: array<num, PARAMETERS * PP>;
var<private> h: array<num, PARAMETERS * P>;
var<private> slope: array<num, QQ>; // df/dG as a symmetric matrix
var<private> hessian: array<num, PAIRS>; // packed lower triangle

fn packed(row: u32, column: u32) -> u32 { return row * (row + 1u) / 2u + column; }

fn design_pair(i: u32) -> num { return num_load(vec2f(design_value(0u, i), constants[1u + i])); }
fn count_of(kind: u32) -> num { return design_pair(TYPES + kind * TYPE_SIZE); }

fn test_pair(c: u32, a: u32) -> num {
  let at = 1u + TYPES + shape.types * TYPE_SIZE + 2u * (c * P + a);
  return num_load(vec2f(constants[at], constants[at + 1u]));
}

fn response_pair(model: u32, row: u32) -> num {
  let rows = 1u + P + shape.types * TYPE_ROWS;
  return num_load(vec2f(response(model, row), response(model, rows + row)));
}

fn add_product(sum: num, a: num, b: num) -> num { return num_add(sum, num_mul(a, b)); }
fn less_product(sum: num, a: num, b: num) -> num { return num_sub(sum, num_mul(a, b)); }
fn nothing() -> num { return num_of(0.0f); }

// Fills C, E, Y, y, W for a type; its log det F, or -1 where a pivot has no digits.
fn enter_type(model: u32, kind: u32) -> num {
  let at = TYPES + kind * TYPE_SIZE + 1u;
  let row = 1u + P + kind * TYPE_ROWS;
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
    for (var j = 0u; j < P; j++) {
      var n = design_pair(at + QQ + i * P + j);
      for (var l = 0u; l < i; l++) {
        n = less_product(n, C[i * Q_LEVEL + l], Y[l * P + j]);
      }
      Y[i * P + j] = num_mul(n, inverse);
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

// First sweep: what a type adds to S, X'V^-1 X (in D) and X'V^-1 r (in shift).
fn add_level(weight: num) {
  for (var i = 0u; i < Q_LEVEL; i++) {
    S = num_add(S, num_mul(weight, num_sqr(y[i])));
    if (SCATTER == 1u) {
      S = num_add(S, W[i * Q_LEVEL + i]);
    }
    for (var a = 0u; a < P; a++) {
      let ya = num_mul(weight, Y[i * P + a]);
      shift[a] = add_product(shift[a], ya, y[i]);
      for (var b = 0u; b <= a; b++) {
        D[packed(a, b)] = add_product(D[packed(a, b)], ya, Y[i * P + b]);
      }
    }
  }
}

// Between the sweeps: D, shift, and what it takes from S. False where X'V^-1 X is not positive.
fn solve_fixed_effects() -> bool {
  for (var a = 0u; a < P; a++) {
    for (var b = 0u; b <= a; b++) {
      var sum = D[packed(a, b)];
      let whole = num_hi(sum);
      for (var l = 0u; l < b; l++) {
        sum = less_product(sum, D[packed(a, l)], D[packed(b, l)]);
      }
      if (a == b) {
        if (!(num_hi(sum) > LEAST_PIVOT * whole)) {
          return false;
        }
        if (REML == 1u) {
          log_det = num_add(log_det, num_log(sum));
        }
        let root = num_sqrt(sum);
        D[packed(a, a)] = root;
        over_D[a] = num_recip(root);
      } else {
        D[packed(a, b)] = num_mul(sum, over_D[b]);
      }
    }
    var s = shift[a];
    for (var l = 0u; l < a; l++) {
      s = less_product(s, D[packed(a, l)], shift[l]);
    }
    s = num_mul(s, over_D[a]);
    shift[a] = s;
    S = less_product(S, s, s);
  }
  for (var back = P; back > 0u; back--) {
    let a = back - 1u;
    var s = shift[a];
    for (var l = back; l < P; l++) {
      s = less_product(s, D[packed(l, a)], shift[l]);
    }
    shift[a] = num_mul(s, over_D[a]);
  }
  return num_hi(S) > 0.0f;
}

// Second sweep: what a type adds to the sums of the derivatives. `twice_d` is 2 d / S.
fn add_derivatives(weight: num, twice_d: num) {
  var rest: array<num, Q_LEVEL>;
  for (var l = 0u; l < Q_LEVEL; l++) {
    var value = y[l];
    for (var a = 0u; a < P; a++) {
      value = less_product(value, Y[l * P + a], shift[a]);
    }
    rest[l] = value;
  }
  var U: array<num, QP>; // U_i', Q_LEVEL x P
  var t: array<num, Q_LEVEL>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    var ti = nothing();
    for (var l = 0u; l < Q_LEVEL; l++) {
      ti = add_product(ti, E[l * Q_LEVEL + i], rest[l]);
    }
    t[i] = ti;
    for (var a = 0u; a < P; a++) {
      var u = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        u = add_product(u, E[l * Q_LEVEL + i], Y[l * P + a]);
      }
      for (var l = 0u; l < a; l++) {
        u = less_product(u, D[packed(a, l)], U[i * P + l]);
      }
      U[i * P + a] = num_mul(u, over_D[a]);
    }
  }
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
      var c = nothing();
      if (REML == 1u) {
        for (var k = 0u; k < P; k++) {
          c = add_product(c, U[i * P + k], U[j * P + k]);
        }
      }
      let at = i * Q_LEVEL + j;
      let difference = num_sub(a, c);
      traces[at] = add_product(traces[at], weight, difference);
      products[at] = num_add(products[at], T);
      let m = less_product(num_mul(twice_d, T), weight, num_sub(difference, c));
      A[at] = a;
      M[at] = m;
      A[j * Q_LEVEL + i] = a;
      M[j * Q_LEVEL + i] = m;
    }
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    let element = parameter(e);
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
    for (var f = 0u; f <= e; f++) {
      let at = packed(e, f);
      hessian[at] = num_add(hessian[at], sandwich(element, parameter(f)));
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
  let value = num_neg(products[at.row * Q_LEVEL + at.column]);
  if (at.row == at.column) {
    return value;
  }
  return num_scale(value, 2.0f);
}

// Takes the sums of the second sweep to `slope` and `hessian`.
fn end_derivatives(d: num) {
  let d_over_s = num_div(d, S);
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      let value = less_product(traces[i * Q_LEVEL + j], d_over_s, products[i * Q_LEVEL + j]);
      slope[i * Q_LEVEL + j] = value;
      slope[j * Q_LEVEL + i] = value;
    }
  }
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      var value = hessian[packed(e, f)];
      if (REML == 1u) {
        for (var k = 0u; k < P; k++) {
          for (var l = 0u; l <= k; l++) {
            let part = num_mul(H[e * PP + packed(k, l)], H[f * PP + packed(k, l)]);
            value = num_sub(value, num_scale(part, select(2.0f, 1.0f, k == l)));
          }
        }
      }
      var dot = num_div(num_mul(change_of_s(e), change_of_s(f)), S);
      for (var k = 0u; k < P; k++) {
        dot = add_product(dot, num_scale(h[e * P + k], 2.0f), h[f * P + k]);
      }
      hessian[packed(e, f)] = less_product(value, d_over_s, dot);
    }
  }
}

// Everything at the factor L; false where it cannot be formed, or not with the digits that it should have.
fn evaluate(model: u32) -> bool {
  let d = design_pair(0u);
  log_det = nothing();
  S = response_pair(model, 0u);
  for (var i = 0u; i < PP; i++) {
    D[i] = design_pair(1u + i);
  }
  for (var a = 0u; a < P; a++) {
    shift[a] = response_pair(model, 1u + a);
  }
  for (var i = 0u; i < QQ; i++) {
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
  var twice_d = nothing();
  // One place where levels are entered: drivers copy functions to each call.
  for (var sweep = 0u; sweep < 2u; sweep++) {
    for (var kind = 0u; kind < shape.types; kind++) {
      let weight = count_of(kind);
      let log_det_f = enter_type(model, kind);
      if (num_hi(log_det_f) < 0.0f) {
        return false;
      }
      if (sweep == 0u) {
        log_det = add_product(log_det, weight, log_det_f);
        add_level(weight);
      } else {
        add_derivatives(weight, twice_d);
      }
    }
    if (sweep == 0u) {
      if (!solve_fixed_effects()) {
        return false;
      }
      twice_d = num_scale(num_div(d, S), 2.0f);
    }
  }
  end_derivatives(d);
  return true;
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
