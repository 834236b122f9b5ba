/**
 * Parquet files to damage: by the library's own writer with every codec and several encodings, and one whose pages carry
 * CRCs, which that writer leaves out. Each comes with the ranges of bytes that a checksum covers.
 */
import { brotliCompressSync, gzipSync, crc32 as zlibCrc32 } from 'node:zlib';
import { ByteWriter, parquetWriteBuffer } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';

const concat = (...pieces) => new Uint8Array(Buffer.concat(pieces));

/** A frame of Zstandard that stores its content as it is. */
function zstdStored(bytes) {
  const header = new DataView(new ArrayBuffer(12));
  header.setUint32(0, 0xfd2fb528, true);
  header.setUint8(4, 0b10100000); // one segment, content size of four bytes
  header.setUint32(5, bytes.length, true);
  const block = 1 | (bytes.length << 3);
  for (let k = 0; k < 3; k++) header.setUint8(9 + k, (block >>> (8 * k)) & 255);
  return concat(new Uint8Array(header.buffer), bytes);
}

/** A block of LZ4 that is one run of literals. */
function lz4Stored(bytes) {
  if (bytes.length < 15) return concat(Uint8Array.of(bytes.length << 4), bytes);
  const rest = bytes.length - 15;
  return concat(Uint8Array.of(0xf0, ...Array(Math.floor(rest / 255)).fill(255), rest % 255), bytes);
}

const COMPRESSORS = {
  GZIP: (bytes) => new Uint8Array(gzipSync(bytes)),
  BROTLI: (bytes) => new Uint8Array(brotliCompressSync(bytes)),
  ZSTD: zstdStored,
  LZ4_RAW: lz4Stored,
};

/** Codecs that {@link parquetFile} knows. */
export const CODECS = ['UNCOMPRESSED', 'SNAPPY', ...Object.keys(COMPRESSORS)];

const TYPES = { visit: 'INT32', w: 'FLOAT' };
const TYPES_OF = { number: 'DOUBLE', string: 'STRING', boolean: 'BOOLEAN' };
const ENCODINGS = { visit: 'DELTA_BINARY_PACKED', shift: 'BYTE_STREAM_SPLIT', note: 'DELTA_LENGTH_BYTE_ARRAY' };

/** A Parquet file of a table, columns by name; `covered` are the ranges of its gzip members. */
export function parquetFile(columns, codec) {
  const packed = [];
  const compress = COMPRESSORS[codec];
  const remembered = (bytes) => {
    packed.push(compress(bytes));
    return packed[packed.length - 1];
  };
  const buffer = parquetWriteBuffer({
    columnData: Object.entries(columns).map(([name, data]) => {
      const encoding = ENCODINGS[name];
      return {
        name,
        data,
        type: TYPES[name] ?? TYPES_OF[typeof data.find((value) => value !== null)],
        ...(encoding ? { encoding } : {}),
      };
    }),
    codec,
    rowGroupSize: [30, 42],
    pageSize: 200,
    ...(compress ? { compressors: { [codec]: remembered } } : {}),
  });
  const bytes = new Uint8Array(buffer);
  const covered = codec === 'GZIP' ? rangesOf(bytes, packed) : [];
  return { bytes, covered, hot: [footerOf(bytes), ...pageHeaders(bytes, packed)] };
}

function rangesOf(bytes, pieces) {
  const file = Buffer.from(bytes.buffer);
  let from = 0;
  return pieces.flatMap((piece) => {
    const at = file.indexOf(piece, from);
    if (at < 0) return [];
    from = at + piece.length;
    return [[at, from]];
  });
}

/** The few bytes before each page. */
const pageHeaders = (bytes, packed) => rangesOf(bytes, packed).map(([from]) => [Math.max(4, from - 24), from]);

function footerOf(bytes) {
  const length = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  return [bytes.length - 8 - length, bytes.length];
}

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let k = 0; k < 8; k++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as a signed number, as Parquet has it. */
export function crc32(bytes) {
  if (zlibCrc32) return zlibCrc32(bytes) | 0;
  let crc = -1;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc;
}

const INT32_TYPES = { DOUBLE: 5, BYTE_ARRAY: 6 };
const UTF8 = 0;
const GZIP = 2;

function thrift(value) {
  const writer = new ByteWriter();
  serializeTCompactProtocol(writer, value);
  return writer.getBytes().slice();
}

function plainPage(values) {
  if (typeof values[0] === 'number') return new Uint8Array(Float64Array.from(values).buffer);
  const texts = values.map((value) => new TextEncoder().encode(String(value)));
  return concat(...texts.flatMap((text) => [new Uint8Array(Uint32Array.of(text.length).buffer), text]));
}

/** One row group of required doubles and strings; each page has its CRC, and `covered` are the pages. */
export function parquetWithChecksums(columns, packed) {
  const pieces = [new TextEncoder().encode('PAR1')];
  const covered = [];
  let at = 4;
  const chunks = Object.entries(columns).map(([name, values]) => {
    const plain = plainPage(values);
    const body = packed ? COMPRESSORS.GZIP(plain) : plain;
    const header = thrift({
      field_1: 0,
      field_2: plain.length,
      field_3: body.length,
      field_4: crc32(body),
      field_5: { field_1: values.length, field_2: 0, field_3: 3, field_4: 3 },
    });
    const start = at;
    pieces.push(header, body);
    covered.push([at + header.length, at + header.length + body.length]);
    at += header.length + body.length;
    const type = typeof values[0] === 'number' ? INT32_TYPES.DOUBLE : INT32_TYPES.BYTE_ARRAY;
    return { name, type, start, size: at - start, plain: header.length + plain.length, count: values.length };
  });
  const rows = BigInt(chunks[0].count);
  const footer = thrift({
    field_1: 1,
    field_2: [
      { field_4: 'root', field_5: chunks.length },
      ...chunks.map(({ name, type }) => {
        return {
          field_1: type,
          field_3: 0,
          field_4: name,
          ...(type === INT32_TYPES.BYTE_ARRAY ? { field_6: UTF8 } : {}),
        };
      }),
    ],
    field_3: rows,
    field_4: [
      {
        field_1: chunks.map(({ name, type, start, size, plain }) => ({
          field_2: BigInt(start),
          field_3: {
            field_1: type,
            field_2: [0, 3],
            field_3: [name],
            field_4: packed ? GZIP : 0,
            field_5: rows,
            field_6: BigInt(plain),
            field_7: BigInt(size),
            field_9: BigInt(start),
          },
        })),
        field_2: BigInt(at - 4),
        field_3: rows,
      },
    ],
  });
  pieces.push(footer, new Uint8Array(Uint32Array.of(footer.length).buffer), new TextEncoder().encode('PAR1'));
  const bytes = concat(...pieces);
  return { bytes, covered, hot: [footerOf(bytes)] };
}
