/** Tables of bench/default-test.mjs. */
import { CELLS, FEWEST_CELLS, MOST_CELLS } from './default-test-designs.mjs';
import { POWERS } from './default-test-rates.mjs';

const TESTS = [
  'satterthwaite',
  'kenward-roger',
  'kenward-roger, capped',
  'stratum',
  'stratum, adjusted',
  't test of means',
];
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

function markdownTable(header, rows) {
  const all = [header, ...rows].map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')));
  const widths = header.map((_, c) => Math.max(3, ...all.map((row) => row[c].length)));
  const line = (row) => `| ${row.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`;
  const [first, ...rest] = all.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rest].join('\n');
}

/** One row for the settings of each model that agree in a field; `cell` makes one of a test and its settings. */
function groupTable(settings, field, cell) {
  const groups = new Map();
  for (const setting of settings) {
    const key = `${setting.model} ${setting[field]}`;
    groups.set(key, [...(groups.get(key) ?? []), setting]);
  }
  return markdownTable(
    ['model', field, ...WITH_NAIVE],
    [...groups.values()].map((own) => [own[0].model, own[0][field], ...WITH_NAIVE.map((test) => cell(own, test))]),
  );
}

/** Largest rates of some settings at some levels, in multiples of the level. */
const worst = (levels) => (own, test) =>
  levels.map((level) => short(Math.max(...own.map((setting) => timesLevel(setting, test, level))))).join(', ');

/** Settings shown one by one: equal and unequal cells, with a variance between donors where pairs are compared. */
const isShown = ({ model, truth, cells }) =>
  model !== 'ignored' && (model === 'between' || truth.donor > 0) && (cells === 'equal' || cells === 'unequal');
const heads = ({ model, donors, cells }) => [model, donors, cells];

/** Power without variance and with a share of 0.1. */
function powerTable(settings, power) {
  const shown = settings.filter(isShown);
  return markdownTable(
    ['model', 'donors', 'cells', ...TESTS],
    shown
      .filter((setting) => relevant(setting) === 0)
      .map((without) => {
        const own = heads(without).join();
        const varying = shown.find((setting) => relevant(setting) === 0.1 && heads(setting).join() === own);
        const cell = (test) =>
          [without, varying].map(({ tests }) => tests[test].power[power].power.toFixed(2)).join(', ');
        return [...heads(without), ...TESTS.map(cell)];
      }),
  );
}

