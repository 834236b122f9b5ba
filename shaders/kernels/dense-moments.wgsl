// Moments of dense responses that share a design: Q'd, then of the residuals r = d - Q Q'd their square sum and
// sum r z over the rows of each column of Z. Twin in float64: src/moments/dense-moments.ts, which has the formulas.
// One stage a dispatch, a thread a response (x) and task (y): neighbouring threads read neighbouring words of a row of
// responses and the same word of the design.
//#number

struct Shape {
  models: u32,
  stride: u32, // of a row of `responses` and `finished`
  rows: u32,
  columns: u32, // of Q, filled up with zeros to a multiple of 4
  stage: u32,
  round: u32, // 0, then 1 for the second projection
  tasks: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
// Where the entries of each column of Z begin, one more at the end; then the row of each entry.
@group(0) @binding(1) var<storage, read> structure: array<u32>;
// Q, row by row; then the value of each entry of Z, weighted.
@group(0) @binding(2) var<storage, read> design: array<vec2f>;
// Rows of d; r in the end.
@group(0) @binding(3) var<storage, read_write> responses: array<vec2f>;
// Rows of Q'd of the first and of the second projection, of r'r, and of the columns of Z.
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

const PROJECT: u32 = 0u;
const SUBTRACT: u32 = 1u;
const SQUARE: u32 = 2u;
const LEVELS: u32 = 3u;
// Terms summed before they meet the sum of all: a long sum then errs like a short one.
const PART: u32 = 256u;

fn response(model: u32, row: u32) -> num { return num_load(responses[row * shape.stride + model]); }
fn store(model: u32, row: u32, value: num) { finished[row * shape.stride + model] = num_store(value); }
fn basis(row: u32, column: u32) -> num { return num_load(design[row * shape.columns + column]); }

// Four columns of Q at a time.
fn project(model: u32, block: u32) {
  let nothing = num_of(0.0f);
  let first = 4u * block;
  var whole0 = nothing;
  var whole1 = nothing;
  var whole2 = nothing;
  var whole3 = nothing;
  for (var from_row = 0u; from_row < shape.rows; from_row += PART) {
    var part0 = nothing;
    var part1 = nothing;
    var part2 = nothing;
    var part3 = nothing;
    let to_row = min(from_row + PART, shape.rows);
    for (var row = from_row; row < to_row; row++) {
      let d = response(model, row);
      part0 = num_add(part0, num_mul(d, basis(row, first)));
      part1 = num_add(part1, num_mul(d, basis(row, first + 1u)));
      part2 = num_add(part2, num_mul(d, basis(row, first + 2u)));
      part3 = num_add(part3, num_mul(d, basis(row, first + 3u)));
    }
    whole0 = num_add(whole0, part0);
    whole1 = num_add(whole1, part1);
    whole2 = num_add(whole2, part2);
    whole3 = num_add(whole3, part3);
  }
  let at = shape.round * shape.columns + first;
  store(model, at, whole0);
  store(model, at + 1u, whole1);
  store(model, at + 2u, whole2);
  store(model, at + 3u, whole3);
}

fn subtract(model: u32, row: u32) {
  var fitted = num_of(0.0f);
  for (var c = 0u; c < shape.columns; c++) {
    let coordinate = num_load(finished[(shape.round * shape.columns + c) * shape.stride + model]);
    fitted = num_add(fitted, num_mul(basis(row, c), coordinate));
  }
  responses[row * shape.stride + model] = num_store(num_sub(response(model, row), fitted));
}

fn square(model: u32) {
  var whole = num_of(0.0f);
  for (var from_row = 0u; from_row < shape.rows; from_row += PART) {
    var part = num_of(0.0f);
    let to_row = min(from_row + PART, shape.rows);
    for (var row = from_row; row < to_row; row++) {
      part = num_add(part, num_sqr(response(model, row)));
    }
    whole = num_add(whole, part);
  }
  store(model, 2u * shape.columns, whole);
}

fn level_sum(model: u32, column: u32, columns: u32) {
  let entries = columns + 1u;
  let values = shape.rows * shape.columns;
  let last = structure[column + 1u];
  var whole = num_of(0.0f);
  for (var from_entry = structure[column]; from_entry < last; from_entry += PART) {
    var part = num_of(0.0f);
    let to_entry = min(from_entry + PART, last);
    for (var e = from_entry; e < to_entry; e++) {
      part = num_add(part, num_mul(response(model, structure[entries + e]), num_load(design[values + e])));
    }
    whole = num_add(whole, part);
  }
  store(model, 2u * shape.columns + 1u + column, whole);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  for (var task = id.y; task < shape.tasks; task += groups.y) {
    switch shape.stage {
      case PROJECT: { project(model, task); }
      case SUBTRACT: { subtract(model, task); }
      case SQUARE: { square(model); }
      case LEVELS: { level_sum(model, task, shape.tasks); }
      default: {}
    }
  }
}
