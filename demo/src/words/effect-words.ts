/**
 * Coefficients in words: `armtreated` is "treated − placebo". What a name means follows from the columns, the order of their
 * levels, their coding, and which others stand beside it: next to `armtreated:visitweek12` it is the difference at the first
 * visit alone. Pure.
 */

import type { FitTable } from 'webgpu-lmm';
import { quoteName } from '../model/builder.ts';
import { levelsInModel } from '../model/column-options.ts';
import { type EffectScale, familyScale, linksOf } from '../model/families.ts';
import { ownEntry } from '../model/own-entry.ts';
import type { ColumnSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { Results, ResultsView } from '../results/results-view.ts';

type Coding = 'treatment' | 'sum' | 'helmert' | 'poly';

interface FactorFacts {
  /** As the names of coefficients begin. */
  readonly label: string;
  readonly name: string;
  readonly levels: readonly string[];
  readonly coding: Coding;
}

/** What the words of effects are made from. */
export interface EffectFacts {
  readonly factors: readonly FactorFacts[];
  /** All coefficients of the model, each with its parts. */
  readonly parts: ReadonlyMap<string, readonly Part[]>;
  /** Rows were left out, so that a level may be missing. */
  readonly filtered: boolean;
  readonly scale: EffectScale;
}

type Part =
  | { readonly kind: 'level'; readonly factor: FactorFacts; readonly level: string }
  | { readonly kind: 'step'; readonly factor: FactorFacts; readonly at: number }
  | { readonly kind: 'trend'; readonly factor: FactorFacts; readonly degree: number }
  | { readonly kind: 'number'; readonly text: string };

/** @param names of all coefficients of the fit */
export function effectFacts(
  settings: Settings,
  columns: readonly ColumnSummary[],
  names: readonly string[],
): EffectFacts {
  const factors = columns.flatMap((column): FactorFacts[] => {
    const { name } = column;
    const levels = levelsInModel(column, settings);
    const isOrdered =
      settings.ordered.includes(name) || (column.ordered === true && ownEntry(settings.levels, name) === undefined);
    const coding = ownEntry(settings.codings, name) ?? (isOrdered ? 'poly' : 'treatment');
    const label = quoteName(name);
    const plain = levels.length < 2 ? [] : [{ label, name, levels, coding }];
    const made = column.levels.map((level) => level.label);
    return made.length < 2 ? plain : [...plain, { label: `factor(${label})`, name, levels: made, coding }];
  });
  const parts = new Map(names.map((name) => [name, partsOf(name, factors)] as const));
  return { factors, parts, filtered: settings.where !== '' || settings.splitBy !== '', scale: effectScale(settings) };
}

/** The unit of effects under some settings, and what they are once exponentiated. */
export function effectScale({ family, link, normalize, weights, transform }: Settings): EffectScale {
  if (family !== 'gaussian') return familyScale(family, link === '' ? linksOf(family)[0] : link);
  const units = {
    sqrt: 'units of the square root',
    log2: 'log2 units',
    log10: 'log10 units',
    log: 'log units',
    log1p: 'log units',
    none: '',
  };
  const unit = weights === 'voom' ? 'log2 units' : normalize !== 'none' ? 'log units' : units[transform];
  return { unit, ratio: null, level: 'mean' };
}

/** What stands between the colons of a name; colons may also be in levels and in functions. */
function partsOf(name: string, factors: readonly FactorFacts[]): readonly Part[] {
  const found = factorParts(name, factors);
  return found ?? splitOutside(name).flatMap((text) => factorParts(text, factors) ?? [{ kind: 'number', text }]);
}

/** The name as levels of factors and numbers; null where no factor fits its beginning. */
function factorParts(name: string, factors: readonly FactorFacts[]): Part[] | null {
  for (const factor of factors) {
    if (!name.startsWith(factor.label)) continue;
    const rest = name.slice(factor.label.length);
    for (const [suffix, part] of partChoices(factor)) {
      if (!rest.startsWith(suffix)) continue;
      const after = rest.slice(suffix.length);
      if (after === '') return [part];
      if (!after.startsWith(':')) continue;
      return [part, ...partsOf(after.slice(1), factors)];
    }
  }
  return null;
}

/** What may stand behind the label of a factor: the longest first, as one level may begin like another. */
function partChoices(factor: FactorFacts): (readonly [string, Part])[] {
  const { levels, coding } = factor;
  const whole = levels.map((level): readonly [string, Part] => [level, { kind: 'level', factor, level }]);
  const own = levels.slice(1).map((_, k): readonly [string, Part] => {
    if (coding === 'poly') return [['.L', '.Q', '.C'][k] ?? `^${k + 1}`, { kind: 'trend', factor, degree: k + 1 }];
    return [String(k + 1), { kind: 'step', factor, at: k }];
  });
  return [...(coding === 'treatment' ? [] : own), ...whole].sort(([a], [b]) => b.length - a.length);
}

/** A text at its colons outside of parentheses and backticks. */
function splitOutside(text: string): string[] {
  const pieces = [''];
  let depth = 0;
  let quoted = false;
  for (const letter of text) {
    if (letter === '`') quoted = !quoted;
    else if (!quoted && letter === '(') depth += 1;
    else if (!quoted && letter === ')') depth -= 1;
    if (letter === ':' && depth === 0 && !quoted) pieces.push('');
    else pieces[pieces.length - 1] += letter;
  }
  return pieces;
}

/** A coefficient in words; null where there are none for it. */
export function effectWords(name: string, facts: EffectFacts): string | null {
  if (name === '(Intercept)') return `${facts.scale.level}${placeOf([], facts, 'all')}`;
  const parts = facts.parts.get(name) ?? partsOf(name, facts.factors);
  if (parts.every(({ kind }) => kind === 'number')) {
    if (parts.length === 1) return `change for each unit of ${textOf(parts[0])}${placeOf(parts, facts)}`;
    return `how the effect of ${textOf(parts[0])} changes with ${parts.slice(1).map(textOf).join(' and ')}`;
  }
  if (parts.length === 1) return `${partWords(parts[0], parts, facts)}${placeOf(parts, facts)}`;
  if (parts.length > 2) return `${parts.map((part) => partWords(part, parts, facts)).join(' × ')} (interaction)`;
  return pairWords(parts[0], parts[1], parts, facts);
}

/** Words with the unit behind them: "stim − ctrl, log units"; the name itself where there are no words. */
export function effectLabel(name: string, facts: EffectFacts): string {
  const words = effectWords(name, facts);
  if (words === null) return name;
  return facts.scale.unit === '' ? words : `${words}, ${facts.scale.unit}`;
}

/** The same of the test on show; contrasts have the name that they were given. */
export function effectTitle(
  { table, test: { name } }: Pick<ResultsView, 'table' | 'test'>,
  results: Pick<Results, 'settings' | 'summary'> | null,
): string {
  if (!results || name === '') return 'Effect';
  const facts = effectFacts(results.settings, results.summary.columns, table.coefficients.names);
  if (!table.contrasts.names.includes(name)) return effectLabel(name, facts);
  return facts.scale.unit === '' ? name : `${name}, ${facts.scale.unit}`;
}

/**
 * What the coefficients and contrasts of results are called: in words; contrasts have the names that they were given.
 *
 * @param table of another model of the same data
 */
export function effectNames(
  { outcome, settings, summary }: Pick<Results, 'outcome' | 'settings' | 'summary'>,
  table: Pick<FitTable, 'coefficients' | 'contrasts'> = outcome.table,
): (name: string) => string {
  const facts = effectFacts(settings, summary.columns, table.coefficients.names);
  return (name) => (table.contrasts.names.includes(name) ? name : (effectWords(name, facts) ?? name));
}

/** The same of a name that may be none of a coefficient; null where its beginning is no factor. */
export function levelEffectWords(name: string, facts: EffectFacts): string | null {
  const parts = facts.parts.get(name) ?? partsOf(name, facts.factors);
  return parts.some(({ kind }) => kind !== 'number') ? effectWords(name, facts) : null;
}

/**
 * What varies by the levels of a group, in words where it is an effect: levels that have a coefficient each there are no
 * differences.
 */
export function randomNames({
  outcome,
  settings,
  summary,
}: Pick<Results, 'outcome' | 'settings' | 'summary'>): (group: string, name: string) => string {
  return (group, name) => {
    const own = outcome.table.terms.filter((term) => term.group === group).flatMap(({ names }) => names);
    if (!own.includes(name)) return name;
    return levelEffectWords(name, effectFacts(settings, summary.columns, own)) ?? name;
  };
}

function pairWords(first: Part, second: Part, parts: readonly Part[], facts: EffectFacts): string {
  const [slope, other] = first.kind === 'number' ? [first, second] : [second, first];
  if (slope.kind === 'number') {
    const compared = partWords(other, parts, facts);
    return `${isMean(other, parts, facts) ? `slope over ${slope.text} of` : `slope over ${slope.text},`} ${compared}`;
  }
  // A level of its own within the other factor: the difference at that level.
  const [at, within] = isMean(second, parts, facts) ? [second, first] : [first, second];
  if (isMean(at, parts, facts) && at.kind === 'level') {
    return `${partWords(within, parts, facts)} at ${at.factor.name} ${at.level}`;
  }
  const later = second.kind === 'level' ? referenceOf(second, parts, facts) : null;
  const whole = partWords(first, parts, facts);
  if (second.kind === 'level' && later !== null) {
    return `(${whole}) at ${second.factor.name} ${second.level} − the same at ${later}`;
  }
  return `${whole} × ${partWords(second, parts, facts)} (interaction)`;
}

function partWords(part: Part, parts: readonly Part[], facts: EffectFacts): string {
  switch (part.kind) {
    case 'number':
      return part.text;
    case 'level': {
      const reference = referenceOf(part, parts, facts);
      return reference === null
        ? `${part.factor.name} ${part.level}`
        : `${named(part.factor, part.level)} − ${reference}`;
    }
    case 'step': {
      const { levels, coding } = part.factor;
      if (coding === 'sum') return `${levels[part.at]} − mean of all ${part.factor.name}`;
      if (part.at === 0) return `(${named(part.factor, levels[1])} − ${levels[0]}) / 2`;
      return `(${named(part.factor, levels[part.at + 1])} − mean of the ${part.at + 1} before) / ${part.at + 2}`;
    }
    case 'trend': {
      const kinds = ['linear', 'quadratic', 'cubic'];
      return `${kinds[part.degree - 1] ?? `degree ${part.degree}`} trend over ${part.factor.name}`;
    }
  }
}

/** A level that is compared, with its column where it is a number, which says nothing by itself: `visit 4`. */
function named({ name }: FactorFacts, level: string): string {
  return Number.isNaN(Number(level)) ? level : `${name} ${level}`;
}

function textOf(part: Part): string {
  return part.kind === 'number' ? part.text : part.factor.name;
}

/** Coefficients of the same columns as some parts. */
function siblings(parts: readonly Part[], facts: EffectFacts): (readonly Part[])[] {
  const key = (own: readonly Part[]): string => own.map(textOf).join('\n');
  const wanted = key(parts);
  return [...facts.parts.values()].filter((own) => key(own) === wanted);
}

/** Whether the levels of a factor have a coefficient each: means, or a difference for each level. */
function isMean(part: Part, parts: readonly Part[], facts: EffectFacts): boolean {
  return part.kind === 'level' && referenceOf(part, parts, facts) === null;
}

/** The level that a level is compared with; null where each has a coefficient. */
function referenceOf(
  part: Extract<Part, { kind: 'level' }>,
  parts: readonly Part[],
  facts: EffectFacts,
): string | null {
  const { levels, name } = part.factor;
  const seen = new Set<string>();
  for (const own of siblings(parts, facts)) {
    for (const other of own) if (other.kind === 'level' && other.factor.name === name) seen.add(other.level);
  }
  const others = levels.filter((level) => !seen.has(level));
  if (others.length === 0) return null;
  return others.length === 1 || !facts.filtered ? others[0] : 'the reference level';
}

/** Where an effect stands: at the reference of what it interacts with; of an intercept at those of all. */
function placeOf(parts: readonly Part[], facts: EffectFacts, which: 'all' | 'interacting' = 'interacting'): string {
  const own = new Set(parts.map(textOf));
  const places = new Map<string, string>();
  for (const other of facts.parts.values()) {
    const together = which === 'all' || parts.every((part) => other.some((one) => textOf(one) === textOf(part)));
    if (!together || (which === 'interacting' && other.length <= parts.length)) continue;
    for (const part of other) {
      const name = textOf(part);
      if (own.has(name) || places.has(name) || name === '(Intercept)') continue;
      if (part.kind === 'number') places.set(name, `where ${name} is 0`);
      else if (part.kind === 'level') {
        const reference = referenceOf(part, which === 'all' ? [part] : other, facts);
        if (reference !== null) places.set(name, `at ${name} ${reference}`);
      } else places.set(name, `averaged over ${name}`);
    }
  }
  return places.size === 0 ? '' : ` ${[...places.values()].join(', ')}`;
}
