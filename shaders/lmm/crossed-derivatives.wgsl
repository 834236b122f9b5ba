// Criterion of models of any structure, its gradient and its Hessian over the covariances G, in the number type of the
// kernel. Twins in float64: src/lmm/crossed-objective.ts and crossed-derivatives.ts. In the terms of lmm/crossed-objective,
// with U_z = (K^-1 T'W'V1^-1 z)' for every column z of Z, the block of Z'P Z of two levels k and l is
//
//     T_kl = [k = l] A_k - U_k U_l'     both of the eliminated factor,   B_k's part - U_k U_l'   one of them,
//            M_kl - U_k U_l'            none of them                     (ML: without the columns of X in U)
//     d2f  = sum_kl (2 d (E_e t_k)'T_kl (E_f t_l) / S - tr(E_e T_kl E_f T_lk)) - d (dS/dG_e)(dS/dG_f) / S^2
//
// where the first part takes in X for ML, too. Levels of one type are summed by their number.
//#import lmm/derivatives
//#import lmm/crossed-pairs

// Pairs of the workspace: M and K packed; vectors of the border; Y = C^-1 N of the level at hand; of every column of Z its U,
// then its t; of those of the eliminated factor their products with the random columns of the border.
const VECTOR_V: u32 = 0u;
const VECTOR_SOLUTION: u32 = 1u;
const VECTOR_SCALED: u32 = 2u; // T solution
const VECTOR_COLUMN: u32 = 3u;
const VECTOR_OVER: u32 = 4u; // what divides by the diagonal of K
const VECTOR_Y: u32 = 5u;
const VECTOR_U: u32 = VECTOR_Y + Q_LEVEL;

fn row_m(a: u32, b: u32) -> u32 { return packed(max(a, b), min(a, b)); }
fn row_k(a: u32, b: u32) -> u32 { return packed(shape.border, 0u) + packed(a, b); }
fn row_vector(vector: u32, a: u32) -> u32 { return 2u * packed(shape.border, 0u) + vector * shape.border + a; }
fn eliminated() -> u32 { return shape.types * Q_LEVEL; } // columns of the eliminated factor, by type
fn row_t(z: u32) -> u32 { return row_vector(VECTOR_U + eliminated() + shape.random, z); }
fn row_b(z: u32, a: u32) -> u32 { return row_t(eliminated() + shape.random + z * shape.random + a); }

fn load(model: u32, row: u32) -> num { return num_load(workspace[row * shape.stride + model]); }
fn save(model: u32, row: u32, value: num) { workspace[row * shape.stride + model] = num_store(value); }

// Element (row of the level, column) of the factor that a border column belongs to.
fn factor_of(column: BorderColumn, row: u32, index: u32) -> num { return L[column.square + row * column.width + index]; }

// Fills C, E, y, W and the rows of Y for a type; its log det F, or -1 where a pivot has no digits.
fn enter_type(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u + QQ;
  let log_det_f = enter_level(model, kind);
  for (var a = 0u; a < shape.border; a++) {
    for (var i = 0u; i < Q_LEVEL; i++) {
      var n = design_pair(at + i * shape.border + a);
      for (var l = 0u; l < i; l++) {
        n = less_product(n, C[i * Q_LEVEL + l], load(model, row_vector(VECTOR_Y + l, a)));
      }
      save(model, row_vector(VECTOR_Y + i, a), num_mul(n, over_C[i]));
    }
  }
  return log_det_f;
}

// First sweep: what a type adds to S, M and v.
fn add_level(model: u32, weight: num) {
  for (var i = 0u; i < Q_LEVEL; i++) {
    S = num_add(S, num_mul(weight, num_sqr(y[i])));
    if (SCATTER == 1u) {
      S = num_add(S, W[i * Q_LEVEL + i]);
    }
  }
  for (var a = 0u; a < shape.border; a++) {
    var ya: array<num, Q_LEVEL>;
    var touched = false;
    for (var i = 0u; i < Q_LEVEL; i++) {
      ya[i] = num_mul(weight, load(model, row_vector(VECTOR_Y + i, a)));
      touched |= num_hi(ya[i]) != 0.0f;
    }
    if (!touched) { // a level touches few levels of other factors
      continue;
    }
    var v = load(model, row_vector(VECTOR_V, a));
    for (var i = 0u; i < Q_LEVEL; i++) {
      v = add_product(v, ya[i], y[i]);
    }
    save(model, row_vector(VECTOR_V, a), v);
    for (var b = 0u; b <= a; b++) {
      var m = load(model, row_m(a, b));
      for (var i = 0u; i < Q_LEVEL; i++) {
        m = add_product(m, ya[i], load(model, row_vector(VECTOR_Y + i, b)));
      }
      save(model, row_m(a, b), m);
    }
  }
}

