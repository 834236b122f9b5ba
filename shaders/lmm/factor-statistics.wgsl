// What a draw says of each coefficient and contrast: the pair (mean, ratio) of src/lmm/bootstrap/conditional-tails.ts. Twin in
// float64: src/lmm/bootstrap/factor-bootstrap.ts. The kernel imports an objective and its columns: `column_estimate` and
// `column_variance` at the point evaluated last.
//#import lmm/factors
//#import lmm/draws

const FOUND_OUTCOME: u32 = 0u;

fn store_pairs(model: u32) {
  var parameters: array<f32, PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    parameters[k] = fitted_value(model, k);
  }
  var valid = optima[PARAMETERS * shape.stride + model] >> 16u == FOUND_OUTCOME;
  // One place where the kernel evaluates: first at what was drawn from, then at what was found.
  for (var pass_number = 0u; pass_number < 2u; pass_number++) {
    valid = evaluate(model, parameters) && valid;
    let s = response(model, 0u) + quadratic;
    for (var c = 0u; c < draws.columns; c++) {
      let estimate = column_estimate(model, c);
      let variance = column_variance(model, c);
      if (pass_number == 0u) {
        pairs[mean_at(model, c)] = estimate;
        pairs[ratio_at(model, c)] = variance;
        continue;
      }
      let drawn = pairs[ratio_at(model, c)];
      pairs[mean_at(model, c)] = (estimate - pairs[mean_at(model, c)]) / sqrt(drawn);
      let ratio = sqrt(s / design_value(model, 0u) * variance / drawn);
      pairs[ratio_at(model, c)] = select(-1.0f, ratio, valid);
    }
    for (var k = 0u; k < PARAMETERS; k++) {
      parameters[k] = bitcast<f32>(optima[k * shape.stride + model]);
    }
  }
}
