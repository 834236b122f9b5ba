// Criterion of models with one grouping factor, its gradient and its Hessian over the covariance G of a level, in the
// number type of the kernel and in the thread's own arrays. Twins in float64: src/lmm/block-sweep.ts and
// block-derivatives.ts. In the terms of lmm/derivatives, with c_i = U_i'U_i:
//
//     df/dG_e  = tr(E_e sum (A_i - c_i - d T_i / S))
//     d2f      = sum tr(A_i E_e M_i E_f) - tr(H_e H_f) - 2 d h_e'h_f / S - d (dS/dG_e)(dS/dG_f) / S^2,
//     M_i      = 2 d T_i / S - A_i + 2 c_i                                        ML: without c and tr(H_e H_f)
//#import lmm/derivatives

var<private> Y: array<num, Q_LEVEL * P>; // C^-1 N of the level at hand

// Fills C, E, Y, y, W for a type; its log det F, or -1 where a pivot has no digits.
fn enter_type(model: u32, kind: u32) -> num {
  let at = type_at(kind) + 1u + QQ;
  let log_det_f = enter_level(model, kind);
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j < P; j++) {
      var n = design_pair(at + i * P + j);
      for (var l = 0u; l < i; l++) {
        n = less_product(n, C[i * Q_LEVEL + l], Y[l * P + j]);
      }
      Y[i * P + j] = num_mul(n, over_C[i]);
    }
  }
  return log_det_f;
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
  var c: array<num, QQ>;
  for (var i = 0u; i < Q_LEVEL; i++) {
    for (var j = 0u; j <= i; j++) {
      var sum = nothing();
      if (REML == 1u) {
        for (var k = 0u; k < P; k++) {
          sum = add_product(sum, U[i * P + k], U[j * P + k]);
        }
      }
      c[i * Q_LEVEL + j] = sum;
    }
  }
  add_forms(weight, twice_d, c);
  add_changes(weight, 0u);
}

// Takes the sums of the second sweep to `slope` and `hessian`.
fn end_derivatives(d: num) {
  let d_over_s = num_div(d, S);
  end_slopes(d_over_s);
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
