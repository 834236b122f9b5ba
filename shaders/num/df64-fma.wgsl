// Pairs of f32 with the product's rounding error by fma, where fma is one rounding; every rounding hidden.
//#import num/df64

fn rounded(x: f32) -> f32 { return opaque(x); }

fn two_prod(a: f32, b: f32) -> vec2f {
  let p = rounded(a * b);
  return vec2f(p, rounded(fma(a, b, -p)));
}
