// The number type `num` as an unevaluated sum of two f32, |low| <= ulp(high) / 2: about 48 bits, the exponents of f32.
// The contract is in shaders/README.md. A variant adds `rounded` and `two_prod`.
//
// Errors (relative, of the exact result): add and sub 2^-47, mul 2^-45.8, div 2^-45, sqrt 2^-46, log and log1p 2^-45.
//#import num/opaque
//#import num/exponent

alias num = vec2f;

fn num_of(x: f32) -> num { return vec2f(opaque(x), 0.0f); }
fn num_pair(hi: f32, lo: f32) -> num { return vec2f(opaque(hi), opaque(lo)); }
fn num_load(pair: vec2f) -> num { return pair; }
fn num_store(x: num) -> vec2f { return x; }
fn num_hi(x: num) -> f32 { return x.x; }

// a + b and its rounding error. Written in this order: spirv-opt folds (a - b) + b into a.
fn two_sum(a: f32, b: f32) -> vec2f {
  let s = rounded(a + b);
  let bb = rounded(s - a);
  return vec2f(s, rounded(rounded(a - rounded(s - bb)) + rounded(b - bb)));
}

// The same for |a| >= |b|.
fn quick_two_sum(a: f32, b: f32) -> vec2f {
  let s = rounded(a + b);
  return vec2f(s, rounded(b - rounded(s - a)));
}

fn num_neg(a: num) -> num { return -a; }

// Two two-sums: the cheaper sum with one loses everything under cancellation.
fn num_add(a: num, b: num) -> num {
  let high = two_sum(a.x, b.x);
  let low = two_sum(a.y, b.y);
  let sum = quick_two_sum(high.x, rounded(high.y + low.x));
  return quick_two_sum(sum.x, rounded(sum.y + low.y));
}

fn num_sub(a: num, b: num) -> num { return num_add(a, -b); }

fn num_mul(a: num, b: num) -> num {
  let p = two_prod(a.x, b.x);
  let cross = rounded(rounded(a.x * b.y) + rounded(a.y * b.x));
  return quick_two_sum(p.x, rounded(p.y + cross));
}

fn num_sqr(a: num) -> num {
  let p = two_prod(a.x, a.x);
  return quick_two_sum(p.x, rounded(p.y + rounded(2.0f * rounded(a.x * a.y))));
}

// Quotient of the high words, corrected once. It is hidden: compilers fold (a / b) * b into a.
fn num_div(a: num, b: num) -> num {
  let q = opaque(a.x / b.x);
  let p = two_prod(q, b.x);
  let rest = rounded(rounded(rounded(a.x - p.x) - p.y) + rounded(a.y - rounded(q * b.y)));
  return quick_two_sum(q, rounded(rest / b.x));
}

fn num_recip(a: num) -> num { return num_div(num_of(1.0f), a); }

// 0 for a <= 0.
fn num_sqrt(a: num) -> num {
  if (a.x <= 0.0f) {
    return vec2f();
  }
  let s = opaque(sqrt(a.x));
  let p = two_prod(s, s);
  let rest = rounded(rounded(rounded(a.x - p.x) - p.y) + a.y);
  return quick_two_sum(s, rounded(rounded(0.5f * rest) / s));
}

fn num_scale(a: num, power: f32) -> num { return a * power; }
fn num_lt(a: num, b: num) -> bool { return a.x < b.x || (a.x == b.x && a.y < b.y); }

// 2 atanh(s) for |s| <= 0.1716: powers up to s^9 in pairs, up to s^19 in f32.
fn num_twice_atanh(s: num) -> num {
  let w = num_sqr(s);
  let v = w.x;
  let tail = v * (1.0f / 11.0f + v * (1.0f / 13.0f + v * (1.0f / 15.0f + v * (1.0f / 17.0f + v * (1.0f / 19.0f)))));
  var series = num_add(num_pair(0.111111112f, -8.27842295e-10f), num_of(tail)); // 1/9
  series = num_add(num_pair(0.142857149f, -6.38621200e-9f), num_mul(w, series)); // 1/7
  series = num_add(num_pair(0.200000003f, -2.98023228e-9f), num_mul(w, series)); // 1/5
  series = num_add(num_pair(0.333333343f, -9.93410776e-9f), num_mul(w, series)); // 1/3
  return num_scale(num_add(s, num_mul(s, num_mul(w, series))), 2.0f);
}

// Natural logarithm of a normal number > 0.
fn num_log(x: num) -> num {
  let e = exponent_near_one(x.x);
  let m = vec2f(scale_by_power(x.x, -e), scale_by_power(x.y, -e));
  let one = num_of(1.0f);
  let series = num_twice_atanh(num_div(num_sub(m, one), num_add(m, one)));
  return num_add(num_mul(num_pair(0.693147182f, -1.90465421e-9f), num_of(f32(e))), series); // log(2)
}

// log(1 + x) for x > -1, without loss near 0.
fn num_log1p(x: num) -> num {
  if (x.x > -0.28f && x.x < 0.4f) {
    return num_twice_atanh(num_div(x, num_add(num_of(2.0f), x)));
  }
  return num_log(num_add(num_of(1.0f), x));
}

// exp(x); 0 below -87. Below exp(-60) the low word is flushed to zero.
fn num_exp(x: num) -> num {
  if (x.x < -87.0f) {
    return vec2f();
  }
  let k = round(x.x * 1.4426950f);
  // 15 bits of log(2), so that the product is exact, and the rest of it.
  let high = num_sub(x, num_of(k * 0.693145751953125f));
  let r = num_scale(num_sub(high, num_mul(num_pair(1.42860677e-6f, 5.49792315e-14f), num_of(k))), 0.0625f);
  let v = r.x;
  let tail = v * (1.0f / 120.0f + v * (1.0f / 720.0f + v * (1.0f / 5040.0f)));
  var series = num_add(num_pair(0.0416666679f, -1.24176347e-9f), num_of(tail)); // 1/24
  series = num_add(num_pair(0.166666672f, -4.96705388e-9f), num_mul(r, series)); // 1/6
  series = num_add(num_of(0.5f), num_mul(r, series));
  // exp - 1, doubled four times: (1 + t)^2 - 1 = 2 t + t^2.
  var t = num_add(r, num_mul(num_sqr(r), series));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  t = num_add(num_scale(t, 2.0f), num_sqr(t));
  let result = num_add(num_of(1.0f), t);
  return vec2f(scale_by_power(result.x, i32(k)), scale_by_power(result.y, i32(k)));
}
