// The uniform of the kernels of a bootstrap. Column `draw * responses + response` of every buffer is one draw.

struct Draws {
  models: u32, // draws of all responses
  stride: u32, // of a row of buffers over draws
  responses: u32,
  draws: u32, // of each response
  seed: vec2u,
  kind: u32,
  columns: u32, // coefficients and contrasts
  levels: u32, // of the eliminated factor
  outside: f32, // degrees of freedom that nothing in the model reaches
  alpha: f32, // of the intervals; 0 without any
  needed: f32, // draws that must carry a tail
}
