// The criterion of a linear mixed model with beta and sigma profiled out, log|V| (+ log|X'V^-1 X|) + d log S, as the search
// sees one: relative to the first point that could be evaluated, where its digits are. The kernel imports an objective over
// it, which has `evaluate`, `differentiate`, `log_det`, `quadratic`, `gradient` and `curvature` (block, crossed).
//
// Another likelihood is another module with the same functions and variables (a residual structure, a family).
//#import num/f32

var<private> criterion: f32;
var<private> criterion_noise: f32; // what rounding does to it
// Log-determinant and quadratic form at the reference, and whether there is one.
var<private> reference: vec2f;
var<private> has_reference: bool;

fn begin_criterion() {
  reference = vec2f(0.0f);
  has_reference = false;
}

// Evaluates at `parameters`; false where there is no value.
fn evaluate_criterion(model: u32, parameters: array<f32, PARAMETERS>) -> bool {
  let valid = evaluate(model, parameters);
  if (valid && !has_reference) {
    reference = vec2f(log_det, quadratic);
    has_reference = true;
  }
  let rest = response(model, 0u);
  let d = design_value(model, 0u);
  criterion = (log_det - reference.x) + d * num_log1p((quadratic - reference.y) / (rest + reference.y));
  return valid;
}

// `gradient` and expected `curvature` at the point evaluated last.
fn differentiate_criterion(model: u32) {
  differentiate(model, design_value(model, 0u) / (response(model, 0u) + quadratic));
  criterion_noise = 1e-6f + 3e-7f * (abs(log_det) + abs(criterion) + abs(quadratic));
}

// Inverse of the Hessian that a search begins with: its expected diagonal.
fn first_inverse() -> array<f32, PARAMETERS * PARAMETERS> {
  var largest = 0.0f;
  for (var k = 0u; k < PARAMETERS; k++) {
    largest = max(largest, curvature[k]);
  }
  var H: array<f32, PARAMETERS * PARAMETERS>;
  for (var k = 0u; k < PARAMETERS; k++) {
    for (var l = 0u; l < PARAMETERS; l++) {
      H[k * PARAMETERS + l] = 0.0f;
    }
    H[k * PARAMETERS + k] = 1.0f / max(curvature[k], 1e-4f * largest + 1e-20f);
  }
  return H;
}
