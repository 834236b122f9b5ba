import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DelimitedOptions, readDelimited, readHeader } from '../../../src/data/table/csv.ts';
import type { TextSource } from '../../../src/data/table/text-source.ts';
import { type FitError, isFitError } from '../../../src/errors.ts';
import { OutputTableBuilder } from '../../../src/result/output-table.ts';
import { delimitedText } from '../../../src/result/write-delimited.ts';
import type { Column, Table } from '../../../src/types/table.ts';

const encoder = new TextEncoder();

/** Columns in a form that prints well: values, with null for missing. */
function plain(table: Table): Record<string, unknown> {
  return Object.fromEntries([...table.columns].map(([name, column]) => [name, plainColumn(column)]));
}

function plainColumn(column: Column): unknown[] {
  if (column.kind === 'factor') return Array.from(column.codes, (code) => (code < 0 ? null : column.levels[code]));
  const values = Array.from(column.values, (value) => (Number.isNaN(value) ? null : value));
  return column.kind === 'logical' ? values.map((value) => (value === null ? null : value === 1)) : values;
}

async function failure(source: TextSource, options?: DelimitedOptions): Promise<FitError> {
  const error: unknown = await readDelimited(source, options).then(
    () => null,
    (e: unknown) => e,
  );
  if (!isFitError(error, 'DataError')) throw new Error(`expected a DataError, got ${String(error)}`);
  return error;
}

