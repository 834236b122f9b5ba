/**
 * Attacks by text: formulas, conditions, contrasts and marginal means, tried on one small table with awkward columns
 * (collinear, huge, constant, with holes, of one level, with odd names). What is accepted is fitted, and every reader of
 * the result is asked for its table.
 */

import { randomCondition, randomContrast, randomMarginal } from './condition-grammar.mjs';
import { randomFormula } from './formula-grammar.mjs';
import { brokenFits } from './invariants.mjs';
import { randomStream } from './random.mjs';
import { delimited, trialColumns } from './trial-table.mjs';
import { judgeError } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };

/** The trial with more columns, as text. */
export function awkwardTable() {
  const trial = trialColumns();
  const rows = trial.y.map((_, i) => i);
  return delimited({
    ...trial,
    twice: trial.time.map((value) => 2 * value),
    huge: trial.time.map((value) => value * 1e200),
    same: rows.map(() => 3),
    'odd name': trial.shift,
    'a:b': trial.sex,
    holes: trial.time.map((value, i) => (i % 5 === 0 ? null : value)),
    one: rows.map(() => 'only'),
    row: rows.map((i) => `r${i}`),
  });
}

/** Every table that a result can be read as. */
export function readEverything(library, result) {
  library.tidy(result, { confLevel: 0.9 });
  library.glance(result);
  library.ranef(result, { confLevel: 0.9, sorted: true });
  library.variance(result);
  library.anovaTable(result, 'II');
  for (const text of library.jsonText(result)) if (text.length === 0) break;
  library.formatSummary(result);
}

async function tableOf(context) {
  context.awkward ??= await context.library.readDelimited(awkwardTable(), { path: 'awkward.csv' });
  return context.awkward;
}

async function tryFormula(random, context) {
  const { library } = context;
  const table = await tableOf(context);
  const formula = randomFormula(random);
  const ddf = random.pick(['satterthwaite', 'satterthwaite', 'kenward-roger', 'asymptotic']);
  const weights = random.chance(0.15) ? 'w' : undefined;
  const method = ddf !== 'kenward-roger' && random.chance(0.2) ? 'ML' : 'REML';
  const shown = formula.length > 300 ? `${formula.slice(0, 300)}... (${formula.length} characters)` : formula;
  const extra = [...(weights ? ['--weights', weights] : []), ...(method === 'ML' ? ['--ml'] : [])];
  context.announce({
    what: shown,
    files: { 'awkward.csv': awkwardTable() },
    command: ['fit', 'awkward.csv', '--formula', formula, '--ddf', ddf, ...extra],
  });
  const result = await library.fit(table, { formula, ddf, method, weights, ...FIT });
  readEverything(library, result);
  return brokenFits(result);
}

async function tryCondition(random, context) {
  const { library } = context;
  const table = await tableOf(context);
  const where = randomCondition(random);
  const formula = 'y ~ time + (1 | subject)';
  context.announce({
    what: where.slice(0, 300),
    files: { 'awkward.csv': awkwardTable() },
    command: ['fit', 'awkward.csv', '--formula', formula, '--where', where],
  });
  const filter = library.parseFilter(where);
  const passes = library.applyFilter(filter, table);
  library.filterNotes(filter, table);
  return passes.length === table.rows ? [] : [`${passes.length} answers for ${table.rows} rows`];
}

const CONTRAST_FORMULAS = [
  'y ~ time * arm + site + (1 | subject)',
  'y ~ 0 + site:sex + poly(time, 2) + (1 | subject)',
  'y ~ flag * sex * arm + (1 | site)',
];
const CONTRAST_FACTORS = [
  ['arm', ['drug', 'placebo', 'x']],
  ['site', ['site01', 'site02', 'site03']],
  ['sex', ['F', 'M']],
];

async function contrastModels(context) {
  const { library } = context;
  const table = await tableOf(context);
  context.contrastModels ??= await Promise.all(
    CONTRAST_FORMULAS.map((formula) => library.fit(table, { formula, ...FIT })),
  );
  return context.contrastModels;
}

async function tryContrast(random, context) {
  const { library } = context;
  const models = await contrastModels(context);
  const k = random.integer(0, models.length - 1);
  const { moments } = models[k];
  const files = { 'awkward.csv': awkwardTable() };
  const base = ['fit', 'awkward.csv', '--formula', CONTRAST_FORMULAS[k]];
  if (random.chance(0.3)) {
    const options = randomMarginal(random);
    context.announce({
      what: `marginal means ${JSON.stringify(options)}`,
      files,
      command: [...base, '--emmeans', options.over.join(' * ')],
    });
    library.marginalMeans(models[k], options);
    return [];
  }
  const text = randomContrast(random, moments.coefficients, CONTRAST_FACTORS);
  context.announce({ what: text.slice(0, 300), files, command: [...base, '--contrast', `c=${text}`] });
  const result = await library.fitMoments(moments, { ...FIT, contrasts: { c: text } });
  return brokenFits(result);
}

const LANGUAGES = { formulas: tryFormula, conditions: tryCondition, contrasts: tryContrast };

/** Kinds of text that are tried. */
export const LANGUAGE_KINDS = Object.keys(LANGUAGES);

/** Attack `number` of a kind of text. */
export async function attackLanguage(kind, number, context) {
  const random = randomStream(context.seed, kind, number);
  try {
    const broken = await LANGUAGES[kind](random, context);
    return broken.length === 0 ? { verdict: 'ok', message: '' } : { verdict: 'wrong', message: broken[0] };
  } catch (error) {
    return judgeError(error, context.library.isFitError);
  }
}
