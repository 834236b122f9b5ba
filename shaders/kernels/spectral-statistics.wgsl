// What a draw says of each coefficient and contrast: the pair (mean, ratio) of src/lmm/bootstrap/conditional-tails.ts. Twin in
// float64: src/lmm/bootstrap/spectral-bootstrap.ts.
//#import lmm/draws
//#import num/f32

@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
// A column each, in units of l'(X'X)^-1 l: K^2 of the eigenvalues that are zero, then K sqrt(lambda) of the others.
@group(0) @binding(8) var<storage, read> tests: array<f32>;
// Rows of `stride` draws: mean and ratio of each column.
@group(0) @binding(9) var<storage, read_write> pairs: array<f32>;

const HEADER: u32 = 10u;
const CONSTANTS: u32 = 9u;
const BOUNDARY: u32 = 1u;
const UNSURE: u32 = 2u;

fn z(model: u32, j: u32) -> f32 { return responses[(j + 1u) * draws.stride + model]; }
fn eigenvalue(j: u32) -> f32 { return design[HEADER + 3u * j + 2u].y; }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  let gamma = fitted_value(model, 0u);
  let outcome = optima[draws.stride + model] >> 16u;
  let found = select(num_exp(bitcast<f32>(optima[model])), 0.0f, outcome == BOUNDARY);
  var s = responses[model];
  for (var j = 0u; j < draws.levels; j++) {
    s += z(model, j) * z(model, j) / (1.0f + found * eigenvalue(j));
  }
  let sigma_squared = s / design[CONSTANTS].x;
  for (var c = 0u; c < draws.columns; c++) {
    let at = c * (1u + draws.levels);
    var mean = 0.0f;
    var drawn = 1.0f + tests[at] * gamma; // variance of the column at gamma, and at what was found
    var estimated = 1.0f + tests[at] * found;
    for (var j = 0u; j < draws.levels; j++) {
      let lambda = eigenvalue(j);
      let a = tests[at + 1u + j];
      let shrunk = gamma / (1.0f + gamma * lambda);
      let shrunk_found = found / (1.0f + found * lambda);
      mean += a * z(model, j) * (shrunk - shrunk_found);
      drawn += a * a / lambda * shrunk;
      estimated += a * a / lambda * shrunk_found;
    }
    pairs[mean_at(model, c)] = mean / sqrt(drawn);
    let ratio = sqrt(sigma_squared * estimated / drawn);
    pairs[ratio_at(model, c)] = select(ratio, -1.0f, outcome == UNSURE);
  }
}
