/**
 * Random formulas. Most are grammatical, of columns that exist; some name what does not exist, some have their tokens
 * shuffled, repeated or cut, and a few try the limits of the parser.
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
    ...[
      `ns(${x}, ${random.integer(0, 6)})`,
      `ns(${x}, df = ${random.integer(1, 4)}, intercept = TRUE)`,
      `ns(${x}, knots = c(${random.integer(-2, 5)}, ${random.integer(0, 9)}))`,
      `bs(${x}, ${random.integer(2, 7)})`,
      `bs(${x}, degree = ${random.integer(0, 4)}, Boundary.knots = c(${random.integer(-5, 1)}, ${random.integer(0, 9)}))`,
    ],
    ...[
      `sin(2 * pi * ${x} / ${random.integer(0, 7)})`,
      `cospi(${x})`,
      `round(${x}, ${random.integer(-2, 3)})`,
      `pmin(${x}, ${random.pick([2, 'time', 'Inf', 'NA'])}, na.rm = ${random.pick(['TRUE', 'FALSE'])})`,
      `ifelse(${x} > ${random.integer(0, 5)}, ${x}, 0)`,
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
    `cut(${column(random, NUMERIC)}, ${random.integer(0, 5)})`,
    `cut(${column(random, NUMERIC)}, c(${random.integer(-3, 3)}, ${random.integer(0, 4)}, ${random.pick([6, 'Inf'])}))`,
    `interaction(${f}, ${column(random, FACTORS)}, sep = "${random.pick(['-', '', '.'])}")`,
    `ifelse(${column(random, NUMERIC)} > 2, "late", ${random.pick(['"early"', f, '1', 'NA'])})`,
  ]);
}

/** A column or a function of one. */
export function variable(random) {
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
    'ns(time, 2)',
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
    `y ~ ns(time, ${n}) + (1 | subject)`,
    `y ~ cut(time, ${n}) + (1 | subject)`,
    `y ~ ${Array(Math.min(n, 60)).fill('(1 | subject)').join(' + ')}`,
  ]);
}

/** A formula, or what is left of one. */
export function randomFormula(random) {
  if (random.chance(0.03)) return extreme(random);
  const text = wellFormed(random);
  return random.chance(0.3) ? broken(text, random) : text;
}
