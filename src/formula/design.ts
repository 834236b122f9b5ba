import { type PivotedQr, pivotedQr } from '../numeric/pivoted-qr.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { ColumnRecipe, TrainedFunction } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { summariseColumns } from './column-recipe.ts';
import { gatherNumbers } from './columns.ts';
import type { ContrastCoding } from './contrasts.ts';
import { type DesignOptions, fixedCodings, offsetColumn, weightColumn } from './design-options.ts';
import { dropUnusedLevels, evaluateFrame, type Frame, frameVariable, gatherFrame, groupingOf } from './frame.ts';
import { completeRows, refuseInfinite } from './missing.ts';
import { type ModelMatrix, modelMatrix } from './model-matrix.ts';
import { type Formula, parseFormula } from './parse.ts';
import { formulaSource } from './source.ts';
import { collectNames, type Expression } from './syntax.ts';
import { startTraining } from './training.ts';
import type { Scope } from './value.ts';

export type { DesignOptions } from './design-options.ts';

/** What `subsetDesign` needs to build the columns of a design anew; plain data. */
export interface DesignFrame {
  readonly formula: Formula;
  /** The variables at the used rows. */
  readonly frame: Frame;
  readonly codings: ReadonlyMap<string, ContrastCoding>;
  /** Index among the random terms of the formula of each term of the design. */
  readonly order: readonly number[];
  /** What the functions of the formula learned, and the columns that it reads, over the used rows. */
  readonly trained: readonly TrainedFunction[];
  readonly columns: readonly ColumnRecipe[];
  readonly weights: string | null;
  readonly offset: string | null;
}

/** A design together with the variables it was built from. */
export interface BuiltDesign extends Design {
  readonly source: DesignFrame;
}

/**
 * Model matrices of a formula on a table, as lme4's `lFormula` makes them: variables are evaluated on all given rows,
 * rows with a missing value in any of them are left out, then unused levels; aliased columns are dropped.
 *
 * Throws FormulaError, OptionError or DataError for misuse; never for a design that is merely small or singular.
 */
export function buildDesign(formula: Formula | string, table: Table, options: DesignOptions = {}): BuiltDesign {
  const parsed = typeof formula === 'string' ? parseFormula(formula) : formula;
  const training = startTraining();
  let scope: Scope = { table, rows: options.rows, source: formulaSource(parsed.source), training };
  let evaluated = evaluateFrame(parsed, scope);
  const weights = weightColumn(scope, options.weights);
  let offset = offsetColumn(parsed, evaluated, scope, options.offset);
  const complete = completeRows(parsed, evaluated, scope, { weights, offset, options });
  const { keep, rows } = complete;
  if (keep.length < evaluated.n && [...training.known.values()].some(({ kind }) => kind === 'means')) {
    // Which rows are used does not depend on the means of groups, the means depend on which rows are used.
    scope = { ...scope, training: { ...training, meanRows: keep } };
    evaluated = evaluateFrame(parsed, scope);
    offset = offsetColumn(parsed, evaluated, scope, options.offset);
    refuseInfinite(evaluated, keep, scope);
  }
  const { frame, dropped } = dropUnusedLevels(gatherFrame(evaluated, keep));
  const codings = fixedCodings(parsed, frame, table, options.contrastCodings);
  const random = randomTerms({ formula: parsed, frame }, true);
  const source: DesignFrame = {
    formula: parsed,
    frame,
    codings,
    order: orderByLevels(random),
    trained: [...training.known.values()],
    columns: summariseColumns(parsed, table, rows),
    weights: options.weights ?? null,
    offset: options.offset ?? null,
  };
  const fixed = fixedEffects(source, true);
  const notes = [...complete.notes];
  for (const { label } of parsed.fixed.variables) {
    const levels = dropped.get(label);
    if (levels !== undefined) notes.push(`'${label}': dropped ${count(levels, 'unused level')}: ${listed(levels)}`);
  }
  return {
    formula: parsed.source,
    rows,
    n: rows.length,
    ...(table.rowNames === undefined ? {} : { rowNames: Array.from(rows, (row) => table.rowNames?.[row] ?? '') }),
    fixed,
    random: source.order.map((index) => random[index]),
    ...(weights === undefined ? {} : { weights: gatherNumbers(weights, keep) }),
    ...(offset === undefined ? {} : { offset: gatherNumbers(offset, keep) }),
    notes: [...notes, ...aliasNotes(fixed.dropped)],
    source,
  };
}

/** Fixed columns of a frame without missing values and unused levels. */
export function fixedEffects({ formula, frame, codings }: DesignFrame, strict: boolean): Design['fixed'] {
  const matrix = modelMatrix(formula.fixed, frame, { codings, strict });
  return fullRank(frame.n, {
    names: matrix.names,
    assign: matrix.assign,
    termLabels: ['(Intercept)', ...formula.fixed.labels],
    x: matrix.values,
    dropped: [],
  });
}

