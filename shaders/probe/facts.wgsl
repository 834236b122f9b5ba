// What the device's f32 and integers do: one operation a row, judged bit by bit on the host.
//#import num/philox

struct Settings {
  zero: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
// a, b, c and a positive number.
@group(0) @binding(1) var<storage, read> operands: array<vec4f>;
// Eight rows of `count` bit patterns.
@group(0) @binding(2) var<storage, read_write> results: array<u32>;
// A counter, then its key in two words of four, for each of `words`.
@group(0) @binding(3) var<storage, read> counters: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> words: array<vec4u>;

fn write_row(row: u32, at: u32, value: f32) {
  results[row * settings.count + at] = bitcast<u32>(value);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x;
  if (at >= settings.count) {
    return;
  }
  let given = operands[at];
  write_row(0u, at, given.x + given.y);
  write_row(1u, at, given.x * given.y);
  write_row(2u, at, given.x * given.y + given.z);
  write_row(3u, at, fma(given.x, given.y, given.z));
  write_row(4u, at, given.x / given.y);
  write_row(5u, at, sqrt(given.w));
  write_row(6u, at, log(given.w));
  write_row(7u, at, exp(given.x));
  if (at < arrayLength(&words)) {
    words[at] = philox(counters[2u * at], counters[2u * at + 1u].xy);
  }
}
