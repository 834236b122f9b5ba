// Standard normal numbers from counters, one 32-bit word each by the inverse distribution function. Twin:
// src/numeric/counter-normals.ts. The integers agree with it bit by bit, the numbers to about 1e-6.
//#import num/philox
//#import num/f32

// The block of four words at hand, and which numbers it belongs to.
var<private> normal_words: vec4u;
var<private> normal_block: u32;
var<private> normal_counter: vec4u; // draw, unused, stream, kind
var<private> normal_key: vec2u;

// Goes to the numbers of a draw.
fn normal_begin(stream: u32, draw: u32, kind: u32, key: vec2u) {
  normal_counter = vec4u(draw, 0u, stream, kind);
  normal_key = key;
  normal_block = 0xffffffffu;
}

fn normal_at(index: u32) -> f32 {
  let block = index >> 2u;
  if (block != normal_block) {
    normal_words = philox(vec4u(normal_counter.x, block, normal_counter.z, normal_counter.w), normal_key);
    normal_block = block;
  }
  return normal_of_word(normal_words[index & 3u]);
}

// The lowest bit is the sign, the others the probability beyond the number. M. J. Wichura, algorithm AS 241 (PPND7).
fn normal_of_word(word: u32) -> f32 {
  let tail_bits = word >> 1u;
  let q = (f32(0x80000000u - tail_bits) - 0.5f) * 2.3283064e-10f; // 1/2 - tail
  var z: f32;
  if (q <= 0.425f) {
    let r = 0.180625f - q * q;
    let top = ((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f;
    let bottom = ((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1.0f;
    z = q * top / bottom;
  } else {
    let r = sqrt(-num_log((f32(tail_bits) + 0.5f) * 2.3283064e-10f));
    // r is at most 4.8 here: the smallest tail is 2^-33.
    let s = r - 1.6f;
    let top = ((0.17023821103f * s + 1.3067284816f) * s + 2.7568153900f) * s + 1.4234372777f;
    let bottom = (0.12021132975f * s + 0.73700164250f) * s + 1.0f;
    z = top / bottom;
  }
  return select(z, -z, (word & 1u) == 1u);
}

// Number `index` of the draw, or from there on one for each degree of freedom below 100, as a chi-squared number:
// Cornish and Fisher's expansion (counter-normals.ts).
fn chi_squared_at(index: u32, k: f32) -> f32 {
  if (k < 100.0f) {
    var sum = 0.0f;
    for (var i = 0u; i < u32(k); i++) {
      let z = normal_at(index + i);
      sum += z * z;
    }
    return sum;
  }
  let z = normal_at(index);
  let z2 = z * z;
  let root = sqrt(2.0f / k);
  let first = z * root + (2.0f / 3.0f) * (z2 - 1.0f) / k + z * (z2 - 7.0f) / (18.0f * k) * root;
  let second = z * ((9.0f * z2 + 256.0f) * z2 - 433.0f) / (9720.0f * k * k) * root;
  return k * (1.0f + (first - (((6.0f * z2 + 14.0f) * z2 - 32.0f) / (405.0f * k * k)) + second));
}
