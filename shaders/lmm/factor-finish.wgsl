// Finishes what lmm/factor-search found, in the number type of the kernel: Newton's method to the digits that users get, and
// what they get. Twins in float64: src/lmm/newton.ts (without its safeguards: what would need one is left to the host) and
// src/lmm/factor-finish.ts. The kernel imports an objective with derivatives: `evaluate`, which fills log_det, S, slope and
// hessian at the factor L, then `column` and `change_of_s`.
//
// Parameters are elements of the factor whose rows are in the order of its pivots, largest first: with a fixed order a first
// column near zero makes the later ones exchangeable. They count in units of their row of the factor.
//#import lmm/factors

const FOUND: u32 = 0u;
const NOWHERE: u32 = 1u; // the search found nothing
const UNSETTLED: u32 = 2u; // the search did, but the host has to finish: the factor is that of the search

const EVALUATIONS: u32 = 5u;
const GOAL: f32 = 1e-15f; // Newton decrement
const LARGEST_DECREMENT: f32 = 0.05f;
const FLAT: f32 = 1e-6f; // pivot of the Hessian, of its largest element

var<private> order: array<u32, SQUARES>; // row of its square where each row of the pivoted factor stands
var<private> size: array<f32, PARAMETERS>;
var<private> factorised: array<num, PAIRS>; // Cholesky factor of the Hessian in the parameters

fn row_of(at: Parameter) -> u32 { return order[at.square + at.row]; }
fn place_of(at: Parameter, row: u32, column: u32) -> u32 { return at.square + row * at.width + column; }

// The factors of the search, in `factors`, with their pivots first: Gram and Schmidt over the rows of each term.
fn pivot() {
  var rest = factors;
  for (var i = 0u; i < SQUARES; i++) {
    factors[i] = 0.0f;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    order[at.square + at.row] = at.row;
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    if (at.row != at.column) {
      continue;
    }
    // A column of a term: its rows follow as parameters.
    var end = at.row + 1u;
    for (var l = k + 1u; l < PARAMETERS; l++) {
      let below = parameter(l);
      if (below.row == below.column) {
        break;
      }
      end = below.row + 1u;
    }
    var best = at.row;
    var largest = -1.0f;
    for (var i = at.row; i < end; i++) {
      var norm = 0.0f;
      for (var l = 0u; l < at.width; l++) {
        let value = rest[place_of(at, order[at.square + i], l)];
        norm += value * value;
      }
      if (norm > largest) {
        largest = norm;
        best = i;
      }
    }
    let chosen = order[at.square + best];
    order[at.square + best] = order[at.square + at.row];
    order[at.square + at.row] = chosen;
    if (!(largest > 0.0f)) {
      continue;
    }
    let length = sqrt(largest);
    var direction = rest; // of the chosen row
    for (var l = 0u; l < at.width; l++) {
      direction[l] = rest[place_of(at, chosen, l)] / length;
    }
    for (var i = at.row; i < end; i++) {
      let row = order[at.square + i];
      var dot = 0.0f;
      for (var l = 0u; l < at.width; l++) {
        dot += rest[place_of(at, row, l)] * direction[l];
      }
      factors[place_of(at, row, at.column)] = dot;
      for (var l = 0u; l < at.width; l++) {
        rest[place_of(at, row, l)] -= dot * direction[l];
      }
    }
  }
}

// d G_e / d parameter k, in units of the parameter.
fn jacobian(k: u32, e: u32) -> num {
  let at = parameter(k);
  let element = parameter(e);
  let row = row_of(at);
  var sum = nothing();
  if (at.square == element.square && row == element.row) {
    sum = L[place_of(at, element.column, at.column)];
  }
  if (at.square == element.square && row == element.column) {
    sum = num_add(sum, L[place_of(at, element.row, at.column)]);
  }
  return num_mul(num_of(size[k]), sum);
}

// x = (Cholesky factor of the Hessian)^-1 x.
fn substitute(values: array<num, PARAMETERS>) -> array<num, PARAMETERS> {
  var x = values;
  for (var k = 0u; k < PARAMETERS; k++) {
    var sum = x[k];
    for (var l = 0u; l < k; l++) {
      sum = less_product(sum, factorised[packed(k, l)], x[l]);
    }
    x[k] = num_div(sum, factorised[packed(k, k)]);
  }
  return x;
}

fn sum_of_squares(x: array<num, PARAMETERS>) -> num {
  var values = x;
  var sum = nothing();
  for (var k = 0u; k < PARAMETERS; k++) {
    sum = num_add(sum, num_sqr(values[k]));
  }
  return sum;
}

