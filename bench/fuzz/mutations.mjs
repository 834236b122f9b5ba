/**
 * Damage to files: bits, bytes, pieces and numbers. Every edit says in words what it did and where, and whether the bytes
 * behind it stay in their places, which decides what a checksum must have noticed.
 */

/** Numbers that sizes, counts and offsets should never be. */
const WORDS = [
  0n,
  1n,
  -1n,
  127n,
  255n,
  32767n,
  65535n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];
const DOUBLES = [
  0,
  -0,
  -1,
  1e300,
  -1e300,
  1e-320,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53 + 2,
];
/** What may stand where a number stood in a text. */
const NUMBER_TEXTS = [
  ...['0', '-1', '1', '99999999999', '18446744073709551616', '4294967296', '2147483648', '9007199254740993'],
  ...[
    '1e308',
    '1e309',
    '-1e308',
    '1e-320',
    '1e150',
    'NaN',
    'NA',
    'Infinity',
    '-inf',
    '',
    '0x10',
    '1,5',
    '1e',
    '.',
    '1_000',
  ],
];
const NOISE = [
  '"',
  "'",
  ',',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\0',
  '\ufeff',
  '\u2028',
  ';',
  '#',
  '%',
  ' ',
  '\u00e9',
  '\ud83d\ude00',
  'abc',
  '\\',
];

/** Place of the next edit: half of the time in a region that the format reads first. */
function place(length, random, hot) {
  if (hot.length > 0 && random.chance(0.5)) {
    const [from, to] = random.pick(hot);
    return Math.min(Math.max(0, length - 1), random.integer(from, Math.max(from, to - 1)));
  }
  return random.integer(0, Math.max(0, length - 1));
}

/** Short pieces are commoner than long ones. */
function pieceLength(length, random) {
  return Math.max(1, Math.min(length, Math.round(2 ** random.between(0, Math.log2(Math.max(2, length / 2))))));
}

function overwritten(bytes, at, piece) {
  const out = Uint8Array.from(bytes);
  out.set(piece.subarray(0, Math.max(0, out.length - at)), at);
  return out;
}

const joined = (...pieces) => new Uint8Array(Buffer.concat(pieces));

const EDITS = {
  bit(bytes, at, random) {
    const bit = random.integer(0, 7);
    return {
      bytes: overwritten(bytes, at, Uint8Array.of(bytes[at] ^ (1 << bit))),
      what: `bit ${bit} of byte ${at}`,
      size: 1,
    };
  },
  byte(bytes, at, random) {
    const value = random.pick([0, 255, 127, 128, 1, random.integer(0, 255)]);
    return { bytes: overwritten(bytes, at, Uint8Array.of(value)), what: `byte ${at} is ${value}`, size: 1 };
  },
  word(bytes, at, random) {
    const size = random.pick([2, 4, 4, 8, 8]);
    const from = random.chance(0.7) ? at - (at % size) : at;
    const value = random.pick(WORDS);
    const piece = new DataView(new ArrayBuffer(8));
    piece.setBigInt64(0, value, true);
    return {
      bytes: overwritten(bytes, from, new Uint8Array(piece.buffer, 0, size)),
      what: `${size} bytes at ${from} are ${value}`,
      at: from,
      size,
    };
  },
  double(bytes, at, random) {
    const from = random.chance(0.7) ? at - (at % 8) : at;
    const value = random.pick(DOUBLES);
    return {
      bytes: overwritten(bytes, from, new Uint8Array(Float64Array.of(value).buffer)),
      what: `a double at ${from} is ${value}`,
      at: from,
      size: 8,
    };
  },
  copied(bytes, at, random) {
    const size = pieceLength(bytes.length, random);
    const from = random.integer(0, bytes.length - size);
    return {
      bytes: overwritten(bytes, at, bytes.subarray(from, from + size)),
      what: `${size} bytes of ${from} copied to ${at}`,
      size,
    };
  },
  zeroed(bytes, at, random) {
    const size = pieceLength(bytes.length - at, random);
    return { bytes: overwritten(bytes, at, new Uint8Array(size)), what: `${size} bytes at ${at} are zero`, size };
  },
  truncated(bytes, at) {
    return { bytes: bytes.slice(0, at), what: `truncated to ${at} of ${bytes.length} bytes`, moves: true };
  },
  removed(bytes, at, random) {
    const size = Math.min(pieceLength(bytes.length, random), bytes.length - at);
    return {
      bytes: joined(bytes.subarray(0, at), bytes.subarray(at + size)),
      what: `${size} bytes at ${at} removed`,
      moves: true,
    };
  },
  repeated(bytes, at, random) {
    // Never the whole file: gzip twice over is good gzip.
    const size = Math.min(pieceLength(bytes.length - 1, random), bytes.length - at);
    const times = random.pick([1, 1, 1, 2, 7]);
    const piece = bytes.subarray(at, at + size);
    return {
      bytes: joined(bytes.subarray(0, at), ...Array(times).fill(piece), bytes.subarray(at)),
      what: `${size} bytes at ${at} repeated ${times} times`,
      moves: true,
    };
  },
  inserted(bytes, at, random) {
    const piece = Uint8Array.from({ length: random.pick([1, 2, 4, 8, 40]) }, () => random.integer(0, 255));
    return {
      bytes: joined(bytes.subarray(0, at), piece, bytes.subarray(at)),
      what: `${piece.length} random bytes inserted at ${at}`,
      moves: true,
    };
  },
};

