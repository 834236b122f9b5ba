/** Tables of bench/default-test.mjs. */
import { CELLS, FEWEST_CELLS, MOST_CELLS } from './default-test-designs.mjs';
import { POWERS } from './default-test-rates.mjs';

const TESTS = ['satterthwaite', 'satterthwaite, capped', 'kenward-roger', 'stratum', 't test of means'];
const WITH_NAIVE = ['naive', ...TESTS];

/** Two digits; what is below 0.005 is 0. */
const short = (value) => (value < 0.005 ? '0' : String(Number(value.toPrecision(2))));
const span = (values) => {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(short);
  return least === most ? least : `${least} to ${most}`;
};
const rateOf = ({ tests }, test, level) => tests[test].rates.find((found) => found.level === level);
const timesLevel = (setting, test, level) => rateOf(setting, test, level).rate / level;
/** The share of variance that the test hangs on. */
const relevant = ({ model, truth }) => (model === 'between' ? truth.donor : truth.sample);
const percent = (value) => `${(100 * value).toFixed(0)} %`;
const heads = ({ model, donors, balanced }) => [model, donors, balanced ? 'equal' : 'unequal'];

function markdownTable(header, rows) {
  const all = [header, ...rows].map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')));
  const widths = header.map((_, c) => Math.max(3, ...all.map((row) => row[c].length)));
  const line = (row) => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  const [first, ...rest] = all.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/** One row for each model and number of donors, over truths and cells; `cell` makes one of a test and its settings. */
function worstTable(settings, cell) {
  const groups = new Map();
  for (const setting of settings) {
    const key = `${setting.model} ${setting.donors}`;
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return markdownTable(
    ['model', 'donors', ...WITH_NAIVE],
    [...groups.values()].map((own) => [own[0].model, own[0].donors, ...WITH_NAIVE.map((test) => cell(own, test))]),
  );
}

/** One row a setting, of those with the largest share between donors. */
function settingTable(settings, header, cells) {
  const shown = settings.filter(({ model, truth }) => model !== 'ignored' && (model === 'between' || truth.donor > 0));
  return markdownTable(
    ['model', 'donors', 'cells', ...header],
    shown.map((setting) => [...heads(setting), ...cells(setting)]),
  );
}

function powerTable(settings) {
  return settingTable(
    settings.filter((setting) => relevant(setting) !== 0.01),
    ['variance', 'estimated zero', ...TESTS],
    (setting) => [
      relevant(setting),
      percent(setting.zero),
      ...TESTS.map((test) => POWERS.map((_, k) => setting.tests[test].power[k].power.toFixed(2)).join(', ')),
    ],
  );
}

function singularTable(settings) {
  return settingTable(
    settings.filter((setting) => relevant(setting) === 0.01),
    ['estimated zero', 'df stratum', 'df satterthwaite', 'df kenward-roger', ...TESTS],
    (setting) => [
      percent(setting.zero),
      setting.stratum,
      ...['satterthwaite', 'kenward-roger'].map((test) => setting.tests[test].df.map(short).join(', ')),
      ...TESTS.map((test) =>
        [0.05, 0.001]
          .map((level) => rateOf(setting, test, level).singular)
          .map((rate, k) => (rate === null ? '-' : short(rate / [0.05, 0.001][k])))
          .join(', '),
      ),
    ],
  );
}

function smallestTable(models, settings) {
  return markdownTable(
    ['model', ...WITH_NAIVE],
    models.map(({ name }) => {
      const own = settings.filter(({ model }) => model === name);
      return [
        name,
        ...WITH_NAIVE.map((test) => Math.min(...own.map(({ tests }) => tests[test].smallest)).toExponential(0)),
      ];
    }),
  );
}

export function reportText({ question, models, settings, errors, seconds }) {
  const formulas = markdownTable(
    ['model', 'formula', 'what'],
    models.map(({ name, formula, title }) => [name, `\`${formula}\``, title]),
  );
  const missing = TESTS.map(
    (test) => `${test} ${settings.reduce((sum, { tests }) => sum + tests[test].missing, 0)}`,
  ).join(', ');
  const checks = errors
    .map(({ name, value, bound }) => `${name} ${value.toPrecision(2)} (at most ${bound})`)
    .join('; ');
  return `# default-test

${question}

DATE

${formulas}

Donors in all (between: half a side; two donors are one a side, which nothing tests). Cells a sample: ${CELLS}, or ${FEWEST_CELLS} to
${MOST_CELLS} (fixed, not tied to the condition). Shares of the variance: donors 0, 0.01, 0.1 (between); donors 0, 0.1 and
samples 0, 0.01, 0.1 (the others). \`stratum\`: the model's standard error with degrees of freedom donors - 2 (between),
donors - 1 (samples, slopes), cells - donors - 1 (ignored); \`satterthwaite, capped\`: its degrees of freedom, at most
those. \`naive\`: least squares on cells. \`t test of means\`: sample means, two-sample or paired, exact where cells are equal.
${seconds.toFixed(0)} s on one core; the JSON beside this page has every setting, with Monte-Carlo errors.

## Rejections at 5 % under the null, in per cent: least and most over truths and cells

${worstTable(settings, (own, test) => span(own.map((setting) => 100 * rateOf(setting, test, 0.05).rate)))}

## Worst rejection rate under the null, in multiples of the level: at 1 %, 0.1 %, 0.01 %

${worstTable(settings, (own, test) =>
  [0.01, 0.001, 0.0001].map((level) => short(Math.max(...own.map((s) => timesLevel(s, test, level))))).join(', '),
)}

## Power: effect of ${POWERS.map(({ effect, level }) => `${effect} standard errors at ${100 * level} %`).join(', ')}

Standard errors are those of the best estimate at the true variances; a z test that knows them has 0.85, 1.00, 1.00.
\`variance\` is the share of donors (between) or of samples (the others, with a share of 0.1 between donors).

${powerTable(settings)}

## Singular fits, with a share of 0.01

Degrees of freedom: least, median, most. Then rejections under the null among fits whose variance is estimated as zero (slopes:
singular fits), in multiples of the level, at 5 % and 0.1 %. The exact test exceeds 1 there as well: a variance is estimated
as zero where donors happen to be alike.

${singularTable(settings)}

## Smallest p under the null, over all settings

${smallestTable(models, settings)}

Responses without a p-value (degrees of freedom or standard error not positive): ${missing}.

Checks: ${checks}.
`;
}

/** What the table of latest results shows: the worst rate of each test. */
export function reportRows(models, settings) {
  return models.flatMap(({ name, formula }) =>
    TESTS.slice(0, -1).map((test) => ({
      case: `worst type-I error at 0.1 %, ${formula}: ${test}`,
      value: Math.max(...settings.filter(({ model }) => model === name).map((s) => timesLevel(s, test, 0.001))),
      unit: 'times the level',
      errors: [],
      met: null,
    })),
  );
}