// Element a of T'x for a vector x of the border.
fn transformed(model: u32, vector: u32, a: u32) -> num {
  let column = border_column(a);
  var sum = nothing();
  for (var i = 0u; i < column.width; i++) {
    sum = add_product(sum, factor_of(column, i, column.index), load(model, row_vector(vector, column.first + i)));
  }
  return sum;
}

// Between the sweeps: K, the solution, D, shift, and what it takes from S. False where a pivot has no digits.
fn solve_border(model: u32) -> bool {
  let border = shape.border;
  for (var a = 0u; a < border; a++) {
    let left = border_column(a);
    for (var b = 0u; b <= a; b++) {
      let right = border_column(b);
      var sum = num_of(select(0.0f, 1.0f, a == b && a < shape.random));
      for (var i = 0u; i < left.width; i++) {
        var inner = nothing();
        for (var j = 0u; j < right.width; j++) {
          let m = load(model, row_m(left.first + i, right.first + j));
          inner = add_product(inner, m, factor_of(right, j, right.index));
        }
        sum = add_product(sum, factor_of(left, i, left.index), inner);
      }
      let whole = num_hi(sum);
      for (var l = 0u; l < b; l++) {
        sum = less_product(sum, load(model, row_k(a, l)), load(model, row_k(b, l)));
      }
      if (a != b) {
        sum = num_mul(sum, load(model, row_vector(VECTOR_OVER, b)));
      } else {
        if (!(num_hi(sum) > LEAST_PIVOT * whole)) {
          return false;
        }
        if (REML == 1u || a < shape.random) {
          log_det = num_add(log_det, num_log(sum));
        }
        sum = num_sqrt(sum);
        save(model, row_vector(VECTOR_OVER, a), num_recip(sum));
      }
      save(model, row_k(a, b), sum);
      if (b >= shape.random) {
        D[packed(a - shape.random, b - shape.random)] = sum;
      }
    }
    let over = load(model, row_vector(VECTOR_OVER, a));
    if (a >= shape.random) {
      over_D[a - shape.random] = over;
    }
    var s = transformed(model, VECTOR_V, a);
    for (var l = 0u; l < a; l++) {
      s = less_product(s, load(model, row_k(a, l)), load(model, row_vector(VECTOR_SOLUTION, l)));
    }
    s = num_mul(s, over);
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    S = less_product(S, s, s);
  }
  for (var back = border; back > 0u; back--) {
    let a = back - 1u;
    var s = load(model, row_vector(VECTOR_SOLUTION, a));
    for (var l = back; l < border; l++) {
      s = less_product(s, load(model, row_k(l, a)), load(model, row_vector(VECTOR_SOLUTION, l)));
    }
    s = num_mul(s, load(model, row_vector(VECTOR_OVER, a)));
    save(model, row_vector(VECTOR_SOLUTION, a), s);
    if (a >= shape.random) {
      shift[a - shape.random] = s;
    }
  }
  for (var a = 0u; a < border; a++) {
    let column = border_column(a);
    var sum = nothing();
    for (var c = 0u; c < column.width; c++) {
      let s = load(model, row_vector(VECTOR_SOLUTION, column.first + c));
      sum = add_product(sum, factor_of(column, column.index, c), s);
    }
    save(model, row_vector(VECTOR_SCALED, a), sum);
  }
  return num_hi(S) > 0.0f;
}

// U of column z of Z, from its products with the border in VECTOR_COLUMN; its t is what they leave of `whole`.
fn project(model: u32, z: u32, whole: num) {
  var rest = whole;
  var first = shape.border; // of the elements of U that are not zero
  for (var a = 0u; a < shape.border; a++) {
    rest = less_product(rest, load(model, row_vector(VECTOR_COLUMN, a)), load(model, row_vector(VECTOR_SCALED, a)));
    var u = transformed(model, VECTOR_COLUMN, a);
    if (num_hi(u) != 0.0f) {
      first = min(first, a);
    }
    for (var l = first; l < a; l++) {
      u = less_product(u, load(model, row_k(a, l)), load(model, row_vector(VECTOR_U + z, l)));
    }
    save(model, row_vector(VECTOR_U + z, a), num_mul(u, load(model, row_vector(VECTOR_OVER, a))));
  }
  save(model, row_t(z), rest);
}

