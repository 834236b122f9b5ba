// The uniform of the kernels of a bootstrap. The draws of some responses are made in slices, one after another, so that no
// dispatch lasts long. Column `draw * responses + response` of a buffer is one draw; `pairs` has those of all slices, the
// other buffers those of one, counted from its first.

struct Draws {
  models: u32, // draws of all responses in the slice
  stride: u32, // of a row of buffers over the slice
  responses: u32,
  draws: u32, // of each response
  seed: vec2u,
  kind: u32,
  columns: u32, // coefficients and contrasts
  levels: u32, // of the eliminated factor
  outside: f32, // degrees of freedom that nothing in the model reaches
  alpha: f32, // of the intervals; 0 without any
  needed: f32, // draws that must carry a tail
  first: u32, // draw of the slice
  pair_stride: u32, // of a row of `pairs`
  column: u32, // the first that a dispatch judges
}
