// Every operation of the number contract on given operands; row k of the results is operation k.
//#number

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// Pairs a (xy) and b (zw).
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// 12 rows of `count` pairs.
@group(0) @binding(2) var<storage, read_write> results: array<vec2f>;

fn write_row(row: u32, at: u32, value: num) {
  results[row * settings.count + at] = num_store(value);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  num_begin(settings.zero);
  let at = id.x;
  if (at >= settings.count) {
    return;
  }
  let a = num_load(operands[at].xy);
  let b = num_load(operands[at].zw);
  write_row(0u, at, num_add(a, b));
  write_row(1u, at, num_sub(a, b));
  write_row(2u, at, num_mul(a, b));
  write_row(3u, at, num_add(num_mul(a, b), a));
  write_row(4u, at, num_sqr(a));
  write_row(5u, at, num_div(a, b));
  write_row(6u, at, num_recip(b));
  let positive = operands[at].xy * select(-1.0f, 1.0f, operands[at].x >= 0.0f);
  write_row(7u, at, num_sqrt(num_load(positive)));
  write_row(8u, at, num_sub(a, a));
  write_row(9u, at, num_mul(a, a));
  write_row(10u, at, num_add(a, num_neg(b)));
  write_row(11u, at, num_add(num_of(1.0f), b));
}