describe('readDelimited: kinds of columns', () => {
  it('tells numbers, logicals and text', async () => {
    const table = await readDelimited('n,l,t,m\n1,TRUE,b,1\n2.5,false,a,x\n-1e3,NA,b,NA\n');
    expect([...table.columns.values()].map((column) => column.kind)).toEqual([
      'numeric',
      'logical',
      'factor',
      'factor',
    ]);
    expect(plain(table)).toEqual({
      n: [1, 2.5, -1000],
      l: [true, false, null],
      t: ['b', 'a', 'b'],
      m: ['1', 'x', null],
    });
    expect(table.columns.get('t')).toMatchObject({ levels: ['a', 'b'], ordered: false });
    expect(table.rows).toBe(3);
  });

  it('takes empty, NA, NaN and nan for missing, and a column of nothing else for numbers', async () => {
    const table = await readDelimited('x,y\n,1\nNA,NA\nNaN,nan\nnan,2\n');
    expect(table.columns.get('x')?.kind).toBe('numeric');
    expect(plain(table)).toEqual({ x: [null, null, null, null], y: [1, null, null, 2] });
  });

  it('trims no text, but takes numbers with spaces around them', async () => {
    const table = await readDelimited('a, b,c,d\n x , 1, NA, 1\n');
    expect(plain(table)).toEqual({ a: [' x '], ' b': [1], c: [' NA'], d: [1] });
    expect(plain(await readDelimited('d\n 1\nx\n'))).toEqual({ d: [' 1', 'x'] });
  });

  it('takes quoted numbers for numbers', async () => {
    expect(plain(await readDelimited('"Subject","y"\n"308",1\n"309",2\n'))).toEqual({ Subject: [308, 309], y: [1, 2] });
  });

  it('does not take True, T or 1/0 for logical', async () => {
    const table = await readDelimited('a,b,c\nTrue,T,1\nFalse,F,0\n');
    expect([...table.columns.values()].map((column) => column.kind)).toEqual(['factor', 'factor', 'numeric']);
  });

  it('forces factors, with their spelling, ordered by number', async () => {
    const table = await readDelimited('id,x\n10,1\n02,2\n2,3\n', { types: { id: 'factor' } });
    expect(table.columns.get('id')).toMatchObject({ kind: 'factor', levels: ['02', '2', '10'] });
    expect(plain(table)['id']).toEqual(['10', '02', '2']);
  });

  it('reads a column again where text follows thousands of numbers', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}.0,${i},${i % 3}`);
    const table = await readDelimited(`a,b,c\n${lines.join('\n')}\nx,1,2\n`);
    expect([...table.columns.values()].map((column) => column.kind)).toEqual(['factor', 'numeric', 'numeric']);
    expect((plain(table)['a'] as string[])[4999]).toBe('4999.0');
    expect((plain(table)['a'] as string[])[5000]).toBe('x');
  });

  it('sorts the levels of such a column by code point', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `${i}`);
    const column = (await readDelimited(`a\n${lines.join('\n')}\nx\n`)).columns.get('a');
    expect(column?.kind === 'factor' && column.levels.slice(0, 4)).toEqual(['0', '1', '10', '100']);
  });
});

describe('readDelimited: layout', () => {
  it.each([
    ['LF', 'a,b\n1,x\n2,y\n'],
    ['no line end at the end', 'a,b\n1,x\n2,y'],
    ['CRLF', 'a,b\r\n1,x\r\n2,y\r\n'],
    ['CR', 'a,b\r1,x\r2,y\r'],
    ['mixed line ends', 'a,b\r\n1,x\n2,y\r\n'],
    ['a byte-order mark', '\uFEFFa,b\n1,x\n2,y\n'],
    ['blank lines', '\n\na,b\n\n1,x\n\n2,y\n\n'],
    ['quotes and CRLF', '"a","b"\r\n"1","x"\r\n"2","y"\r\n'],
    ['semicolons', 'a;b\n1;x\n2;y\n'],
    ['tabs', 'a\tb\n1\tx\n2\ty\n'],
  ])('reads %s, in pieces of any size', async (_, text) => {
    const bytes = encoder.encode(text);
    for (const size of [1, 2, 3, 5, 1000]) {
      const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.slice(i * size, (i + 1) * size),
      );
      expect(plain(await readDelimited(() => cut))).toEqual({ a: [1, 2], b: ['x', 'y'] });
    }
    expect(plain(await readDelimited(text))).toEqual({ a: [1, 2], b: ['x', 'y'] });
  });

  it('reads UTF-16, as Excel writes it', async () => {
    const text = '\uFEFFa\tb\r\n1\té\r\n';
    const bytes = new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer);
    expect(plain(await readDelimited(bytes))).toEqual({ a: [1], b: ['é'] });
  });

  it('reads quoted delimiters, quotes and line breaks', async () => {
    const table = await readDelimited('"a,1",b\n"x,y","say ""hi"""\n"two\nlines",z\n');
    expect(plain(table)).toEqual({ 'a,1': ['x,y', 'two\nlines'], b: ['say "hi"', 'z'] });
  });

  it('knows the line ends of a file whose first bytes end within one', async () => {
    const head = `a,${'b'.repeat(65_533)}\r`;
    const bytes = encoder.encode(`${head}\n"x\r\ny",1\r\nz,2\r\n`);
    const source = () => [bytes.slice(0, head.length), bytes.slice(head.length)];
    expect(plain(await readDelimited(source, { columns: ['a'] }))).toEqual({ a: ['x\r\ny', 'z'] });
  });

  it.each(['\n', '\r\n'])(
    'keeps the line breaks of quoted values as they are between rows that end with %j',
    async (end) => {
      const texts = ['a\r\nb', 'a\nb', 'a\rb', 'a\r', '\r\n', '\n', 'say "\r"', '\r"', 'plain', 'é\r\n'];
      const quoted = (text: string) => (text === 'plain' ? text : `"${text.replaceAll('"', '""')}"`);
      const head = ['last\r\none', 'first\r'];
      for (const rows of [
        texts.map((text) => [text, 'x']),
        texts.map((text) => ['x', text]),
        texts.map((text) => [text, text]),
      ]) {
        const file = [head, ...rows].map((fields) => fields.map(quoted).join(',') + end).join('');
        for (const text of [file, file.slice(0, -end.length)]) {
          const bytes = encoder.encode(text);
          for (const size of [1, 2, 3, 7, 1000]) {
            const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
              bytes.slice(i * size, (i + 1) * size),
            );
            const made = plain(await readDelimited(() => cut));
            expect(made).toEqual({ [head[0]]: rows.map(([own]) => own), [head[1]]: rows.map(([, own]) => own) });
          }
        }
      }
    },
  );

  it('reads what it writes, whatever line breaks names have', async () => {
    const values = ['a\r\nb', 'a\nb', 'c\r', 'plain'];
    for (const separator of ['\t', ','] as const) {
      const builder = new OutputTableBuilder(values.length);
      const column = builder.string('of\r\ntwo');
      for (const [row, value] of values.entries()) column[row] = value;
      const text = [...delimitedText([builder.finish(values.length)], separator)].join('');
      expect(plain(await readDelimited(text, { delimiter: separator }))).toEqual({ 'of\r\ntwo': values });
    }
  });

  it('takes the delimiter of the extension where the header has it', async () => {
    expect([...(await readDelimited('a;b,c\n1;2,3\n', { path: 'x.csv' })).columns.keys()]).toEqual(['a;b', 'c']);
    expect([...(await readDelimited('a,b\tc\n1,2\t3\n', { path: 'x.tsv.gz' })).columns.keys()]).toEqual(['a,b', 'c']);
    expect([...(await readDelimited('a;b\n1;2\n', { path: 'x.csv' })).columns.keys()]).toEqual(['a', 'b']);
  });

  it('takes the first field for a row name where the header is one short or its first name empty', async () => {
    for (const header of ['x,y', ',x,y', '"",x,y']) {
      const table = await readDelimited(`${header}\ncell1,1,2\ncell2,3,4\n`);
      expect(table.rowNames).toEqual(['cell1', 'cell2']);
      expect(plain(table)).toEqual({ x: [1, 3], y: [2, 4] });
    }
  });

  it('keeps the texts of the first column on request', async () => {
    const table = await readDelimited('id,x\n01,1\n02,2\n', { rowNames: true, columns: ['x'] });
    expect(table.rowNames).toEqual(['01', '02']);
    expect([...table.columns.keys()]).toEqual(['x']);
  });

  it('leaves out other columns without a name', async () => {
    expect(plain(await readDelimited('a,b,,\n1,2,,\n'))).toEqual({ a: [1], b: [2] });
  });

  it('keeps only the columns asked for, in the order of the file', async () => {
    const table = await readDelimited('a,b,c\n1,2,3\n', { columns: ['c', 'a'], path: 'f.csv' });
    expect([...table.columns.keys()]).toEqual(['a', 'c']);
    expect(table.path).toBe('f.csv');
  });

  it('gives the header alone', async () => {
    expect(await readHeader('a,b\n')).toEqual(['a', 'b']);
    expect(await readHeader('a,b\nr1,1,2\nbad\n')).toEqual(['a', 'b']);
    expect(await readHeader(',b\nr1,1\n')).toEqual(['b']);
  });
});

