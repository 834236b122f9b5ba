// Lanes that share a model: here the threads of a workgroup, summed by subgroups first, which takes a third of the
// barriers of lmm/lanes-workgroup. The rule about branches is the same.
enable subgroups;
requires subgroup_id;

const LANES: u32 = 64u;

var<private> own_lane: u32;
var<private> own_subgroup: u32;
var<private> subgroup_count: u32;
// A subgroup has one lane at least.
var<workgroup> subgroup_sums: array<mat2x4f, LANES>;

fn lanes_begin(index: u32, subgroup: u32, subgroups: u32) {
  own_lane = index;
  own_subgroup = subgroup;
  subgroup_count = subgroups;
}

fn lane() -> u32 { return own_lane; }

// Sums over the lanes of a model, the same in each of them.
fn reduce(own: mat2x4f) -> mat2x4f {
  let sum = mat2x4f(subgroupAdd(own[0]), subgroupAdd(own[1]));
  if (subgroupElect()) {
    subgroup_sums[own_subgroup] = sum;
  }
  workgroupBarrier();
  if (own_lane == 0u) {
    for (var s = 1u; s < subgroup_count; s++) {
      subgroup_sums[0] += subgroup_sums[s];
    }
  }
  // Its barriers keep the next call from writing before all have read.
  return workgroupUniformLoad(&subgroup_sums[0]);
}
