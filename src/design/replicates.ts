/**
 * What a model takes for replicates of a tested column. A fixed column x is held by a grouping factor g when, within every
 * level of g, x is a combination of the columns that vary by g (constant, for an intercept): whatever the level does to the
 * response then enters the variance of x's coefficient. A column that no grouping factor holds is compared between rows, and
 * where several rows share a level of g and a value of x (cells of one donor under one condition) those rows count as
 * replicates: the variance between samples, levels of g times x, goes unseen and the test rejects far too often.
 */

import { asLevels, tableColumn } from '../data/table/table-rows.ts';
import { gatherCodes } from '../formula/columns.ts';
import { type BuiltDesign, columnsRead } from '../formula/design.ts';
import { frameVariable } from '../formula/frame.ts';
import { levelsInUse } from '../formula/grouping.ts';
import { formulaVariables, parseFormula } from '../formula/parse.ts';
import { collectNames, quotedName } from '../formula/syntax.ts';
import { withScratch } from '../numeric/scratch.ts';
import type { RandomTerm } from '../types/design.ts';
import type { FamilyChoice } from '../types/family.ts';
import type { Table } from '../types/table.ts';
import { advisedTerms, finerTerms } from './advised-terms.ts';
import { isNested, pairsOf } from './crosstab.ts';
import { redundantTermNotes } from './redundant-terms.ts';
import { isTime, mayNameUnits, numbersUnits } from './roles.ts';

/** Rows a combination of level and value, from which on they are replicates of it. */
const REPLICATED = 1.5;
/** What is left of a column, as a share of its sum of squares, is rounding below that. */
const ROUNDING = 1e-9;
/** Levels of a column that answers, and names no units. */
const ANSWER = /^(?:[01]|no?|y(?:es)?|t(?:rue)?|f(?:alse)?)$/i;
/** Columns of a table that are compared with the samples at most, and their levels. */
const MOST_COLUMNS = 60;

/** Columns that vary within a grouping factor and have rows as replicates. */
export interface UnheldColumns {
  /** Grouping factor within which they vary, as the formula has it (`donor`, `b:a`). */
  readonly group: string;
  /** Columns of the table. */
  readonly columns: readonly string[];
  /** True for measured columns (time, dose), whose slopes may differ. */
  readonly numeric: boolean;
  /** Levels of the group times values of the columns: the samples. */
  readonly samples: number;
  /** Level of each used row among them. */
  readonly codes: Int32Array;
}

/** A measured column over the course of each level (visits of subjects), whose slopes a model takes as equal. */
export interface EqualSlopes {
  readonly group: string;
  readonly column: string;
}

/**
 * Numbers that take few values, or are times, vary within the levels of a grouping factor with three rows or more each, and
 * have no slope by level: where slopes differ the rows count as replicates of them.
 */
export function equalSlopes(design: BuiltDesign): EqualSlopes[] {
  const { n, fixed, random, source } = design;
  const { variables, terms } = source.formula.fixed;
  const found: EqualSlopes[] = [];
  terms.forEach((term, t) => {
    if (term.length !== 1) return;
    const { label, expression } = variables[term[0]];
    const read = columnsRead(expression, source);
    const [column] = read;
    const x = fixed.assign.flatMap((own, k) => (own === t + 1 ? [fixed.x.subarray(k * n, (k + 1) * n)] : []));
    if (read.length !== 1 || x.length !== 1 || frameVariable(source.frame, label).kind !== 'numeric') return;
    const distinct = distinctCount(x[0]);
    if (distinct < FEWEST_VALUES || !(distinct <= n / VALUE_REPEATS || isTime(column))) return;
    const groups = byGroup(random);
    if (groups.some((group) => holds(group, x[0], n))) return;
    for (const { group, codes, levels, plain } of groups) {
      if (!plain || n < FEWEST_VALUES * levels || isConstantWithin(codes, x[0])) continue;
      const samples = pairsOf(codes, valueCodes(source, label)).count;
      if (n < REPLICATED * samples) found.push({ group, column });
    }
  });
  return found;
}

/** Values and rows a level from which on a slope can be told, and rows a value that make few values of many rows. */
const FEWEST_VALUES = 3;
const VALUE_REPEATS = 4;

