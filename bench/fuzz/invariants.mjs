/**
 * What must hold for every table of fits, whatever was fitted: a model that is `ok` has numbers, and they make sense. Each
 * check returns what is broken, in words; an empty list is good.
 */

/** Newton decrement up to which a fit counts as converged, in deviance units. */
const GRADIENT = 1e-8;
/** A log-likelihood is a sum of logarithms, a few hundred a row at most; beyond this it is no such sum. */
const CRITERION_PER_ROW = 1e5;
/** Degrees of freedom below this say that the test is none. */
const SMALLEST_DF = 1e-6;

function brokenTest({ names, estimate, standardError, df, statistic, pValue }, model, asymptotic, isUntested) {
  const broken = [];
  const finite = Number.isFinite;
  for (let k = 0; k < names.length; k++) {
    const i = model * names.length + k;
    // A column that the design of this model lacks has no estimate.
    if (Number.isNaN(estimate[i]) && Number.isNaN(standardError[i]) && Number.isNaN(pValue[i])) continue;
    const numbers = `estimate ${estimate[i]}, SE ${standardError[i]}, df ${df[i]}, statistic ${statistic[i]}, p ${pValue[i]}`;
    if (finite(estimate[i]) && standardError[i] >= 0 && Number.isNaN(pValue[i]) && isUntested(names[k])) continue;
    const tested = finite(statistic[i]) && pValue[i] >= 0 && pValue[i] <= 1;
    if (!finite(estimate[i]) || !finite(standardError[i]) || !(standardError[i] >= 0) || !tested) {
      broken.push(`ok with a test that has no numbers: ${names[k]}: ${numbers}`);
    } else if (!asymptotic && !(df[i] > SMALLEST_DF) && !isUntested(names[k])) {
      broken.push(`ok with no degrees of freedom: ${names[k]}: ${numbers}`);
    }
  }
  return broken;
}

/** Broken invariants of the models of a fit table that are ok; a coefficient may go without a test where a note says so. */
export function brokenFits({ table, notes }) {
  const isUntested = (name) => notes.some((note) => note.includes(`'${name}'`) && /\bno test\b/.test(note));
  const broken = [];
  const { models, status, coefficients, contrasts, rank, nobs } = table;
  // Between and within: what varies within levels has z tests.
  const asymptotic = table.ddf === 'asymptotic' || table.ddf === 'between-within';
  for (let model = 0; model < models; model++) {
    if (status[model] !== 0) continue;
    const say = (what) => broken.push(`${table.ddf}, ${what}`);
    for (const said of brokenTest(coefficients, model, asymptotic, isUntested)) say(said);
    for (const said of brokenTest(contrasts, model, asymptotic, isUntested)) say(`contrast ${said}`);
    const width = coefficients.names.length;
    const found = coefficients.estimate.subarray(model * width, (model + 1) * width).filter(Number.isFinite).length;
    if (found < rank[model]) say(`ok with fewer estimates than its rank: ${found} of ${rank[model]}`);
    const sigma = table.sigma[model];
    if (!(sigma > 0 && Number.isFinite(sigma))) say(`ok with a sigma that is none: ${sigma}`);
    const bound = CRITERION_PER_ROW * Math.max(1, nobs[model]);
    // Means of counts may be off by any number of standard deviations.
    const size = Math.abs(table.criterion[model]);
    if (!(table.family ? Number.isFinite(size) : size <= bound))
      say(`ok with a criterion that is none: ${table.criterion[model]}`);
    if (table.converged[model] !== 1) say('ok without having converged');
    else if (!(table.gradient[model] <= GRADIENT)) say(`ok with a gradient above its bound: ${table.gradient[model]}`);
  }
  return broken;
}

/** Kenward and Roger's standard errors are a little larger than the model's, not by orders of magnitude. */
const LARGEST_ADJUSTMENT = 1e3;

/** What is broken between the tests of two methods for the same fits. */
export function brokenAdjustment(plain, adjusted) {
  const broken = [];
  const { names, standardError } = plain.coefficients;
  for (let model = 0; model < plain.models; model++) {
    if (plain.status[model] !== adjusted.status[model]) {
      broken.push(`another status with Kenward-Roger: ${adjusted.status[model]}, not ${plain.status[model]}`);
      continue;
    }
    if (plain.status[model] !== 0) continue;
    names.forEach((name, k) => {
      const [before, after] = [
        standardError[model * names.length + k],
        adjusted.coefficients.standardError[model * names.length + k],
      ];
      if (after > LARGEST_ADJUSTMENT * before)
        broken.push(`a standard error without measure with Kenward-Roger: ${name}: ${after}, not ${before}`);
    });
  }
  return broken;
}
