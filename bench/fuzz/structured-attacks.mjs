/**
 * Attacks by random designs with structured residuals. No fit may stop above a minimum that another search of another
 * criterion finds, none may be given up that has one, and rows in another order, visits under other names and responses in another
 * unit must not matter.
 */
import { brokenFits } from './invariants.mjs';
import { readEverything } from './language-attacks.mjs';
import { randomStream } from './random.mjs';
import { structuredDesign, structuredText } from './structured-designs.mjs';
import { quasiNewton, structuredProblem } from './structured-search.mjs';
import { judgeError, worst } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };
const [OK, NOT_CONVERGED] = [0, 5];
/** Two ways to one minimum differ by rounding. */
const AGREES = { absolute: 1e-6, relative: 1e-9 };
/** A minimum of the other search: slopes below this, parameters no further from ordinary values, within the time. */
const MINIMUM = { slope: 1e-4, distance: 6, seconds: 5, parameters: 20 };

const boundOf = (value) => AGREES.absolute + AGREES.relative * Math.abs(value);

/** What is wrong with where a fit stopped. */
function misplaced(library, design, table, fits) {
  const { formula, residual, dispersion, weights, method } = design;
  const built = library.buildDesign(formula, table, { residual, dispersion, weights });
  const y = table.columns.get('y').values;
  const { criterion, count, starts, distance } = structuredProblem(built, y, method);
  if (count > MINIMUM.parameters) return [];
  const until = performance.now() + 1000 * MINIMUM.seconds;
  const ends = starts
    .map((start) => quasiNewton(criterion, start, until))
    .filter(({ u, slope }) => slope < MINIMUM.slope && distance(u) < MINIMUM.distance);
  if (ends.length === 0) return [];
  const lowest = ends.reduce((a, b) => (b.value < a.value ? b : a));
  const above = fits.criterion[0] - lowest.value;
  if (!(above > boundOf(lowest.value))) return [];
  const said = `${fits.criterion[0]} where ${lowest.value} is a minimum (${count} parameters, ${y.length} rows)`;
  return [
    fits.status[0] === OK ? `stopped above another minimum: ${said}` : `given up though there is a minimum: ${said}`,
  ];
}

/** Tables on which the criterion is the same but for a shift. */
function changes({ columns }, { nobs, rank }, method, random) {
  const order = random.shuffle(columns.y.map((_, i) => i));
  const power = random.pick([-20, -3, 4, 20]);
  const d = nobs - (method === 'REML' ? rank : 0);
  const names = (key, letter) => columns[key].map((level) => letter + level);
  return [
    [
      'rows in another order',
      Object.fromEntries(Object.entries(columns).map(([k, v]) => [k, order.map((i) => v[i])])),
      0,
    ],
    [
      'other names of subjects and visits',
      { ...columns, subject: names('subject', 'q'), visit: names('visit', 'week') },
      0,
    ],
    ['response in another unit', { ...columns, y: columns.y.map((v) => v * 2 ** power) }, 2 * d * power * Math.LN2],
  ];
}

/** Attack `number` by a random design. */
export async function attackStructured(_kind, number, context) {
  const { library } = context;
  const random = randomStream(context.seed, 'structured', number);
  const design = structuredDesign(random);
  const { columns, formula, residual, dispersion, method, weights } = design;
  const options = { formula, residual, dispersion, weights, method, ddf: 'satterthwaite', ...FIT };
  const flags = Object.entries({ residual, dispersion, weights }).filter(([, value]) => value !== undefined);
  const more = [...flags.flatMap(([key, value]) => [`--${key}`, value]), ...(method === 'ML' ? ['--ml'] : [])];
  const outcomes = [];
  const attempt = async (step, files, work) => {
    const said = {
      what: `${formula}, ${residual ?? ''} ${dispersion ?? ''} on ${columns.y.length} rows, ${method}, ${step}`,
      files,
      command: ['fit', Object.keys(files).at(-1), '--formula', formula, ...more],
    };
    context.announce(said);
    try {
      const broken = await work();
      outcomes.push({ verdict: broken.length === 0 ? 'ok' : 'wrong', message: broken.slice(0, 3).join('; '), ...said });
    } catch (error) {
      outcomes.push({ ...judgeError(error, library.isFitError), ...said });
    }
  };
  const files = { 'design.csv': structuredText(design) };
  const read = (text) => library.readDelimited(text, { path: 'design.csv' });
  let plain = null;
  await attempt('fitted', files, async () => {
    const table = await read(files['design.csv']);
    const result = await library.fit(table, options);
    plain = result.table;
    readEverything(library, result);
    const searched = [OK, NOT_CONVERGED].includes(plain.status[0]) ? misplaced(library, design, table, plain) : [];
    return [...brokenFits(result), ...searched];
  });
  if (plain?.status[0] === OK && outcomes[0].verdict === 'ok') {
    for (const [step, other, shift] of changes(design, { nobs: plain.nobs[0], rank: plain.rank[0] }, method, random)) {
      const text = structuredText({ columns: other });
      await attempt(step, { ...files, 'other.csv': text }, async () => {
        const { table } = await library.fit(await read(text), options);
        if (table.status[0] !== OK) return [`${step}, another status: ${table.messages[0]}`];
        const [before, after] = [plain.criterion[0] + shift, table.criterion[0]];
        if (Math.abs(before - after) <= boundOf(Math.abs(before) + Math.abs(shift))) return [];
        return [`${step}, another criterion: ${before} becomes ${after}`];
      });
    }
  }
  return worst(outcomes);
}
