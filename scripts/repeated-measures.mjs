/**
 * Two small simulated tables with correlated residuals, for the examples: visits of a trial, members of couples. Lines of
 * text and truth as rows, so that nothing of them depends on how numbers are printed.
 */

/** Uniform numbers in (0, 1): a Weyl sequence of 32-bit integers through the finaliser of MurmurHash3. */
export class Draws {
  #state;
  constructor(seed) {
    this.#state = seed | 0;
  }
  uniform() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let h = this.#state;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) + 2 ** 31 + 0.5) / 2 ** 32;
  }
  /** Box and Muller's transform, its cosine. */
  normal() {
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
  /** Zeros and ones, as many of each, in random order. */
  halves(count) {
    let ones = Math.floor(count / 2);
    return Array.from({ length: count }, (_, i) => {
      if (this.uniform() * (count - i) >= ones) return 0;
      ones--;
      return 1;
    });
  }
}

/** Lower triangular L with L L' = S, S as rows. */
function choleskyFactor(S) {
  const L = S.map((row) => row.map(() => 0));
  for (let i = 0; i < S.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = S[i][j];
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      L[i][j] = i === j ? Math.sqrt(sum) : sum / L[j][j];
    }
  }
  return L;
}

/** A draw with covariance L L'. */
function drawVector(L, draws) {
  const z = L.map(() => draws.normal());
  return L.map((row) => row.reduce((sum, value, k) => sum + value * z[k], 0));
}

const VISITS = ['week02', 'week04', 'week08', 'week12'];
const WEEKS = [2, 4, 8, 12];

export const trialTruth = {
  '(Intercept)': 12,
  base: 0.75,
  visits: [0, -1, -2, -3],
  treated: [-1, -2, -4, -5],
  sd: [5, 5.5, 6.5, 7],
  correlation: [
    [1, 0.7, 0.55, 0.45],
    [0.7, 1, 0.7, 0.55],
    [0.55, 0.7, 1, 0.75],
    [0.45, 0.55, 0.75, 1],
  ],
  men: 1.4,
};

/**
 * A trial of two arms: a score (lower is better) at four visits, with its value before treatment as `base`. A subject drops
 * out after a visit with a probability that grows with the score seen there (missing at random), and now and then misses one.
 * Residuals of men have 1.4 times the standard deviation of women's.
 */
export function simulateTrial({ subjects, seed }) {
  const draws = new Draws(seed);
  const truth = trialTruth;
  const L = choleskyFactor(truth.correlation.map((row, a) => row.map((cor, b) => cor * truth.sd[a] * truth.sd[b])));
  const arms = draws.halves(subjects);
  const sexes = draws.halves(subjects);
  const digits = String(subjects).length;
  const lines = ['subject,sex,arm,base,visit,week,score'];
  for (let s = 0; s < subjects; s++) {
    const base = Math.round(10 * (50 + 8 * draws.normal())) / 10;
    const scale = sexes[s] ? truth.men : 1;
    const errors = drawVector(L, draws);
    let here = true;
    for (const [v, visit] of VISITS.entries()) {
      const mean = truth['(Intercept)'] + truth.base * base + truth.visits[v] + (arms[s] ? truth.treated[v] : 0);
      const score = mean + scale * errors[v];
      const leaves = draws.uniform() < 1 / (1 + Math.exp(2.5 - 0.12 * (score - 50)));
      const missed = draws.uniform() < 0.03;
      if (here && !missed) {
        const id = `S${String(s + 1).padStart(digits, '0')}`;
        const row = [id, sexes[s] ? 'M' : 'F', arms[s] ? 'treated' : 'placebo', base.toFixed(1), visit, WEEKS[v]];
        lines.push([...row, score.toFixed(1)].join(','));
        here = !leaves;
      }
    }
  }
  const rows = [
    ['(Intercept)', truth['(Intercept)']],
    ['base', truth.base],
    ['armtreated', truth.treated[0]],
    ...VISITS.slice(1).map((visit, v) => [`visit${visit}`, truth.visits[v + 1]]),
    ...VISITS.slice(1).map((visit, v) => [`armtreated:visit${visit}`, truth.treated[v + 1] - truth.treated[0]]),
    ...VISITS.map((visit, v) => [`sd__${visit}, women`, truth.sd[v]]),
    ['sd of men / sd of women', truth.men],
    ...VISITS.flatMap((visit, a) =>
      VISITS.slice(a + 1).map((other, b) => [`cor__${visit}.${other}`, truth.correlation[a][a + 1 + b]]),
    ),
  ];
  return { table: `${lines.join('\n')}\n`, truth: truthTable(rows) };
}

export const coupleTruth = {
  '(Intercept)': [70, 72],
  actor: [-3, -5],
  partner: [-1, -2.5],
  sd: [8, 6],
  correlation: 0.4,
};

/**
 * Couples: satisfaction of each member by the own stress and by the partner's, with effects and standard deviations by role
 * (husband, wife) and correlated residuals. Some answers are missing.
 */
export function simulateCouples({ couples, seed }) {
  const draws = new Draws(seed);
  const truth = coupleTruth;
  const covariance = truth.correlation * truth.sd[0] * truth.sd[1];
  const errorFactor = choleskyFactor([
    [truth.sd[0] ** 2, covariance],
    [covariance, truth.sd[1] ** 2],
  ]);
  const stressFactor = choleskyFactor([
    [1, 0.3],
    [0.3, 1],
  ]);
  const firsts = draws.halves(couples);
  const digits = String(couples).length;
  const lines = ['couple,member,role,stress,partner_stress,satisfaction'];
  for (let c = 0; c < couples; c++) {
    const stress = drawVector(stressFactor, draws).map((value) => Math.round(100 * value) / 100);
    const errors = drawVector(errorFactor, draws);
    const couple = `C${String(c + 1).padStart(digits, '0')}`;
    for (const [member, role] of [firsts[c], 1 - firsts[c]].entries()) {
      const [own, other] = [stress[role], stress[1 - role]];
      const mean = truth['(Intercept)'][role] + truth.actor[role] * own + truth.partner[role] * other;
      const answer = draws.uniform() < 0.05 ? 'NA' : (mean + errors[role]).toFixed(1);
      const row = [couple, member + 1, role ? 'wife' : 'husband', own.toFixed(2), other.toFixed(2), answer];
      lines.push(row.join(','));
    }
  }
  const rows = ['husband', 'wife'].flatMap((role, r) => [
    [`(Intercept), ${role}`, truth['(Intercept)'][r]],
    [`actor effect of ${role}`, truth.actor[r]],
    [`partner effect on ${role}`, truth.partner[r]],
    [`sd__${role}`, truth.sd[r]],
  ]);
  return { table: `${lines.join('\n')}\n`, truth: truthTable([...rows, ['cor__husband.wife', truth.correlation]]) };
}

/** Terms and their values as delimited text. */
export function truthTable(rows) {
  return `term\tvalue\n${rows.map(([term, value]) => `${term}\t${Number(value.toPrecision(6))}\n`).join('')}`;
}