/** The terms of a design that no grouping factor holds although rows repeat their values within one. */
export function unheldColumns(design: BuiltDesign): UnheldColumns[] {
  const { n, fixed, random, source } = design;
  const groups = byGroup(random);
  const found: UnheldColumns[] = [];
  const { variables, terms } = source.formula.fixed;
  terms.forEach((term, t) => {
    const own = fixed.assign.flatMap((label, k) => (label === t + 1 ? [fixed.x.subarray(k * n, (k + 1) * n)] : []));
    if (own.length === 0 || groups.some((group) => own.every((x) => holds(group, x, n)))) return;
    const varying = groups.filter(({ codes }) => own.some((x) => !isConstantWithin(codes, x)));
    const used = term.map((index) => variables[index]);
    const mostValues = Math.max(...used.map(({ label }) => valueCount(source, label)));
    for (const { group, codes, levels } of varying) {
      // So many values are at least as many samples, in rows that are no replicates then.
      if (mostValues > levels && n < REPLICATED * mostValues) continue;
      // A finer factor in which the column varies as well: the coarser one tells what the test rests on.
      if (varying.some((other) => other.levels < levels && isNested(codes, other.codes))) continue;
      const within = used.filter(({ label }) => !isNested(codes, valueCodes(source, label)));
      if (within.length === 0) continue;
      const all = within.reduce((pairs, { label }) => pairsOf(pairs, valueCodes(source, label)).codes, codes);
      const samples = levelsInUse(all);
      if (n < REPLICATED * samples) continue;
      const columns = [...new Set(within.flatMap(({ expression }) => columnsRead(expression, source)))];
      const key = JSON.stringify([group, columns]);
      if (found.some((other) => JSON.stringify([other.group, other.columns]) === key)) continue;
      const numeric = within.every(({ label }) => frameVariable(source.frame, label).kind === 'numeric');
      found.push({ group, columns, numeric, samples, codes: all });
    }
  });
  return found;
}

/** Whether a note of a design says that rows count as replicates of what they share, and p-values are too small where that differs. */
export function warnsOfReplicates(note: string): boolean {
  return /WARNING: .* count as replicates/.test(note);
}

/** The random intercepts of samples that a design lacks: `(1 | donor:stim)`. */
export function sampleTerms(design: BuiltDesign): string[] {
  return unheldColumns(design).map(sampleTerm);
}

function sampleTerm({ group, columns }: UnheldColumns): string {
  return `(1 | ${[group, ...columns].map(groupText).join(':')})`;
}

/** The design with what there is to say of its random terms behind its own notes; `family` is null for gaussian responses. */
export function withReplicateNotes(design: BuiltDesign, table: Table, family: FamilyChoice | null = null): BuiltDesign {
  const notes =
    design.random.length === 0
      ? unitNotes(design, table)
      : [
          // The rows of a subject have a structure of their own then.
          ...(design.residual ? [] : [...replicateNotes(design, table), ...slopeNotes(design, family)]),
          ...redundantTermNotes(design),
        ];
  return notes.length === 0 ? design : { ...design, notes: [...design.notes, ...notes] };
}

/**
 * Of a model without random terms: the columns that may name units of which rows are replicates. A column whose levels the
 * fixed effects tell apart is no such one, nor is one whose levels lie in the subjects of a structure of residuals.
 */
function unitNotes({ formula, n, rows, source, residual }: BuiltDesign, table: Table): string[] {
  const { variables, terms, offsets } = source.formula.fixed;
  // Levels only: a covariate has one coefficient, however many values it takes.
  const leveled = terms.filter((term) =>
    term.every((index) => frameVariable(source.frame, variables[index].label).kind !== 'numeric'),
  );
  const absorbing = leveled.map((term) => {
    const codes = term.map((index) => valueCodes(source, variables[index].label));
    return codes.slice(1).reduce((pairs, next) => pairsOf(pairs, next).codes, codes[0]);
  });
  const shared: string[] = [];
  const left = new Set<string>();
  for (const { expression } of parseFormula(formula).responses) collectNames(expression, left);
  const others = [...table.columns.keys()].slice(0, MOST_COLUMNS).filter((name) => !left.has(name));
  for (const name of others) {
    const column = tableColumn(table, name);
    if (!(column.kind === 'numeric' ? numbersUnits(name) : mayNameUnits(name))) continue;
    if (column.kind === 'numeric' && !column.values.every((value) => !(value % 1))) continue;
    const { codes: all, levels: names } = asLevels(column);
    if (names.every((level) => ANSWER.test(level))) continue;
    const codes = gatherCodes(all, rows);
    const levels = levelsInUse(codes);
    if (levels < 2 || n < REPLICATED * levels || absorbing.some((own) => isNested(own, codes))) continue;
    if (residual && isNested(codes, residual.subject.codes)) continue;
    shared.push(name);
  }
  if (shared.length === 0) return [];
  const intercepts = (names: readonly string[], by: string): string =>
    names.map((name) => `(1 | ${quotedName(name)})`).join(by);
  const mended = (): string => {
    // Beside a structure of residuals the samples are its rows.
    if (residual) return intercepts(shared, ' or ');
    // An exposure is no course.
    const effects = variables.filter((_, index) => !offsets.includes(index));
    const fixed = [...new Set(effects.flatMap(({ expression }) => columnsRead(expression, source)))];
    const { terms: advised, left: unsure } = advisedTerms(table, { fixed, shared, others, rows });
    const more =
      unsure.length === 0 ? '' : `, and + ${intercepts(unsure, ' + ')} where levels of ${listed(unsure)} differ`;
    return `${advised.join(' + ')}${more}`;
  };
  return [
    `WARNING: rows share levels of ${listed(shared)}, and no random term holds them together: they count as replicates, and where levels differ p-values are wrong, mostly far too small. Fit ${formula.trim()} + ${mended()}`,
  ];
}

