// Numbers passed between the threads of a subgroup: the sum with the neighbour, and who that was.
enable subgroups;
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// Sum (xy) and the neighbour's index as a number (z).
@group(0) @binding(2) var<storage, read_write> results: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  // The host gives whole workgroups only.
  let at = min(id.x, settings.count - 1u);
  let own = operands[at].xy;
  let other = vec2f(subgroupShuffleXor(own.x, 1u), subgroupShuffleXor(own.y, 1u));
  let neighbour = subgroupShuffleXor(at, 1u);
  results[at] = vec4f(num_store(num_add(num_load(own), num_load(other))), f32(neighbour), 0.0f);
}
