import { FitError } from '../errors.ts';
import { withPresentNames } from '../options/former-names.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { ColumnRecipe, TrainedFunction } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';
import { summariseColumns } from './column-recipe.ts';
import { gatherNumbers } from './columns.ts';
import type { ContrastCoding } from './contrasts.ts';
import { type DesignOptions, factorCodings, offsetColumn, weightColumn } from './design-options.ts';
import {
  dropUnusedLevels,
  evaluateFrame,
  type Frame,
  frameVariable,
  gatherFrame,
  groupingOf,
  type SourceVariables,
} from './frame.ts';
import { fullRank, fullRankBesideThresholds } from './full-rank.ts';
import type { GroupingFactor } from './grouping.ts';
import { completeRows, refuseInfinite } from './missing.ts';
import { type ModelMatrix, modelMatrix } from './model-matrix.ts';
import { orderNotes } from './order-notes.ts';
import { type Formula, formulaVariables, parseFormula } from './parse.ts';
import {
  type DispersionFormula,
  dispersionSource,
  parseDispersion,
  parseResidual,
  type ResidualFormula,
  residualSource,
  residualVariables,
} from './residual.ts';
import { checkResidual, dispersionRows, residualRows, spacingNotes } from './residual-rows.ts';
import { formulaSource, sourceError } from './source.ts';
import { collectNames, deparse, type Expression } from './syntax.ts';
import type { ModelTerms } from './terms.ts';
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
  /** Structure and standard deviations of the residuals, where there are any beside equal independent ones. */
  readonly residual?: ResidualFormula;
  readonly dispersion?: DispersionFormula;
  /** Of an ordinal response, whose thresholds stand in for the intercept. */
  readonly thresholds?: true | undefined;
  /** Column of the trials of binomial responses. */
  readonly trials?: string | undefined;
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
export function buildDesign(formula: Formula | string, table: Table, asked: DesignOptions = {}): BuiltDesign {
  const options = withPresentNames(asked);
  const parsed = typeof formula === 'string' ? parseFormula(formula) : formula;
  const training = startTraining();
  let scope: Scope = { table, rows: options.rows, source: formulaSource(parsed.source), training };
  const residual = options.residual === undefined ? undefined : parseResidual(options.residual);
  const dispersion = options.dispersion === undefined ? undefined : parseDispersion(options.dispersion);
  const beside = besideFormula(residual, dispersion);
  let evaluated = evaluateFrame(parsed, scope, beside);
  const weights = weightColumn(scope, options.weights);
  let offset = offsetColumn(parsed, evaluated, scope, options.offset);
  const complete = completeRows(parsed, evaluated, scope, { weights, offset, options });
  const { keep, rows } = complete;
  if (keep.length < evaluated.n && [...training.known.values()].some(({ kind }) => kind === 'means')) {
    // Which rows are used does not depend on the means of groups, the means depend on which rows are used.
    scope = { ...scope, training: { ...training, meanRows: keep } };
    evaluated = evaluateFrame(parsed, scope, beside);
    offset = offsetColumn(parsed, evaluated, scope, options.offset);
    refuseInfinite(evaluated, keep, scope);
  }
  const { frame, dropped } = dropUnusedLevels(gatherFrame(evaluated, keep));
  const coded = [...parsed.fixed.variables, ...(dispersion?.terms.variables ?? [])];
  const codings = factorCodings(coded, frame, table, options.coding);
  const random = randomTerms({ formula: parsed, frame }, true);
  const source: DesignFrame = {
    formula: parsed,
    frame,
    codings,
    order: orderByLevels(random),
    trained: [...training.known.values()],
    columns: summariseColumns(columnsOfParts(parsed, beside), table, rows),
    weights: options.weights ?? null,
    offset: options.offset ?? null,
    ...(residual === undefined ? {} : { residual }),
    ...(dispersion === undefined ? {} : { dispersion }),
    ...(options.thresholds ? { thresholds: true } : {}),
    ...(options.trials === undefined ? {} : { trials: options.trials }),
  };
  if (options.thresholds && !parsed.fixed.intercept) throw noThresholds(parsed);
  const fixed = fixedEffects(source, true);
  const structured = structuredResiduals(source, true);
  if (structured.residual) checkResidual(structured.residual, table.path);
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
    ...(structured.residual === undefined ? {} : { residual: structured.residual }),
    ...(structured.dispersion === undefined ? {} : { dispersion: structured.dispersion }),
    ...(weights === undefined ? {} : { weights: gatherNumbers(weights, keep) }),
    ...(offset === undefined ? {} : { offset: gatherNumbers(offset, keep) }),
    notes: [...notes, ...aliasNotes(fixed.dropped), ...structured.notes],
    source,
  };
}