/**
 * A sentence for each column of {@link equalSlopes}, with the formula that mends it. Answers of yes or no and grades tell little about
 * slopes of single levels, so that of those the two models are to be compared.
 */
function slopeNotes(design: BuiltDesign, family: FamilyChoice | null): string[] {
  const discrete = family?.family === 'binomial' || family?.family === 'cumulative';
  return equalSlopes(design).map(({ group, column }) => {
    const plain = `(1 | ${groupText(group)})`;
    const own = `(${quotedName(column)} | ${groupText(group)})`;
    if (discrete) {
      const what = family.family === 'binomial' ? 'answers of yes or no' : 'grades';
      return `WARNING: '${column}' varies within '${group}', and ${plain} takes its slope as the same in every level: p-values of '${column}' and its interactions are too small where slopes differ. Few ${what} a level tell little about that: hold ${own} against ${plain} by a likelihood ratio (the command compare), and keep ${plain} where that finds nothing`;
    }
    return `WARNING: '${column}' varies within '${group}', and ${plain} takes its slope as the same in every level: rows count as replicates, and p-values of '${column}' and its interactions are far too small where slopes differ. Fit ${own} in place of ${plain}`;
  });
}

/**
 * One sentence for each grouping factor in which tested columns vary unheld, with the formula that mends it; `table` may
 * have a column that names the samples. Free of counts, so that splits of one design say the same.
 */
export function replicateNotes(design: BuiltDesign, table: Table): string[] {
  const unheld = unheldColumns(design);
  const formula = design.formula.trim();
  return [...new Set(unheld.map(({ group }) => group))].map((group) => {
    const own = unheld.filter((part) => part.group === group);
    const columns = [...new Set(own.flatMap((part) => part.columns))];
    const intercepts = own.map(sampleTerm).join(' + ');
    const finer = finerOf(design, table, group, columns)
      .map((term) => ` + ${term}`)
      .join('');
    const slopes = `(${columns.map(quotedName).join(' + ')} | ${groupText(group)})`;
    const added = `${formula} + ${intercepts}${finer}`;
    const inPlace = `${slopes}${finer} in place of (1 | ${groupText(group)})`;
    const [first] = own;
    const mended = first.numeric ? `${inPlace}, or ${added}` : `${added}, or ${inPlace}`;
    const [same] = own.length === 1 ? sampleColumns(design, table, first.codes) : [];
    const named = same === undefined ? '' : `; (1 | ${quotedName(same)}) is the same as ${intercepts}`;
    const verb = columns.length === 1 ? 'varies' : 'vary';
    return `WARNING: ${listed(columns)} ${verb} within '${group}', and no random term holds the rows of one sample (${[group, ...first.columns].join(' x ')}) together: they count as replicates, and p-values are far too small where samples differ. Fit ${mended}${named}`;
  });
}

/** Terms that samples of one column have within them, of columns that the model does not read. */
function finerOf({ formula, rows }: BuiltDesign, table: Table, donor: string, columns: readonly string[]) {
  const [condition] = columns;
  if (columns.length !== 1 || !table.columns.has(donor) || !table.columns.has(condition)) return [];
  const read = new Set(formulaVariables(parseFormula(formula)));
  const others = [...table.columns.keys()].slice(0, MOST_COLUMNS).filter((name) => !read.has(name));
  return finerTerms(table, { donor, condition, others, rows });
}

/** Columns of the table with one level for each of the samples, by name. */
function sampleColumns(design: BuiltDesign, table: Table, samples: Int32Array): string[] {
  const used = new Set(design.random.map(({ group }) => group));
  const names: string[] = [];
  for (const [name, column] of [...table.columns].slice(0, MOST_COLUMNS)) {
    if (used.has(name)) continue;
    if (column.kind === 'numeric' && !column.values.every((value) => !(value % 1))) continue;
    const { codes: all } = asLevels(column);
    const codes = gatherCodes(all, design.rows);
    if (codes.includes(-1)) continue;
    if (isNested(codes, samples) && isNested(samples, codes)) names.push(name);
  }
  return names;
}