/** The columns of a fixed-effects matrix that are no linear combinations of the columns before them. */
export function fullRank(n: number, fixed: Design['fixed']): Design['fixed'] {
  const p = fixed.names.length;
  if (p === 0) return fixed;
  const qr = pivotedQr(fixed.x, n, p);
  const { rank, pivot } = qr;
  if (rank === p) return fixed;
  const kept = [...pivot.subarray(0, rank)].sort((a, b) => a - b);
  const keptSet = new Set(kept);
  const x = new Float64Array(n * rank);
  for (const [to, from] of kept.entries()) x.set(fixed.x.subarray(from * n, (from + 1) * n), to * n);
  const lost = [...pivot.subarray(rank)].sort((a, b) => a - b);
  return {
    names: kept.map((j) => fixed.names[j]),
    assign: kept.map((j) => fixed.assign[j]),
    termLabels: fixed.termLabels,
    x,
    dropped: [...fixed.dropped, ...fixed.names.filter((_, j) => !keptSet.has(j))],
    // Of columns that are gone already nothing is known any more: they were combinations of columns that go now.
    ...(fixed.dropped.length > 0 ? {} : { aliases: aliasCoefficients(qr, lost) }),
  };
}

/** Each lost column as a combination of the kept ones: lost x kept, row-major; rounding to zero is taken for zero. */
function aliasCoefficients({ n, rank, pivot, qr }: PivotedQr, lost: readonly number[]): Float64Array {
  const out = new Float64Array(lost.length * rank);
  lost.forEach((column, k) => {
    const from = pivot.indexOf(column) * n;
    const solution = out.subarray(k * rank, (k + 1) * rank);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = qr[from + i];
      for (let j = i + 1; j < rank; j++) sum -= qr[j * n + i] * solution[j];
      solution[i] = sum / qr[i * n + i];
    }
    for (let i = 0; i < rank; i++) if (Math.abs(solution[i]) < ALIAS_ROUNDING) solution[i] = 0;
  });
  return out;
}

/** Coefficients of an aliased column that are rounding: those of factors are small whole numbers or ratios of them. */
const ALIAS_ROUNDING = 1e-10;

export function aliasNotes(dropped: readonly string[]): string[] {
  if (dropped.length === 0) return [];
  return [`fixed effects are rank deficient: dropped ${count(dropped, 'aliased column')}: ${listed(dropped)}`];
}

/** Random terms of a frame, in the order of the formula. */
export function randomTerms({ formula, frame }: Pick<DesignFrame, 'formula' | 'frame'>, strict: boolean): RandomTerm[] {
  // terms of one left side share their columns
  const matrices = new Map<string, ModelMatrix>();
  return formula.random.map(({ terms, group }) => {
    const key = JSON.stringify([terms.intercept, ...terms.labels]);
    let matrix = matrices.get(key);
    if (matrix === undefined) {
      // as in lme4, a coding chosen for the fixed effects does not reach the random ones
      matrix = modelMatrix(terms, frame, { strict });
      matrices.set(key, matrix);
    }
    return { group: group.name, names: matrix.names, ...groupingOf(group, frame), z: matrix.values };
  });
}

/** lme4's order: by number of levels, decreasing, unless it is so already; in sorting, ties come out reversed. */
function orderByLevels(terms: readonly RandomTerm[]): number[] {
  const order = [...terms.keys()];
  if (terms.every((term, i) => i === 0 || term.levels.length <= terms[i - 1].levels.length)) return order;
  return order.sort((a, b) => terms[a].levels.length - terms[b].levels.length).reverse();
}

/** Names of the columns that an expression reads. */
export function columnsRead(expression: Expression, { columns }: Pick<DesignFrame, 'columns'>): string[] {
  const names = new Set<string>();
  collectNames(expression, names);
  return [...names].filter((name) => columns.some((column) => column.name === name));
}

/** Factors whose levels decide the columns of the fixed or random effects, by label. */
export function codedFactors(source: DesignFrame): string[] {
  const models = [source.formula.fixed, ...source.formula.random.map((part) => part.terms)];
  const labels = new Set(models.flatMap((model) => model.terms.flat().map((index) => model.variables[index].label)));
  return [...labels].filter((label) => {
    const variable = frameVariable(source.frame, label);
    return variable.kind === 'factor' && !variable.logical;
  });
}

/** Most names that one note lists. */
const LISTED = 8;

export function listed(names: readonly string[]): string {
  if (names.length <= LISTED) return names.join(', ');
  return `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
}

export function count(things: readonly unknown[] | number, noun: string): string {
  const number = typeof things === 'number' ? things : things.length;
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
