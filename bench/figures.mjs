/**
 * The figures of speed that README.md and docs/ quote: each between marks, from rows of the latest records, and renewed by
 * `--record`. Rows are found by a pattern of their case; `text` words their values.
 */

/** Two significant digits are what a reader keeps, and what the machine can repeat. */
const short = (value) => Number(value.toPrecision(2)).toLocaleString('en-US');
/** From the smallest to the largest. */
const range = (...values) => {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(short);
  return low === high ? low : `${low} to ${high}`;
};
/** Of what comes on top of something else: noise may be larger. */
const beyond = (value) => (value > 0 ? short(value) : 'less than can be measured');

const COMMAND = [
  ['end-to-end', /cells, .*categorical design/],
  ['end-to-end', /cells, .*covariate by cell/],
];

export const FIGURES = {
  command: { rows: [COMMAND[0], COMMAND[1]], text: (...seconds) => `${range(...seconds)} seconds` },
  memory: {
    rows: [
      ['end-to-end', /^peak memory.*categorical/],
      ['end-to-end', /^peak memory.*covariate/],
    ],
    text: (...megabytes) => `${short(Math.max(...megabytes) / 1000)} GB`,
  },
  lmertest: { rows: [['against-r', /^ratio of lmerTest/]], text: (ratio) => `${short(ratio)} times` },
  intercepts: { rows: [['spectral', /satterthwaite$/]], text: (rate) => `${short(rate)} fits/s` },
  'intercepts-batch': {
    rows: [['spectral', /^20000 responses.*satterthwaite$/]],
    text: (rate) => `20,000 in ${short(20_000 / rate)} s`,
  },
  flashmm: { rows: [['flashmm-size', /2 threads$/]], text: (seconds) => `${short(seconds)} s` },
  slopes: {
    rows: [
      ['slopes', /^~ time \+ .*balanced$/],
      ['slopes', /^~ time \+ .*own times$/],
    ],
    text: (balanced, own) => `${short(balanced)} fits/s balanced, ${short(own)} at each subject's own times`,
  },
  crossed: { rows: [['crossed', /12 x 8 levels/]], text: (rate) => `${short(rate)} fits/s` },
  ratings: { rows: [['crossed', /2972 \+ 1128 \+ 14 levels/]], text: (seconds) => `${short(seconds)} s` },
  tests: {
    rows: [
      ['inference', /^Satterthwaite/],
      ['inference', /^Kenward-Roger/],
    ],
    text: (satterthwaite, kenwardRoger) =>
      `${beyond(satterthwaite)} and ${beyond(kenwardRoger)} microseconds a response beyond the fit`,
  },
  families: {
    rows: [
      ['families', /^3,606.*poisson: fit$/],
      ['families', /^3,606.*nbinom2: fit$/],
    ],
    text: (poisson, nbinom2) => `Poisson ${short(poisson)} ms, negative binomial ${short(nbinom2)} ms a gene`,
  },
  'families-r': {
    rows: [
      ['families', /poisson: glmmTMB$/],
      ['families', /^3,606.*poisson: fit$/],
      ['families', /nbinom2: glmmTMB$/],
      ['families', /^3,606.*nbinom2: fit$/],
    ],
    text: (poisson, ownPoisson, nbinom2, own) => `${range(poisson / ownPoisson, nbinom2 / own)} times`,
  },
  'families-command': {
    rows: [
      ['families', /^command.*poisson$/],
      ['families', /^command.*nbinom2$/],
    ],
    text: (poisson, nbinom2) => `${short(poisson)} s (Poisson), ${short(nbinom2)} s (negative binomial)`,
  },
  profiles: {
    rows: [
      ['profile', /one coefficient$/],
      ['profile', /sd of the random intercept$/],
      ['profile', /sigma$/],
    ],
    text: (...seconds) => `${range(...seconds)} s`,
  },
};
