/**
 * Edits inside moments files and saved fits that keep to the format: the JSON header or the arrays behind it change, and
 * the length of the header and the checksum are mended, as someone who edits such a file on purpose would do.
 */
import { crc32 } from './parquet-files.mjs';

const TRAILER = 8;

/** The parts of a file: magic line, header, and the bytes of the arrays. */
export function splitMoments(bytes) {
  const magic = bytes.subarray(0, bytes.indexOf(10) + 1);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const from = magic.length + 4;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(from, from + length)));
  const arrays = bytes.subarray(Math.ceil((from + length) / 8) * 8, bytes.length - TRAILER);
  return { magic, header, arrays };
}

/** A whole file of its parts, with its checksum. */
export function joinMoments({ magic, header, arrays }) {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const start = Math.ceil((magic.length + 4 + encoded.length) / 8) * 8;
  const out = new Uint8Array(start + arrays.length + TRAILER);
  const view = new DataView(out.buffer);
  out.set(magic);
  view.setUint32(magic.length, encoded.length, true);
  out.set(encoded, magic.length + 4);
  out.set(arrays, start);
  out.set(new TextEncoder().encode('CRC:'), out.length - TRAILER);
  view.setInt32(out.length - 4, crc32(out.subarray(0, out.length - TRAILER)), true);
  return out;
}

const VALUES = [
  null,
  0,
  -1,
  1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  '',
  'x',
  '__proto__',
  [],
  {},
  true,
  false,
  [1],
  { $: 'f8', at: 0, length: 1 },
];

/** All places of a JSON value, as [container, key, path]. */
function* places(value, path = '') {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    const here = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    yield [value, key, here];
    yield* places(value[key], here);
  }
}

/** Places near the top are few and matter more: a depth first, then a place of that depth. */
function drawPlace(header, random) {
  const byDepth = new Map();
  for (const place of places(header)) {
    const depth = place[2].split(/[.[]/).length;
    if (byDepth.has(depth)) byDepth.get(depth).push(place);
    else byDepth.set(depth, [place]);
  }
  return byDepth.size === 0 ? null : random.pick(random.pick([...byDepth.values()]));
}

function editHeader(header, random) {
  const place = drawPlace(header, random);
  if (place === null) return 'nothing';
  const [container, key, path] = place;
  const before = JSON.stringify(container[key]).slice(0, 60);
  const how = random.weighted({ value: 8, remove: 3, repeat: 1, other: 2, number: 3 });
  if (how === 'remove') {
    if (Array.isArray(container)) container.splice(Number(key), 1);
    else delete container[key];
    return `${path} (${before}) removed`;
  }
  if (how === 'repeat' && Array.isArray(container)) {
    container.splice(Number(key), 0, container[key]);
    return `${path} (${before}) repeated`;
  }
  if (how === 'number' && typeof container[key] === 'number') {
    container[key] = random.pick([
      container[key] + 1,
      container[key] - 1,
      -container[key],
      container[key] * 1e6,
      container[key] + 0.5,
    ]);
  } else if (how === 'other') {
    const [other, name] = drawPlace(header, random);
    container[key] = structuredClone(other[name]);
  } else container[key] = random.pick(VALUES);
  return `${path} is ${JSON.stringify(container[key]).slice(0, 60)} for ${before}`;
}

const DOUBLES = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -1,
  1e300,
  -1e300,
  1e-300,
  5e-324,
  1e155,
];
const INTEGERS = [-1, 2 ** 31 - 1, -(2 ** 31), 0, 1, 1000];

function editArray(header, arrays, random) {
  const references = [...places(header)].filter(([container, key]) => key === '$' && container.length > 0);
  if (references.length === 0) return 'nothing';
  const [reference, , path] = random.pick(references);
  const view = new DataView(arrays.buffer, arrays.byteOffset, arrays.byteLength);
  const at = random.integer(0, reference.length - 1);
  const count = random.chance(0.2) ? reference.length : 1;
  const value = random.pick(reference.$ === 'f8' ? DOUBLES : INTEGERS);
  for (let k = 0; k < count; k++) {
    const place = (at + k) % reference.length;
    if (reference.$ === 'f8') view.setFloat64(reference.at + 8 * place, value, true);
    else if (reference.$ === 'i4') view.setInt32(reference.at + 4 * place, value, true);
    else view.setUint8(reference.at + place, value & 255);
  }
  return `${count === 1 ? `entry ${at}` : 'all'} of ${path.slice(0, -2)} is ${value}`;
}

/** A file edited on purpose, and what was edited in words. */
export function editMoments(bytes, random, damageText) {
  const { magic, header, arrays } = splitMoments(bytes);
  const edited = Uint8Array.from(arrays);
  if (random.chance(0.05)) {
    const { text, what } = damageText(JSON.stringify(header), random);
    return { bytes: joinMoments({ magic, header: text, arrays: edited }), what: `text of the header: ${what}` };
  }
  const whats = [];
  for (let k = random.pick([1, 1, 1, 1, 2]); k > 0; k--) {
    whats.push(random.chance(0.6) ? editHeader(header, random) : editArray(header, edited, random));
  }
  return { bytes: joinMoments({ magic, header, arrays: edited }), what: whats.join('; ') };
}
