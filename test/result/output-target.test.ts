import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { parseOutput, splitSpec } from '../../src/result/output-target.ts';

const plain = { table: 'tidy', contrast: null, container: 'tsv', gzip: false, path: null };

describe('parseOutput', () => {
  it('takes the container from the extension and tidy as content', () => {
    expect(parseOutput('fits.tsv')).toEqual({ ...plain, path: 'fits.tsv' });
    expect(parseOutput('out.d/fits.CSV.gz')).toEqual({
      ...plain,
      container: 'csv',
      gzip: true,
      path: 'out.d/fits.CSV.gz',
    });
    expect(parseOutput('fits.parquet')).toEqual({ ...plain, container: 'parquet', path: 'fits.parquet' });
    expect(parseOutput('fits.json.gz')).toEqual({
      ...plain,
      table: 'json',
      container: 'json',
      gzip: true,
      path: 'fits.json.gz',
    });
  });

  it('takes the content from the prefix before the format', () => {
    expect(parseOutput('glance=fits.tsv', 'ranef')).toMatchObject({ table: 'glance', path: 'fits.tsv' });
    expect(parseOutput('fits.csv', 'ranef')).toMatchObject({ table: 'ranef', container: 'csv' });
    expect(parseOutput('toptable:stim - ctrl=top.tsv')).toMatchObject({
      table: 'toptable',
      contrast: 'stim - ctrl',
      path: 'top.tsv',
    });
    expect(parseOutput('json=x.json')).toMatchObject({ table: 'json', container: 'json' });
    expect(parseOutput('x.json', 'glance')).toMatchObject({ table: 'json', container: 'json' });
    expect(parseOutput('', 'toptable:stim')).toMatchObject({ table: 'toptable', contrast: 'stim', path: null });
  });

  it('takes a name with digits for a table, and what has dots or slashes for a path', () => {
    expect(splitSpec('drop1=terms.tsv')).toEqual({ prefix: 'drop1', path: 'terms.tsv' });
    expect(splitSpec('./run=1.tsv')).toEqual({ prefix: null, path: './run=1.tsv' });
    expect(splitSpec('1=a.tsv')).toEqual({ prefix: null, path: '1=a.tsv' });
  });

  it('writes to standard output and devices without an extension', () => {
    expect(parseOutput('-')).toEqual(plain);
    expect(parseOutput('')).toEqual(plain);
    expect(parseOutput('-', 'json')).toEqual({ ...plain, table: 'json', container: 'json' });
    expect(parseOutput('glance=-')).toEqual({ ...plain, table: 'glance' });
    expect(parseOutput('/dev/fd/63')).toEqual({ ...plain, path: '/dev/fd/63' });
  });

  it('leaves an = in a path alone', () => {
    expect(parseOutput('./a=b.tsv').path).toBe('./a=b.tsv');
    expect(parseOutput('run-2/x=1.tsv').path).toBe('run-2/x=1.tsv');
    expect(parseOutput('glance=a=b.tsv')).toMatchObject({ table: 'glance', path: 'a=b.tsv' });
  });

  it.each([
    ['glanse=fits.tsv', undefined, /no table 'glanse'/, /Did you mean 'glance'\?.*\.\/glanse=fits\.tsv/],
    ['fits.tsv', 'tdy', /no table 'tdy'/, /Did you mean 'tidy'/],
    ['fits.xlsx', undefined, /unknown extension \.xlsx/, /\.parquet/],
    ['fits', undefined, /no extension/, /\.tsv/],
    ['fits.gz', undefined, /no extension/, /\.tsv\.gz/],
    ['x.constructor', undefined, /unknown extension/, /\.tsv/],
    ['fits.parquet.gz', undefined, /compressed already/, /Write fits\.parquet\./],
    ['glance=fits.json', undefined, /holds the whole fit/, /glance=FILE\.tsv/],
    ['fits.tsv', 'json', /JSON in a \.tsv file/, /\.json/],
    ['tidy:stim=x.tsv', undefined, /names a contrast for tidy/, /toptable:NAME=FILE/],
  ])('%s, format %s: says what is wrong and what to do', (spec, format, message, remedy) => {
    try {
      parseOutput(spec, format);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof FitError)) throw error;
      expect(error.tag).toBe('OptionError');
      expect(error.message).toMatch(message);
      expect(error.fields.remedy).toMatch(remedy);
      expect(['out', 'format']).toContain(error.fields.option);
    }
  });

  it('returns a target or throws a tagged error, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (spec, format) => {
        try {
          const target = parseOutput(spec, format);
          expect(target.path === null || spec.endsWith(target.path)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FitError);
        }
      }),
    );
  });
});
