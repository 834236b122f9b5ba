// What kernels over models read. The kernel declares `shape`, `design` and `responses`.
//
// Models are columns of rows of `shape.stride`, so that neighbouring threads read neighbouring words. A design that all
// models share has design_row = 1 and design_step = 0; designs of their own lie as columns too: stride and 1.

fn response(model: u32, row: u32) -> f32 { return responses[row * shape.stride + model]; }

fn design_value(model: u32, i: u32) -> f32 { return design[i * shape.design_row + model * shape.design_step]; }