function listed(columns: readonly string[]): string {
  const quoted = columns.map((name) => `'${name}'`);
  if (quoted.length === 1) return quoted[0];
  return `${quoted.slice(0, -1).join(', ')} and ${quoted[quoted.length - 1]}`;
}

/** `b:a` with each part quoted where it must be. */
function groupText(group: string): string {
  return group.split(':').map(quotedName).join(':');
}

interface GroupColumns {
  readonly group: string;
  readonly codes: Int32Array;
  readonly levels: number;
  /** Columns that vary by level, over all terms of the group. */
  readonly columns: readonly Float64Array[];
  /** True for random intercepts alone. */
  readonly plain: boolean;
}

/** The random terms by grouping factor: `(1 | g) + (0 + x | g)` holds what `(x | g)` holds. */
function byGroup(random: readonly RandomTerm[]): GroupColumns[] {
  return [...new Set(random.map(({ group }) => group))].map((group) => {
    const terms = random.filter((term) => term.group === group);
    const [{ codes, levels }] = terms;
    const columns = terms.flatMap(({ z, names }) =>
      names.map((_, k) => z.subarray(k * codes.length, (k + 1) * codes.length)),
    );
    const plain = columns.length === 1 && columns[0].every((value) => value === 1);
    return { group, codes, levels: levels.length, columns, plain };
  });
}

/** Levels of a variable of the frame by its distinct values. */
function valueCodes(source: BuiltDesign['source'], label: string): Int32Array {
  const variable = frameVariable(source.frame, label);
  if (variable.kind === 'factor') return variable.codes;
  // Rows of a matrix (a spline) are told apart by all its columns.
  const { n } = source.frame;
  return variable.suffixes.reduce<Int32Array>((codes, _, j) => {
    const own = distinctCodes(variable.values.subarray(j * n, (j + 1) * n));
    return j === 0 ? own : pairsOf(codes, own).codes;
  }, new Int32Array(n));
}

/** At most as many as the distinct values of a numeric variable of the frame; 0 of a factor. */
function valueCount({ frame }: BuiltDesign['source'], label: string): number {
  const variable = frameVariable(frame, label);
  if (variable.kind === 'factor') return 0;
  const { n } = frame;
  return Math.max(...variable.suffixes.map((_, j) => distinctCount(variable.values.subarray(j * n, (j + 1) * n))));
}

/** By sorting: a set of a million numbers takes many times their memory. */
function distinctCount(values: Float64Array): number {
  return withScratch(values.byteLength, (memory) => {
    const sorted = new Float64Array(memory, 0, values.length);
    sorted.set(values);
    sorted.sort();
    let count = 0;
    for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) count++;
    return count;
  });
}

function distinctCodes(values: Float64Array): Int32Array {
  const known = new Map<number, number>();
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let code = known.get(values[i]);
    if (code === undefined) {
      code = known.size;
      known.set(values[i], code);
    }
    codes[i] = code;
  }
  return codes;
}

function isConstantWithin(codes: Int32Array, x: Float64Array): boolean {
  const first = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const before = first.get(codes[i]);
    if (before === undefined) first.set(codes[i], x[i]);
    else if (before !== x[i]) return false;
  }
  return true;
}

/** Whether a column lies in the span of the group's columns within every level. */
function holds({ codes, columns, plain, levels }: GroupColumns, x: Float64Array, n: number): boolean {
  if (plain) return isConstantWithin(codes, x);
  const rows: number[][] = Array.from({ length: levels }, () => []);
  for (let i = 0; i < n; i++) rows[codes[i]].push(i);
  return rows.every((own) => {
    const left = Float64Array.from(own, (i) => x[i]);
    const total = square(left);
    const basis: Float64Array[] = [];
    for (const column of columns) {
      const z = Float64Array.from(own, (i) => column[i]);
      const size = square(z);
      for (let pass = 0; pass < 2; pass++) for (const other of basis) project(z, other);
      const rest = square(z);
      if (!(rest > ROUNDING * size)) continue;
      const scale = 1 / Math.sqrt(rest);
      basis.push(z.map((value) => value * scale));
    }
    for (let pass = 0; pass < 2; pass++) for (const other of basis) project(left, other);
    return square(left) <= ROUNDING * total;
  });
}

function square(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}

/** Takes the part along a unit vector off. */
function project(x: Float64Array, unit: Float64Array): void {
  let along = 0;
  for (let i = 0; i < x.length; i++) along += x[i] * unit[i];
  for (let i = 0; i < x.length; i++) x[i] -= along * unit[i];
}
