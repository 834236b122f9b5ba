/** Round numbers for axes, after P. S. Heckbert, "Nice numbers for graph labels", Graphics Gems (1990). */

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Step of 1, 2 or 5 times a power of ten that cuts `range` into about `count` pieces. */
export function niceStep(range: number, count: number): number {
  const raw = range / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const leading = raw / power;
  // Borders between steps are their geometric means.
  const factor = leading < Math.SQRT2 ? 1 : leading < Math.sqrt(10) ? 2 : leading < Math.sqrt(50) ? 5 : 10;
  return factor * power;
}

/** Multiples of a round step within [low, high], about `count` of them. */
export function linearTicks(low: number, high: number, count: number): Tick[] {
  if (!(high > low)) return [];
  const step = niceStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks: Tick[] = [];
  for (let k = first; k <= last; k++) {
    // Dividing by a whole number gives the double nearest to the decimal; multiplying by 0.1 does not.
    const value = k === 0 ? 0 : step < 1 ? k / Math.round(1 / step) : k * step; // k may be -0
    ticks.push({ value, label: formatTick(value, step) });
  }
  return ticks;
}

/** Powers of ten within [low, high], both positive, with 2 and 5 between where there is room; about `count` of them. */
export function logTicks(low: number, high: number, count: number): Tick[] {
  if (!(low > 0 && high > low)) return [];
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const decades = Math.log10(high / low);
  if (decades < 1) return linearTicks(low, high, count);
  const multiples = decades * 3 <= count ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / Math.max(1, 1.5 * count)));
  const ticks: Tick[] = [];
  for (let exponent = from; exponent <= to; exponent++) {
    if (exponent % every !== 0) continue;
    for (const multiple of multiples) {
      const value = exponent < 0 ? multiple / 10 ** -exponent : multiple * 10 ** exponent;
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) ticks.push({ value, label: formatNumber(value) });
    }
  }
  return ticks;
}

/** A tick with the decimals that its step needs. */
export function formatTick(value: number, step: number): string {
  if (value === 0) return '0';
  const size = Math.max(Math.abs(value), step);
  if (size >= 1e6 || step < 1e-5) return formatNumber(value);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return withMinus(value.toFixed(decimals));
}

/** A number in `digits` significant digits, in plain decimals where that is short. */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'not available';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) return withMinus(String(Number(value.toPrecision(digits))));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  return withMinus(`${Number(mantissa)}e${Number(exponent)}`);
}

/** A p-value from its log10, which may lie far below the smallest double. */
export function formatP(log10P: number): string {
  if (Number.isNaN(log10P)) return 'not available';
  if (log10P === -Infinity) return '0';
  if (log10P > -4) return formatNumber(10 ** log10P);
  let exponent = Math.floor(log10P);
  let mantissa = (10 ** (log10P - exponent)).toFixed(1);
  if (mantissa === '10.0') {
    mantissa = '1.0';
    exponent++;
  }
  return withMinus(`${Number(mantissa)}e${exponent}`);
}

/** Whole numbers with commas between thousands, as the page writes them. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The minus sign proper, as wide as a plus. */
function withMinus(text: string): string {
  return text.replaceAll('-', '−');
}
