/**
 * Random designs of generalised models: tables of six to ninety rows with a response of some family, most of them with
 * something that a search may stumble over (constant, rare or separated responses, one level of a factor, repeated or
 * constant covariates, counts of a hundred thousand, one outlier, missing values, weights of zero), and a model for them.
 */

const FORMULAS = {
  'x + (1 | g)': 7,
  'f + (1 | g)': 6,
  'f * x + (1 | g)': 3,
  '1 + (1 | g)': 3,
  x: 2,
  'f + x': 2,
  'x + (x | g)': 4,
  'x + (x || g)': 3,
  'x + (0 + x | g)': 2,
  'f + (1 | g) + (1 | h)': 4,
  'x + (1 | g / h)': 3,
  'f + (f | g)': 1,
  'x + z + (1 | h)': 3,
  'x + (1 | g) + (0 + z | h)': 1,
  'poly(x, 2) + (1 | g)': 1,
  '0 + f + (1 | g)': 1,
};

/** Families with their links; the first is the default. */
const LINKS = {
  binomial: ['logit', 'probit', 'cloglog'],
  poisson: ['log'],
  nbinom2: ['log'],
  nbinom1: ['log'],
  Gamma: ['log'],
  beta: ['logit'],
  cumulative: ['logit', 'probit', 'cloglog'],
};

/** Most levels of groups, and of arms now and then. */
const GROUPS = 12;
const ARMS = 4;

const name = (letter, code) => `${letter}${String(code).padStart(2, '0')}`;

function levels(random, rows, letter, most) {
  const count = random.pick([1, 2, 3, 4, 5, 6, 8, 10, most]);
  const how = random.weighted({ drawn: 5, balanced: 5, rare: 1 });
  return Array.from({ length: rows }, (_, i) => {
    const code = how === 'balanced' ? i % count : how === 'rare' ? (i === 0 ? count : 0) : random.integer(0, count - 1);
    return name(letter, code);
  });
}

function covariate(random, rows, { x, g }) {
  const kind = random.weighted({
    normal: 10,
    whole: 3,
    binary: 2,
    constant: 1,
    copy: 1,
    group: 2,
    shifted: 1,
    outlier: 1,
  });
  const scale = random.weighted({ one: 8, wide: 2 }) === 'one' ? 1 : 10 ** random.integer(-4, 4);
  return Array.from({ length: rows }, (_, i) => {
    switch (kind) {
      case 'whole':
        return random.integer(0, 9);
      case 'binary':
        return random.chance(0.3) ? 1 : 0;
      case 'constant':
        return 1;
      case 'copy':
        return x ? 2 * x[i] : i;
      case 'group':
        return Number(g[i].slice(1)) % 4;
      case 'shifted':
        return 1000 + random.normal();
      case 'outlier':
        return i === 0 ? 1e4 : random.normal();
      default:
        return scale * random.normal();
    }
  });
}

function poisson(random, mean) {
  if (mean > 500) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let count = -1;
  for (let product = 1; product > Math.exp(-mean); product *= random.uniform()) count++;
  return Math.max(0, count);
}

/** A gamma variable of mean 1: by sums of exponentials where the shape is whole, near enough else. */
function gammaOf(random, shape) {
  const whole = Math.max(1, Math.round(shape));
  let sum = 0;
  for (let k = 0; k < whole; k++) sum -= Math.log(1 - random.uniform());
  return sum / whole;
}

/** Responses by their linear predictors. */
function drawResponse(random, family, eta, trials, categories) {
  const p = 1 / (1 + Math.exp(-eta));
  switch (family) {
    case 'binomial': {
      let k = 0;
      for (let t = 0; t < trials; t++) if (random.uniform() < p) k++;
      return k;
    }
    case 'poisson':
      return poisson(random, Math.exp(Math.min(eta, 11)));
    case 'nbinom2':
    case 'nbinom1':
      return poisson(random, Math.exp(Math.min(eta, 11)) * gammaOf(random, 2));
    case 'Gamma':
      return Math.exp(eta) * gammaOf(random, 3);
    case 'beta':
      return Math.min(1 - 1e-9, Math.max(1e-9, p + 0.2 * (random.uniform() - 0.5) * Math.min(p, 1 - p)));
    default: {
      const shifted = eta + Math.log(1 / (1 - random.uniform()) - 1 + 1e-12);
      return 1 + Math.min(categories - 1, Math.max(0, Math.floor(shifted + categories / 2)));
    }
  }
}