// The Hessian in the parameters and its Cholesky factor; false where it is not clearly positive.
fn factorise() -> bool {
  var largest = 0.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    let row = row_of(at);
    var norm = 0.0f;
    for (var l = 0u; l < at.width; l++) {
      let value = num_hi(L[place_of(at, row, l)]);
      norm += value * value;
    }
    size[k] = max(1.0f, sqrt(norm));
    var along: array<num, PARAMETERS>; // (row k of the Jacobian) times the Hessian over G
    for (var f = 0u; f < PARAMETERS; f++) {
      along[f] = nothing();
    }
    for (var e = 0u; e < PARAMETERS; e++) {
      let element = parameter(e);
      if (at.square != element.square || (row != element.row && row != element.column)) {
        continue;
      }
      let value = jacobian(k, e);
      for (var f = 0u; f < PARAMETERS; f++) {
        along[f] = add_product(along[f], value, hessian[packed(max(e, f), min(e, f))]);
      }
    }
    for (var l = 0u; l <= k; l++) {
      let other = parameter(l);
      var sum = nothing();
      if (at.square == other.square && at.column == other.column) {
        sum = num_mul(num_of(2.0f * size[k]), num_mul(num_of(size[l]), slope[place_of(at, row, row_of(other))]));
      }
      for (var e = 0u; e < PARAMETERS; e++) {
        sum = add_product(sum, along[e], jacobian(l, e));
      }
      factorised[packed(k, l)] = sum;
    }
    largest = max(largest, num_hi(factorised[packed(k, k)]));
  }
  for (var k = 0u; k < PARAMETERS; k++) {
    for (var l = 0u; l <= k; l++) {
      var sum = factorised[packed(k, l)];
      for (var m = 0u; m < l; m++) {
        sum = less_product(sum, factorised[packed(k, m)], factorised[packed(l, m)]);
      }
      if (k == l) {
        if (!(num_hi(sum) > FLAT * largest)) {
          return false;
        }
        factorised[packed(k, k)] = num_sqrt(sum);
      } else {
        factorised[packed(k, l)] = num_div(sum, factorised[packed(l, l)]);
      }
    }
  }
  return true;
}

fn gradient_of(k: u32) -> num {
  let at = parameter(k);
  let row = row_of(at);
  var sum = nothing();
  for (var b = 0u; b < at.width; b++) {
    sum = add_product(sum, slope[place_of(at, row, b)], L[place_of(at, b, at.column)]);
  }
  return num_mul(num_of(2.0f * size[k]), sum);
}

fn store(model: u32, row: u32, value: num) { finished[row * shape.stride + model] = num_store(value); }

// Rows of the factors' squares, S, the log-determinants, the decrement, (outcome, evaluations), then of each column shift,
// variance over s^2 and half of what the uncertainty of G adds to the inverse degrees of freedom.
fn finish_factors(model: u32) {
  let found = optima[PARAMETERS * shape.stride + model];
  var evaluations = found & 0xffffu;
  var outcome = select(UNSETTLED, NOWHERE, found >> 16u != FOUND);
  var start: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    start[k] = bitcast<f32>(optima[k * shape.stride + model]);
  }
  place_factors(start);
  pivot();
  for (var i = 0u; i <= SQUARES; i++) {
    L[i] = num_of(factors[i]);
  }
  var decrement = nothing();
  for (var turn = 0u; turn < EVALUATIONS && outcome == UNSETTLED; turn++) {
    evaluations++;
    if (!evaluate(model) || !factorise()) {
      break;
    }
    var step: array<num, PARAMETERS>;
    for (var k = 0u; k < PARAMETERS; k++) {
      step[k] = gradient_of(k);
    }
    step = substitute(step);
    decrement = num_scale(sum_of_squares(step), 0.5f);
    if (num_hi(decrement) <= GOAL) {
      outcome = FOUND;
      break;
    }
    if (!(num_hi(decrement) <= LARGEST_DECREMENT)) {
      break;
    }
    for (var back = PARAMETERS; back > 0u; back--) {
      let k = back - 1u;
      var sum = step[k];
      for (var l = back; l < PARAMETERS; l++) {
        sum = less_product(sum, factorised[packed(l, k)], step[l]);
      }
      step[k] = num_div(sum, factorised[packed(k, k)]);
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      let at = parameter(k);
      let place = place_of(at, row_of(at), at.column);
      L[place] = less_product(L[place], num_of(size[k]), step[k]);
    }
  }
  finished[(SQUARES + 3u) * shape.stride + model] = vec2f(f32(outcome), f32(evaluations));
  for (var i = 0u; i < SQUARES; i++) {
    if (outcome != FOUND) {
      L[i] = num_of(factors[i]);
    }
    store(model, i, L[i]);
  }
  if (outcome != FOUND) {
    return;
  }
  store(model, SQUARES, S);
  store(model, SQUARES + 1u, log_det);
  store(model, SQUARES + 2u, decrement);
  let columns = u32(constants[0]);
  for (var c = 0u; c < columns; c++) {
    var values = column(c);
    // d log(variance S) / d parameters
    var along: array<num, PARAMETERS>;
    for (var k = 0u; k < PARAMETERS; k++) {
      along[k] = nothing();
    }
    for (var e = 0u; e < PARAMETERS; e++) {
      let change = num_add(num_div(values.change[e], values.variance), num_div(change_of_s(e), S));
      for (var k = 0u; k < PARAMETERS; k++) {
        along[k] = add_product(along[k], change, jacobian(k, e));
      }
    }
    let at = SQUARES + 4u + 3u * c;
    store(model, at, values.shift);
    store(model, at + 1u, values.variance);
    store(model, at + 2u, sum_of_squares(substitute(along)));
  }
}
