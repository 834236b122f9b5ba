// Hides values from the compiler: an exclusive or with a zero that only the host knows to be one. Compilers fold the
// error-free transforms away as soon as one operand is a constant (SwiftShader does), and an identity bitcast, `let` or a
// private variable that is never written hide nothing.

var<private> opaque_zero: u32;

// To be called first by the entry point, with a uniform that is 0.
fn num_begin(zero: u32) {
  opaque_zero = zero;
}

fn opaque(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ opaque_zero);
}
