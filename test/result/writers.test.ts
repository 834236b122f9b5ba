import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { glance } from '../../src/result/glance.ts';
import { outputPieces } from '../../src/result/output-blob.ts';
import { type OutputTable, outputRows } from '../../src/result/output-table.ts';
import { parseOutput } from '../../src/result/output-target.ts';
import { TABLE_NAMES, tableRows, tableRuns } from '../../src/result/table-runs.ts';
import { tidy } from '../../src/result/tidy.ts';
import { delimitedText } from '../../src/result/write-delimited.ts';
import { jsonOmissions, jsonText, parseOmit } from '../../src/result/write-json.ts';
import { parquetBytes } from '../../src/result/write-parquet.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import { fakeResult, fakeTable, plainResult } from './fake-fit.ts';
import { joinPieces } from './pieces.ts';

const result = fakeResult();
// The tables of marginal means and gene sets are handed over: any will do.
const options = { contrast: 'slope', marginal: { means: tidy(result), pairs: glance(result) }, geneSets: tidy(result) };

describe('delimited text', () => {
  const textCells = [
    'split',
    'response',
    'gene',
    'effect',
    'group',
    'term',
    'status',
    'message',
    'arithmetic',
    'level',
    'df.method',
  ];

  /** A cell of text as the value that was written. */
  function readCell(name: string, text: string): string | number | boolean | null {
    if (text === 'NA') return null;
    if (textCells.includes(name)) return text;
    if (text === 'TRUE' || text === 'FALSE') return text === 'TRUE';
    return text === 'Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
  }

  it.each(TABLE_NAMES.flatMap((name) => [[name, ','] as const, [name, '\t'] as const]))(
    'of %s with %j reads back to the same values',
    (name, separator) => {
      const text = [...delimitedText(tableRuns(result, name, options), separator)].join('');
      const parsed = Papa.parse<Record<string, string>>(text.trimEnd(), { header: true, delimiter: separator });
      expect(parsed.errors).toEqual([]);
      const read = parsed.data.map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, readCell(key, cell)])),
      );
      expect(read).toEqual([...tableRows(result, name, options)]);
    },
  );

  it('quotes what would be read as something else, and names too', () => {
    const values = ['a,b', 'a\tb', 'say "x"', 'two\nlines', '', 'NA', ' plain '];
    const column = { name: 'x,y', kind: 'string', values } as const;
    expect([...delimitedText([{ columns: [column], rows: 7 }], ',')].join('')).toBe(
      '"x,y"\n"a,b"\na\tb\n"say ""x"""\n"two\nlines"\n""\n"NA"\n plain \n',
    );
  });

  it('writes the header once over many runs, also of none', () => {
    const run = { columns: [{ name: 'n', kind: 'integer', values: new Int32Array(5000) } as const], rows: 5000 };
    const pieces = [...delimitedText([run, run], '\t')];
    expect(pieces.length).toBeGreaterThan(4);
    expect(pieces.join('')).toBe(`n\n${'0\n'.repeat(10_000)}`);
    expect([...delimitedText([{ ...run, rows: 0 }], '\t')]).toEqual(['n\n']);
  });
});

/** A Parquet file in memory, as its reader wants it. */
async function parquetFile(runs: Iterable<OutputTable>): Promise<ArrayBuffer> {
  return new Uint8Array(await joinPieces(parquetBytes(runs))).buffer;
}

describe('Parquet', () => {
  it.each(TABLE_NAMES)('of %s reads back to the same values', async (name) => {
    const file = await parquetFile(tableRuns(result, name, options));
    expect(await parquetReadObjects({ file })).toEqual([...tableRows(result, name, options)]);
  });

  it('has one row group a run, and the types of the columns also without rows', async () => {
    const [run] = tableRuns(result, 'glance');
    const file = await parquetFile([run, run]);
    expect(parquetMetadata(file).row_groups).toHaveLength(2);
    expect(await parquetReadObjects({ file })).toEqual([...outputRows(run), ...outputRows(run)]);

    const none = parquetMetadata(await parquetFile(tableRuns(fakeResult({ models: 0 }), 'glance')));
    expect(Number(none.num_rows)).toBe(0);
    const types = Object.fromEntries(none.schema.slice(1).map((element) => [element.name, element.type]));
    expect(types).toMatchObject({ response: 'BYTE_ARRAY', nobs: 'INT32', sigma: 'DOUBLE', singular: 'BOOLEAN' });
  });
});

