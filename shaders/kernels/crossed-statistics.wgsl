// Pairs of every column of the draws that kernels/crossed-search has fitted, one thread a draw.
//#import lmm/crossed-columns
//#import lmm/factor-statistics

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> structure: array<u32>;
@group(0) @binding(2) var<storage, read> design: array<f32>;
@group(0) @binding(3) var<storage, read> responses: array<f32>;
@group(0) @binding(4) var<storage, read> optima: array<u32>;
@group(0) @binding(5) var<storage, read_write> workspace: array<f32>;
@group(0) @binding(6) var<uniform> draws: Draws;
@group(0) @binding(7) var<storage, read> fitted: array<u32>;
@group(0) @binding(8) var<storage, read> tests: array<f32>;
@group(0) @binding(9) var<storage, read_write> pairs: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let model = id.x;
  if (model >= shape.models) {
    return;
  }
  store_pairs(model);
}
