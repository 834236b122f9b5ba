// z^2 of the first levels of a workgroup's model in its own memory: rows of `responses` lie a stride apart, so that
// neighbouring lanes, which have neighbouring levels, would read a line of memory each, in every evaluation. A lane reads
// what it wrote itself and needs no barrier.

// Levels kept.
//#param KEPT: u32

var<workgroup> kept_squares: array<f32, KEPT>;

fn keep_squares(model: u32) {
  for (var j = lane(); j < min(shape.levels, KEPT); j += LANES) {
    kept_squares[j] = stored_square(model, j);
  }
}

fn z_squared(model: u32, j: u32) -> f32 {
  if (j < KEPT) {
    return kept_squares[j];
  }
  return stored_square(model, j);
}
