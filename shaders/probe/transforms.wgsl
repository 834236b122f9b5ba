// The error-free transforms alone, for df64 variants: sum, ordered sum and product with their rounding errors.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> operands: array<vec2f>;
// Three rows of `count` pairs.
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  let count = settings.count;
  if (at >= count) {
    return;
  }
  let a = operands[at].x;
  let b = operands[at].y;
  let swapped = abs(a) < abs(b);
  results[at] = two_sum(a, b);
  results[count + at] = quick_two_sum(select(a, b, swapped), select(b, a, swapped));
  results[2u * count + at] = two_prod(a, b);
}
