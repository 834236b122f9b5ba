// Searches the parameters of generalised models with one random term of one column, or none, one thread a response.
//#import lmm/lanes-single
//#import glmm/family-newton
//#slot family

@group(0) @binding(0) var<uniform> shape: Shape;
// First stratum of each level, then first pseudo-row of each stratum, and in both the end.
@group(0) @binding(1) var<storage, read> structure: array<u32>;
// By stratum z and the columns of x; then what the family reads of pseudo-rows and of its tail.
@group(0) @binding(2) var<storage, read> design: array<f32>;
// What the family reads of a response.
@group(0) @binding(3) var<storage, read> responses: array<f32>;
// The parameters as bits, evaluations + 65536 * outcome, the reference point, the modes.
@group(0) @binding(4) var<storage, read_write> optima: array<u32>;
// Modes of the levels, their scores and weights.
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  store_found(model, search_family(model));
}
