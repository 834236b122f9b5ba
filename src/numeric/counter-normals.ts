import { philoxInto } from './philox.ts';

/**
 * Standard normal numbers from counters: number i of draw b of stream s is a function of (seed, s, b, i) alone, one
 * 32-bit word each by the inverse distribution function, so that the integers agree on every machine and no rejection
 * shifts the sequence. Twin of shaders/num/normal.wgsl.
 */
export class CounterNormals {
  private readonly words = new Uint32Array(4);
  private readonly key0: number;
  private readonly key1: number;
  private stream = 0;
  private draw = 0;
  private kind = 0;
  private index = 0;

  /** @param seed a safe integer, not negative */
  constructor(seed: number) {
    this.key0 = seed >>> 0;
    this.key1 = Math.floor(seed / 2 ** 32) >>> 0;
  }

  /** Goes to the first number of a draw; `kind` separates uses of one stream. */
  begin(stream: number, draw: number, kind: number): void {
    this.stream = stream;
    this.draw = draw;
    this.kind = kind;
    this.index = 0;
  }

  next(): number {
    const place = this.index & 3;
    if (place === 0) this.fill();
    this.index++;
    return normalOfWord(this.words[place]);
  }

  /** A uniform number in (0, 1), from the word that `next` would take. */
  nextUniform(): number {
    const place = this.index & 3;
    if (place === 0) this.fill();
    this.index++;
    return (this.words[place] + 0.5) * 2 ** -32;
  }

  /** Goes to number `index` of the draw. */
  seek(index: number): void {
    this.index = index;
    if ((index & 3) !== 0) this.fill();
  }

  private fill(): void {
    philoxInto(this.words, this.draw, this.index >>> 2, this.stream, this.kind, this.key0, this.key1);
  }

  /** A chi-squared number with k >= 0 degrees of freedom. */
  chiSquared(k: number): number {
    if (k >= CORNISH_FISHER_FROM) return k * (1 + chiSquaredDeviation(this.next(), k));
    let sum = 0;
    for (let i = 0; i < k; i++) sum += this.next() ** 2;
    return sum;
  }
}

/** Number of the stream that belongs to some names: FNV-1a over their UTF-16 units, with a mark between names. */
export function streamNumber(...names: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const name of names) {
    for (let i = 0; i <= name.length; i++) {
      hash = Math.imul(hash ^ (i < name.length ? name.charCodeAt(i) : 0xffff), 0x01000193);
    }
  }
  return hash >>> 0;
}

/** Degrees of freedom from which the expansion is exact to 1e-5 of a normal unit. */
export const CORNISH_FISHER_FROM = 100;

/**
 * chi^2_k / k - 1 of the same probability as the normal number z: Cornish and Fisher's expansion to order k^-5/2. The
 * deviation, not the quantile: in single precision k + small would lose it.
 */
export function chiSquaredDeviation(z: number, k: number): number {
  const z2 = z * z;
  return (
    z * Math.sqrt(2 / k) +
    ((2 / 3) * (z2 - 1)) / k +
    ((z * (z2 - 7)) / (9 * k)) * Math.sqrt(1 / (2 * k)) -
    ((6 * z2 + 14) * z2 - 32) / (405 * k * k) +
    (z * ((9 * z2 + 256) * z2 - 433)) / (4860 * Math.SQRT2 * k ** 2.5)
  );
}

/** The normal number of a word: the lowest bit is the sign, the others the probability beyond it. */
export function normalOfWord(word: number): number {
  const tail = ((word >>> 1) + 0.5) * 2 ** -32; // in (0, 1/2)
  const z = upperNormal(tail);
  return (word & 1) === 1 ? -z : z;
}

/**
 * z >= 0 with P(Z > z) = tail, 0 < tail <= 1/2: M. J. Wichura, algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
 * Relative error about 1e-16.
 */
export function upperNormal(tail: number): number {
  const q = 0.5 - tail;
  if (q <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(A, r)) / polynomial(B, r);
  }
  const r = Math.sqrt(-Math.log(tail));
  return r <= 5 ? polynomial(C, r - 1.6) / polynomial(D, r - 1.6) : polynomial(E, r - 5) / polynomial(F, r - 5);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

const A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852854,
];
const C = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const D = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const E = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const F = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
];
