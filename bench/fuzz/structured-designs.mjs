/**
 * Random designs with structured residuals: a few to fifty subjects at two to twenty visits, some of them missing, in up to
 * three arms, with any structure, by arm or for all, standard deviations by arm or covariate, weights, and random intercepts.
 */
import { delimited } from './trial-table.mjs';

const STRUCTURES = ['us', 'cs', 'csh', 'ar1', 'ar1h', 'toep', 'toeph', 'ad', 'adh', 'diag', 'sp_exp'];

const name = (letter, number) => `${letter}${String(number).padStart(3, '0')}`;

/** Columns of a random table, and the options of a fit to it. */
export function structuredDesign(random) {
  const subjects = random.integer(4, 43);
  const visits = random.chance(0.1) ? random.integer(2, 20) : random.integer(2, 6);
  const missing = random.chance(0.5) ? 0 : random.between(0, 0.6);
  const arms = random.integer(1, 3);
  const structure = random.pick(STRUCTURES);
  const shared = random.chance(0.3) ? 0 : random.between(0, 3);
  const scale = Math.exp(random.between(-5, 5));
  const columns = { subject: [], visit: [], arm: [], x: [], time: [], w: [], y: [] };
  for (let s = 0; s < subjects; s++) {
    const level = shared * random.normal();
    let before = random.normal();
    for (let v = 0; v < visits; v++) {
      if (v > 0) before = 0.7 * before + random.normal();
      if (random.chance(missing)) continue;
      columns.subject.push(name('s', s));
      columns.visit.push(name('v', v));
      columns.arm.push(name('a', s % arms));
      columns.x.push(random.normal());
      columns.time.push(v + 0.3 * random.uniform());
      columns.w.push(Math.exp(random.normal()));
      const outlier = random.chance(0.02) ? 5 : 0;
      columns.y.push(scale * (outlier + level + before * (1 + 0.2 * v)));
    }
  }
  const by = arms > 1 && random.chance(0.2) ? 'arm / ' : '';
  const residual = random.chance(0.9)
    ? `${structure}(${structure === 'sp_exp' ? 'time' : 'visit'} | ${by}subject)`
    : undefined;
  const scaled = !residual || random.chance(0.2);
  const dispersion = scaled ? (arms > 1 && random.chance(0.5) ? '~ arm' : '~ x') : undefined;
  const fixed = random.pick(['y ~ x', 'y ~ x + visit', arms > 1 ? 'y ~ arm * visit' : 'y ~ 1', 'y ~ time']);
  const effects = random.weighted({ '': 15, ' + (1 | arm)': 3, ' + (1 | subject)': 2 });
  const method = random.chance(0.3) ? 'ML' : 'REML';
  const weights = random.chance(0.2) ? 'w' : undefined;
  return { columns, formula: fixed + effects, residual, dispersion, method, weights };
}

/** The text that a design is read from. */
export const structuredText = ({ columns }) => delimited(columns);
