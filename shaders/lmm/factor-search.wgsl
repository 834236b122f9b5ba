// Minimises the criterion of one model over the parameters of its covariance (the free elements of relative factors, or
// those of blocks), by BFGS with a Hessian that begins as an expected one. The kernel imports a criterion: begin_criterion,
// evaluate_criterion, differentiate_criterion, first_inverse, and what they leave in criterion, criterion_noise and
// gradient; and parameters with start_value and covariances (lmm/factors, lmm/blocks-objective).
//
// A search that would hold a thread for too long goes on in further dispatches, from the point that it has reached.
// The host scales: factors by their typical size, each response to a residual variance near 1. The point found is a
// start for the host's Newton method in float64.

const MAXIMAL_EVALUATIONS: u32 = 90u; // of a start
const MAXIMAL_REFUSALS: u32 = 10u; // of a step
const RENEWED: u32 = 20u; // steps after which the Hessian is begun anew: updates from steps of mere noise spoil it
const SETTLED: f32 = 4e-6f; // Newton decrement in deviance units
const STALLED: f32 = 1e-2f; // at which a search that rounding stops still counts
const LONGEST: f32 = 2.0f; // step in units of 1 + the size of the factor

const SAME: f32 = 2e-3f; // criteria closer than this may be in either order

const FOUND: u32 = 0u;
const UNSURE: u32 = 1u; // the host searches itself
const UNFINISHED: u32 = 2u; // the next dispatch goes on from where this one stood

struct FactorOptimum {
  parameters: array<f32, PARAMETERS>,
  // Criterion less that of the first start.
  value: f32,
  evaluations: u32,
  outcome: u32,
}

