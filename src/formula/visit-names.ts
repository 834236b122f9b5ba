/** What the names of visits tell of their order: `baseline`, `week 2`, `C1D15`, `Month 6`, `end of study`, `follow-up 1`. */

/** Words of names before all numbers, and after them. */
const TIERS: readonly RegExp[] = [
  /^(screening|screen)$/,
  /^(base(line)?|bsl|before|pre(dose|treatment)?|entry|enroll?ment|admission|start|randomi[sz]ation)$/,
  /^(during|mid|middle|treatment)$/,
  /^(after|post(dose)?|end|final|exit|discharge|eot|eos)$/,
  /^(followup|fu|washout)$/,
];
const SCREENING = 0;
const BEFORE = 1;
const DURING = 2;
const AFTER = 3;
/** Words that say of a numbered day where in it something was. */
const WITHIN = /^(before|pre(dose)?|after|post(dose)?|end)$/;
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'];
/** Of each month the first letters, and other names that it has. */
const MONTHS = [
  /^jan/,
  /^feb/,
  /^(mar(ch?)?|m(ä|ae)rz|mrz)$/,
  /^apr/,
  /^ma[yi]$/,
  /^jun/,
  /^jul/,
  /^aug/,
  /^sep/,
  /^o[ck]t/,
  /^nov/,
  /^de[cz]/,
];
/** Days of what a number counts. */
const DAYS: readonly (readonly [RegExp, number])[] = [
  [/^min(ute)?s?$/, 1 / 1440],
  [/^h((ou)?rs?)?$/, 1 / 24],
  [/^d(ays?)?$/, 1],
  [/^w(k|ks|eeks?)?$/, 7],
  [/^m(o|th|onths?)?$/, 30],
  [/^quarter$/, 91],
  [/^y(rs?|ears?)?$/, 365],
  [/^c(ycles?)?$/, 1000],
];
const NUMBERED = /^(visits?|wave|session|period|round|timepoint|occasion|assessment)$/;
/** Between tiers; more than the days of any name. */
const TIER = 1e6;
/** Of a day, that what is before or after something on it is away from it. */
const BESIDE = 0.01;

/** A name in small letters, its words parted. */
function plainName(name: string): string {
  return name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/wild[\s_-]?type/g, 'wildtype')
    .replace(/follow[\s_-]?up/g, 'followup');
}

/** Words of a name in small letters: `Pre-treatment_2` has `pre`, `treatment` and `2`. */
export function wordsOf(level: string): string[] {
  return plainName(level).match(/\p{L}+|\p{N}+/gu) ?? [];
}

/** Whether a level is a visit by its own words: `pre`, `week 4`, `day7`. */
export function isVisitName(level: string): boolean {
  const words = wordsOf(level);
  if (TIERS.some((names) => words.some((word) => names.test(word)))) return true;
  return /\d/.test(level) && words.some((word) => (word.length > 1 && daysOf(word) > 0) || NUMBERED.test(word));
}

/** Places that the names of visits tell; null where one tells none, or two tell the same. */
export function visitPlaces(levels: readonly string[]): number[] | null {
  const places = monthPlaces(levels) ?? levels.map(visitPlace);
  return places.some(Number.isNaN) || new Set(places).size < levels.length ? null : places;
}

/** Names of months, with years where they have them; null for others. */
function monthPlaces(levels: readonly string[]): number[] | null {
  const places = levels.map((level) => {
    const [words, years] = [wordsOf(level), level.match(/\b(?:19|20)\d\d\b/) ?? ['0']];
    const months = words.flatMap((word) => {
      const month = MONTHS.findIndex((names) => names.test(word));
      return month < 0 ? [] : [month];
    });
    return months.length === 1 ? 12 * Number(years[0]) + months[0] : Number.NaN;
  });
  return places.some(Number.isNaN) ? null : places;
}

/** Days of a unit; 0 of other words. */
function daysOf(word: string): number {
  return DAYS.find(([names]) => names.test(word))?.[1] ?? 0;
}

/** The place of one name; NaN where it tells none. */
function visitPlace(level: string): number {
  const tokens = plainName(level).match(/(?:(?<=^|[\s(_:])[-−])?\d+(?:[.,]\d+)?|\p{L}+/gu) ?? [];
  const has = (names: RegExp): boolean => tokens.some((token) => names.test(token));
  const tier = tierOf(has);
  let [days, timed, offset, order, numbers] = [0, false, false, 0, 0];
  tokens.forEach((token, i) => {
    const ordinal = ORDINALS.indexOf(token) + 1;
    const number = ordinal > 0 ? ordinal : Number(token.replace('−', '-').replace(',', '.'));
    if (Number.isNaN(number)) return;
    numbers++;
    // Of two numbers the second is within the first.
    order = 1000 * order + number;
    const before = daysOf(tokens[i - 1] ?? '');
    const unit = before || daysOf(tokens[i + 1] ?? '');
    if (unit === 0) return;
    timed = true;
    if (before === 0) offset = true;
    days += number * unit;
  });
  if (tier < 0 && numbers === 0) return Number.NaN;
  const value = Math.min(timed ? days : order, TIER - 1);
  // A week before: the sooner the longer. The end of week 4, day 1 before the dose: of that day.
  const within = timed && has(WITHIN) && !has(/^(treatment|therapy)$/);
  if (within && tier === BEFORE && !has(/^baseline$/)) {
    return offset ? BEFORE * TIER - value : DURING * TIER + value - BESIDE;
  }
  if (within && tier === AFTER) return DURING * TIER + value + BESIDE;
  return (tier < 0 ? DURING : tier) * TIER + value;
}

/** The tier of a name of several words: the end of treatment is after it, post-baseline after the baseline. */
function tierOf(has: (names: RegExp) => boolean): number {
  const all = TIERS.flatMap((names, tier) => (has(names) ? [tier] : []));
  const telling = all.filter((tier) => tier !== DURING);
  if (telling.includes(SCREENING) && telling.includes(AFTER)) return SCREENING;
  return telling.length > 0 ? Math.max(...telling) : all.length > 0 ? DURING : -1;
}
