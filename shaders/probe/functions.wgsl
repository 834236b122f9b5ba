// Logarithms and exponential, with the constants that they bring along.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// Rows of `count` pairs: arguments of log, log1p and exp.
@group(0) @binding(1) var<storage, read> operands: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  let count = settings.count;
  if (at >= count) {
    return;
  }
  results[at] = num_store(num_log(num_load(operands[at])));
  results[count + at] = num_store(num_log1p(num_load(operands[count + at])));
  results[2u * count + at] = num_store(num_exp(num_load(operands[2u * count + at])));
}
