// Poisson counts with log link. Twin in float64: src/glmm/families/poisson.ts.
//
// A pseudo-row has S counts and the linear predictor log S + d, or d where S = 0. As a deviance its part of the criterion is a
// sum of positive terms,
//
//     2 S (e^d - 1 - d)  (S = 0: 2 e^d)      r = -S (e^d - 1)  (-e^d)      W = W' = W'' = S e^d  (e^d)
//
// The host gives S and what d is at the reference point, which it takes the logarithms for in float64.
//#import glmm/exponentials

fn family_stratum(model: u32, s: u32, change: f32, derivatives: bool) -> Terms {
  var total = Terms();
  let end = row_start(s + 1u);
  for (var i = row_start(s); i < end; i++) {
    let S = response(model, 1u + 2u * i);
    let d = clamp(response(model, 2u + 2u * i) + change, LOWEST, HIGHEST);
    if (S > 0.0f) {
      let e = exponential(d);
      total.value += 2.0f * S * e.rest;
      total.r -= S * e.less_one;
      total.w += S + S * e.less_one;
    } else {
      let mu = num_exp(d);
      total.value += 2.0f * mu;
      total.r -= mu;
      total.w += mu;
    }
  }
  total.w1 = total.w;
  total.w2 = total.w;
  return total;
}

fn add_remainder(model: u32) {}

fn family_start(model: u32, excess: f32, squares: f32) -> f32 { return 0.0f; }

fn dispersed_mass(model: u32) -> f32 { return 1.0f; }