function singularTable(settings) {
  const cell = (setting, test) =>
    [0.05, 0.001]
      .map((level) => rateOf(setting, test, level).singular / level)
      .map(short)
      .join(', ');
  return markdownTable(
    ['model', 'donors', 'cells', 'zero', 'df stratum', 'df satterthwaite', 'df kenward-roger', ...TESTS],
    settings
      .filter((setting) => isShown(setting) && relevant(setting) === 0.01)
      .map((setting) => [
        ...heads(setting),
        percent(setting.zero),
        setting.stratum,
        ...['satterthwaite', 'kenward-roger'].map((test) => setting.tests[test].df.map(short).join(', ')),
        ...TESTS.map((test) => cell(setting, test)),
      ]),
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
  const some = settings.filter(({ donors }) => donors > 2);
  const effect = ({ effect, level }) => `${effect} standard errors, at ${100 * level} %`;
  return `# default-test

${question}

DATE

${formulas}

- Donors in all: where donors are compared half a side, a quarter against the others for \`lopsided\`. Two donors are then one a
  side, which nothing tests.
- Cells a sample: ${CELLS} (\`equal\`); ${FEWEST_CELLS} to ${MOST_CELLS}, shuffled (\`unequal\`); ${FEWEST_CELLS} in one condition, ${MOST_CELLS} in the
  other (\`tied\`); ${MOST_CELLS} in one donor (of each side) and ${FEWEST_CELLS} in the others (\`dominated\`); ${MOST_CELLS} in the fewer donors
  (\`lopsided\`).
- Variance, as shares: donors 0 to 0.3 (between); donors 0 and 0.1 (equal and unequal cells) or 0.1, with samples 0, 0.01 and 0.1.
- \`stratum\`: standard error of the model, degrees of freedom donors - 2 (between), donors - 1 (samples, slopes),
  cells - donors - 1 (ignored). \`stratum, adjusted\`: the same with Kenward and Roger's standard error.
  \`kenward-roger, capped\`: its degrees of freedom, at most those of the stratum. \`naive\`: least squares on cells.
  \`t test of means\`: of samples, two-sample or paired, whatever their cells; exact where cells are equal.

${seconds.toFixed(0)} s of processor time. \`default-test.tsv\` has every setting, with Monte-Carlo errors and counts.

## Worst rejection rate under the null, in multiples of the level: at 5 %, at 0.1 %

Over 4 to 24 donors and all variances.

${groupTable(some, 'cells', worst([0.05, 0.001]))}

## The same by donors, over all cells and variances: at 5 %, 1 %, 0.1 %, 0.01 %

${groupTable(settings, 'donors', worst([0.05, 0.01, 0.001, 0.0001]))}

## Rejections at 5 % under the null, in per cent: least and most over equal and unequal cells and variances

${groupTable(
  settings.filter(({ cells }) => cells === 'equal' || cells === 'unequal'),
  'donors',
  (own, test) => span(own.map((setting) => 100 * rateOf(setting, test, 0.05).rate)),
)}

## Power: effect of ${effect(POWERS[0])}, without variance and with a share of 0.1

The variance of donors (between) or of samples. Standard errors are those of the best estimate at the true variances; a z test
that knows them has 0.85.

${powerTable(settings, 0)}

## Power: effect of ${effect(POWERS[2])}

${powerTable(settings, 2)}

## Singular fits, with a share of 0.01

\`zero\`: fits whose variance is estimated as zero (slopes: singular fits). Degrees of freedom: least, median, most. Then
rejections under the null among those fits alone, in multiples of the level, at 5 % and 0.1 %. An exact test exceeds 1 there as
well: a variance is estimated as zero where donors happen to be alike.

${singularTable(settings)}

## Smallest p under the null, over all settings

${smallestTable(models, settings)}

Responses without a p-value (degrees of freedom or standard error not positive): ${missing}.

Checks: ${checks}.
`;
}

/** What the table of latest results shows: the worst rates of four tests. */
export function reportRows(models, settings) {
  return models.flatMap(({ name, formula }) => {
    const own = settings.filter(({ model, donors }) => model === name && donors > 2);
    const tests =
      name === 'ignored' ? ['satterthwaite'] : ['satterthwaite', 'kenward-roger', 'stratum', 'stratum, adjusted'];
    return tests.map((test) => ({
      case: `worst type-I error at 0.1 %, 4 to 24 donors, ${formula}: ${test}`,
      value: Math.max(...own.map((setting) => timesLevel(setting, test, 0.001))),
      unit: 'times the level',
      errors: [],
      met: null,
    }));
  });
}

/** Every setting and test, one a row, tab-separated; rates below 1e-9 are 0. */
export function settingLines(settings) {
  const number = (value) =>
    value === null ? 'NA' : Math.abs(value) < 1e-9 ? '0' : String(Number(value.toPrecision(4)));
  const rows = settings.flatMap((setting) => {
    const { model, donors, cells, truth, draws, stratum, zero } = setting;
    return Object.entries(setting.tests).map(([test, { df, rates, power, smallest }]) => ({
      model,
      donors,
      cells,
      'share.donors': truth.donor,
      'share.samples': truth.sample ?? 'NA',
      draws,
      zero: number(zero),
      'df.stratum': stratum,
      test,
      ...Object.fromEntries(df.map((value, k) => [`df.${['least', 'median', 'most'][k]}`, number(value)])),
      ...Object.fromEntries(
        rates.flatMap(({ level, rate, error, counted, singular }) => [
          [`rate.${level}`, number(rate)],
          [`se.${level}`, number(error)],
          [`counted.${level}`, counted],
          [`rate.zero.${level}`, number(singular)],
        ]),
      ),
      ...Object.fromEntries(power.map((found) => [`power.${found.effect}.${found.level}`, number(found.power)])),
      'smallest.p': smallest.toExponential(1),
    }));
  });
  return `${[Object.keys(rows[0]), ...rows.map(Object.values)].map((row) => row.join('\t')).join('\n')}\n`;
}
