// Exponents of f32 by their bits: what WGSL's frexp and ldexp do, without their freedoms.

// e such that x * 2^-e lies in [sqrt(1/2), sqrt(2)), for a normal number > 0.
fn exponent_near_one(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 255u) - 127;
  // 0x3504f4 is the significand of sqrt(2), rounded up.
  return select(e, e + 1, (bits & 0x7fffffu) >= 0x3504f4u);
}

// 2^e for e in -126..127, exactly.
fn power_of_two(e: i32) -> f32 {
  return bitcast<f32>(u32(e + 127) << 23u);
}

// x * 2^e for |e| <= 252, in two steps because 2^e alone may be out of range.
fn scale_by_power(x: f32, e: i32) -> f32 {
  let half = e / 2;
  return (x * power_of_two(half)) * power_of_two(e - half);
}
