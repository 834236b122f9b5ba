// Binomial counts with logit link. Twin in float64: src/glmm/families/binomial.ts.
//
// A pseudo-row has k successes of m trials; pi = k / m, and the linear predictor is logit(pi) + d, or d where pi is 0 or 1. As a
// deviance its part of the criterion is a sum of positive terms: with p the probability and K(d) = log(1 - pi + pi e^d),
//
//     2 m (K(d) - pi d)      r = m (pi - p)      W = m p q      W' = W (q - p)      W'' = W ((q - p)^2 - 2 p q)
//     p - pi = pi (1 - pi) (e^d - 1) / (1 - pi + pi e^d)
//
// K is the cumulant generating function of one trial: for small d by its series. Where pi > 1/2 failures change places with
// successes, which keeps the digits of pi.
//#import glmm/exponentials

fn family_stratum(model: u32, s: u32, change: f32, derivatives: bool) -> Terms {
  var total = Terms();
  let end = row_start(s + 1u);
  for (var i = row_start(s); i < end; i++) {
    let m = design_value(model, shape.strata * (P + 1u) + 2u * i + 1u);
    let k = response(model, 1u + 2u * i);
    let shift = clamp(response(model, 2u + 2u * i) + change, -HIGHEST, HIGHEST);
    let swapped = 2.0f * k > m;
    let pi = select(k, m - k, swapped) / max(m, 1e-30f);
    let d = select(shift, -shift, swapped);
    var p = 0.0f;
    var q = 1.0f;
    var r = 0.0f; // of the rarer outcome
    if (pi > 0.0f) {
      let e = exponential(d);
      let denominator = 1.0f + pi * e.less_one;
      q = (1.0f - pi) / denominator;
      p = pi * (1.0f + e.less_one) / denominator;
      total.value += 2.0f * m * cumulants(pi, d, e.less_one);
      r = -m * pi * q * e.less_one;
    } else {
      let small = num_exp(-abs(d));
      let major = 1.0f / (1.0f + small);
      p = select(small * major, major, d > 0.0f);
      q = select(major, small * major, d > 0.0f);
      total.value += 2.0f * m * (max(d, 0.0f) + num_log1p(small));
      r = -m * p;
    }
    total.r += select(r, -r, swapped);
    let w = m * p * q;
    total.w += w;
    let skew = select(q - p, p - q, swapped);
    total.w1 += w * skew;
    total.w2 += w * (skew * skew - 2.0f * p * q);
  }
  return total;
}

// K(d) - pi d for pi <= 1/2.
fn cumulants(pi: f32, d: f32, less_one: f32) -> f32 {
  if (abs(d) >= 0.35f) {
    return num_log1p(pi * less_one) - pi * d;
  }
  let v = pi * (1.0f - pi);
  let s = 1.0f - 2.0f * pi;
  let fourth = 1.0f - 6.0f * v;
  let fifth = s * (1.0f - 12.0f * v);
  let sixth = 1.0f - 30.0f * v + 120.0f * v * v;
  let seventh = s * (1.0f - 60.0f * v + 360.0f * v * v);
  let series = 1.0f + d / 3.0f * (s + d / 4.0f * (fourth + d / 5.0f * (fifth + d / 6.0f * (sixth + d / 7.0f * seventh))));
  return 0.5f * v * d * d * series;
}

fn add_remainder(model: u32) {}

fn family_start(model: u32, excess: f32, squares: f32) -> f32 { return 0.0f; }

fn dispersed_mass(model: u32) -> f32 { return 1.0f; }
