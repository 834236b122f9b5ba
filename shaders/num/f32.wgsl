// The number type `num` in single precision: the contract of shaders/README.md.
//
// Logarithms and exponentials are our own: WGSL lets `log` be wrong by 2e-4 relative near 1, and drivers use that.
//#import num/exponent

alias num = f32;

const NUM_LN2_HI: f32 = 0.693145751953125f; // 15 significant bits: exact times any exponent
const NUM_LN2_LO: f32 = 1.42860677e-6f;

// Nothing needs hiding from the compiler in plain f32.
fn num_begin(zero: u32) {}

fn num_of(x: f32) -> num { return x; }
fn num_pair(hi: f32, lo: f32) -> num { return hi + lo; }
fn num_load(pair: vec2f) -> num { return pair.x + pair.y; }
fn num_store(x: num) -> vec2f { return vec2f(x, 0.0f); }
fn num_hi(x: num) -> f32 { return x; }

fn num_neg(a: num) -> num { return -a; }
fn num_add(a: num, b: num) -> num { return a + b; }
fn num_sub(a: num, b: num) -> num { return a - b; }
fn num_mul(a: num, b: num) -> num { return a * b; }
fn num_sqr(a: num) -> num { return a * a; }
fn num_div(a: num, b: num) -> num { return a / b; }
fn num_recip(a: num) -> num { return 1.0f / a; }
fn num_sqrt(a: num) -> num { return sqrt(a); }
fn num_scale(a: num, power: f32) -> num { return a * power; }
fn num_lt(a: num, b: num) -> bool { return a < b; }

// 2 atanh(s) for |s| <= 0.1716.
fn num_twice_atanh(s: f32) -> f32 {
  let w = s * s;
  let tail = w * (1.0f / 3.0f + w * (0.2f + w * (1.0f / 7.0f + w * (1.0f / 9.0f + w * (1.0f / 11.0f)))));
  return 2.0f * (s + s * tail);
}

// Natural logarithm of a normal number > 0.
fn num_log(x: num) -> num {
  let e = exponent_near_one(x);
  let m = scale_by_power(x, -e);
  let k = f32(e);
  return k * NUM_LN2_HI + (k * NUM_LN2_LO + num_twice_atanh((m - 1.0f) / (m + 1.0f)));
}

// log(1 + x) for x > -1, without loss near 0.
fn num_log1p(x: num) -> num {
  if (x > -0.28f && x < 0.4f) {
    return num_twice_atanh(x / (2.0f + x));
  }
  return num_log(1.0f + x);
}

// exp(x); 0 below -87.
fn num_exp(x: num) -> num {
  if (x < -87.0f) {
    return 0.0f;
  }
  let k = round(x * 1.4426950f);
  let r = (x - k * NUM_LN2_HI) - k * NUM_LN2_LO;
  let series = 1.0f / 6.0f + r * (1.0f / 24.0f + r * (1.0f / 120.0f + r * (1.0f / 720.0f + r * (1.0f / 5040.0f))));
  return scale_by_power(1.0f + (r + r * r * (0.5f + r * series)), i32(k));
}