describe('JSON', () => {
  const read = (fit: FitResult, options = {}) => JSON.parse([...jsonText(fit, options)].join('')); // checked field by field

  it('has the fields of schema 1', () => {
    const json = read(result, { software: { name: 'webgpu-lmm', version: '0.1.0' } });
    expect(json).toMatchObject({
      schema: 1,
      software: { name: 'webgpu-lmm', version: '0.1.0' },
      formula: '~ Days + (Days | Subject)',
      method: 'REML',
      backend: 'cpu',
      device: null,
      refits: 1,
      notes: ['one row dropped'],
    });
    expect(json.models).toHaveLength(3);
    expect(json.models[0]).toEqual({
      split: 'B cells',
      response: 'ENSG1',
      gene: 'IL6',
      status: 'ok',
      message: null,
      n: 180,
      p: 2,
      groups: { Subject: 2 },
      expressed: 170,
      mean: 298.5,
      search: 'cpu',
      finish: 'cpu',
      theta: [0.9667, 0.0152, 0.2309],
      sigma: 25.5918,
      logLik: -871.8141,
      criterion: 1743.6283,
      AIC: 1755.6283,
      BIC: 1774.7855,
      dfResidual: 174,
      singular: false,
      converged: true,
      gradient: 1e-12,
      evaluations: 7,
      ddf: 'satterthwaite',
      coefficients: [
        {
          term: '(Intercept)',
          estimate: 251.4051048484854,
          se: 6.824596743,
          df: 17,
          statistic: 36.83823,
          p: 1.171558e-17,
          log10p: -16.93124,
          pAdjusted: 2.4e-17,
        },
        expect.objectContaining({ term: 'Days', estimate: 10.467285959595 }),
      ],
      contrasts: [expect.objectContaining({ name: 'slope', estimate: 10.467285959595, se: 1.545789 })],
      vcov: [
        [46.57, -1.45],
        [-1.45, 2.39],
      ],
      varcorr: [
        {
          group: 'Subject',
          terms: ['(Intercept)', 'Days'],
          cov: [
            [612.1, 9.604],
            [9.604, 35.07],
          ],
        },
      ],
      ranef: [
        {
          group: 'Subject',
          levels: ['308', '309'],
          terms: ['(Intercept)', 'Days'],
          blup: [
            [2.25, 9.19],
            [-40.39, -8.61],
          ],
          sd: [
            [12.07, 2.3],
            [12.08, 2.31],
          ],
        },
      ],
      r2: { marginal: 0.2786, conditional: 0.7992 },
      icc: 0.72,
    });
  });

  it('has null and empty lists for a model without a fit, and for what is not finite', () => {
    const [, constant, singular] = read(result).models;
    expect(constant).toMatchObject({
      status: 'constant',
      message: 'no variation',
      n: 180,
      sigma: null,
      converged: null,
    });
    expect(constant).toMatchObject({ theta: [], coefficients: [], vcov: [], varcorr: [], ranef: [], contrasts: [] });
    expect(constant).toMatchObject({ r2: { marginal: null, conditional: null }, search: null, finish: null });
    expect(singular).toMatchObject({ search: 'webgpu', finish: 'cpu-refit', vcov: [[0.25]], singular: true });
    expect(singular.coefficients).toEqual([expect.objectContaining({ df: null, p: 0, log10p: null })]);
    expect(singular.contrasts).toEqual([expect.objectContaining({ name: 'slope', estimate: null })]);
    expect(read(plainResult).models[0]).toMatchObject({ split: null, gene: null });
  });

  it('has one model a line and numbers that read back exactly', () => {
    const text = [...jsonText(result)].join('');
    const lines = text.split('\n');
    expect(lines).toHaveLength(6); // head, three models, end, nothing after the last line feed
    expect(JSON.parse(lines[1].replace(/,$/, '')).response).toBe('ENSG1');
    const awkward = 0.1 + 0.2;
    expect(read(fakeResult({ sigma: Float64Array.of(awkward, NaN, 5e-324) })).models[0].sigma).toBe(awkward);
    expect(read(fakeResult({ models: 0 })).models).toEqual([]);
  });

  it('leaves out what is asked, and the long parts of large results by itself with a note', () => {
    expect(read(result, { omit: ['ranef'] }).models[0]).not.toHaveProperty('ranef');
    expect(read(result, { omit: ['ranef'] }).models[0]).toHaveProperty('vcov');
    expect(jsonOmissions(5000, undefined)).toEqual({ omit: new Set(), note: null });
    expect(jsonOmissions(5001, [])).toEqual({ omit: new Set(), note: null });
    expect(jsonOmissions(5001, undefined).omit).toEqual(new Set(['ranef', 'vcov']));
    const many = fakeResult({ ...constantModels(5001) });
    const json = read(many);
    expect(json.models[5000]).not.toHaveProperty('vcov');
    expect(json.notes[1]).toMatch(/5001 models: ranef and vcov are left out/);
  });

  it('reads --omit', () => {
    expect(parseOmit('ranef,vcov')).toEqual(['ranef', 'vcov']);
    expect(parseOmit('none')).toEqual([]);
    expect(() => parseOmit('ranfe')).toThrow(
      expect.objectContaining({ fields: expect.objectContaining({ option: 'omit' }) }),
    );
  });

  function constantModels(models: number) {
    const empty = new Float64Array(models).fill(NaN);
    const tests = { estimate: empty, standardError: empty, df: empty, statistic: empty, pValue: empty };
    const one = { names: ['(Intercept)'], ...tests, log10P: empty, adjustedP: empty };
    return {
      ...fakeTable(),
      models,
      responses: new Array<string>(models).fill('g'),
      messages: new Array<null>(models).fill(null),
      status: new Uint8Array(models).fill(1),
      coefficients: one,
      contrasts: { ...one, names: [] },
      sigma: empty,
    };
  }
});

describe('outputPieces', () => {
  it('joins content and container', async () => {
    const bytes = (spec: string) => joinPieces(outputPieces(result, parseOutput(spec)));
    const text = async (spec: string) => (await bytes(spec)).toString();
    expect(await text('glance=x.csv')).toMatch(/^split,response,gene,status,/);
    expect(await text('toptable:Days=x.tsv')).toMatch(/^split\tresponse\tgene\tlogFC/);
    expect(JSON.parse(await text('x.json')).schema).toBe(1);
    expect((await bytes('x.parquet')).subarray(0, 4).toString()).toBe('PAR1');
  });
});
