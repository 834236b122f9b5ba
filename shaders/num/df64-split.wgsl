// Product with its rounding error, the significands split by a mask into 12 and 12 bits: unlike the split by 4097 it
// cannot overflow. The order of the subtractions makes each of them exact.

fn split_high(a: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
}

fn two_prod(a: f32, b: f32) -> vec2f {
  let p = rounded(a * b);
  let ah = split_high(a);
  let al = rounded(a - ah);
  let bh = split_high(b);
  let bl = rounded(b - bh);
  let rest = rounded(rounded(rounded(p - rounded(ah * bh)) - rounded(al * bh)) - rounded(ah * bl));
  return vec2f(p, rounded(rounded(al * bl) - rest));
}
