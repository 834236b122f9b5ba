import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { applyFilter, filterNotes, filterVariables, parseFilter } from '../../src/formula/filter.ts';
import { factor, numeric, table } from './reference-table.ts';

const cells = table({
  cell_type: factor(['B cells', 'T cells', 'B cells', 'NK', 'missing', 'T cells'], ['B cells', 'NK', 'T cells']),
  n: numeric([3, 6, 9, 'NA', 12, 5]),
  'odd name': numeric([1, 2, 3, 4, 5, 6]),
  donor: factor(['101', '102', '101', '103', '102', '101']),
  stage: factor(['low', 'mid', 'high', 'low', 'mid', 'high'], ['low', 'mid', 'high'], true),
  l: { kind: 'logical', values: Float64Array.from([1, 0, Number.NaN, 1, 0, 1]) },
});

function passing(source: string): number[] {
  return [...applyFilter(parseFilter(source), cells)].flatMap((on, i) => (on === 1 ? [i] : []));
}

describe('applyFilter', () => {
  // as subset() of R
  it.each([
    ["cell_type == 'B cells' & n > 5", [2]],
    ['cell_type == "B cells" && n > 5', [2]],
    ["cell_type != 'B cells'", [1, 3, 5]],
    ["!(cell_type == 'B cells')", [1, 3, 5]],
    ["cell_type %in% c('B cells', 'NK')", [0, 2, 3]],
    ["!cell_type %in% c('B cells', 'NK')", [1, 4, 5]],
    ["cell_type %in% 'NK' | n >= 9", [2, 3, 4]],
    ["'NK' == cell_type || 9 <= n", [2, 3, 4]],
    ['n < 6', [0, 5]],
    ['n <= 6 & !(n == 6)', [0, 5]],
    ['n %in% c(3, 9, 12)', [0, 2, 4]],
    ["cut(n, c(0, 5, 9)) == '(5,9]'", [1, 2]],
    ["ifelse(n > 5, cell_type, 'few') == 'T cells'", [1]],
    ["interaction(donor, stage) %in% c('101.low', '101.high')", [0, 2, 5]],
    ['pmin(n, `odd name`) <= 2 & sin(pi * n) < 1', [0, 1]],
    ['round(n / 10) == 1', [1, 2, 4]],
    ['n == NA', []],
    ['is.na(n) | is.na(cell_type)', [3, 4]],
    ['`odd name` > 4', [4, 5]],
    ['donor == 101', [0, 2, 5]],
    ["donor %in% c(101, '103')", [0, 2, 3, 5]],
    ["stage >= 'mid'", [1, 2, 4, 5]],
    ["'mid' > stage", [0, 3]],
    ['l', [0, 3, 5]],
    ['!l', [1, 4]],
    ['l == TRUE & n > 0', [0, 5]],
    ["l == 'FALSE'", [1, 4]],
    ['l & n > 100 | `odd name` == 1', [0]],
    ['n > 5 | TRUE', [0, 1, 2, 3, 4, 5]],
    ['FALSE', []],
    ['n * 2 - 1 > `odd name`^2', [0, 1, 2]],
    ['log10(n) > 1', [4]],
    ['n %% 2 == 0', [1, 4]],
    ['n<-1', []],
    ["n == '3'", [0]],
    ["cell_type == 'B cell'", []],
  ])('%s', (source, rows) => {
    expect(passing(source)).toEqual(rows);
  });

  it('lists its columns', () => {
    expect(filterVariables(parseFilter("a == 'x' & !(b > c | `d e` %in% c(1, 2))"))).toEqual(['a', 'b', 'c', 'd e']);
  });
});

describe('filterNotes', () => {
  it.each([
    [
      "cell_type == 'B cell'",
      ["no rows have cell_type 'B cell'; did you mean 'B cells'? levels are B cells, NK, T cells"],
    ],
    ["n > 1 & 'x' != cell_type", ["no rows have cell_type 'x'; levels are B cells, NK, T cells"]],
    ["cell_type %in% c('NK', 'y')", ["no rows have cell_type 'y'; levels are B cells, NK, T cells"]],
    ['cell_type == NA', ['a comparison with NA holds for no row; use is.na(cell_type)']],
    ['donor == 101 & n == 77', []],
  ])('%s', (source, notes) => {
    expect(filterNotes(parseFilter(source), cells)).toEqual(notes);
  });
});

describe('mistakes in a filter', () => {
  it.each([
    ["cell_typ == 'x'", 1, /no column 'cell_typ'; did you mean 'cell_type'\?/],
    ["cell_type = 'x'", 11, /unexpected '='/],
    ["(cell_type = 'x')", 12, /unexpected '='/],
    ["cell_type == 'x", 14, /no closing '/],
    ['n >', 4, /ends too early/],
    ['n > 5 n', 7, /unexpected 'n'/],
    ['n', 1, /this filter is numeric/],
    ['cell_type', 1, /this filter is a factor/],
    ['cell_type & n > 5', 1, /is text, not TRUE or FALSE/],
    ["cell_type < 'x'", 11, /no meaning for a factor without order/],
    ["stage < 'x'", 7, /not one of the levels low, mid, high/],
    ["n > 'many'", 3, /'n' is numeric, "many" is text/],
    ['n %in% cell_type', 8, /needs a list of constants/],
    ["cell_type == c('a', 'b')", 11, /a list of constants/],
    ['ns(n, 3) > 1', 1, /'ns\(n, 3\)' is a matrix of several columns, not numbers/],
    ['cut(n, 3)', 1, /this filter is a factor/],
    ['y ~ x', 3, /unexpected '~'/],
    ['is_na(n)', 1, /unknown function 'is_na'; did you mean 'is.na'\?/],
    ['1 < n < 5', 7, /unexpected '<'/],
    ['', 1, /ends too early/],
  ])('%s', (source, position, message) => {
    try {
      applyFilter(parseFilter(source), cells);
    } catch (error) {
      expect(error).toBeInstanceOf(FitError);
      const { tag, message: text, fields } = error as FitError;
      expect(tag).toBe('OptionError');
      expect(text).toMatch(message);
      expect(fields).toMatchObject({ position, source, option: 'where' });
      return;
    }
    throw new Error('was accepted');
  });

  it('any text is a filter or an OptionError', () => {
    const piece = fc.constantFrom(
      ...[
        'n',
        'l',
        'cell_type',
        'stage',
        '==',
        '!=',
        '<',
        '>=',
        '%in%',
        '&',
        '|',
        '!',
        '(',
        ')',
        "'NK'",
        'c',
        ',',
        '5',
      ],
      ...['NA', 'TRUE', '+', '-', '*', '/', '^', ':', '~', 'log', 'factor', 'is.na', 'poly', 'scale', 'relevel', 'I'],
      ...['ns', 'bs', 'cut', 'ifelse', 'interaction', 'pmax', 'round', 'pi', 'Inf', '='],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          const filter = parseFilter(pieces.join(' '));
          filterNotes(filter, cells);
          expect(applyFilter(filter, cells)).toHaveLength(cells.rows);
        } catch (error) {
          expect(error).toBeInstanceOf(FitError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
