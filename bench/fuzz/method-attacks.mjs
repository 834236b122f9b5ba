/**
 * Attacks on what comes after a fit: comparisons, cross-validation, selection, intervals, bootstraps, influence,
 * calibration and simulation, for random designs. Probabilities in their tables lie between 0 and 1, and limits are in
 * order.
 */
import { randomStream } from './random.mjs';
import { designText, FORMULA_TEXTS, randomDesign } from './random-designs.mjs';
import { judgeError } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };
const DRAWS = 100;

/** Columns of a table that are probabilities but hold something else. */
function brokenProbabilities(table) {
  const broken = [];
  for (const { name, kind, values } of table?.columns ?? []) {
    if (kind !== 'number' || !/^(?:p\.|p$|rate$)/.test(name)) continue;
    const odd = Array.from(values).find((value) => value < 0 || value > 1);
    if (odd !== undefined) broken.push(`a probability that is none: ${name} is ${odd}`);
  }
  return broken;
}

function brokenLimits({ parameters, low, high }) {
  for (let i = 0; i < low.length; i++) {
    if (low[i] > high[i])
      return [`limits out of order: ${parameters[i % parameters.length]} from ${low[i]} to ${high[i]}`];
  }
  return [];
}

/** Each takes { library, table, design, options, random } and says what is broken. */
const METHODS = {
  async compare({ library, table, design, options, random }) {
    const formulas = [design.formula, random.pick(FORMULA_TEXTS)];
    const bootstrap = random.chance(0.2) ? { draws: DRAWS } : undefined;
    const { models, tests, summary } = await library.compare(table, { formulas, ...options, bootstrap });
    return [models, tests, summary].flatMap(brokenProbabilities);
  },
  async crossValidate({ library, table, design, options, random }) {
    const by = random.pick(['rows', 'rows', 'g', 'h']);
    await library.crossValidate(table, { formulas: [design.formula], ...options, by, folds: random.integer(2, 5) });
    return [];
  },
  async selectBackward({ library, table, design, options, random }) {
    const by = random.pick(['lrt', 'aic']);
    const { path } = await library.selectBackward(table, {
      formula: design.formula,
      ...options,
      by,
      random: random.chance(0.5),
    });
    return brokenProbabilities(path);
  },
  async randomTermTests({ library, table, design, options }) {
    return brokenProbabilities((await library.randomTermTests(table, { formula: design.formula, ...options })).table);
  },
  async calibrate({ library, table, design, options, random }) {
    const asked = { scheme: random.pick(['simulate', 'permute']), simulations: 20 };
    const { rates } = await library.calibrate(table, { formula: design.formula, ...options, ...asked });
    return brokenProbabilities(rates);
  },
  async intervals({ library, table, design, options, random }) {
    const fitted = await library.fit(table, { formula: design.formula, ...options });
    const how = random.pick(['wald', 'profile', 'percentile', 'bca']);
    if (how === 'wald') return brokenLimits(library.waldIntervals(fitted));
    if (how === 'profile') return brokenLimits(await library.profileIntervals(fitted, { threads: 1 }));
    return brokenLimits(await library.bootstrapIntervals(fitted, { kind: how, draws: DRAWS, threads: 1 }));
  },
  async bootstrap({ library, table, design, options }) {
    const bootstrap = { draws: DRAWS, level: 0.9 };
    const fitted = await library.fit(table, { formula: design.formula, ...options, bootstrap });
    return brokenProbabilities(library.tidy(fitted));
  },
  async influence({ library, table, design, options, random }) {
    const fitted = await library.fit(table, { formula: design.formula, ...options });
    await library.influence(fitted, {
      refit: random.chance(0.5),
      group: random.pick([undefined, 'g', 'h']),
      threads: 1,
    });
    return [];
  },
  async predict({ library, table, design, options, random }) {
    const fitted = await library.fit(table, { formula: design.formula, ...options });
    const interval = random.pick([undefined, 'confidence', 'prediction']);
    library.predict(fitted, table, { interval, standardErrors: true, randomEffects: random.pick(['all', 'none']) });
    for (const { values } of library.simulateResponses(fitted, table, { nsim: 2 }))
      if (values.length === 0) return ['no values'];
    return [];
  },
  async moderate({ library, table, design, options, random }) {
    const formula = design.formula.replace('y ~', 'cbind(y, x, z) ~');
    const moderate = { robust: random.chance(0.5), trend: random.chance(0.5) };
    return brokenProbabilities(library.tidy(await library.fit(table, { formula, ...options, moderate })));
  },
  async marginalMeans({ library, table, design, options }) {
    const fitted = await library.fit(table, { formula: design.formula, ...options });
    const { means, pairs } = library.marginalMeans(fitted, { over: ['f'] });
    return [means, pairs].flatMap(brokenProbabilities);
  },
};

/** Attack `number` on a method, by a random design. */
export async function attackMethod(_kind, number, context) {
  const { library } = context;
  const random = randomStream(context.seed, 'methods', number);
  const design = randomDesign(random);
  const name = random.pick(Object.keys(METHODS));
  const { columns, formula, method, weights } = design;
  context.announce({
    what: `${name} of ${formula} on ${columns.y.length} rows, ${method}${weights ? ', weighted' : ''}`,
    files: { 'design.csv': designText(design) },
  });
  try {
    const table = await library.readDelimited(designText(design), { path: 'design.csv' });
    const options = { method, weights, ...FIT };
    const broken = await METHODS[name]({ library, table, design, options, random });
    return broken.length === 0
      ? { verdict: 'ok', message: '' }
      : { verdict: 'wrong', message: `${name}, ${broken[0]}` };
  } catch (error) {
    return judgeError(error, library.isFitError);
  }
}
