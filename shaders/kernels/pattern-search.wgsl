// Searches the covariance parameters of models with structured residuals whose blocks are sums over patterns, one thread a
// response.
//#import lmm/blocks-objective
//#import lmm/factor-search

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<mat4x4f>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models || is_searched(model)) {
    return;
  }
  enter_model(model);
  store_optimum(model, search_factors(model));
}