/** What is done to a response that was drawn. */
function troubled(random, family, values, { x, f, g, m }) {
  const kind = random.weighted({
    ...{ plain: 14, constant: 1, rare: 3, separated: 2, covariate: 2, group: 1, outlier: 1, holes: 3, each: 1 },
  });
  const [low, high] = {
    ...{ binomial: [0, null], beta: [0.2, 0.8], Gamma: [0.5, 4], cumulative: [1, 2] },
    ...{ poisson: [0, 3], nbinom2: [0, 3], nbinom1: [0, 3] },
  }[family];
  const top = (i) => high ?? m[i];
  const first = [...new Set(f)].sort()[0];
  const middle = [...x].sort((a, b) => a - b)[x.length >> 1];
  const changed = values.map((value, i) => {
    switch (kind) {
      case 'constant':
        return low;
      case 'rare':
        return i % 13 === 3 ? top(i) : low;
      case 'separated':
        return f[i] === first ? low : value;
      case 'covariate':
        return x[i] > middle ? top(i) : low;
      case 'group':
        return g[i] === g[0] ? top(i) : low;
      case 'each':
        return Number(g[i].slice(1)) % 2 === 0 ? top(i) : low;
      case 'outlier':
        return i !== 1
          ? value
          : family === 'poisson' || /nbinom/.test(family)
            ? 20_000
            : family === 'Gamma'
              ? 1e4
              : top(i);
      case 'holes':
        return random.chance(0.2) ? null : value;
      default:
        return value;
    }
  });
  return [kind, changed];
}

/** Columns of a random table, the options of a fit to it, and what kind of response it is. */
export function randomFamily(random) {
  const rows = random.pick([
    random.integer(6, 12),
    random.integer(12, 40),
    random.integer(20, 60),
    random.integer(30, 90),
  ]);
  const family = random.pick(Object.keys(LINKS));
  const link = random.pick(LINKS[family]);
  const g = levels(random, rows, 'g', GROUPS);
  const columns = { g, h: levels(random, rows, 'h', GROUPS), f: levels(random, rows, 'f', ARMS) };
  if (random.chance(0.2)) columns.f = g.map((level) => name('f', Number(level.slice(1)) % 2));
  columns.x = covariate(random, rows, columns);
  columns.z = covariate(random, rows, columns);
  const trials = family === 'binomial' && random.chance(0.4);
  columns.m = Array.from({ length: rows }, () => (trials ? random.integer(1, 12) : 1));
  const counts = /poisson|nbinom/.test(family);
  const shift = random.chance(counts ? 0.5 : 0.2);
  columns.o = Array.from({ length: rows }, () =>
    shift ? Number((random.pick([0.3, 2]) * random.normal()).toFixed(3)) : 0,
  );
  const spread = random.pick([0, 0.3, 1, 3]);
  const level = counts ? random.pick([-2, 0, 1, 3, 8]) : random.pick([-2, 0, 0, 1]);
  const effects = new Map();
  for (const own of [...g, ...columns.h]) if (!effects.has(own)) effects.set(own, random.normal());
  const size = Math.max(...columns.x.map(Math.abs)) || 1;
  const categories = random.integer(2, 5);
  const values = columns.g.map((own, i) => {
    const eta =
      level + columns.o[i] + (0.8 * columns.x[i]) / size + spread * effects.get(own) + 0.3 * effects.get(columns.h[i]);
    return drawResponse(random, family, Math.min(12, Math.max(-12, eta)), columns.m[i], categories);
  });
  const [kind, y] = troubled(random, family, values, columns);
  columns.y = y;
  const weights = !trials && random.chance(0.2) ? random.pick(['whole', 'zeros', 'any']) : undefined;
  if (weights) {
    columns.w = columns.g.map(() => {
      if (weights === 'zeros') return random.integer(0, 2);
      return weights === 'whole' ? random.integer(1, 3) : Number(random.between(0.2, 3).toFixed(3));
    });
  }
  return {
    columns,
    formula: `y ~ ${random.weighted(FORMULAS)}`,
    ...{ kind, family, link },
    options: {
      ...{ family, link },
      ...(trials ? { trials: 'm' } : {}),
      ...(shift ? { offset: 'o' } : {}),
      ...(weights ? { weights: 'w' } : {}),
      ...(random.chance(0.1) ? { nagq: random.pick([5, 9]) } : {}),
      ...(random.chance(0.2) ? { ddf: 'between-within' } : {}),
    },
  };
}