fn search_factors(model: u32) -> FactorOptimum {
  begin_criterion();
  var evaluations = 0u;
  if (shape.round > 0u) {
    evaluations = optima[PARAMETERS * shape.stride + model] & 0xffffu;
  }
  var outcome = UNSURE;
  var best: array<f32, PARAMETERS>;
  var best_G: array<f32, PARAMETERS>;
  var best_value = 0.0f;

  for (var start = 0u; start < shape.starts; start++) {
    var x: array<f32, PARAMETERS>; // accepted last
    var moved: array<f32, PARAMETERS>; // evaluated next
    for (var k = 0u; k < PARAMETERS; k++) {
      moved[k] = start_value(start, k);
      if (shape.round > 0u) {
        moved[k] = bitcast<f32>(optima[k * shape.stride + model]);
      }
    }
    var value = 0.0f;
    var noise = 0.0f;
    var H: array<f32, PARAMETERS * PARAMETERS>; // inverse of the Hessian
    var step: array<f32, PARAMETERS>;
    var slope = 0.0f; // along the step
    var decrement = 0.0f;
    var scale = 1.0f;
    var refused = 0u;
    var fresh = true; // H is the diagonal of expected curvatures
    var stepping = false; // from x, with a step; else `moved` is taken as it is
    var settled = false;
    var steps = 0u;
    // One place where the kernel evaluates and one where it differentiates: drivers copy functions to each call.
    var cut_short = shape.turns < MAXIMAL_EVALUATIONS;
    for (var turn = 0u; turn < min(MAXIMAL_EVALUATIONS, shape.turns); turn++) {
      evaluations++;
      let valid = evaluate_criterion(model, moved);
      let next = criterion;
      if (!valid || (stepping && !(next <= value + 1e-4f * scale * slope + noise))) {
        if (!stepping) {
          cut_short = false;
          break;
        }
        refused++;
        if (refused < MAXIMAL_REFUSALS) {
          scale *= select(0.25f, 0.5f, refused == 1u);
          for (var k = 0u; k < PARAMETERS; k++) {
            moved[k] = x[k] + scale * step[k];
          }
          continue;
        }
        if (fresh || decrement <= STALLED) {
          cut_short = false;
          break;
        }
        moved = x;
        stepping = false;
        continue;
      }
      let before = gradient;
      differentiate_criterion(model);
      value = next;
      noise = criterion_noise;
      x = moved;
      steps++;
      fresh = !stepping || steps % RENEWED == 0u;
      if (!fresh) {
        // s = scale * step, y = gradient - before; H y into `hy`.
        var sy = 0.0f;
        var yhy = 0.0f;
        var hy: array<f32, PARAMETERS>;
        for (var k = 0u; k < PARAMETERS; k++) {
          var sum = 0.0f;
          for (var l = 0u; l < PARAMETERS; l++) {
            sum += H[k * PARAMETERS + l] * (gradient[l] - before[l]);
          }
          hy[k] = sum;
          yhy += sum * (gradient[k] - before[k]);
          sy += scale * step[k] * (gradient[k] - before[k]);
        }
        if (sy > -0.02f * scale * slope * scale) {
          let gain = (1.0f + yhy / sy) / sy;
          for (var k = 0u; k < PARAMETERS; k++) {
            for (var l = 0u; l < PARAMETERS; l++) {
              let sk = scale * step[k];
              let sl = scale * step[l];
              H[k * PARAMETERS + l] += gain * sk * sl - (sk * hy[l] + hy[k] * sl) / sy;
            }
          }
        } else {
          // Hardly any curvature along the step, or a negative one: longer steps.
          for (var k = 0u; k < PARAMETERS * PARAMETERS; k++) {
            H[k] *= 4.0f;
          }
        }
      }
      var norm = 0.0f;
      var size = 0.0f;
      // A second time where rounding has spoilt H, so that its step leads upwards.
      for (var trial = 0u; trial < 2u; trial++) {
        if (fresh) {
          H = first_inverse();
        }
        slope = 0.0f;
        norm = 0.0f;
        size = 0.0f;
        for (var k = 0u; k < PARAMETERS; k++) {
          var sum = 0.0f;
          for (var l = 0u; l < PARAMETERS; l++) {
            sum -= H[k * PARAMETERS + l] * gradient[l];
          }
          step[k] = sum;
          slope += sum * gradient[k];
          norm += sum * sum;
          size += x[k] * x[k];
        }
        if (fresh || slope <= 0.0f) {
          break;
        }
        fresh = true;
      }
      decrement = -0.5f * slope;
      // Should the search end here, the host goes on from where that was.
      settled = slope == 0.0f || (decrement >= 0.0f && decrement < STALLED && !fresh);
      if (!(slope < 0.0f) || (decrement < SETTLED && !fresh)) {
        cut_short = false;
        break;
      }
      scale = min(1.0f, LONGEST * (1.0f + sqrt(size)) / sqrt(norm));
      for (var k = 0u; k < PARAMETERS; k++) {
        moved[k] = x[k] + scale * step[k];
      }
      refused = 0u;
      stepping = true;
    }
    if (cut_short) {
      return FactorOptimum(x, value, evaluations, UNFINISHED);
    }
    if (!settled) {
      continue;
    }
    var G = covariances(x);
    if (outcome == FOUND && abs(value - best_value) < SAME) {
      var difference = 0.0f;
      var size = 0.0f;
      for (var k = 0u; k < PARAMETERS; k++) {
        difference = max(difference, abs(G[k] - best_G[k]));
        size = max(size, max(abs(G[k]), abs(best_G[k])));
      }
      if (difference > 0.1f * size + 1e-3f) {
        outcome = UNSURE;
        break;
      }
    }
    if (outcome == UNSURE || value < best_value) {
      best = x;
      best_G = G;
      best_value = value;
      outcome = FOUND;
    }
  }
  return FactorOptimum(best, best_value, evaluations, outcome);
}

// Whether an earlier dispatch has come to the end of a model's search.
fn is_searched(model: u32) -> bool {
  return shape.round > 0u && optima[PARAMETERS * shape.stride + model] >> 16u != UNFINISHED;
}

// Writes the optimum: rows of the parameters as bits, then evaluations + 65536 * outcome.
fn store_optimum(model: u32, optimum: FactorOptimum) {
  var parameters = optimum.parameters;
  for (var k = 0u; k < PARAMETERS; k++) {
    optima[k * shape.stride + model] = bitcast<u32>(parameters[k]);
  }
  optima[PARAMETERS * shape.stride + model] = min(optimum.evaluations, 0xffffu) | (optimum.outcome << 16u);
}
