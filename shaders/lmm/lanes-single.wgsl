// Lanes that share a model: here one thread has it alone. The other two modules of this kind have the same names.

const LANES: u32 = 1u;

fn lane() -> u32 { return 0u; }

// Sums over the lanes of a model, the same in each of them.
fn reduce(own: mat2x4f) -> mat2x4f { return own; }
