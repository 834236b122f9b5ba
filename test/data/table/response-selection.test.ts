import { describe, expect, it } from 'vitest';
import { parseNameList, selectResponses } from '../../../src/data/table/response-selection.ts';
import { isFitError } from '../../../src/errors.ts';

const names = ['MT-ND1', 'ACTB', 'mt-co1', 'a,b', 'GAPDH', 'ACTG1'];
const select = (spec: string | string[], genes?: string[]) => [...selectResponses(names, spec, genes)];

describe('selectResponses', () => {
  it('takes a list that is one CSV record, in the order of the file', () => {
    expect(select('GAPDH,ACTB,"a,b",ACTB')).toEqual([1, 3, 4]);
  });

  it('takes names read from a file', () => {
    expect(select(parseNameList('\uFEFFGAPDH\r\n\r\na,b\nACTB'))).toEqual([1, 3, 4]);
  });

  it('takes regular expressions', () => {
    expect(select('/^MT-/')).toEqual([0]);
    expect(select('/^mt-/i')).toEqual([0, 2]);
    expect(select('/ACT/')).toEqual([1, 5]);
  });

  it('takes symbols where no response has that name', () => {
    expect([...selectResponses(['E1', 'E2', 'E3'], 'XIST,E2', ['XIST', 'E2', 'XIST'])]).toEqual([0, 1, 2]);
  });

  it('names the first five unknown names with near ones', () => {
    expect(() => select('GAPHD,q1,q2,q3,q4,q5,q6')).toThrow(
      "no response 'GAPHD' (did you mean 'GAPDH'?), 'q1', 'q2', 'q3', 'q4' and 2 more",
    );
  });

  it.each([
    ['/(/', 'Invalid regular expression'],
    ['/zzz/', 'matches none of 6 responses'],
    ['/a/x', 'only the flag i'],
    ['', 'nothing is listed'],
    ['@file.txt', 'must be read first'],
  ])('refuses %j', (spec, message) => {
    expect(() => select(spec)).toThrow(message);
    try {
      select(spec);
    } catch (error) {
      expect(isFitError(error, 'OptionError') && error.fields.option).toBe('responses');
    }
  });

  it('refuses an empty list', () => {
    expect(() => select([])).toThrow('names nothing');
  });
});
