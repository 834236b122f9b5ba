import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bulkFromTable, readBulkText } from '../../../src/data/table/bulk.ts';
import { readDelimited } from '../../../src/data/table/csv.ts';
import { matchBulk } from '../../../src/data/table/match-bulk.ts';
import type { TextSource } from '../../../src/data/table/text-source.ts';
import { uniqueNames } from '../../../src/data/unique-names.ts';
import { type FitError, isFitError } from '../../../src/errors.ts';

const encoder = new TextEncoder();

async function failureOf(run: () => unknown): Promise<FitError> {
  try {
    await run();
  } catch (error) {
    if (isFitError(error, 'DataError')) return error;
    throw error;
  }
  throw new Error('expected a DataError');
}

const failure = (source: TextSource, path?: string) => failureOf(() => readBulkText(source, path));

function pieces(text: string, size: number): () => Uint8Array[] {
  const bytes = encoder.encode(text);
  return () => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

describe('readBulkText', () => {
  const expected = { names: ['g1', 'g2'], samples: ['s1', 's2'], values: Float64Array.of(1, -2.5, NaN, 3000) };

  it.each([
    ['tabs', 'gene\ts1\ts2\ng1\t1\t-2.5\ng2\tNA\t3e3\n'],
    ['commas', 'gene,s1,s2\ng1,1,-2.5\ng2,,3e3'],
    ['a header without a name for the first column', 's1\ts2\ng1\t1\t-2.5\ng2\tNaN\t3e3\n'],
    ['an empty name for it', ',s1,s2\ng1,1,-2.5\ng2,nan,3E+3\n'],
    ['quotes', '"s1" "s2"\n"g1" 1 -2.5\n"g2" NA "3000"\n'.replaceAll(' ', '\t')],
    ['CRLF, a byte-order mark and blank lines', '\uFEFFgene,s1,s2\r\ng1,1,-2.5\r\n\r\ng2,NA,3000.000\r\n\r\n'],
  ])('reads %s, in pieces of any size', async (_, text) => {
    for (const size of [1, 2, 3, 7, 100]) expect(await readBulkText(pieces(text, size))).toMatchObject(expected);
    expect(await readBulkText(text)).toMatchObject(expected);
  });

  it('rounds every number as Number() does', async () => {
    const number = fc.oneof(
      fc.double({ noNaN: true }).map(String),
      fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(20)).map(([x, n]) => x.toExponential(n)),
      fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.nat(20)).map(([x, n]) => x.toFixed(n)),
      fc
        .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: -30, max: 30 }))
        .map(([m, e]) => `${m}e${e}`),
      fc.constantFrom(
        '0',
        '-0',
        '+1',
        '1.',
        '.5',
        '000.000',
        '1e400',
        '1e-400',
        '0.1',
        '123456789012345',
        '1234567890123456',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 1, maxLength: 8 }), async (texts) => {
        const header = texts.map((_, i) => `s${i}`).join('\t');
        const { values } = await readBulkText(`${header}\ng\t${texts.join('\t')}\n`, 'x.tsv');
        for (const [i, text] of texts.entries()) expect(values[i], text).toBe(Number(text));
      }),
      { numRuns: 500 },
    );
  });

  it('holds more values than a block of memory does', async () => {
    const width = 300;
    const rows = 4000;
    const line = Array.from({ length: width }, (_, i) => i).join('\t');
    const text = `${Array.from({ length: width }, (_, i) => `s${i}`).join('\t')}\n${Array.from({ length: rows }, (_, i) => `g${i}\t${line}\n`).join('')}`;
    const { values, names } = await readBulkText(pieces(text, 1 << 16));
    expect(names.length).toBe(rows);
    expect(values.length).toBe(rows * width);
    expect(values.every((value, i) => value === i % width)).toBe(true);
  });

  it('makes repeated response names unique, with a note', async () => {
    const bulk = await readBulkText('id,s1,s2\na,1,2\na,3,4\n', 'f.csv');
    expect(bulk.names).toEqual(['a', 'a-1']);
    expect(bulk.notes).toEqual(["f.csv: 1 repeated response name got a suffix ('a' became 'a-1')"]);
  });

  it.each([
    ['text among the numbers', 'id,s1,s2\na,1,2\nb,1,abc\n', "f.csv, line 3: 'abc' in column 's2' is not a number", 3],
    ['hexadecimal', 'id,s1\na,0x1f\n', "f.csv, line 2: '0x1f' in column 's1' is not a number", 2],
    ['white space', 'id,s1\na, \n', "f.csv, line 2: ' ' in column 's1' is not a number", 2],
    ['a short row', 'id,s1,s2\na,1,2\nb,1\n', 'f.csv, line 3: 2 fields where 3 are expected', 3],
    ['a long row', 'id,s1,s2\na,1,2\n\nb,1,2,3\n', 'f.csv, line 4: 4 fields where 3 are expected', 4],
    ['a first row that does not fit the header', 'id,s1,s2\na,1\n', 'f.csv, line 2: 2 fields where 3 are expected', 2],
    ['repeated samples', 'id,s1,s1\na,1,2\n', "f.csv: sample 's1' appears twice in the header", undefined],
    ['one column', 'id\na\nb\n', 'f.csv, line 2: there is one column only', 2],
    ['nothing', '', 'f.csv: the table is empty', undefined],
    ['a header only', 'id,s1\n', 'f.csv: the table has a header but no rows', undefined],
    ['an open quote', 'id,s1\n"a,1\n', 'f.csv, line 2: a quoted value is not closed', 2],
    ['an open quote far from the end', 'id,s1\n"a,1\nb,2\nc,3\n', 'f.csv, line 2: a quoted value is not closed', 2],
    [
      'text below a name of two lines',
      'id,s1\n"a\nb",1\nc,d\n',
      "f.csv, line 4: 'd' in column 's1' is not a number",
      4,
    ],
  ])('refuses %s', async (_, text, message, line) => {
    const error = await failure(text, 'f.csv');
    expect(error.message).toBe(message);
    expect(error.fields.line).toBe(line);
    expect(error.fields.unreadable).toBeUndefined();
  });

  it('reads names of several lines as the reader of tables does, wherever the file is cut', async () => {
    const unit = fc.constantFrom('a', 'b', '"', '\n', '\r\n', '\r', ',', '\t', ' ', ';', 'é');
    const name = fc.string({ unit, maxLength: 8 });
    const layout = fc.record({
      samples: fc.uniqueArray(
        name.filter((one) => one !== ''),
        { minLength: 2, maxLength: 5 },
      ),
      names: fc.array(name, { minLength: 1, maxLength: 6 }),
      mark: fc.constantFrom(',', '\t', ';'),
      end: fc.constantFrom('\n', '\r\n'),
      corner: fc.constantFrom('"gene"', '', 'gene'),
      whole: fc.boolean(),
      size: fc.integer({ min: 1, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(layout, async ({ samples, names, mark, end, corner, whole, size }) => {
        const quoted = (one: string) => {
          return whole || one === '' || /["\n\r,\t; ]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one;
        };
        const rows = names.map((one, i) => [quoted(one), ...samples.map((_, k) => String(10 * i - k))].join(mark));
        const text = [[corner, ...samples.map(quoted)].join(mark), ...rows, ''].join(end);
        const source = pieces(text, size);
        const expected = { samples, names: uniqueNames(names).names };
        const values = Float64Array.from(names.flatMap((_, i) => samples.map((__, k) => 10 * i - k)));
        expect(await readBulkText(source, 'f.dat', { delimiter: mark })).toMatchObject({ ...expected, values });
        if (mark !== ';') {
          expect(await readBulkText(source, mark === ',' ? 'f.csv' : 'f.tsv')).toMatchObject({ ...expected, values });
        }
        const { rowNames, columns } = await readDelimited(source, { delimiter: mark, rowNames: true });
        expect(rowNames).toEqual(names);
        expect([...columns.keys()].slice(-samples.length)).toEqual(expected.samples);
      }),
      { numRuns: 400 },
    );
  });

  it('tells what an open quote swallows in time that grows with the file', async () => {
    const rows = Array.from({ length: 200_000 }, (_, i) => `g${i},${i},2\n`).join('');
    const error = await failureOf(() => readBulkText(pieces(`id,s1,s2\n"a,1,2\n${rows}`, 1 << 12), 'f.csv'));
    expect(error.message).toBe('f.csv, line 2: a quoted value is not closed');
  });

  it('makes a table or a FitError of any bytes', async () => {
    const alphabet = fc.constantFrom(...encoder.encode('a1.,\t\n\r""-+eE'), 0xef, 0xbb, 0xbf, 0xff);
    const bytes = fc.array(fc.oneof(alphabet, alphabet, fc.nat(255)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 20 }), async (data, size) => {
        const whole = Uint8Array.from(data);
        const cut = Array.from({ length: Math.ceil(data.length / size) }, (_, i) =>
          whole.slice(i * size, (i + 1) * size),
        );
        const outcomes = await Promise.all(
          [() => [whole], () => cut].map((source) =>
            readBulkText(source).catch((error: unknown) => {
              expect(isFitError(error, 'DataError'), String(error)).toBe(true);
              return String(error);
            }),
          ),
        );
        expect(outcomes[1]).toEqual(outcomes[0]);
      }),
      { numRuns: 500 },
    );
  });

  it('agrees with the reader of tables', async () => {
    const text = 'id,s1,s2\na,1,2.25\nb,,4\n';
    const { names, samples, values } = await readBulkText(text);
    expect(bulkFromTable(await readDelimited(text))).toMatchObject({ names, samples, values });
    const error = await failureOf(async () => bulkFromTable(await readDelimited('id,s1\na,x\n')));
    expect(error.message).toContain("column 's1' is not numeric");
  });
});