describe('readDelimited: misuse', () => {
  it('names the line of a row of another length, quoted line breaks counted', async () => {
    const error = await failure('a,b\n"x\ny",1\n\n2\n', { path: 'f.csv' });
    expect(error.message).toBe('f.csv, line 5: 1 field where the header asks for 2');
    expect(error.fields).toMatchObject({ line: 5, path: 'f.csv' });
    expect(error.fields.unreadable).toBeUndefined();
  });

  it('names that line also far down a file that comes in pieces', async () => {
    const text = `a,b\n${'1,2\n'.repeat(30_000)}1,2,3\n`;
    const cut = Array.from({ length: Math.ceil(text.length / 1000) }, (_, i) => text.slice(i * 1000, (i + 1) * 1000));
    expect((await failure(() => cut)).fields.line).toBe(30_002);
  });

  it('names columns that share a name', async () => {
    expect((await failure('a,b,a\n1,2,3\n')).message).toBe("the table: columns 1 and 3 are both named 'a'");
  });

  it('says what an unknown column may have meant', async () => {
    const error = await failure('condition,y\na,1\n', { columns: ['condtion'] });
    expect(error.message).toContain("no column 'condtion'; did you mean 'condition'?");
  });

  it.each([
    ['nothing', ''],
    ['blank lines', '\n\r\n'],
    ['a byte-order mark', '\uFEFF'],
  ])('calls %s empty', async (_, text) => {
    expect((await failure(text)).message).toBe('the table is empty');
    expect((await failure(encoder.encode(text))).message).toBe('the table is empty');
  });

  it('refuses a header without rows', async () => {
    expect((await failure('a,b\n')).message).toContain('no rows');
  });

  it('names the line of a quote that is never closed', async () => {
    const error = await failure('a,b\n1,2\n3,"x\n4,5\n');
    expect(error.message).toContain('line 3: a quoted value is never closed');
  });

  it('refuses text after a closing quote', async () => {
    expect((await failure('a,b\n"x"y,2\n')).fields.line).toBe(2);
  });

  it('refuses other encodings and binary files', async () => {
    expect((await failure(Uint8Array.of(97, 44, 98, 10, 0xe9, 44, 49, 10))).message).toContain('not UTF-8');
    const binary = await failure(Uint8Array.of(97, 0, 98, 10));
    expect(binary.message).toContain('zero bytes');
    expect(binary.fields.unreadable).toBe(true);
  });
});

