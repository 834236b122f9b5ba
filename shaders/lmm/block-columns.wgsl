// Estimate and variance (over s^2) of column c at the point that lmm/block-objective evaluated last. `tests` holds rows
// l'R^-1, P each.
//#import lmm/block-objective

fn column_estimate(model: u32, c: u32) -> f32 {
  var sum = 0.0f;
  for (var a = 0u; a < P; a++) {
    sum += tests[c * P + a] * shift[a];
  }
  return sum;
}

fn column_variance(model: u32, c: u32) -> f32 {
  var v: array<f32, P>;
  var total = 0.0f;
  for (var a = 0u; a < P; a++) {
    var s = tests[c * P + a];
    for (var l = 0u; l < a; l++) {
      s -= information[a * P + l] * v[l];
    }
    v[a] = s / information[a * P + a];
    total += v[a] * v[a];
  }
  return total;
}
