// Estimate and variance (over s^2) of column c at the point that lmm/crossed-objective evaluated last: X is the last part
// of the border, so the last block of K alone tells. `tests` holds rows l'R^-1, one element a column of X.
//#import lmm/crossed-objective

fn column_estimate(model: u32, c: u32) -> f32 {
  let p = shape.border - shape.random;
  var sum = 0.0f;
  for (var a = 0u; a < p; a++) {
    sum += tests[c * p + a] * load(model, row_vector(VECTOR_SOLUTION, shape.random + a));
  }
  return sum;
}

fn column_variance(model: u32, c: u32) -> f32 {
  let p = shape.border - shape.random;
  var total = 0.0f;
  for (var a = shape.random; a < shape.border; a++) {
    var s = tests[c * p + a - shape.random];
    for (var l = shape.random; l < a; l++) {
      s -= load(model, row_k(a, l)) * load(model, row_vector(VECTOR_COLUMN, l));
    }
    s /= load(model, row_k(a, a));
    save(model, row_vector(VECTOR_COLUMN, a), s);
    total += s * s;
  }
  return total;
}
