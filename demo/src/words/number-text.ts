/** Numbers as the page prints them. */

/** Four significant digits, without an exponent where the number is of ordinary size. */
export function shortNumber(value: number): string {
  if (Number.isNaN(value)) return '';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size >= 1e6 || size < 1e-4 ? value.toExponential(2) : Number(value.toPrecision(4)).toString();
  return withMinus(text);
}

/** The minus sign proper, as wide as a plus. */
export function withMinus(text: string): string {
  return text.replaceAll('-', '−');
}

/** A comparison of two levels with the minus sign that effects have; names that hold one themselves are left as they are. */
export function comparisonWords(contrast: string): string {
  const sides = contrast.split(' - ');
  return sides.length === 2 ? sides.join(' − ') : contrast;
}

/** p from its log10, so that 1e-400 has its digits too. */
export function probability(log10P: number): string {
  if (Number.isNaN(log10P)) return '';
  if (log10P === -Infinity) return '0';
  if (log10P > -4) return (10 ** log10P).toPrecision(3);
  let exponent = Math.floor(log10P);
  let digits = (10 ** (log10P - exponent)).toPrecision(3);
  if (digits === '10.0') {
    exponent += 1;
    digits = '1.00';
  }
  return `${digits}e${exponent}`.replace('-', '−');
}

export function count(value: number): string {
  return value.toLocaleString('en');
}

/** `1 gene`, `2 genes`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun.replace(/s$/, '') : noun}`;
}

export function seconds(value: number): string {
  if (Number.isNaN(value)) return '';
  if (value < 0.01) return `${(value * 1000).toFixed(1)} ms`;
  if (value < 1) return `${(value * 1000).toFixed(0)} ms`;
  if (value < 90) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** A time that is only guessed at: one or two digits. */
export function roughTime(value: number): string {
  if (value < 1.5) return 'a second';
  if (value < 90) return `${Number(value.toPrecision(1))} seconds`;
  if (value < 5400) return `${Math.round(value / 60)} minutes`;
  return `${Number((value / 3600).toPrecision(2))} hours`;
}

/** Two significant digits and a thousands separator, for rates. */
export function rate(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(2)).toLocaleString('en') : '';
}
