// Draws responses of a model of any structure, as the kernels over factors read them. Twin in float64:
// src/lmm/bootstrap/factor-bootstrap.ts (momentsSimulator), whose header has the formulas.
//#import lmm/level
//#import lmm/draws
//#import num/normal

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read_write> responses: array<f32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;
@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
// G' with G'G what [Z_rest X] has inside the levels (border x border), then the levels of each type in order.
@group(0) @binding(10) var<storage, read> roots: array<f32>;

fn effect_row(model: u32, a: u32) -> u32 { return a * shape.stride + model; }
fn inside_row(model: u32, k: u32) -> u32 { return (shape.border + k) * shape.stride + model; }

// The random effects of the border, and g = G [u_rest; 0] + e; returns g'g.
fn draw_border(model: u32) -> f32 {
  for (var a = 0u; a < shape.random; a++) {
    let column = border_column(a);
    var sum = 0.0f;
    for (var c = 0u; c < column.width; c++) {
      sum += border_factor(column, column.index, c) * normal_at(column.first + c);
    }
    workspace[effect_row(model, a)] = sum;
  }
  var total = 0.0f;
  for (var k = 0u; k < shape.border; k++) {
    // Columns of G' beyond its rank are zero, and no number is drawn for them.
    var largest = 0.0f;
    for (var a = 0u; a < shape.border; a++) {
      largest = max(largest, abs(roots[a * shape.border + k]));
    }
    var sum = 0.0f;
    if (largest > 0.0f) {
      sum = normal_at(shape.random + k);
      for (var a = 0u; a < shape.random; a++) {
        sum += roots[a * shape.border + k] * workspace[effect_row(model, a)];
      }
    }
    workspace[inside_row(model, k)] = sum;
    total += sum * sum;
  }
  for (var a = 0u; a < shape.border; a++) {
    var sum = 0.0f;
    for (var k = 0u; k < shape.border; k++) {
      sum += roots[a * shape.border + k] * workspace[inside_row(model, k)];
    }
    responses[(1u + a) * shape.stride + model] = sum;
  }
  return total;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  normal_begin(stream_of(model), draw_of(model), draws.kind, draws.seed);
  var parameters: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    parameters[k] = fitted_value(model, k);
  }
  place_factors(parameters);
  let inside = draw_border(model);
  let first = shape.random + shape.border; // number of the first level
  let type_size = 1u + QQ + Q_LEVEL * shape.border;
  var listed = shape.border * shape.border; // place of the level in `roots`
  for (var kind = 0u; kind < shape.types; kind++) {
    let at = 1u + shape.border * (shape.border + 1u) / 2u + kind * type_size;
    let count = design_value(model, at);
    var fixed: array<f32, Q_LEVEL>; // N [u_rest; 0]
    var own: array<bool, Q_LEVEL>; // whether the block has that row
    for (var i = 0u; i < Q_LEVEL; i++) {
      own[i] = false;
      for (var l = 0u; l < Q_LEVEL; l++) {
        own[i] = own[i] || design_value(model, at + 1u + i * Q_LEVEL + l) != 0.0f;
      }
      var sum = 0.0f;
      for (var a = 0u; a < shape.random; a++) {
        let n = design_value(model, at + 1u + QQ + i * shape.border + a);
        if (n != 0.0f) {
          sum += n * workspace[effect_row(model, a)];
        }
      }
      fixed[i] = sum;
    }
    // Set to zero by hand: a variable of a loop's body keeps its value from turn to turn on some drivers.
    var mean: array<f32, Q_LEVEL>;
    var square: array<f32, QQ>;
    for (var a = 0u; a < Q_LEVEL; a++) {
      mean[a] = 0.0f;
      for (var b = 0u; b <= a; b++) {
        square[a * Q_LEVEL + b] = 0.0f;
      }
    }
    for (var i = 0u; i < u32(count); i++) {
      let base = first + 2u * Q_LEVEL * u32(roots[listed]);
      listed++;
      var r: array<f32, Q_LEVEL>;
      for (var a = 0u; a < Q_LEVEL; a++) {
        r[a] = 0.0f;
      }
      for (var a = 0u; a < Q_LEVEL; a++) {
        var effect = 0.0f;
        for (var c = 0u; c < Q_LEVEL; c++) {
          effect += factors[a * Q_LEVEL + c] * normal_at(base + c);
        }
        for (var l = 0u; l < Q_LEVEL; l++) {
          r[l] += design_value(model, at + 1u + l * Q_LEVEL + a) * effect;
        }
      }
      for (var a = 0u; a < Q_LEVEL; a++) {
        r[a] = select(0.0f, r[a] + fixed[a] + normal_at(base + Q_LEVEL + a), own[a]);
        mean[a] += r[a] / count;
        for (var b = 0u; b <= a; b++) {
          square[a * Q_LEVEL + b] += r[a] * r[b];
        }
      }
    }
    var row = 1u + shape.border + kind * TYPE_ROWS;
    for (var a = 0u; a < Q_LEVEL; a++) {
      responses[(row + a) * shape.stride + model] = mean[a];
    }
    if (SCATTER == 1u) {
      row += Q_LEVEL;
      for (var a = 0u; a < Q_LEVEL; a++) {
        for (var b = 0u; b <= a; b++) {
          let scatter = square[a * Q_LEVEL + b] - count * mean[a] * mean[b];
          responses[row * shape.stride + model] = select(0.0f, scatter, count > 1.0f);
          row++;
        }
      }
    }
  }
  responses[model] = inside + chi_squared_at(first + 2u * Q_LEVEL * draws.levels, draws.outside);
}
