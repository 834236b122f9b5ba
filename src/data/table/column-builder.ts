import type { Column } from '../../types/table.ts';
import { compareCodePoints, factorInOrder, orderLevels } from './level-order.ts';
import { isMissingText, parseCommaNumber, parseNumberText } from './number-text.ts';

/** Distinct texts that are kept for a column of numbers before it is believed to be one and their spelling is let go. */
const SPELLINGS_KEPT = 1000;

const LOGICAL = new Map([
  ['TRUE', 1],
  ['true', 1],
  ['FALSE', 0],
  ['false', 0],
]);

/** Strings up to this length are stored by V8 on their own; longer ones cut from a chunk keep the whole chunk alive. */
const SLICED_LENGTH = 13;

/** A copy that does not hold on to the chunk of the file that the text was cut from. */
export function detachText(text: string): string {
  return text.length < SLICED_LENGTH ? text : (' ' + text).slice(1);
}

/**
 * Collects one column of a text table, value by value, and finds its kind at the end.
 *
 * Distinct texts are numbered as they appear. When more than {@link SPELLINGS_KEPT} have come and all are numbers, only
 * the numbers are kept from there on. Text that follows after that cannot be told apart from the spellings let go (1.0
 * and 1): the builder is then {@link late}, and the column must be read again with `forced`.
 */
export class ColumnBuilder {
  /** Text came after the spellings of the numbers were let go. */
  late = false;
  private readonly forced: boolean;
  private readonly decimalCommas: boolean;
  private readonly missing: ReadonlySet<string>;
  private size = 0;
  private codes: Int32Array | null = new Int32Array(1024);
  private values: Float64Array | null = null;
  private dictionary: Map<string, number> | null = new Map();
  private anyText = false;

  /**
   * `forced` makes a factor of anything, numbers too; with `decimalCommas` a column of which every value has a decimal comma,
   * or is whole beside one that has, holds numbers; `missing` are further texts that mean missing.
   */
  constructor(forced = false, decimalCommas = false, missing: readonly string[] = []) {
    this.forced = forced;
    this.decimalCommas = decimalCommas;
    this.missing = new Set(missing);
  }

  private isMissing(text: string): boolean {
    return isMissingText(text) || (this.missing.size > 0 && this.missing.has(text));
  }

  add(text: string): void {
    const at = this.size++;
    if (this.values !== null) {
      if (this.late) return;
      if (at === this.values.length) this.values = grow(this.values, new Float64Array(at * 2));
      if (this.isMissing(text)) this.values[at] = NaN;
      else {
        const value = parseNumberText(text);
        if (Number.isNaN(value)) this.late = true;
        this.values[at] = value;
      }
      return;
    }
    let codes = this.codes!;
    if (at === codes.length) this.codes = codes = grow(codes, new Int32Array(at * 2));
    if (this.isMissing(text)) {
      codes[at] = -1;
      return;
    }
    const dictionary = this.dictionary!;
    const code = dictionary.get(text);
    if (code !== undefined) {
      codes[at] = code;
      return;
    }
    codes[at] = dictionary.size;
    dictionary.set(detachText(text), dictionary.size);
    if (!this.forced && !this.anyText && dictionary.size > SPELLINGS_KEPT) this.settle();
  }

  /** Enough distinct texts: numbers from now on, or text for good. */
  private settle(): void {
    const numbers = Float64Array.from(this.dictionary!.keys(), parseNumberText);
    if (numbers.some(Number.isNaN)) {
      this.anyText = true;
      return;
    }
    const values = new Float64Array(this.codes!.length);
    for (let i = 0; i < this.size; i++) values[i] = valueAt(numbers, this.codes![i]);
    this.values = values;
    this.codes = null;
    this.dictionary = null;
  }

  /** The column; call once, at the end. */
  finish(): Column {
    if (this.values !== null) return { kind: 'numeric', values: this.values.slice(0, this.size) };
    const codes = this.codes!.slice(0, this.size);
    const texts = [...this.dictionary!.keys()];
    if (this.forced) return factorInOrder(texts, codes, orderLevels(texts));
    if (texts.length > 0 && texts.every((text) => LOGICAL.has(text))) {
      const truth = Float64Array.from(texts, (text) => LOGICAL.get(text)!);
      return { kind: 'logical', values: Float64Array.from(codes, (code) => valueAt(truth, code)) };
    }
    const numbers = this.anyText ? null : Float64Array.from(texts, parseNumberText);
    if (numbers !== null && !numbers.some(Number.isNaN)) {
      return { kind: 'numeric', values: Float64Array.from(codes, (code) => valueAt(numbers, code)) };
    }
    if (this.decimalCommas && texts.some((text) => text.includes(','))) {
      const values = Float64Array.from(texts, parseCommaNumber);
      if (!values.some(Number.isNaN)) {
        return { kind: 'numeric', values: Float64Array.from(codes, (code) => valueAt(values, code)) };
      }
    }
    return factorInOrder(texts, codes, [...texts].sort(compareCodePoints));
  }
}

function valueAt(values: Float64Array, code: number): number {
  return code < 0 ? NaN : values[code];
}

function grow<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
