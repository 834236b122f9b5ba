/**
 * Random texts of the languages that users write: formulas, conditions of --where, contrasts and marginal means. Most are
 * grammatical, of columns that exist; some name what does not exist, and some have their tokens shuffled, repeated or cut.
 */

/** Columns of the table that the languages are tried on, by kind. */
export const NUMERIC = ['time', 'visit', 'w', 'shift', 'twice', 'huge', 'same', '`odd name`', 'holes'];
export const FACTORS = ['arm', 'sex', 'site', 'subject', 'note', 'one', 'flag', '`a:b`'];
export const GROUPS = ['subject', 'site', 'arm', 'row', 'one', 'visit'];
const ABSENT = ['tim', 'Subject', 'x', '`no such`', '.', 'toString', 'constructor', '__proto__', 'NA', 'TRUE'];

function column(random, list) {
  return random.chance(0.02) ? random.pick(ABSENT) : random.pick(list);
}

function numericCall(random) {
  const x = column(random, NUMERIC);
  return random.pick([
    ...[
      `I(${x}^2)`,
      `poly(${x}, ${random.integer(0, 6)})`,
      `poly(${x}, 2, raw = TRUE)`,
      `scale(${x})`,
      `log(abs(${x}) + 1)`,
    ],
    ...[
      `log1p(${x})`,
      `sqrt(${x})`,
      `exp(${x})`,
      `log(${x}, base = ${random.integer(-1, 3)})`,
      `offset(${x})`,
      `I(${x} / 0)`,
    ],
    ...[
      `within(${x}, ${random.pick(GROUPS)})`,
      `between(${x}, ${random.pick(GROUPS)})`,
      `I(-${x} %% 2)`,
      `scale(${x}, center = FALSE)`,
    ],
  ]);
}

function factorCall(random) {
  const f = column(random, FACTORS);
  return random.pick([
    `factor(${column(random, NUMERIC)})`,
    `relevel(${f}, ref = "${random.pick(['placebo', 'M', 'zzz'])}")`,
    `ordered(${f})`,
    `as.factor(${f})`,
    `is.na(note)`,
    `I(${f} == "drug")`,
  ]);
}

function variable(random) {
  return random.pick([
    () => column(random, NUMERIC),
    () => column(random, NUMERIC),
    () => column(random, FACTORS),
    () => column(random, FACTORS),
    () => numericCall(random),
    () => factorCall(random),
  ])();
}

function term(random, depth) {
  if (depth <= 0 || random.chance(0.6)) return variable(random);
  const [a, b] = [term(random, depth - 1), term(random, depth - 1)];
  return random.pick([
    `${a}:${b}`,
    `${a} * ${b}`,
    `${a} / ${b}`,
    `(${a} + ${b})^${random.integer(0, 3)}`,
    `${a} %in% ${b}`,
    `(${a})`,
    `${a} - ${b}`,
  ]);
}

function group(random) {
  const g = column(random, GROUPS);
  const other = column(random, GROUPS);
  return random.pick([
    g,
    g,
    g,
    g,
    `${g}/${other}`,
    `${g}:${other}`,
    `factor(${g})`,
    `(${g})`,
    `${g} + ${other}`,
    `${g} * ${other}`,
  ]);
}

function randomTerm(random) {
  const bar = random.pick(['|', '|', '|', '||']);
  const left = random.pick([
    '1',
    '1',
    '1',
    '0 + time',
    'time',
    'arm',
    '0',
    'time + visit',
    '1 + sex',
    term(random, 1),
    '-1 + site',
    'poly(time, 2)',
  ]);
  return `(${left} ${bar} ${group(random)})`;
}

const RESPONSES = [
  'y',
  'y',
  'y',
  'cbind(y, y2)',
  'log(y)',
  'y2',
  'I(y * 1e100)',
  'scale(y)',
  'holes',
  'same',
  'cbind(a = y, y)',
  'note',
  'flag',
  '',
  '1',
  'y + y2',
  'huge',
];

function wellFormed(random) {
  const fixed = Array.from({ length: random.integer(0, 3) }, () => term(random, 2));
  const bars = Array.from({ length: random.pick([0, 1, 1, 1, 1, 2, 2, 3]) }, () => randomTerm(random));
  const intercept = random.pick([[], [], [], ['0'], ['1'], ['-1']]);
  const parts = random.shuffle([...fixed, ...bars, ...intercept]);
  return `${random.pick(RESPONSES)} ~ ${parts.length === 0 ? '1' : parts.join(random.chance(0.05) ? ' - ' : ' + ')}`;
}

const TOKEN = /[\w.]+|`[^`]*`|"[^"]*"|\s+|[^\w\s]/g;
const JUNK = [
  '~',
  '|',
  '||',
  '(',
  ')',
  '^',
  ':',
  '*',
  '-',
  '+',
  '/',
  ',',
  '`',
  '"',
  "'",
  '%in%',
  '%x%',
  '$',
  '[',
  ']',
  '\0',
  '\u00e9',
  '\ud83d\ude00',
  '1e999',
  '1e-999',
  '99999999999999999999',
  '=',
  '==',
  '!',
  '&',
  '&&',
  '\n',
  '\\',
  'c(',
  'cbind(',
  'poly(',
];

