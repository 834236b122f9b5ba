/**
 * Attacks by data: a random design is fitted with both kinds of degrees of freedom, and again with its rows in another
 * order, with the levels of a factor in another order, and with the response in another unit. What is ok must have numbers,
 * and what must not matter must not.
 */
import { brokenAdjustment, brokenFits } from './invariants.mjs';
import { readEverything } from './language-attacks.mjs';
import { randomStream } from './random.mjs';
import { designText, randomDesign } from './random-designs.mjs';
import { judgeError, worst } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };
/** Two ways to one minimum differ by rounding. */
const AGREES = { absolute: 1e-6, relative: 1e-9 };
/** Beyond these units squares leave the range of a double, which refits in other units may show. */
const ORDINARY = { least: 1e-60, most: 1e60 };
const [OK, NOT_CONVERGED] = [0, 5];

const reordered = (columns, order) =>
  Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, order.map((i) => values[i])]));

/** Levels of f under names whose order is another one. */
function renamed(columns, random) {
  const names = [...new Set(columns.f)].sort();
  const others = random.shuffle(names.map((_, i) => `r${String(i).padStart(2, '0')}`));
  return { ...columns, f: columns.f.map((level) => others[names.indexOf(level)]) };
}

function magnitude(values) {
  const sizes = values.filter((value) => value !== null && value !== 0).map(Math.abs);
  return sizes.length === 0 ? null : [Math.min(...sizes), Math.max(...sizes)];
}

const isOrdinary = (values) => {
  const range = magnitude(values);
  return range === null || (range[0] >= ORDINARY.least && range[1] <= ORDINARY.most);
};

/** How far the criterion moves when all responses are rounded: a share of the largest one, against sigma. */
function roundingOf({ y }, table) {
  const largest = Math.max(...y.map((value) => Math.abs(value ?? 0)));
  return 10 * Number.EPSILON * y.length * (largest / table.sigma[0]);
}

/**
 * What differs between two fits of the same data: `shift` is how far apart the criteria have to be, `rounding` how far they
 * may be. Designs that are not `plain` are about to lose a rank, and are asked only not to fail.
 */
function difference(name, table, other, { shift, rounding, plain }) {
  const [a, b] = [table.status[0], other.status[0]];
  if (a !== OK && b !== OK) return [];
  // Which of two neighbours a borderline case is called is no matter; that one of them fails is.
  if (a !== b)
    return a >= NOT_CONVERGED || b >= NOT_CONVERGED
      ? [`${name}, another status: ${a} becomes ${b} (${table.messages[0] ?? ''} / ${other.messages[0] ?? ''})`]
      : [];
  if (!plain) return [];
  if (table.rank[0] !== other.rank[0]) return [`${name}, another rank: ${table.rank[0]} becomes ${other.rank[0]}`];
  const [before, after] = [table.criterion[0] + shift, other.criterion[0]];
  const bound = AGREES.absolute + AGREES.relative * (Math.abs(before) + Math.abs(shift)) + rounding;
  return Math.abs(before - after) <= bound ? [] : [`${name}, another criterion: ${before} becomes ${after}`];
}

/** The names of the changes that must not matter, each with its columns and the shift of the criterion. */
function changes(design, table, random) {
  const { columns, formula, weights } = design;
  const list = [['rows in another order', reordered(columns, random.shuffle(columns.y.map((_, i) => i))), 0]];
  const terms = formula.split('(')[0];
  // REML's criterion depends on which of several aliased columns is dropped; || depends on the coding.
  if (
    /\bf\b/.test(formula) &&
    !/f \|\| g/.test(formula) &&
    !/0 \+ f|f \/ x|f:h/.test(formula) &&
    terms.length > 0 &&
    table.aliased === 0
  ) {
    list.push(['levels in another order', renamed(columns, random), 0]);
  }
  const numbers = [columns.x, columns.z, columns.y, weights ? columns.w : [1]];
  if (numbers.every(isOrdinary) && !/offset/.test(formula)) {
    const power = random.pick([-20, -3, 4, 20]);
    const d = table.nobs - (design.method === 'REML' ? table.rank : 0);
    const scaled = { ...columns, y: columns.y.map((value) => (value === null ? null : value * 2 ** power)) };
    list.push(['response in another unit', scaled, 2 * d * power * Math.LN2]);
  }
  return list;
}

async function fitColumns(design, columns, options, { library }) {
  const table = await library.readDelimited(designText({ columns }), { path: 'design.csv' });
  const { formula, method, weights } = design;
  return library.fit(table, { formula, method, weights, ...options, ...FIT });
}

/** Attack `number` by a random design. */
export async function attackDesign(_kind, number, context) {
  const { library } = context;
  const random = randomStream(context.seed, 'designs', number);
  const design = randomDesign(random);
  const { columns, formula, method, weights } = design;
  const more = [...(weights ? ['--weights', weights] : []), ...(method === 'ML' ? ['--ml'] : [])];
  const outcomes = [];
  /** One fit: said before it is tried, and beside what it came to. */
  const attempt = async (step, ddf, files, work) => {
    const said = {
      what: `${formula} on ${columns.y.length} rows, ${method}, ${step}`,
      files,
      command: ['fit', Object.keys(files).at(-1), '--formula', formula, '--ddf', ddf, ...more],
    };
    context.announce(said);
    try {
      const broken = await work();
      const message = broken.slice(0, 3).join('; ');
      outcomes.push({ verdict: broken.length === 0 ? 'ok' : 'wrong', message, ...said });
    } catch (error) {
      outcomes.push({ ...judgeError(error, library.isFitError), ...said });
    }
  };
  const files = { 'design.csv': designText(design) };
  let plain;
  let aliased = 0;
  await attempt('satterthwaite', 'satterthwaite', files, async () => {
    const result = await fitColumns(design, columns, { ddf: 'satterthwaite' }, context);
    plain = result.table;
    aliased = result.moments.batches[0]?.design.dropped ?? 0;
    readEverything(library, result);
    library.augment(result);
    return brokenFits(result);
  });
  if (method === 'REML') {
    await attempt('kenward-roger', 'kenward-roger', files, async () => {
      const result = await fitColumns(design, columns, { ddf: 'kenward-roger' }, context);
      readEverything(library, result);
      return [...brokenFits(result), ...(plain ? brokenAdjustment(plain, result.table) : [])];
    });
  }
  if (plain && outcomes.every(({ verdict }) => verdict === 'ok')) {
    const first = { nobs: plain.nobs[0], rank: plain.rank[0], aliased };
    for (const [name, other, shift] of changes(design, first, random)) {
      await attempt(name, 'satterthwaite', { ...files, 'other.csv': designText({ columns: other }) }, async () => {
        const { table } = await fitColumns(design, other, { ddf: 'satterthwaite' }, context);
        return difference(name, plain, table, { shift, rounding: roundingOf(columns, plain), plain: design.plain });
      });
    }
  }
  return worst(outcomes);
}
