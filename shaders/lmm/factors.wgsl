// The relative covariance factors of a model and what its parameters are. The kernel declares `structure`: four words a
// parameter (where its square begins in `factors`, width of the square, row, column); the starts as bits, parameters
// each; then four words a border column: first column of its level, width of the level, where the square of its factor
// begins, its column in that.
//#import lmm/model-data

//#param PARAMETERS: u32
// Elements of all squares of factors: the eliminated factor's, then those in the border.
//#param SQUARES: u32

struct Shape {
  models: u32,
  stride: u32, // of a row of `responses`, `optima`, `workspace` and designs of their own
  design_row: u32,
  design_step: u32,
  types: u32,
  starts: u32,
  border: u32, // columns [Z_rest X]
  random: u32, // of them those of Z_rest
  turns: u32, // evaluations of a start in one dispatch
  round: u32, // of a search that takes several dispatches
  zero: u32,
}

var<private> factors: array<f32, SQUARES + 1u>; // the last is 1: the factor of a fixed effect

struct Parameter {
  square: u32,
  width: u32,
  row: u32,
  column: u32,
}

fn parameter(k: u32) -> Parameter {
  return Parameter(structure[4u * k], structure[4u * k + 1u], structure[4u * k + 2u], structure[4u * k + 3u]);
}

fn start_value(start: u32, k: u32) -> f32 { return bitcast<f32>(structure[4u * PARAMETERS + start * PARAMETERS + k]); }

struct BorderColumn {
  first: u32,
  width: u32,
  square: u32,
  index: u32,
}

fn border_column(a: u32) -> BorderColumn {
  let at = (4u + shape.starts) * PARAMETERS + 4u * a;
  return BorderColumn(structure[at], structure[at + 1u], structure[at + 2u], structure[at + 3u]);
}

// Element (row of the level, column) of the factor that a border column belongs to.
fn border_factor(column: BorderColumn, row: u32, index: u32) -> f32 {
  return factors[column.square + row * column.width + index];
}

fn place_factors(parameters: array<f32, PARAMETERS>) {
  for (var i = 0u; i < SQUARES; i++) {
    factors[i] = 0.0f;
  }
  factors[SQUARES] = 1.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    factors[at.square + at.row * at.width + at.column] = parameters[k];
  }
}

// L L' of every term at the parameters' places; leaves `factors` there.
fn covariances(parameters: array<f32, PARAMETERS>) -> array<f32, PARAMETERS> {
  place_factors(parameters);
  var G: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    let at = parameter(k);
    var sum = 0.0f;
    for (var l = 0u; l < at.width; l++) {
      sum += factors[at.square + at.row * at.width + l] * factors[at.square + at.column * at.width + l];
    }
    G[k] = sum;
  }
  return G;
}