/** The variables of the residuals' options, each with its text. */
function besideFormula(
  residual: ResidualFormula | undefined,
  dispersion: DispersionFormula | undefined,
): SourceVariables[] {
  const beside: SourceVariables[] = [];
  if (residual) beside.push({ source: residualSource(residual.source), variables: residualVariables(residual) });
  if (dispersion) beside.push({ source: dispersionSource(dispersion.source), variables: dispersion.terms.variables });
  return beside;
}

/** Names of the columns that the right side of a formula and the residuals' options read. */
function columnsOfParts(formula: Formula, beside: readonly SourceVariables[]): string[] {
  const names = new Set(formulaVariables(formula, { rightOnly: true }));
  for (const { variables } of beside) for (const { expression } of variables) collectNames(expression, names);
  return [...names];
}

/** What a design has of its residuals, and what there is to say of it, on a frame without missing values and unused levels. */
export function structuredResiduals(
  { formula, residual, dispersion, frame, codings }: DesignFrame,
  strict: boolean,
): Pick<Design, 'residual' | 'dispersion' | 'notes'> {
  const deviations = dispersion && dispersionRows(dispersion, frame, codings, strict);
  const rows = residual && residualRows(residual, frame);
  return {
    ...(rows === undefined ? {} : { residual: rows }),
    ...(deviations === undefined ? {} : { dispersion: deviations.rows }),
    notes: [
      ...orderNotes({ formula, frame, codings }, rows),
      ...(rows ? spacingNotes(rows) : []),
      ...(deviations ? dispersionNotes(deviations.dropped) : []),
    ],
  };
}

export function dispersionNotes(dropped: readonly string[]): string[] {
  if (dropped.length === 0) return [];
  return [`“dispersion” is rank deficient: dropped ${count(dropped, 'aliased column')}: ${listed(dropped)}`];
}

/** Fixed columns of a frame without missing values and unused levels. */
export function fixedEffects({ formula, frame, codings, thresholds }: DesignFrame, strict: boolean): Design['fixed'] {
  const matrix = modelMatrix(formula.fixed, frame, { codings, strict });
  return rankOf({ thresholds })(frame.n, {
    names: matrix.names,
    assign: matrix.assign,
    termLabels: ['(Intercept)', ...formula.fixed.labels],
    x: matrix.values,
    dropped: [],
  });
}

/** How the aliased columns of a design are found. */
export function rankOf({ thresholds }: Pick<DesignFrame, 'thresholds'>): typeof fullRank {
  return thresholds ? fullRankBesideThresholds : fullRank;
}

function noThresholds({ source }: Formula): FitError {
  return new FitError('FormulaError', 'an ordinal model has thresholds in place of an intercept', {
    source,
    remedy: 'Leave 0 + (or - 1) out of the formula.',
  });
}

export function aliasNotes(dropped: readonly string[]): string[] {
  if (dropped.length === 0) return [];
  return [`fixed effects are rank deficient: dropped ${count(dropped, 'aliased column')}: ${listed(dropped)}`];
}

/** Random terms of a frame, in the order of the formula. */
export function randomTerms({ formula, frame }: Pick<DesignFrame, 'formula' | 'frame'>, strict: boolean): RandomTerm[] {
  // terms of one left side share their columns
  const matrices = new Map<string, ModelMatrix>();
  return formula.random.map(({ terms, group, structure }) => {
    if (strict && structure === 'ar1') requireFactor(terms, group, frame, formula.source);
    const key = JSON.stringify([terms.intercept, ...terms.labels]);
    let matrix = matrices.get(key);
    if (matrix === undefined) {
      // as in lme4, a coding chosen for the fixed effects does not reach the random ones
      matrix = modelMatrix(terms, frame, { strict });
      matrices.set(key, matrix);
    }
    return {
      group: group.name,
      names: matrix.names,
      ...groupingOf(group, frame),
      z: matrix.values,
      ...(structure === undefined ? {} : { structure }),
    };
  });
}

/** The effects of `ar1(0 + visit | g)` follow each other as the levels of a factor do. */
function requireFactor({ variables: [visit] }: ModelTerms, group: GroupingFactor, frame: Frame, source: string): void {
  if (frameVariable(frame, visit.label).kind === 'factor') return;
  throw sourceError(
    formulaSource(source),
    visit.expression.position,
    `the effects of ar1() follow the levels of a factor, '${visit.label}' is numeric`,
    `Write ar1(0 + factor(${deparse(visit.expression)}) | ${group.name}).`,
  );
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
