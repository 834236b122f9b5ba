// The search over models with one scalar random term (lmm/spectral-search), one workgroup a response: for many levels and
// too few responses to fill a device with threads.
//#import lmm/lanes-workgroup
//#import lmm/spectral-search
//#import lmm/kept-squares

@group(0) @binding(0) var<uniform> shape: Shape;
// Three vectors each of the grid's u, gamma and sum h (9 points used of 12); d and sum mu; then three a level: t at the
// grid's points, the last followed by lambda; then the blocks of mu, filled up with 0.
@group(0) @binding(2) var<storage, read> design: array<vec4f>;
// r_w, then z^2 of each level.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// u as bits, then evaluations + 65536 * outcome.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let model = group.x;
  if (model >= shape.models) {
    return;
  }
  lanes_begin(index);
  keep_squares(model);
  let found = search_model(model);
  if (index == 0u) {
    write_found(model, found);
  }
}
