import { levelTexts } from './number-text.ts';
import { type SourceText, sourceError } from './source.ts';
import { deparse, type Expression, standaloneText } from './syntax.ts';
import type { Variable } from './terms.ts';

/** A grouping factor: one variable, or the interaction of several. */
export interface GroupingFactor {
  /** As lme4 prints it: `donor`, `b:a`. */
  readonly name: string;
  /** The first varies slowest over the levels. */
  readonly variables: readonly Variable[];
}

/** Levels and codes of a grouping factor; every level is in use, no code is missing. */
export interface Grouping {
  readonly levels: readonly string[];
  readonly codes: Int32Array;
}

/** The grouping factors of the right side of a random term, in lme4's order: `a/b` gives `b:a` and `a`. */
export function parseGrouping(expression: Expression, source: SourceText): GroupingFactor[] {
  const outer = stripParentheses(expression);
  if (outer.type === 'binary' && outer.operator === '/') {
    const inner = parseInteraction(outer.right, source);
    const nesting = parseGrouping(outer.left, source);
    const [nearest] = nesting;
    // as R prints the call `:`(inner, nearest)
    const nearestName = nearest.variables.length > 1 ? `(${nearest.name})` : quoted(nearest);
    const innerName = inner.variables.length > 1 ? inner.name : quoted(inner);
    const combined = { name: `${innerName}:${nearestName}`, variables: [...inner.variables, ...nearest.variables] };
    return [combined, ...nesting];
  }
  return [parseInteraction(outer, source)];
}

/** Within a longer name a single variable keeps its back-ticks. */
function quoted(group: GroupingFactor): string {
  return group.variables[0].label;
}

/** One grouping factor: a column, a call, or an interaction `a:b` of them. */
export function parseInteraction(expression: Expression, source: SourceText): GroupingFactor {
  const variables: Variable[] = [];
  collectAtoms(expression, source, variables);
  const seen = new Set<string>();
  for (const { label, expression: atom } of variables) {
    if (seen.has(label)) throw sourceError(source, atom.position, `'${label}' comes twice in a grouping factor`);
    seen.add(label);
  }
  return { name: standaloneText(stripParentheses(expression)), variables };
}

function collectAtoms(expression: Expression, source: SourceText, variables: Variable[]): void {
  const inner = stripParentheses(expression);
  if (inner.type === 'binary' && inner.operator === ':') {
    collectAtoms(inner.left, source, variables);
    collectAtoms(inner.right, source, variables);
    return;
  }
  if (inner.type === 'name' || inner.type === 'call') {
    variables.push({ label: deparse(inner), expression: inner });
    return;
  }
  const number = inner.type === 'number' || inner.type === 'string' || inner.type === 'logical';
  throw sourceError(
    source,
    inner.position,
    number ? `${deparse(inner)} is no grouping factor` : 'this is no grouping factor',
    'A grouping factor is a column, an interaction a:b or a nesting a/b.',
  );
}

export function stripParentheses(expression: Expression): Expression {
  return expression.type === 'parenthesis' ? stripParentheses(expression.inner) : expression;
}

/** A numeric vector as a factor: levels sorted by number, named as R prints them; NaN becomes -1. */
export function factorOfNumbers(values: Float64Array): Grouping {
  const distinct = new Set<number>();
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) distinct.add(values[i]);
  const sorted = Float64Array.from(distinct).sort();
  const texts = levelTexts(sorted);
  // numbers that print alike are one level, as in R
  const levels = [...new Set(texts)];
  const position = new Map(levels.map((level, index) => [level, index]));
  const codeOf = new Map<number, number>();
  for (const [i, value] of sorted.entries()) codeOf.set(value, position.get(texts[i]) ?? -1);
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) codes[i] = codeOf.get(values[i]) ?? -1;
  return { levels, codes };
}

/** The interaction of factors without missing codes; only the combinations in use get a level. */
export function interactionOf(factors: readonly Grouping[]): Grouping {
  let current = dropUnused(factors[0]);
  for (const factor of factors.slice(1)) {
    const width = factor.levels.length;
    const { used, codes } = compact(
      factor.codes.length,
      current.levels.length * width,
      (i) => current.codes[i] * width + factor.codes[i],
    );
    const outer = current.levels;
    const levels = used.map((code) => `${outer[Math.floor(code / width)]}:${factor.levels[code % width]}`);
    current = { levels, codes };
  }
  return current;
}

/**
 * The interaction of two factors that may have missing codes; -1 where either is missing. Only combinations in use get a
 * level, those of the outer factor's first level first; `join` names them.
 */
export function interactionOfAll(
  outer: Grouping,
  inner: Grouping,
  join = (outerLevel: string, innerLevel: string): string => `${outerLevel}:${innerLevel}`,
): Grouping {
  const width = inner.levels.length;
  const { used, codes } = compact(outer.codes.length, outer.levels.length * width, (i) =>
    outer.codes[i] < 0 || inner.codes[i] < 0 ? -1 : outer.codes[i] * width + inner.codes[i],
  );
  const levels = used.map((code) => join(outer.levels[Math.floor(code / width)], inner.levels[code % width]));
  return { levels, codes };
}

/** Renumbers the levels of a factor so that only those in use are left, in their order. */
export function dropUnused(factor: Grouping): Grouping {
  if (levelsInUse(factor.codes) === factor.levels.length) return { levels: factor.levels, codes: factor.codes };
  const { used, codes } = compact(factor.codes.length, factor.levels.length, (i) => factor.codes[i]);
  return { levels: used.map((code) => factor.levels[code]), codes };
}

/** Largest table of codes, as a multiple of the rows, that is kept as an array; above it a hash. */
const DENSE_FACTOR = 4;

/** Codes in use, increasing, and the rank of each row's code among them; a negative code stays -1. */
function compact(n: number, range: number, codeAt: (i: number) => number): { used: number[]; codes: Int32Array } {
  const codes = new Int32Array(n);
  if (range <= DENSE_FACTOR * n + 1000) {
    const ranks = new Int32Array(range);
    for (let i = 0; i < n; i++) {
      const code = codeAt(i);
      if (code >= 0) ranks[code] = 1;
    }
    const used: number[] = [];
    for (let code = 0; code < range; code++) {
      if (ranks[code] === 1) {
        ranks[code] = used.length;
        used.push(code);
      }
    }
    for (let i = 0; i < n; i++) {
      const code = codeAt(i);
      codes[i] = code < 0 ? -1 : ranks[code];
    }
    return { used, codes };
  }
  const distinct = new Set<number>();
  for (let i = 0; i < n; i++) distinct.add(codeAt(i));
  const used = [...distinct].filter((code) => code >= 0).sort((a, b) => a - b);
  const ranks = new Map(used.map((code, rank) => [code, rank]));
  for (let i = 0; i < n; i++) codes[i] = ranks.get(codeAt(i)) ?? -1;
  return { used, codes };
}

/** Distinct levels in use; rows without one do not count. */
export function levelsInUse(codes: Int32Array): number {
  const seen = new Uint8Array(codeBound(codes));
  let count = 0;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code < 0 || seen[code] === 1) continue;
    seen[code] = 1;
    count++;
  }
  return count;
}

/** One more than the largest code. */
export function codeBound(codes: Int32Array): number {
  let bound = 0;
  for (let i = 0; i < codes.length; i++) if (codes[i] >= bound) bound = codes[i] + 1;
  return bound;
}
