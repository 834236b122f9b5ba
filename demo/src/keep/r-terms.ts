/** The right side of a formula in the parts that R's functions take: fixed effects, random terms, offsets. */

import { type Formula, parseFormula } from 'webgpu-lmm/steps';
import { QUOTED, tildeOf } from '../model/formula-names.ts';

export interface RTerms {
  /** Fixed effects as they were written; `1` where there is the intercept alone. */
  readonly fixed: string;
  readonly random: Formula['random'];
  /** What `offset()` holds, in order. */
  readonly offsets: readonly string[];
}

const QUOTES = new RegExp(QUOTED, 'gu');

/** Places of the summands of a right side: signs that stand in no parentheses and in no name. */
function summands(right: string): string[] {
  const masked = right.replace(QUOTES, (name) => '_'.repeat(name.length));
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < masked.length; at++) {
    const letter = masked[at];
    if (letter === '(' || letter === '[') depth += 1;
    else if (letter === ')' || letter === ']') depth -= 1;
    else if (depth === 0 && letter === '+') {
      parts.push(right.slice(from, at).trim());
      from = at + 1;
    }
  }
  return [...parts, right.slice(from).trim()];
}

/** Whether a summand is a random term, of whatever structure. */
function isRandom(part: string): boolean {
  const masked = part.replace(QUOTES, '_');
  return /^\w*\s*\(.*\)$/s.test(masked) && masked.includes('|');
}

export function rTerms(right: string): RTerms {
  const offsets: string[] = [];
  const fixed = summands(right).filter((part) => {
    if (isRandom(part)) return false;
    const found = /^offset\s*\((.*)\)$/s.exec(part);
    if (found) offsets.push(found[1].trim());
    return found === null;
  });
  return { fixed: fixed.length === 0 ? '1' : fixed.join(' + '), random: parseFormula(`~ ${right}`).random, offsets };
}

/** Whether the covariance of the random effects has more than one parameter, as far as the formula says. */
export function hasSeveralVariances(random: Formula['random']): boolean {
  const [first] = random;
  return random.length > 1 || (first !== undefined && effectsOf(first) > 1);
}

/** Effects of a level: a term of a factor counts once, which may have several. */
export function effectsOf({ terms }: Formula['random'][number]): number {
  return terms.terms.length + (terms.intercept ? 1 : 0);
}

/** Whether a random term is one variance of intercepts. */
export function isIntercept({ terms, structure }: Formula['random'][number]): boolean {
  return structure === undefined && terms.intercept && terms.terms.length === 0;
}

/** What stands left of the bar, without blanks around it. */
export function effectsText({ text }: Formula['random'][number]): string {
  const masked = text.replace(QUOTES, (name) => '_'.repeat(name.length));
  return text.slice(0, masked.indexOf('|')).trim();
}

/** The right side with `within(x, g)` and `between(x, g)`, which R lacks, as columns that are made before. */
export function rightSide(formula: string): { readonly right: string; readonly columns: string[] } {
  const right = formula.slice(tildeOf(formula) + 1).trim();
  const columns: string[] = [];
  const named = right.replace(/\b(within|between)\(\s*([^(),]+?)\s*,\s*([^(),]+?)\s*\)/g, (_whole, kind, x, g) => {
    const name = `${kind}_${String(x).replace(/\W+/g, '_')}`;
    const mean = `ave(d$${x}, d$${g})`;
    const line = `d$${name} <- ${kind === 'between' ? mean : `d$${x} - ${mean}`}`;
    if (!columns.includes(line)) columns.push(line);
    return name;
  });
  return { right: named, columns };
}
