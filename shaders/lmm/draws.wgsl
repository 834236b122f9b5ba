// Which draw a thread has, and from what it is drawn. The kernel declares `draws`, and `fitted`: rows of `responses`, the
// stream of each, then the parameters that it is drawn with, as bits.
//#import lmm/draws-shape

fn response_of(model: u32) -> u32 { return model % draws.responses; }
fn draw_of(model: u32) -> u32 { return draws.first + model / draws.responses; }
fn stream_of(model: u32) -> u32 { return fitted[response_of(model)]; }
fn fitted_value(model: u32, i: u32) -> f32 {
  return bitcast<f32>(fitted[(1u + i) * draws.responses + response_of(model)]);
}

// Rows of a pair: mean and ratio of a column. A ratio below zero marks a draw that could not be fitted.
fn mean_at(model: u32, column: u32) -> u32 { return pair_row(2u * column) + model; }
fn ratio_at(model: u32, column: u32) -> u32 { return pair_row(2u * column + 1u) + model; }
fn pair_row(row: u32) -> u32 { return row * draws.pair_stride + draws.first * draws.responses; }
