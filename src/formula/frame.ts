import { gatherCodes, gatherMatrix } from './columns.ts';
import { evaluate } from './expression.ts';
import { toFactor } from './factor-call.ts';
import { dropUnused, factorOfNumbers, type Grouping, type GroupingFactor, interactionOf } from './grouping.ts';
import { type Formula, visitVariables } from './parse.ts';
import { type SourceText, sourceError } from './source.ts';
import type { Expression } from './syntax.ts';
import type { Variable } from './terms.ts';
import { describe, type Scope, scopeRows } from './value.ts';

/** A variable of a formula, evaluated. */
export type FrameVariable =
  | {
      readonly kind: 'numeric';
      /** n x columns, column-major; NaN is missing. */
      readonly values: Float64Array;
      /** What follows the label in the name of each column: one empty text, or `1`, `2` of `poly`. */
      readonly suffixes: readonly string[];
    }
  | {
      readonly kind: 'factor';
      readonly levels: readonly string[];
      /** -1 is missing. */
      readonly codes: Int32Array;
      readonly ordered: boolean;
      /** Levels FALSE and TRUE of a logical column: they stay when they are not in use. */
      readonly logical: boolean;
    };

/** The variables of a formula over n rows, by label. */
export interface Frame {
  readonly n: number;
  readonly variables: ReadonlyMap<string, FrameVariable>;
}

/** Variables beside those of the formula, and the text that they stand in. */
export interface SourceVariables {
  readonly source: SourceText;
  readonly variables: readonly Variable[];
}

/** Evaluates every variable of the right side, and those beside it, over the rows of a scope, missing values included. */
export function evaluateFrame(formula: Formula, scope: Scope, beside: readonly SourceVariables[] = []): Frame {
  const variables = new Map<string, FrameVariable>();
  visitVariables(formula, (expression, label) => {
    if (!variables.has(label)) variables.set(label, evaluateVariable(expression, scope));
  });
  for (const { source, variables: own } of beside) {
    for (const { expression, label } of own) {
      if (!variables.has(label)) variables.set(label, evaluateVariable(expression, { ...scope, source }));
    }
  }
  return { n: scopeRows(scope), variables };
}

/** A variable over the rows of a scope, missing values included. */
export function evaluateVariable(expression: Expression, scope: Scope): FrameVariable {
  const value = evaluate(expression, scope);
  switch (value.kind) {
    case 'numeric':
      return { kind: 'numeric', values: value.values, suffixes: [''] };
    case 'matrix':
      return { kind: 'numeric', values: value.values, suffixes: value.suffixes };
    case 'logical':
      return { ...toFactor(value, expression, scope), logical: true };
    case 'factor':
      return { ...value, logical: false };
    case 'constant':
      throw sourceError(scope.source, expression.position, `this term is ${describe(value)}`);
  }
}

/** The frame at some of its rows; the same arrays when `rows` are all of them. */
export function gatherFrame(frame: Frame, rows: Int32Array): Frame {
  if (rows.length === frame.n) return frame;
  const variables = new Map<string, FrameVariable>();
  for (const [label, variable] of frame.variables) {
    variables.set(
      label,
      variable.kind === 'factor'
        ? { ...variable, codes: gatherCodes(variable.codes, rows) }
        : { ...variable, values: gatherMatrix(variable.values, frame.n, rows) },
    );
  }
  return { n: rows.length, variables };
}

/** The frame without the levels that none of its rows has, and those levels by label. */
export function dropUnusedLevels(frame: Frame): { frame: Frame; dropped: ReadonlyMap<string, readonly string[]> } {
  const variables = new Map<string, FrameVariable>();
  const dropped = new Map<string, readonly string[]>();
  for (const [label, variable] of frame.variables) {
    if (variable.kind === 'numeric' || variable.logical) {
      variables.set(label, variable);
      continue;
    }
    const { levels, codes } = dropUnused(variable);
    variables.set(label, { ...variable, levels, codes });
    if (levels.length < variable.levels.length) {
      const kept = new Set(levels);
      dropped.set(
        label,
        variable.levels.filter((level) => !kept.has(level)),
      );
    }
  }
  return { frame: { n: frame.n, variables }, dropped };
}

/** Calls back with every row in which a variable is missing. */
export function visitMissing(frame: Frame, variable: FrameVariable, visitor: (row: number) => void): void {
  const { n } = frame;
  if (variable.kind === 'factor') {
    for (let i = 0; i < n; i++) if (variable.codes[i] < 0) visitor(i);
    return;
  }
  // a row of a matrix is missing throughout or not at all
  for (let i = 0; i < n; i++) if (Number.isNaN(variable.values[i])) visitor(i);
}

export function frameVariable(frame: Frame, label: string): FrameVariable {
  const variable = frame.variables.get(label);
  if (variable === undefined) throw new Error(`the frame lacks '${label}'`);
  return variable;
}

/** The grouping factor of a frame without missing values; only levels in use. */
export function groupingOf(group: GroupingFactor, frame: Frame): Grouping {
  return interactionOf(group.variables.map((variable) => atomGrouping(variable, frame)));
}

function atomGrouping({ label }: Variable, frame: Frame): Grouping {
  const variable = frameVariable(frame, label);
  return variable.kind === 'factor' ? variable : factorOfNumbers(variable.values);
}