/** A text with some of its tokens gone, repeated, exchanged or replaced by junk. */
export function broken(text, random) {
  const tokens = text.match(TOKEN) ?? [text];
  for (let k = random.pick([1, 1, 1, 2, 3]); k > 0; k--) {
    const at = random.integer(0, Math.max(0, tokens.length - 1));
    const other = random.integer(0, Math.max(0, tokens.length - 1));
    random.pick([
      () => tokens.splice(at, 1),
      () => tokens.splice(at, 0, tokens[at] ?? ''),
      () => tokens.splice(at, 0, random.pick(JUNK)),
      () => ([tokens[at], tokens[other]] = [tokens[other], tokens[at]]),
      () => tokens.splice(at),
      () => tokens.splice(at, 1, random.pick(JUNK)),
    ])();
  }
  return tokens.join('');
}

/** Text that tries the limits of a parser. */
function extreme(random) {
  const n = random.pick([50, 300, 3000, 100_000]);
  return random.pick([
    `y ~ ${'('.repeat(n)}time${')'.repeat(n)} + (1 | subject)`,
    `y ~ ${Array(n).fill('time').join(' + ')} + (1 | subject)`,
    `y ~ ${Array(Math.min(n, 300)).fill('time').join(' * ')} + (1 | subject)`,
    `y ~ (time + visit + arm + sex + site + w + shift + twice)^${random.integer(2, 8)} + (1 | subject)`,
    `y ~ ${'-'.repeat(n)}time + (1 | subject)`,
    `y ~ ${Array.from({ length: Math.min(n, 40) }, (_, i) => `I(time^${i})`).join(' + ')} + (1 | subject)`,
    `y ~ time^${n} + (1 | subject)`,
    `y ~ (arm + sex + site)^${n} + (1 | subject)`,
    `y ~ ${'x'.repeat(n)} + (1 | subject)`,
    `y ~ poly(time, ${n}) + (1 | subject)`,
    `y ~ ${Array(Math.min(n, 60)).fill('(1 | subject)').join(' + ')}`,
  ]);
}

/** A formula, and whether it is meant to be one. */
export function randomFormula(random) {
  if (random.chance(0.03)) return extreme(random);
  const text = wellFormed(random);
  return random.chance(0.3) ? broken(text, random) : text;
}

function value(random) {
  return random.pick([
    '1',
    '-2.5',
    '1e308',
    '1e999',
    'NA',
    'TRUE',
    '"drug"',
    "'placebo'",
    '"é"',
    "c('drug', 'x')",
    'c(1, 2, NA)',
    '""',
    'NaN',
    '0',
  ]);
}

function condition(random, depth) {
  if (depth <= 0 || random.chance(0.4)) {
    const left = random.chance(0.7) ? random.pick([...NUMERIC, ...FACTORS]) : variable(random);
    const right = random.chance(0.7) ? value(random) : variable(random);
    return random.pick([
      `${left} ${random.pick(['==', '!=', '<', '<=', '>', '>=', '%in%'])} ${right}`,
      `${left} ${random.pick(['==', '%in%', '>'])} ${right}`,
      `is.na(${left})`,
      'flag',
      value(random),
    ]);
  }
  const [a, b] = [condition(random, depth - 1), condition(random, depth - 1)];
  return random.pick([
    `${a} & ${b}`,
    `${a} | ${b}`,
    `!(${a})`,
    `(${a})`,
    `!${a}`,
    `${a} && ${b}`,
    `${a} || ${b}`,
    `${a} + ${b}`,
  ]);
}

/** A condition on rows. */
export function randomCondition(random) {
  if (random.chance(0.02)) return random.pick(['!', '(', '-'])['repeat'](random.pick([10, 500, 100_000])) + 'flag';
  const text = condition(random, 3);
  return random.chance(0.3) ? broken(text, random) : text;
}

/** A contrast over coefficients, or between two levels of a factor. */
export function randomContrast(random, coefficients, factors) {
  const name = () => random.pick(coefficients.map((text) => (/^[\w.]+$/.test(text) ? text : `\`${text}\``)));
  const number = () => random.pick(['2', '0.5', '1e100', '-3', '0', '1e-100', '1/3', '1/0', '2^10', '(1 + 1)']);
  const [factor, levels] = random.pick(factors);
  const text = random.pick([
    () => `${name()} - ${name()}`,
    () => `${number()} * ${name()} + ${name()} / ${number()}`,
    () => `(${name()} + ${name()}) / 2 - ${name()}`,
    () => `${name()} * ${name()}`,
    () => `${name()} + 1`,
    () => `${factor}:${random.pick(levels)}-${random.pick(levels)}`,
    () => coefficients.map(number).join(', '),
    () => `c(${coefficients.map(() => random.integer(-1, 1)).join(', ')})`,
    () => `-${name()}`,
    () => number(),
    () => '('.repeat(random.pick([3, 3000])) + name(),
    () =>
      Array(random.pick([5, 5000]))
        .fill(name())
        .join(' + '),
  ])();
  return random.chance(0.3) ? broken(text, random) : text;
}

/** What `marginalMeans` may be asked for. */
export function randomMarginal(random) {
  const names = ['arm', 'sex', 'site', 'time', 'visit', 'subject', 'flag', 'nothing', 'y', ''];
  const at = random.pick([
    undefined,
    { time: [0, 1e300] },
    { time: ['a'] },
    { arm: ['drug'] },
    { arm: [] },
    { arm: ['x'] },
    { time: [Number.NaN] },
    { nothing: [1] },
    { time: [] },
  ]);
  return {
    over: random.some(names, 0.25),
    by: random.chance(0.3) ? random.some(names, 0.2) : undefined,
    at,
    slopes: random.chance(0.2) ? random.pick(names) : undefined,
    level: random.pick([undefined, 0.9, 0, 1, -1, 2, Number.NaN]),
    adjust: random.pick([undefined, 'tukey', 'holm', 'bonferroni', 'BH', 'none', 'nothing']),
  };
}
