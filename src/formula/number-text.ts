/** Numbers as R prints them: they name factor levels (`factor(x)2.5`) and terms (`I(x^2)`). */

/** R's default: as many digits as needed, at most 15. */
const SIGNIFICANT_DIGITS = 15;
/** Numbers beyond this are no longer of R's integer type, which never prints an exponent. */
const LARGEST_INTEGER = 2147483647;

/** A double as R's `as.character` and `deparse` write it: fixed notation unless the scientific one is shorter (`1e+05`). */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  if (value === 0) return '0';
  const [mantissa, exponentText] = Math.abs(value)
    .toExponential(SIGNIFICANT_DIGITS - 1)
    .split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const exponent = Number(exponentText);
  const decimals = Math.max(0, digits.length - exponent - 1);
  const fixedWidth = Math.max(1, exponent + 1) + (decimals > 0 ? decimals + 1 : 0);
  const exponentWidth = Math.abs(exponent) >= 100 ? 5 : 4;
  const scientificWidth = (digits.length > 1 ? digits.length + 1 : 1) + exponentWidth;
  const sign = value < 0 ? '-' : '';
  if (fixedWidth > scientificWidth) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  // beyond the 15 digits R prints the whole number as it is
  if (exponent >= SIGNIFICANT_DIGITS) return BigInt(value).toString();
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return decimals > 0 ? `${sign}${whole}.${digits.slice(exponent + 1)}` : `${sign}${whole}`;
}

/**
 * A double with so many significant digits and no zeros behind them, as C writes `%.3g` and R's `formatC` with it. Halves
 * go to the even digit, by the exact value of the double.
 */
export function significantText(value: number, digits: number): string {
  if (!Number.isFinite(value) || value === 0) return numberText(value);
  const rounded = roundedDigits(Math.abs(value), digits);
  const figures = rounded.figures.replace(/0+$/, '');
  const { exponent } = rounded;
  const sign = value < 0 ? '-' : '';
  if (exponent < -4 || exponent >= digits) {
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${pointed(figures, 1)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  return sign + (exponent < 0 ? `0.${'0'.repeat(-exponent - 1)}${figures}` : pointed(figures, exponent + 1));
}

/** The digits of a positive number, rounded, and the power of ten of the first. */
function roundedDigits(value: number, digits: number): { figures: string; exponent: number } {
  const [mantissa, power] = value.toExponential(EXACT_DIGITS).split('e');
  const exact = mantissa.replace('.', '');
  // toExponential sends halves up
  const half = /^50*$/.test(exact.slice(digits)) && Number(exact[digits - 1]) % 2 === 0;
  if (half) return { figures: exact.slice(0, digits), exponent: Number(power) };
  const [near, exponent] = value.toExponential(digits - 1).split('e');
  return { figures: near.replace('.', ''), exponent: Number(exponent) };
}

/** Digits that tell whether a double is half-way between two shorter numbers. */
const EXACT_DIGITS = 100;

/** Digits with a point behind the first few, where there are more. */
function pointed(figures: string, whole: number): string {
  const padded = figures.padEnd(whole, '0');
  return padded.length > whole ? `${padded.slice(0, whole)}.${padded.slice(whole)}` : padded;
}

/**
 * Texts of the levels of a numeric column, as R's `factor()` makes them after reading a table: a column of whole numbers
 * is of type integer there and never gets an exponent.
 */
export function levelTexts(values: ArrayLike<number>): string[] {
  let whole = true;
  for (let i = 0; i < values.length && whole; i++) {
    whole = Number.isInteger(values[i]) && Math.abs(values[i]) <= LARGEST_INTEGER;
  }
  return Array.from(values, (value) => (whole ? String(value === 0 ? 0 : value) : numberText(value)));
}
