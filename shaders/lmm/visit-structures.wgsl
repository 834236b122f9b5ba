// What the rows of a subject at two visits are to each other, as functions of parameters that stand in `point` from a place on:
// structures of visits, of which a kernel has one. Twin in float64: src/lmm/structured/structures.ts, whose header has the
// formulas. The kernel declares `shape`, with the number of visits of the structure.
//#param STRUCTURE: u32

// Values of STRUCTURE; standard deviations by visit or one for all make no difference here.
const DIAGONAL: u32 = 0u;
const EXCHANGEABLE: u32 = 1u;
const AUTOREGRESSIVE: u32 = 2u;
const ANTE_DEPENDENT: u32 = 3u;
const UNSTRUCTURED: u32 = 4u;

// tanh, and its slope without the cancellation near 1.
fn correlation_of(phi: f32) -> vec2f {
  let e = num_exp(-2.0f * min(abs(phi), 30.0f));
  let rho = (1.0f - e) / (1.0f + e);
  return vec2f(select(rho, -rho, phi < 0.0f), 4.0f * e / ((1.0f + e) * (1.0f + e)));
}

// The one correlation of all pairs, and its slope.
fn shared_correlation(phi: f32) -> vec2f {
  let least = select(0.0f, -1.0f / (f32(shape.visits) - 1.0f), shape.visits > 1u);
  let e = num_exp(-min(abs(phi), 30.0f));
  let share = select(1.0f, e, phi < 0.0f) / (1.0f + e);
  return vec2f(least + (1.0f - least) * share, (1.0f - least) * e / ((1.0f + e) * (1.0f + e)));
}

fn power(rho: f32, lag: u32) -> f32 {
  var value = 1.0f;
  for (var i = 0u; i < lag; i++) {
    value *= rho;
  }
  return value;
}

// Element (i, j) of the unit lower factor of `us`.
fn factor_element(place: u32, i: u32, j: u32) -> f32 {
  if (j >= i) {
    return select(0.0f, 1.0f, i == j);
  }
  return point[place + i * (i - 1u) / 2u + j];
}

// Product of the correlations of neighbours from visit `low` to `high`, but for one of them.
fn neighbours(place: u32, low: u32, high: u32, without: u32) -> f32 {
  var value = 1.0f;
  for (var k = low; k < high; k++) {
    if (k != without) {
      value *= correlation_of(point[place + k]).x;
    }
  }
  return value;
}

// K between two visits.
fn between(place: u32, i: u32, j: u32) -> f32 {
  let low = min(i, j);
  let high = max(i, j);
  if (STRUCTURE == UNSTRUCTURED) {
    var sum = 0.0f;
    for (var c = 0u; c <= low; c++) {
      sum += factor_element(place, i, c) * factor_element(place, j, c);
    }
    return sum;
  }
  if (i == j) {
    return 1.0f;
  }
  if (STRUCTURE == EXCHANGEABLE) {
    return shared_correlation(point[place]).x;
  }
  if (STRUCTURE == AUTOREGRESSIVE) {
    return power(correlation_of(point[place]).x, high - low);
  }
  if (STRUCTURE == ANTE_DEPENDENT) {
    return neighbours(place, low, high, high);
  }
  return 0.0f;
}
