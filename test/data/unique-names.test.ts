import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniqueNames } from '../../src/data/unique-names.ts';

describe('uniqueNames', () => {
  it('keeps the first and suffixes the others', () => {
    const result = uniqueNames(['a', 'b', 'a', 'a']);
    expect(result.names).toEqual(['a', 'b', 'a-1', 'a-2']);
    expect(result.renamed).toBe(2);
    expect(result.note).toBe("2 repeated response names got a suffix ('a' became 'a-1', ...)");
  });

  it('passes over a suffixed name that is already there', () => {
    expect(uniqueNames(['a', 'a', 'a-1', 'a']).names).toEqual(['a', 'a-2', 'a-1', 'a-3']);
  });

  it('returns unique names as they are', () => {
    const names = ['x', 'y'];
    expect(uniqueNames(names)).toEqual({ names, renamed: 0, note: null });
  });

  it('always gives distinct names, and leaves first occurrences alone', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'a-1', 'a-2', 'a-1-1', 'b', '')), (names) => {
        const unique = uniqueNames(names).names;
        expect(new Set(unique).size).toBe(names.length);
        for (const [i, name] of names.entries()) if (names.indexOf(name) === i) expect(unique[i]).toBe(name);
      }),
    );
  });
});
