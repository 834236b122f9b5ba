// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011): four random words from a counter and a key, with the same
// integers on every device and in src/numeric/philox.ts.

// High word of a * b, from four products of 16-bit halves: WGSL has no such operation.
fn multiply_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let middle = ah * bl + ((al * bl) >> 16u);
  let carry = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var i = 0; i < 10; i++) {
    let h0 = multiply_high(0xd2511f53u, c.x);
    let h1 = multiply_high(0xcd9e8d57u, c.z);
    c = vec4u(h1 ^ c.y ^ k.x, 0xcd9e8d57u * c.z, h0 ^ c.w ^ k.y, 0xd2511f53u * c.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
