import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MatrixMarketParser } from '../../../src/data/matrix/matrix-market.ts';
import { FitError } from '../../../src/errors.ts';

type Entry = [row: number, column: number, value: number];

/** Parses text cut into pieces of the given lengths, used in turn. */
function parse(text: string, pieces: readonly number[] = [1 << 16]): { entries: Entry[]; parser: MatrixMarketParser } {
  const bytes = new TextEncoder().encode(text);
  const parser = new MatrixMarketParser('m.mtx');
  const entries: Entry[] = [];
  const take = (batch: ReturnType<MatrixMarketParser['push']>) => {
    for (let e = 0; e < batch.count; e++) entries.push([batch.rows[e], batch.columns[e], batch.values[e]]);
  };
  for (let from = 0, k = 0; from < bytes.length; k++) {
    const to = from + pieces[k % pieces.length];
    take(parser.push(bytes.subarray(from, to)));
    from = to;
  }
  take(parser.end());
  return { entries, parser };
}

function mistake(text: string): FitError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FitError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const INTEGER = '%%MatrixMarket matrix coordinate integer general\n';
const REAL = '%%MatrixMarket matrix coordinate real general\n';

describe('MatrixMarketParser', () => {
  it('reads integers with comments, blank lines and CRLF', () => {
    const text = `${INTEGER}%metadata_json: {"software_version": "3"}\n\n3 2 4\r\n1 1 5\r\n% again\n3 1 -2\r\n\n\t2\t2  7 \n 1 2 0`;
    const { entries, parser } = parse(text);
    expect(parser.header).toEqual({ field: 'integer', rows: 3, columns: 2, entries: 4 });
    expect(entries).toEqual([
      [0, 0, 5],
      [2, 0, -2],
      [1, 1, 7],
      [0, 1, 0],
    ]);
  });

  it('reads pattern matrices as ones', () => {
    const { entries } = parse('%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 1\n2 2\n');
    expect(entries).toEqual([
      [0, 0, 1],
      [1, 1, 1],
    ]);
  });

  it('reads an empty matrix', () => {
    expect(parse(`${INTEGER}3 4 0\n`).entries).toEqual([]);
    expect(parse(`${INTEGER}0 0 0`).entries).toEqual([]);
  });

  it.each([
    '0.1',
    '.5',
    '5.',
    '+7',
    '1e3',
    '1E-3',
    '-2.5e+2',
    '123456789012345',
    '1234567890123456789',
    '0.6931471805599453',
    '0.000000000000000123',
    '179769313486231570000e288',
    '4.9e-324',
    '2.2250738585072011e-308',
    '9007199254740993',
  ])('reads %s as Number() does', (text) => {
    expect(parse(`${REAL}1 1 1\n1 1 ${text}\n`).entries[0][2]).toBe(Number(text));
  });

  it('reads any double back from its shortest text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parse(`${REAL}1 1 1\n1 1 ${value}\n`).entries[0][2]).toBe(Number(String(value)));
      }),
    );
  });

  it('gives the same entries however the bytes are cut', () => {
    const value = fc.oneof(
      fc.integer({ min: -5, max: 2000 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: -50000, max: 50000 }).map((v) => v / 1000),
    );
    const entry = fc.tuple(fc.nat(19), fc.nat(9), value);
    const layout = fc.record({
      separator: fc.constantFrom(' ', '\t', '  '),
      end: fc.constantFrom('\n', '\r\n', ' \n'),
      last: fc.boolean(),
      comment: fc.constantFrom('', '%\n', '% 1 2 3\n\n'),
    });
    fc.assert(
      fc.property(
        fc.array(entry, { maxLength: 40 }),
        layout,
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
        (entries, { separator, end, last, comment }, pieces) => {
          const lines = entries.map(([r, c, v]) => [r + 1, c + 1, v].join(separator));
          const body = lines.join(end) + (last && lines.length > 0 ? end : '');
          const text = `${REAL}${comment}20 10 ${entries.length}${end}${body}`;
          expect(parse(text, pieces).entries).toEqual(entries.map(([r, c, v]) => [r, c, Number(String(v))]));
        },
      ),
    );
  });

  it('never accepts a broken text silently', () => {
    // One byte of a good file is replaced: either the same shape is read, or a FitError names a line.
    const good = `${INTEGER}3 3 4\n1 1 15\n2 1 3\n3 2 4\n1 3 120\n`;
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 127 }), (at, byte) => {
        const text = good.slice(0, at) + String.fromCharCode(byte) + good.slice(at + 1);
        try {
          const { entries, parser } = parse(text);
          expect(entries).toHaveLength(parser.header?.entries ?? -1);
          for (const [r, c, v] of entries) {
            expect(r >= 0 && r < (parser.header?.rows ?? 0) && c >= 0 && c < (parser.header?.columns ?? 0)).toBe(true);
            expect(Number.isFinite(v)).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FitError);
          if (error instanceof FitError) expect(error.fields.line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['', 1, 'empty'],
    ['hello\n', 1, '%%MatrixMarket'],
    [INTEGER, 1, 'size line'],
    [`${INTEGER}3 3\n`, 2, 'size line'],
    [`${INTEGER}3 x 3\n`, 2, 'size line'],
    [`${INTEGER}2 2 5\n`, 2, '5 entries in 2 x 2'],
    [`${INTEGER}2 2 2\n1 1 1\n`, 3, 'truncated'],
    [`${INTEGER}2 2 2\n1 1 1\n2 `, 4, 'truncated'],
    [`${INTEGER}2 2 1\n1 1 1\n2 1 1\n`, 4, 'is entry 2'],
    [`${INTEGER}2 2 1\n3 1 1\n`, 3, 'row 3, outside 1 to 2'],
    [`${INTEGER}2 2 1\n0 1 1\n`, 3, 'row 0'],
    [`${INTEGER}2 2 1\n1 99999999999999999999 1\n`, 3, 'column 99999999999999999999'],
    [`${INTEGER}2 2 1\n1 1 abc\n`, 3, "'abc'"],
    [`${INTEGER}2 2 1\n1 1 0x1F\n`, 3, "'0x1F'"],
    [`${INTEGER}2 2 1\n1 1 1e\n`, 3, "'1e'"],
    [`${INTEGER}2 2 1\n1 -1 1\n`, 3, "'-1'"],
    [`${INTEGER}2 2 1\n1 1.5 1\n`, 3, "'1.5'"],
    [`${INTEGER}2 2 1\n1 1\n`, 3, '2 fields instead of 3'],
    [`${INTEGER}2 2 1\n1 1 1 1\n`, 3, '4 fields instead of 3'],
    [`%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 1 1\n`, 3, '3 fields instead of 2'],
  ])('refuses %j with the line', (text, line, words) => {
    const error = mistake(text);
    expect(error.tag).toBe('DataError');
    expect(error.message).toContain(words);
    expect(error.fields).toMatchObject({ line, path: 'm.mtx', unreadable: true });
  });

  it.each(['nan', 'NaN', 'inf', '-Infinity', 'NA'])('refuses the value %s as content to mend', (value) => {
    const error = mistake(`${REAL}% c\n2 2 1\n1 1 ${value}\n`);
    expect(error.fields.line).toBe(4);
    expect(error.fields.unreadable).toBeUndefined();
    expect(error.message).toContain(value);
  });

  it.each(['array real general', 'coordinate complex general', 'coordinate real symmetric'])('refuses %s', (kind) => {
    expect(mistake(`%%MatrixMarket matrix ${kind}\n1 1 1\n`).message).toContain(kind);
  });

  it('gives up on a binary file without gathering it', () => {
    const parser = new MatrixMarketParser('m.mtx');
    const chunk = new Uint8Array(1 << 20).fill(1);
    expect(() => {
      for (let k = 0; k < 3; k++) parser.push(chunk);
    }).toThrow(/longer than a line/);
  });
});
