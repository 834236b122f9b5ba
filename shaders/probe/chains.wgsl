// Sums of products with a carried accumulator, the operands from every address space that kernels use. One thread a sum;
// row k of the results belongs to source k.
//#number
//#param TERMS: u32

struct Settings {
  zero: u32,
  count: u32,
}

const SLOTS = 8u;
const GROUP = 32u;

@group(0) @binding(0) var<uniform> settings: Settings;
// TERMS rows of `count` pairs a (xy), b (zw).
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// The first 8 terms of the first sum again.
@group(0) @binding(2) var<uniform> shared_operands: array<vec4f, 8>;
// Four rows of `count` pairs.
@group(0) @binding(3) var<storage, read_write> results: array<vec2f>;

var<workgroup> tile: array<vec2f, 32>;

fn accumulate(sum: num, operand: vec4f) -> num {
  return num_add(sum, num_mul(num_load(operand.xy), num_load(operand.zw)));
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  num_begin(settings.zero);
  let count = settings.count;
  // The host gives whole workgroups only, so that every thread comes to the barriers.
  let at = min(id.x, count - 1u);

  // Storage, two inlined calls an iteration.
  var sum = num_of(0.0f);
  for (var k = 0u; k + 1u < TERMS; k += 2u) {
    sum = accumulate(sum, operands[k * count + at]);
    sum = accumulate(sum, operands[(k + 1u) * count + at]);
  }
  if (TERMS % 2u == 1u) {
    sum = accumulate(sum, operands[(TERMS - 1u) * count + at]);
  }
  results[at] = num_store(sum);

  // A private array, its index known at run time only.
  var slots: array<num, SLOTS>;
  for (var s = 0u; s < SLOTS; s++) {
    slots[s] = num_of(0.0f);
  }
  for (var k = 0u; k < TERMS; k++) {
    let s = (k + at) % SLOTS;
    slots[s] = accumulate(slots[s], operands[k * count + at]);
  }
  var total = slots[0];
  for (var s = 1u; s < SLOTS; s++) {
    total = num_add(total, slots[s]);
  }
  results[count + at] = num_store(total);

  // Uniform operands: the same sum in every thread.
  var uniform_sum = num_of(0.0f);
  for (var s = 0u; s < SLOTS; s++) {
    uniform_sum = accumulate(uniform_sum, shared_operands[s]);
  }
  results[2u * count + at] = num_store(uniform_sum);

  // Workgroup memory: the tree over the threads' sums.
  tile[lane] = num_store(sum);
  for (var stride = GROUP / 2u; stride > 0u; stride /= 2u) {
    workgroupBarrier();
    if (lane < stride) {
      tile[lane] = num_store(num_add(num_load(tile[lane]), num_load(tile[lane + stride])));
    }
  }
  workgroupBarrier();
  results[3u * count + at] = tile[0];
}
