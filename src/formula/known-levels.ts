import { numberText } from './number-text.ts';

/** A factor of other data in the levels of a trained one: those first, then the new levels in order of appearance. */
export interface ExtendedFactor {
  readonly levels: readonly string[];
  /** -1 is missing; from the number of trained levels on, a new level. */
  readonly codes: Int32Array;
}

/** Recodes a factor to trained levels by their texts. */
export function extendLevels(
  trained: readonly string[],
  factor: { readonly levels: readonly string[]; readonly codes: Int32Array },
): ExtendedFactor {
  const place = new Map(trained.map((level, code) => [level, code]));
  const levels = [...trained];
  const used = new Uint8Array(factor.levels.length);
  for (const code of factor.codes) if (code >= 0) used[code] = 1;
  const recoded = factor.levels.map((level, code) => {
    const known = place.get(level);
    if (known !== undefined || used[code] === 0) return known ?? -1;
    levels.push(level);
    return levels.length - 1;
  });
  return { levels, codes: factor.codes.map((code) => (code < 0 ? -1 : recoded[code])) };
}

/**
 * Codes numbers to trained levels. A number has two texts, that of a column of whole numbers (100000) and R's shortest
 * (1e+05); the trained levels decide.
 */
export function extendNumberLevels(trained: readonly string[], values: Float64Array): ExtendedFactor {
  const place = new Map(trained.map((level, code) => [level, code]));
  const levels = [...trained];
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) {
      codes[i] = -1;
      continue;
    }
    const plain = String(value === 0 ? 0 : value);
    const text = place.has(plain) ? plain : numberText(value);
    let code = place.get(text);
    if (code === undefined) {
      code = levels.length;
      levels.push(text);
      place.set(text, code);
    }
    codes[i] = code;
  }
  return { levels, codes };
}
