// Blocks of Z'P Z of two levels, or types of levels, and what they add to the Hessian over the covariances G: the sums over k and l
// in the header of lmm/crossed-derivatives, whose workspace they read. Twin in float64: src/lmm/crossed-pairs.ts.

// A level, or a type of levels of the eliminated factor: its columns of Z.
struct Unit {
  first: u32,
  width: u32,
  square: u32,
}

fn unit_at(z: u32) -> Unit {
  if (z < eliminated()) {
    return Unit(z, Q_LEVEL, 0u);
  }
  let column = border_column(z - eliminated());
  return Unit(z, column.width, column.square);
}

fn weight_of(unit: Unit) -> num {
  if (unit.first < eliminated()) {
    return count_of(unit.first / Q_LEVEL);
  }
  return num_of(1.0f);
}

// Takes t and the part of U for X of a unit into the thread.
fn take(model: u32, unit: Unit) {
  for (var i = 0u; i < unit.width; i++) {
    t[i] = load(model, row_t(unit.first + i));
    for (var a = 0u; a < P; a++) {
      U[i * P + a] = load(model, row_vector(VECTOR_U + unit.first + i, shape.random + a));
    }
  }
}

// What the block of two units adds to the Hessian, and to the traces where it is that of a level of the border. The block of
// a type with itself is that of its levels with one another: what A takes part in has been added.
fn add_pair(model: u32, unit: Unit, other: Unit, twice_d: num) {
  var T: array<num, WIDEST * WIDEST>;
  var TP: array<num, WIDEST * WIDEST>; // with the columns of X in any case
  let same = unit.first == other.first;
  for (var i = 0u; i < unit.width; i++) {
    for (var j = 0u; j < other.width; j++) {
      let z = unit.first + i;
      let x = other.first + j;
      var whole = nothing();
      if (x >= eliminated()) {
        whole = load(model, row_m(z - eliminated(), x - eliminated()));
      } else if (z >= eliminated()) {
        whole = load(model, row_b(x, z - eliminated()));
      }
      let fixed_part = dot(model, z, x, shape.random, shape.border);
      let value = num_sub(whole, dot(model, z, x, 0u, shape.random));
      TP[i * WIDEST + j] = num_sub(value, fixed_part);
      T[i * WIDEST + j] = value;
      if (REML == 1u) {
        T[i * WIDEST + j] = TP[i * WIDEST + j];
      }
      if (same && x >= eliminated() && j <= i) {
        let at = unit.square + i * unit.width + j;
        traces[at] = num_add(traces[at], T[i * WIDEST + j]);
      }
    }
  }
  let weight = num_mul(weight_of(unit), weight_of(other));
  for (var e = 0u; e < PARAMETERS; e++) {
    let left = parameter(e);
    if (left.square != unit.square) {
      continue;
    }
    for (var f = 0u; f < PARAMETERS; f++) {
      let right = parameter(f);
      if (right.square != other.square || (same && f > e)) {
        continue;
      }
      var trace = nothing();
      var form = nothing();
      for (var turn = 0u; turn < 4u; turn++) {
        let turned = turn >= 2u;
        let turned_right = turn % 2u == 1u;
        if ((turned && left.row == left.column) || (turned_right && right.row == right.column)) {
          continue;
        }
        let a = select(left.row, left.column, turned);
        let b = select(left.column, left.row, turned);
        let c = select(right.row, right.column, turned_right);
        let d = select(right.column, right.row, turned_right);
        trace = add_product(trace, T[b * WIDEST + c], T[a * WIDEST + d]);
        let product = num_mul(load(model, row_t(unit.first + b)), load(model, row_t(other.first + d)));
        form = add_product(form, product, TP[a * WIDEST + c]);
      }
      var value = num_mul(weight, num_sub(num_mul(twice_d, form), trace));
      if (!same && e == f) {
        value = num_scale(value, 2.0f); // both orders of the levels
      }
      let at = packed(max(e, f), min(e, f));
      hessian[at] = num_add(hessian[at], value);
    }
  }
}
