/**
 * Random texts of the smaller languages that users write: conditions of --where, contrasts, and what marginal means are
 * taken of. Some have their tokens shuffled, repeated or cut.
 */
import { broken, FACTORS, NUMERIC, variable } from './formula-grammar.mjs';

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
