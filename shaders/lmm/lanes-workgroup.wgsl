// Lanes that share a model: here the threads of a workgroup. All of them have to come to every `reduce`, so branches
// around one may depend on uniform values and on earlier results of `reduce` only.

const LANES: u32 = 64u;

var<private> own_lane: u32;
var<workgroup> lane_sums: array<mat2x4f, LANES>;

fn lanes_begin(index: u32) { own_lane = index; }

fn lane() -> u32 { return own_lane; }

// Sums over the lanes of a model, the same in each of them. The order of the additions does not depend on the device.
fn reduce(own: mat2x4f) -> mat2x4f {
  lane_sums[own_lane] = own;
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half >>= 1u) {
    if (own_lane < half) {
      lane_sums[own_lane] += lane_sums[own_lane + half];
    }
    workgroupBarrier();
  }
  // Its barriers keep the next call from writing before all have read.
  return workgroupUniformLoad(&lane_sums[0]);
}