const BYTE_EDITS = {
  bit: 8,
  byte: 4,
  word: 6,
  double: 2,
  copied: 2,
  zeroed: 1,
  truncated: 2,
  removed: 2,
  repeated: 2,
  inserted: 1,
};

/** Mostly one edit, so that what it broke can be told. */
const editCount = (random) => random.pick([1, 1, 1, 1, 1, 2, 3]);

/**
 * Damaged bytes, `what` was done in words, `moved` when bytes changed places, and the `ranges` [from, to) that were
 * overwritten. `hot` are ranges that half of the edits go to.
 */
export function damageBytes(bytes, random, hot = []) {
  let out = bytes;
  const whats = [];
  const ranges = [];
  let moved = false;
  for (let k = editCount(random); k > 0 && out.length > 0; k--) {
    const at = place(out.length, random, hot);
    const edit = EDITS[random.weighted(BYTE_EDITS)](out, at, random);
    out = edit.bytes;
    moved ||= edit.moves === true;
    if (edit.size !== undefined) ranges.push([edit.at ?? at, (edit.at ?? at) + edit.size]);
    whats.push(edit.what);
  }
  return { bytes: out, what: whats.join('; '), moved, ranges };
}

const TEXT_EDITS = {
  number(text, random) {
    const numbers = [...text.matchAll(/[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g)];
    if (numbers.length === 0) return null;
    // Sizes and counts stand at the top.
    const { index, 0: found } = random.chance(0.3)
      ? numbers[random.integer(0, Math.min(5, numbers.length - 1))]
      : random.pick(numbers);
    const value = random.pick(NUMBER_TEXTS);
    return [text.slice(0, index) + value + text.slice(index + found.length), `'${found}' at ${index} is '${value}'`];
  },
  line(text, random) {
    const lines = text.split('\n');
    const at = random.integer(0, lines.length - 1);
    const [name, replacement] = random.pick([
      ['removed', []],
      ['repeated', [lines[at], lines[at]]],
      ['halved', [lines[at].slice(0, lines[at].length >> 1)]],
      ['emptied', ['']],
      ['joined with its beginning', [lines[at] + lines[at].slice(0, 9)]],
      ['as long as ten', [lines[at].repeat(10)]],
    ]);
    lines.splice(at, 1, ...replacement);
    return [lines.join('\n'), `line ${at + 1} ${name}`];
  },
  noise(text, random) {
    const at = random.integer(0, text.length);
    const piece = random.pick(NOISE).repeat(random.pick([1, 1, 1, 3]));
    return [text.slice(0, at) + piece + text.slice(at), `${JSON.stringify(piece)} inserted at ${at}`];
  },
  swap(text, random) {
    const [a, b] = random.shuffle([',', '\t', '\n', '"', '.', ' ']).slice(0, 2);
    return [text.replaceAll(a, b), `${JSON.stringify(a)} is ${JSON.stringify(b)} everywhere`];
  },
  cut(text, random) {
    const at = random.integer(0, text.length);
    return [text.slice(0, at), `truncated to ${at} of ${text.length} characters`];
  },
};

/** A damaged text and what was done, in words. */
export function damageText(text, random) {
  let out = text;
  const whats = [];
  for (let k = editCount(random); k > 0; k--) {
    const edit = TEXT_EDITS[random.weighted({ number: 8, line: 5, noise: 4, swap: 1, cut: 1 })](out, random);
    if (edit === null) continue;
    out = edit[0];
    whats.push(edit[1]);
  }
  return { text: out, what: whats.join('; ') };
}
