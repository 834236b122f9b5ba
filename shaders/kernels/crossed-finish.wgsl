// Finishes what kernels/crossed-search found, one thread a model, with its matrices in storage.
//#number
//#import lmm/crossed-derivatives
//#import lmm/factor-finish

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<vec2f>;
@group(0) @binding(6) var<storage, read> constants: array<f32>;
@group(0) @binding(7) var<storage, read_write> finished: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(shape.zero);
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  finish_factors(model);
}
