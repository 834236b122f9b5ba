// Exponentials in single precision without loss near zero.
//#import num/f32

// Predictors beyond this are nothing that a search ends at, and leave squares of weights in range.
const HIGHEST: f32 = 30.0f;
const LOWEST: f32 = -60.0f;

struct Exponential {
  less_one: f32, // e^d - 1
  rest: f32, // e^d - 1 - d, never negative
}

fn exponential(d: f32) -> Exponential {
  if (abs(d) < 0.35f) {
    let series = 1.0f + d / 3.0f * (1.0f + d / 4.0f * (1.0f + d / 5.0f * (1.0f + d / 6.0f * (1.0f + d / 7.0f))));
    let rest = 0.5f * d * d * series;
    return Exponential(d + rest, rest);
  }
  let less_one = num_exp(d) - 1.0f;
  return Exponential(less_one, less_one - d);
}
