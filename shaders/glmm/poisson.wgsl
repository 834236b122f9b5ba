// Poisson counts with log link. Twin in float64: src/glmm/families/poisson.ts.
//
// A pseudo-row has S counts and the linear predictor log S + d, or d where S = 0. As a deviance its part of the criterion is a
// sum of positive terms,
//
//     2 S (e^d - 1 - d)  (S = 0: 2 e^d)      r = -S (e^d - 1)  (-e^d)      W = W' = W'' = S e^d  (e^d)
//
// The host gives S and what d is at the reference point, which it takes the logarithms for in float64.
//#import glmm/exponentials

fn family_row(model: u32, i: u32, change: f32, extra: f32) -> RowTerms {
  let S = response(model, 1u + 2u * i);
  let d = clamp(response(model, 2u + 2u * i) + change, LOWEST, HIGHEST);
  var row: RowTerms;
  if (S > 0.0f) {
    let e = exponential(d);
    row.value = 2.0f * S * e.rest;
    row.r = -S * e.less_one;
    row.w = S + S * e.less_one;
  } else {
    let mu = num_exp(d);
    row.value = 2.0f * mu;
    row.r = -mu;
    row.w = mu;
  }
  row.w1 = row.w;
  row.w2 = row.w;
  return row;
}

fn family_remainder(model: u32, extra: f32) -> vec3f { return vec3f(); }

fn family_start(model: u32, excess: f32, squares: f32) -> f32 { return 0.0f; }

fn dispersed_mass() -> f32 { return 1.0f; }
