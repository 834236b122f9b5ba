import tDistribution from '@stdlib/stats-base-dists-t-cdf';

/** The bounds that every bench holds its fits to. */
const BOUNDS = { criterion: 1e-6, estimate: 1e-5, 'std.error': 1e-5, df: 1e-3, 'log10 p': 2e-3 };

/** Compares rows of a FitTable with reference fits; `errors()` gives the largest differences with their bounds. */
export function openComparison(table) {
  const largest = Object.fromEntries(Object.keys(BOUNDS).map((name) => [name, 0]));
  const grow = (name, value) => {
    largest[name] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.max(largest[name], value);
  };
  let fits = 0;
  let withDf = 0;
  return {
    add(model, reference) {
      fits++;
      const { names, estimate, standardError, df, pValue } = table.coefficients;
      const scale = Math.max(1, Math.abs(reference.criterion) * 1e-3); // 1e-6, or 1e-9 relative where it is large
      grow('criterion', Math.abs(table.criterion[model] - reference.criterion) / scale);
      for (let c = 0; c < names.length; c++) {
        const at = model * names.length + c;
        grow('estimate', Math.abs(estimate[at] - reference.beta[c]) / reference.se[c]);
        grow('std.error', Math.abs(standardError[at] / reference.se[c] - 1));
        // Near a variance of zero finite differences say little.
        if (table.ddf !== 'satterthwaite' || !(reference.smallest() > 0.05)) continue;
        withDf++;
        grow('df', Math.abs(df[at] / reference.df[c] - 1));
        const tail = 2 * tDistribution(-Math.abs(reference.beta[c] / reference.se[c]), reference.df[c]);
        const size = -Math.log10(tail);
        if (size < 290) grow('log10 p', Math.abs(-Math.log10(pValue[at]) - size) / Math.max(1, size));
      }
    },
    get summary() {
      return `${fits} fits compared with the reference, degrees of freedom of ${withDf} coefficients`;
    },
    errors: () =>
      Object.entries(BOUNDS)
        .filter(([name]) => withDf > 0 || (name !== 'df' && name !== 'log10 p'))
        .map(([name, bound]) => ({ name, value: largest[name], bound })),
  };
}

/** Smallest singular value of the factor, for q up to 2; the least diagonal element otherwise. */
export function smallestFactor(theta, q) {
  if (q === 1) return Math.abs(theta[0]);
  const [a, b, c] = theta;
  const [trace, det] = [a * a + b * b + c * c, (a * c) ** 2];
  return Math.sqrt(Math.max(0, (trace - Math.sqrt(Math.max(0, trace * trace - 4 * det))) / 2));
}
