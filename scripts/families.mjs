/**
 * Three small simulated tables whose outcomes are no measurements, for the examples: yes or no, grades, counts. Lines of text
 * and truth as rows, as in `repeated-measures.mjs`.
 */
import { Draws, truthTable } from './repeated-measures.mjs';

const ARMS = ['placebo', 'treated'];
const WEEKS = [0, 2, 4, 8, 12];

const logistic = (eta) => 1 / (1 + Math.exp(-eta));
const identifier = (p, patients) => `P${String(p + 1).padStart(String(patients).length, '0')}`;

/** A gamma variable of mean 1 and this shape, at least 1: Marsaglia and Tsang (2000). */
function drawGamma(shape, draws) {
  const d = shape - 1 / 3;
  for (;;) {
    const x = draws.normal();
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(draws.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return (d * v) / shape;
  }
}

/** A Poisson count, by inversion. */
function drawPoisson(mean, draws) {
  let [count, probability] = [0, Math.exp(-mean)];
  let left = draws.uniform() - probability;
  while (left > 0) {
    count++;
    probability *= mean / count;
    left -= probability;
  }
  return count;
}

export const clinicTruth = {
  '(Intercept)': -1.5,
  week: 0.1,
  armtreated: 0,
  'week:armtreated': 0.12,
  severity: -0.6,
  'sd__(Intercept)': 1.3,
  'nausea, placebo': 0,
  'nausea, treated': 0.08,
};

/**
 * A clinic: is the patient well at a visit, yes or no? Two arms, five visits, some missed, and a severity before treatment; and
 * nausea, which the placebo never causes.
 */
export function simulateClinic({ patients, seed }) {
  const draws = new Draws(seed);
  const truth = clinicTruth;
  const arms = draws.halves(patients);
  const harms = new Draws(seed + 1000);
  const lines = ['patient,arm,severity,week,well,nausea'];
  for (let p = 0; p < patients; p++) {
    const severity = Math.round(10 * draws.normal()) / 10;
    const patient = truth['sd__(Intercept)'] * draws.normal();
    for (const week of WEEKS) {
      const slope = truth.week + arms[p] * truth['week:armtreated'];
      const eta = truth['(Intercept)'] + slope * week + truth.severity * severity + patient;
      const well = draws.uniform() < logistic(eta) ? 'yes' : 'no';
      const missed = draws.uniform() < 0.06;
      const sick = week > 0 && harms.uniform() < truth[`nausea, ${ARMS[arms[p]]}`] ? 'yes' : 'no';
      const answers = missed ? ['NA', 'NA'] : [well, sick];
      lines.push([identifier(p, patients), ARMS[arms[p]], severity.toFixed(1), week, ...answers].join(','));
    }
  }
  return { table: `${lines.join('\n')}\n`, truth: truthTable(Object.entries(truth)) };
}

export const gradeTruth = {
  week: -0.08,
  armtreated: 0,
  'week:armtreated': -0.12,
  thresholds: [-2.2, -0.6, 0.9, 2.4],
  'sd__(Intercept)': 1.5,
};

/** Grades of a symptom, 0 (none) to 4 (very severe), at the same visits. */
export function simulateGrades({ patients, seed }) {
  const draws = new Draws(seed);
  const truth = gradeTruth;
  const arms = draws.halves(patients);
  const lines = ['patient,arm,week,grade'];
  for (let p = 0; p < patients; p++) {
    const patient = truth['sd__(Intercept)'] * draws.normal();
    for (const week of WEEKS) {
      const eta = (truth.week + arms[p] * truth['week:armtreated']) * week + patient;
      const u = draws.uniform();
      const grade = truth.thresholds.filter((threshold) => u > logistic(threshold - eta)).length;
      const missed = draws.uniform() < 0.05;
      if (!missed) lines.push([identifier(p, patients), ARMS[arms[p]], week, grade].join(','));
    }
  }
  const { thresholds, ...others } = truth;
  const rows = [...Object.entries(others), ...thresholds.map((value, k) => [`${k}|${k + 1}`, value])];
  return { table: `${lines.join('\n')}\n`, truth: truthTable(rows) };
}

export const countTruth = {
  attacks: { '(Intercept)': -3.2, 'log(base)': 0.8, armtreated: -0.5, size: 2.5, 'sd__(Intercept)': 0.5 },
  good: { '(Intercept)': 0.9, armtreated: 1, 'sd__(Intercept)': 0.8 },
};

/**
 * Attacks in the days that a patient kept a diary before each of four visits, with the attacks of four weeks before treatment
 * as `base`; and how many of these days were good ones.
 */
export function simulateCounts({ patients, seed }) {
  const draws = new Draws(seed);
  const { attacks: rate, good: share } = countTruth;
  const arms = draws.halves(patients);
  const lines = ['patient,arm,base,visit,days,attacks,good_days'];
  for (let p = 0; p < patients; p++) {
    const base = 1 + drawPoisson(12 * drawGamma(1.5, draws), draws);
    const [ofRate, ofShare] = [rate['sd__(Intercept)'] * draws.normal(), share['sd__(Intercept)'] * draws.normal()];
    for (let visit = 1; visit <= 4; visit++) {
      const days = 28 - Math.floor(draws.uniform() ** 2 * 18);
      const logRate = rate['(Intercept)'] + rate['log(base)'] * Math.log(base) + rate.armtreated * arms[p] + ofRate;
      const attacks = drawPoisson(days * Math.exp(logRate) * drawGamma(rate.size, draws), draws);
      const chance = logistic(share['(Intercept)'] + share.armtreated * arms[p] + ofShare);
      const good = Array.from({ length: days }, () => draws.uniform()).filter((u) => u < chance).length;
      lines.push([identifier(p, patients), ARMS[arms[p]], base, visit, days, attacks, good].join(','));
    }
  }
  const rows = Object.entries(countTruth).flatMap(([response, terms]) =>
    Object.entries(terms).map(([term, value]) => [`${response}, ${term}`, value]),
  );
  return { table: `${lines.join('\n')}\n`, truth: truthTable(rows) };
}