describe('matchBulk', () => {
  const bulkText = 'id,s1,s2,s3\na,1,2,3\nb,4,5,NA\n';

  it('reorders samples to the rows of the annotation', async () => {
    const { responses, rows, notes } = matchBulk(await readBulkText(bulkText), ['s3', 's1', 's2']);
    expect(responses).toEqual({
      kind: 'dense',
      rows: 3,
      names: ['a', 'b'],
      values: Float64Array.of(3, 1, 2, NaN, 4, 5),
    });
    expect([...rows]).toEqual([0, 1, 2]);
    expect(notes).toEqual([]);
  });

  it('leaves out what is on one side only, with notes', async () => {
    const obsNames = ['x1', 's3', 'x2', 'x3', 'x4', 'x5', 'x6', 's1'];
    const { responses, rows, rowNames, notes } = matchBulk(
      await readBulkText(bulkText, 'y.csv'),
      obsNames,
      undefined,
      'o.csv',
    );
    expect([...responses.values]).toEqual([3, 1, NaN, 4]);
    expect([...rows]).toEqual([1, 7]);
    expect(rowNames).toEqual(['s3', 's1']);
    expect(notes).toEqual([
      "6 rows of o.csv without a sample in y.csv, left out ('x1', 'x2', 'x3', 'x4', 'x5', ...)",
      "1 sample of y.csv not in o.csv, left out ('s2')",
    ]);
  });

  it('shows a name of each side where nothing matches, and names repeats', async () => {
    const bulk = await readBulkText(bulkText);
    expect((await failureOf(() => matchBulk(bulk, ['t1']))).message).toContain("'s1' there, 't1' here");
    expect((await failureOf(() => matchBulk(bulk, ['s1', 's2', 's1']))).message).toContain(
      "rows 1 and 3 are both named 's1'",
    );
  });

  it('matches weights by response and sample', async () => {
    const weights = await readBulkText('id,s3,s2,s1,s4\nc,9,9,9,9\nb,6,5,4,0\na,NA,2,1,0\n', 'w.csv');
    const { responses, notes } = matchBulk(await readBulkText(bulkText), ['s1', 's2', 's3'], weights);
    expect(responses.weights).toEqual(Float64Array.of(1, 2, 0, 4, 5, 6));
    expect(notes).toEqual(['1 missing weight in w.csv taken as 0: those values are left out']);
  });

  it.each([
    ['id,s1,s2,s3\na,1,1,1\n', "w.csv: no weights for response 'b'"],
    ['id,s1,s2\na,1,1\nb,1,1\n', "w.csv: no weights for sample 's3'"],
    ['id,s1,s2,s3\na,1,1,1\nb,1,-0.5,1\n', "w.csv: the weight of response 'b', sample 's2' is -0.5"],
    ['id,s1,s2,s3\na,1,1,Inf\nb,1,1,1\n', "w.csv: the weight of response 'a', sample 's3' is Infinity"],
  ])('refuses weights %#', async (text, message) => {
    const bulk = await readBulkText(bulkText);
    const weights = await readBulkText(text, 'w.csv');
    expect((await failureOf(() => matchBulk(bulk, ['s1', 's2', 's3'], weights))).message).toBe(message);
  });
});
