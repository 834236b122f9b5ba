/**
 * How often do plain and moderated tests call a gene significant when no gene has an effect? Donors with some samples each;
 * `case` differs between donors, `when` within them; variances of genes follow a prior with 6 degrees of freedom, the sd
 * between donors is that of the residuals.
 *
 *     node bench/moderation-null.mjs --genes 20000
 */
import { fit as fitTable } from '../dist/node.js';
import { argument } from './harness.mjs';
import { numeric, openRandom } from './random.mjs';

const genes = argument('genes', 20000);
const PRIOR_DF = 6;
const SAMPLES = 3;
const LEVELS = [0.05, 0.01];

console.log(['donors', 'effect', ...LEVELS.flatMap((level) => [`plain ${level}`, `moderated ${level}`])].join('\t'));
for (const donors of [8, 12, 24]) {
  const { normal } = openRandom(7);
  const n = donors * SAMPLES;
  const donor = Array.from({ length: n }, (_, i) => Math.floor(i / SAMPLES));
  const columns = new Map([
    ['donor', numeric(donor)],
    ['case', numeric(donor.map((d) => d % 2))],
    ['when', numeric(donor.map((_, i) => i % SAMPLES))],
  ]);
  const values = new Float64Array(genes * n);
  for (let g = 0; g < genes; g++) {
    let chi = 0;
    for (let k = 0; k < PRIOR_DF; k++) chi += normal() ** 2;
    const sd = Math.sqrt(PRIOR_DF / chi);
    const shift = Array.from({ length: donors }, () => sd * normal());
    for (let i = 0; i < n; i++) values[g * n + i] = shift[donor[i]] + sd * normal();
  }
  const names = Array.from({ length: genes }, (_, g) => `g${g}`);
  const { table } = await fitTable(
    { kind: 'dense', rows: n, names, values },
    { obs: { rows: n, columns }, formula: '~ case + when + (1 | donor)', moderate: true },
  );
  const { coefficients, moderation } = table;
  const width = coefficients.names.length;
  for (const name of ['case', 'when']) {
    const k = coefficients.names.indexOf(name);
    const share = (p, level) => {
      let below = 0;
      for (let g = 0; g < genes; g++) if (p[g * width + k] < level) below++;
      return (below / genes).toFixed(4);
    };
    const rates = LEVELS.flatMap((level) => [
      share(coefficients.pValue, level),
      share(moderation.coefficients.pValue, level),
    ]);
    console.log([donors, name, ...rates].join('\t'));
  }
}
