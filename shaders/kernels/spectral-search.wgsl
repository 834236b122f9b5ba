// The search over models with one scalar random term (lmm/spectral-search), one thread a response.
//#import lmm/lanes-single
//#import lmm/spectral-search

@group(0) @binding(0) var<uniform> shape: Shape;
// Three vectors each of the grid's u, gamma and sum h (9 points used of 12); d and sum mu; then three a level: t at the
// grid's points, the last followed by lambda; then the blocks of mu, filled up with 0.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// r_w, then z^2 of each level.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// u as bits, then evaluations + 65536 * outcome.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

fn z_squared(model: u32, j: u32) -> f32 { return stored_square(model, j); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  write_found(model, search_model(model));
}
