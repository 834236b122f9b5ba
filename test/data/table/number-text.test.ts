import { describe, expect, it } from 'vitest';
import { compareCodePoints, numericLevels, orderLevels } from '../../../src/data/table/level-order.ts';
import { isMissingText, numberLabel, parseNumberText } from '../../../src/data/table/number-text.ts';

describe('parseNumberText', () => {
  it.each([
    ['1', 1],
    ['-1.5e3', -1500],
    ['+.5', 0.5],
    ['7.', 7],
    ['0e5', 0],
    ['00012', 12],
    ['1E-2', 0.01],
    [' 1.5', 1.5],
    ['2  ', 2],
    [' -Inf ', -Infinity],
    ['Inf', Infinity],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
    ['1e999', Infinity],
    ['123456789012345678', 123456789012345680],
  ])('reads %s', (text, value) => {
    expect(parseNumberText(text)).toBe(value);
  });

  it.each([
    '',
    ' ',
    '1 2',
    '\t1',
    '0x1f',
    ' 0x10',
    '0x10',
    '0b1',
    '0o7',
    '1,5',
    '1_000',
    '-',
    '.',
    'e5',
    '1e',
    '1\u00a0',
    'T1',
    '--1',
    '1n',
  ])('takes %j for text', (text) => {
    expect(parseNumberText(text)).toBeNaN();
  });

  it('knows the missing values', () => {
    expect(['', 'NA', 'NaN', 'nan'].every(isMissingText)).toBe(true);
    expect(['na', 'N/A', 'null', ' NA', 'NAN'].some(isMissingText)).toBe(false);
  });
});

describe('levels', () => {
  it('labels numbers as R does, to 15 digits', () => {
    expect([0.1 + 0.2, -0, 1e21, 100000, 1 / 3].map(numberLabel)).toEqual([
      '0.3',
      '0',
      '1e+21',
      '100000',
      '0.333333333333333',
    ]);
  });

  it('sorts by code point, not by UTF-16 unit', () => {
    expect(['\u{1F600}', '\uFF41', 'b', 'B', ''].sort(compareCodePoints)).toEqual([
      '',
      'B',
      'b',
      '\uFF41',
      '\u{1F600}',
    ]);
  });

  it('orders numbers by number, a mixture by code point', () => {
    expect(orderLevels(['10', '9', '1.0', '1'])).toEqual(['1', '1.0', '9', '10']);
    expect(orderLevels(['10', '9', 'x'])).toEqual(['10', '9', 'x']);
  });

  it('keeps numbers apart that share 15 digits', () => {
    const near = [1, 1 + Number.EPSILON];
    expect(numericLevels(Float64Array.from([...near, NaN, 1])).labels).toEqual(near.map(String));
  });
});