// sum over the columns a of the border from `first` on of U of two columns of Z.
fn dot(model: u32, z: u32, other: u32, first: u32, end: u32) -> num {
  var sum = nothing();
  for (var a = first; a < end; a++) {
    sum = add_product(sum, load(model, row_vector(VECTOR_U + z, a)), load(model, row_vector(VECTOR_U + other, a)));
  }
  return sum;
}

// Second sweep: a type that has been entered.
fn add_derivatives(model: u32, kind: u32, weight: num, twice_d: num) {
  let unit = unit_at(kind * Q_LEVEL);
  for (var i = 0u; i < Q_LEVEL; i++) {
    var whole = nothing();
    for (var l = 0u; l < Q_LEVEL; l++) {
      whole = add_product(whole, E[l * Q_LEVEL + i], y[l]);
    }
    for (var a = 0u; a < shape.border; a++) {
      var sum = nothing();
      for (var l = 0u; l < Q_LEVEL; l++) {
        sum = add_product(sum, E[l * Q_LEVEL + i], load(model, row_vector(VECTOR_Y + l, a)));
      }
      save(model, row_vector(VECTOR_COLUMN, a), sum);
      if (a < shape.random) {
        save(model, row_b(unit.first + i, a), sum);
      }
    }
    project(model, unit.first + i, whole);
  }
  take(model, unit);
  var c: array<num, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      let end = select(shape.random, shape.border, REML == 1u);
      c[i * Q_LEVEL + j] = dot(model, unit.first + i, unit.first + j, 0u, end);
    }
  }
  add_forms(weight, twice_d, c);
  add_changes(weight, 0u);
}

// The levels of the border's factors: t, U, H, h and products.
fn add_border(model: u32) {
  for (var z = 0u; z < shape.random; z++) {
    for (var a = 0u; a < shape.border; a++) {
      save(model, row_vector(VECTOR_COLUMN, a), load(model, row_m(z, a)));
    }
    project(model, eliminated() + z, load(model, row_vector(VECTOR_V, z)));
    let column = border_column(z);
    if (column.index + 1u < column.width) {
      continue;
    }
    take(model, unit_at(eliminated() + column.first));
    add_changes(num_of(1.0f), column.square);
    for (var i = 0u; i < column.width; i++) {
      for (var j = 0u; j <= i; j++) {
        let at = column.square + i * column.width + j;
        products[at] = add_product(products[at], t[i], t[j]);
      }
    }
  }
}

// Everything at the factors L; false where it cannot be formed, or not with the digits that it should have.
fn evaluate(model: u32) -> bool {
  let d = design_pair(0u);
  log_det = nothing();
  S = response_pair(model, 0u);
  for (var i = 0u; i < packed(shape.border, 0u); i++) {
    save(model, i, design_pair(1u + i));
  }
  for (var a = 0u; a < shape.border; a++) {
    save(model, row_vector(VECTOR_V, a), response_pair(model, 1u + a));
  }
  begin_sums();
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
        add_level(model, weight);
      } else {
        add_derivatives(model, kind, weight, twice_d);
      }
    }
    if (sweep == 0u) {
      if (!solve_border(model)) {
        return false;
      }
      twice_d = num_scale(num_div(d, S), 2.0f);
    }
  }
  add_border(model);
  let columns = eliminated() + shape.random;
  var unit = unit_at(0u);
  for (var z = 0u; z < columns; z += unit.width) {
    unit = unit_at(z);
    var other = unit;
    for (var x = 0u; x <= z; x += other.width) {
      other = unit_at(x);
      add_pair(model, unit, other, twice_d);
    }
  }
  let d_over_s = num_div(d, S);
  end_slopes(d_over_s);
  for (var e = 0u; e < PARAMETERS; e++) {
    for (var f = 0u; f <= e; f++) {
      let changes = num_div(num_mul(change_of_s(e), change_of_s(f)), S);
      hessian[packed(e, f)] = less_product(hessian[packed(e, f)], d_over_s, changes);
    }
  }
  return true;
}
