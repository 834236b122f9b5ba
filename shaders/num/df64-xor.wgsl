// Pairs of f32 where every rounding is hidden from the compiler, which can then neither fold nor contract.
//#import num/df64
//#import num/df64-split

fn rounded(x: f32) -> f32 { return opaque(x); }