describe('readDelimited: fuzz', () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }), {
    minLength: 2,
    maxLength: 4,
  });
  const field = fc.oneof(
    fc.string({ maxLength: 6, unit: 'grapheme' }),
    fc.constantFrom('NA', 'TRUE', '1', '1.50', '', 'a"b', 'a,b', 'a\nb', '"', ' '),
  );
  const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
  /** Line breaks within values are read as \n, and a zero byte marks a binary file. */
  const tame = (text: string) =>
    text
      .replaceAll('\r', '')
      .replaceAll('\0', '')
      .replace(/^\uFEFF/, '');

  it('reads back what was written, in pieces of any size', async () => {
    const tables = names.chain((header) =>
      fc.record({
        header: fc.constant(header),
        rows: fc.array(fc.array(field, { minLength: header.length, maxLength: header.length }), { minLength: 1 }),
        size: fc.integer({ min: 1, max: 40 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(tables, async ({ header, rows, size }) => {
        const head = header.map(tame);
        fc.pre(new Set(head).size === head.length && !head.includes(''));
        const body = rows.map((row) => row.map(tame));
        const bytes = encoder.encode([head, ...body].map((row) => row.map(quote).join(',')).join('\n'));
        const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.slice(i * size, (i + 1) * size),
        );
        const types = Object.fromEntries(head.map((name) => [name, 'factor' as const]));
        const table = await readDelimited(() => cut, { types, path: 'x.csv' });
        const missing = ['', 'NA', 'NaN', 'nan'];
        for (const [j, name] of head.entries()) {
          const expected = body.map((row) => (missing.includes(row[j]) ? null : row[j]));
          expect(plainColumn(table.columns.get(name)!)).toEqual(expected);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('makes a table or a FitError of any bytes', async () => {
    const alphabet = fc.constantFrom(...encoder.encode('a1.,\t\n\r"; N-e'), 0, 0xef, 0xbb, 0xbf, 0xff);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(alphabet, alphabet, fc.nat(255)), { maxLength: 60 }), async (bytes) => {
        try {
          const table = await readDelimited(Uint8Array.from(bytes));
          for (const column of table.columns.values()) {
            expect((column.kind === 'factor' ? column.codes : column.values).length).toBe(table.rows);
          }
        } catch (error) {
          expect(isFitError(error, 'DataError'), String(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
