// Draws responses of a model with one scalar random term: r_w and z of each level. Twin in float64:
// src/lmm/bootstrap/spectral-bootstrap.ts, whose header has the formulas.
//#import num/normal
//#import lmm/draws

@group(0) @binding(6) var<uniform> draws: Draws;
// The design of kernels/spectral-search.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// Streams, then gamma in units of 1 / mean eigenvalue.
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(3) var<storage, read_write> responses: array<f32>;

const HEADER: u32 = 10u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= draws.models) {
    return;
  }
  normal_begin(stream_of(model), draw_of(model), draws.kind, draws.seed);
  let gamma = fitted_value(model, 0u);
  for (var j = 0u; j < draws.levels; j++) {
    let lambda = design[HEADER + 3u * j + 2u].y;
    responses[(j + 1u) * draws.stride + model] = sqrt(1.0f + gamma * lambda) * normal_at(j);
  }
  responses[model] = chi_squared_at(draws.levels, draws.outside);
}
