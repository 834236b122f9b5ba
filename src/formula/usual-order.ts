/** The order of levels that their names tell: before and after, baseline first, day 7 before day 14. */

import { isVisitName, visitPlaces, wordsOf } from './visit-names.ts';

/** Words that stand in one order wherever they are used; each place has the words that mean the same. */
const SCALES: readonly (readonly (readonly string[])[])[] = [
  [
    ['screening'],
    ['before', 'pre', 'baseline', 'base', 'start', 'entry', 'initial', 'admission'],
    ['during', 'mid', 'middle', 'interim', 'on'],
    ['after', 'post', 'end', 'final', 'exit', 'discharge'],
    ['followup', 'fu', 'washout'],
  ],
  [['none', 'no', 'absent'], ['minimal'], ['mild'], ['moderate'], ['severe'], ['critical']],
  [
    ['none', 'zero'],
    ['low', 'lo', 'small'],
    ['medium', 'med', 'mid', 'middle', 'intermediate'],
    ['high', 'hi', 'large'],
  ],
  [['early'], ['mid', 'middle', 'intermediate'], ['late']],
  [['first'], ['second'], ['third'], ['fourth'], ['fifth'], ['sixth']],
  [['morning'], ['noon', 'midday'], ['afternoon'], ['evening'], ['night']],
  [['never'], ['former', 'past', 'ex'], ['current', 'present']],
];

/** Words of what others are compared with, the most telling first: of several levels with such words the earlier kind counts. */
const REFERENCES: readonly (readonly string[])[] = [
  ['baseline', 'before', 'pre', 'predose', 'pretreatment', 'screening'],
  ['placebo', 'vehicle', 'sham', 'mock', 'dmso', 'pbs', 'saline'],
  ['untreated', 'unstimulated', 'unstim', 'uninfected', 'unexposed', 'naive', 'resting', 'rest'],
  ['control', 'controls', 'ctrl', 'ctl', 'reference', 'ref'],
  ['wildtype', 'wt'],
  ['healthy', 'normal', 'negative', 'neg', 'unaffected'],
  ['none', 'no', 'never', 'off', 'absent'],
];

/**
 * The usual order of the levels of a factor, where their names tell one: words that have an order (before and after, low and
 * high, first and second), visits (`Baseline`, `Month 1`, `End of study`), months, a level that others are compared with
 * (control, placebo, baseline, wild type, healthy) first, and numbers in names that are alike else (`day0`, `day7`, `day14`)
 * by their size.
 *
 * @param levels names of all levels, each once, in the order that they have
 * @returns all of them in the usual order; null where their names tell none, or none but the one that they have
 */
export function usualLevelOrder(levels: readonly string[]): readonly string[] | null {
  if (levels.length < 2) return null;
  const found = orderToldBy(levels) ?? byReference(levels, false);
  return found === null || found.every((level, k) => level === levels[k]) ? null : found;
}

/** The order that names tell of all levels, the one that they have among them; null where they tell none. */
export function orderToldBy(levels: readonly string[]): readonly string[] | null {
  return byScale(levels) ?? byNumber(levels) ?? byVisits(levels) ?? byReference(levels, true);
}

/** Names of visits or of months. */
function byVisits(levels: readonly string[]): string[] | null {
  const numbered =
    levels.some((level) => isVisitName(level)) && levels.every((level) => isShort(level) || isVisitName(level));
  const places =
    numbered || !levels.some((level) => /\d/.test(level.replace(/\b(19|20)\d\d\b/, ''))) ? visitPlaces(levels) : null;
  return places && [...levels.keys()].sort((a, b) => places[a] - places[b]).map((k) => levels[k]);
}

/** `W4`, `D15`, `C1D1`: visits beside others. */
function isShort(level: string): boolean {
  return /^([CDHMWVY]\d+)+$/i.test(level.trim());
}

/** Levels that stand on one scale, each at a place of its own. */
function byScale(levels: readonly string[]): string[] | null {
  const words = levels.map(wordsOf);
  for (const scale of SCALES) {
    const places = words.map((own) => {
      const hits = scale.flatMap((names, place) => (own.some((word) => names.includes(word)) ? [place] : []));
      return hits.length === 1 ? hits[0] : -1;
    });
    if (places.includes(-1) || new Set(places).size < levels.length) continue;
    return [...levels.keys()].sort((a, b) => places[a] - places[b]).map((k) => levels[k]);
  }
  return null;
}

/** The one level that others are compared with, then these as their names tell, or as they stand unless all are `told`. */
function byReference(levels: readonly string[], told: boolean): string[] | null {
  const words = levels.map(wordsOf);
  for (const names of REFERENCES) {
    const hits = [...levels.keys()].filter((k) => words[k].some((word) => names.includes(word)));
    // `control` before `control with drug`.
    const whole = hits.filter((k) => words[k].length === 1);
    const [reference, more] = whole.length > 0 ? whole : hits;
    if (reference === undefined || more !== undefined) continue;
    const others = levels.filter((_, k) => k !== reference);
    const ordered = others.length < 2 ? others : (byScale(others) ?? byNumber(others) ?? byVisits(others));
    return ordered === null && told ? null : [levels[reference], ...(ordered ?? others)];
  }
  return null;
}

/** Levels that differ in one number alone, by its size. */
function byNumber(levels: readonly string[]): string[] | null {
  const parts = levels.map((level) => /^(\D*?)([-−]?\d+(?:[.,]\d+)?)(\D*)$/.exec(level));
  const [first] = parts;
  if (!first) return null;
  const alike = parts.every((part) => part !== null && part[1] === first[1] && part[3] === first[3]);
  if (!alike) return null;
  const texts = parts.map((part) => (part?.[2] ?? '').replace('−', '-').replace(',', '.'));
  // Before each number a hyphen parts it from the name; before some it is a sign.
  const parted = texts.every((text) => text.startsWith('-'));
  const numbers = texts.map((text) => Number(parted ? text.slice(1) : text));
  if (new Set(numbers).size < levels.length) return null;
  return [...levels.keys()].sort((a, b) => numbers[a] - numbers[b]).map((k) => levels[k]);
}
