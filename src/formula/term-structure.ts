import { pivotedQr, thinQ, upperR } from '../numeric/pivoted-qr.ts';
import type { TermStructure } from '../types/inference.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { ContrastCoding } from './contrasts.ts';
import type { Frame, FrameVariable } from './frame.ts';
import { type ModelMatrix, modelMatrix } from './model-matrix.ts';
import { parseFormula } from './parse.ts';
import type { ModelTerms } from './terms.ts';

/** Columns of the overparametrised matrix beyond which nobody reads hypotheses of type III. */
const MAXIMUM_COLUMNS = 5000;
/** Solutions are small whole numbers, or ratios and roots of them. */
const ROUNDING = 1e-10;

/** The terms of a recipe's fixed effects, for hypotheses about them. */
export function termStructure(recipe: ModelRecipe): TermStructure {
  const { fixed, variables } = recipe;
  const kind = new Map(variables.map((variable) => [variable.label, variable.kind]));
  const parts = fixed.terms.map((term) => ({
    factors: term.variables.filter((label) => kind.get(label) === 'factor'),
    covariates: term.variables
      .filter((label) => kind.get(label) !== 'factor')
      .sort()
      .join('\n'),
  }));
  const containing = parts.map((inner, t) =>
    [...parts.keys()].filter((o) => {
      const outer = parts[o];
      return o !== t && outer.covariates === inner.covariates && inner.factors.every((f) => outer.factors.includes(f));
    }),
  );
  return {
    labels: fixed.terms.map(({ label }) => label),
    containing,
    assign: fixed.assign,
    treatment: treatmentCoding(recipe),
  };
}

/**
 * The model in treatment coding and its relation to the indicators of all levels. It depends on terms, levels and codings
 * only, so it is found from made-up rows in which every combination of levels occurs; what the data alias enters through
 * the recipe.
 */
function treatmentCoding(recipe: ModelRecipe): TermStructure['treatment'] {
  const { fixed } = recipe;
  const p = fixed.names.length;
  if (fixed.aliases === null || p === 0) return null;
  const model = parseFormula(recipe.formula).fixed;
  const frame = syntheticFrame(model, recipe);
  const codings = new Map(recipe.variables.map(({ label, coding }) => [label, coding]));
  const plain = new Map(recipe.variables.map(({ label }): [string, ContrastCoding] => [label, 'treatment']));
  const own = modelMatrix(model, frame, { codings, strict: false });
  const treated = modelMatrix(model, frame, { codings: plain, strict: false });
  const target = indicatorColumns(model, frame);
  if (target === null) return null;

  // All over the coefficients that the model kept: the columns in treatment coding, and the indicators.
  const solve = solver(own, frame.n, recipe);
  const recoded = solve(columnsOf(treated.values, frame.n)); // p x treated columns
  const width = treated.names.length;
  const columnMajor = new Float64Array(p * width);
  for (let i = 0; i < p; i++) for (let j = 0; j < width; j++) columnMajor[j * p + i] = recoded[i * width + j];
  const { rank, pivot } = pivotedQr(columnMajor, p, width);
  if (rank < p) return null;
  const kept = [...pivot.subarray(0, p)].sort((a, b) => a - b);
  const square = new Float64Array(p * p); // N of X_treatment = X N
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) square[i * p + j] = recoded[i * width + kept[j]];
  const recoding = inverse(square, p);
  const raw = solve(target.columns);
  const count = target.names.length;
  const indicators = new Float64Array(p * count);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      const factor = recoding[i * p + j];
      if (factor !== 0) for (let c = 0; c < count; c++) indicators[i * count + c] += factor * raw[j * count + c];
    }
  }
  const place = new Map(target.names.map((name, c) => [name, c]));
  const shared = kept.map((j) => place.get(treated.names[j]) ?? -1);
  if (shared.includes(-1)) return null;
  return { assign: kept.map((j) => treated.assign[j]), indicators: indicators.map(clean), shared, recoding };
}

function clean(value: number): number {
  return Math.abs(value) < ROUNDING ? 0 : value;
}

/** Coefficients by which the model's kept columns give other columns over the made-up rows: p x columns, row-major. */
function solver(
  own: ModelMatrix,
  n: number,
  { fixed }: ModelRecipe,
): (columns: readonly Float64Array[]) => Float64Array {
  const width = own.names.length;
  const p = fixed.names.length;
  // Columns that are combinations of others whatever the data are stay out of the solution.
  const qr = pivotedQr(own.values, n, width);
  const q = thinQ(qr);
  const r = upperR(qr);
  const { rank, pivot } = qr;
  const lost = Array.from({ length: width }, (_, j) => j).filter((j) => !fixed.kept.includes(j));
  return (columns) => {
    const out = new Float64Array(p * columns.length);
    columns.forEach((column, c) => {
      const solution = new Float64Array(rank);
      for (let i = rank - 1; i >= 0; i--) {
        let sum = 0;
        for (let row = 0; row < n; row++) sum += q[i * n + row] * column[row];
        for (let j = i + 1; j < rank; j++) sum -= r[i * rank + j] * solution[j];
        solution[i] = sum / r[i * rank + i];
      }
      solution.forEach((value, i) => {
        if (Math.abs(value) < ROUNDING) return;
        const at = fixed.kept.indexOf(pivot[i]);
        if (at >= 0) {
          out[at * columns.length + c] += value;
          return;
        }
        const alias = fixed.aliases?.[lost.indexOf(pivot[i])];
        if (alias) for (let k = 0; k < p; k++) out[k * columns.length + c] += value * alias[k];
      });
    });
    return out;
  };
}

function columnsOf(values: Float64Array, n: number): Float64Array[] {
  return Array.from({ length: values.length / n }, (_, j) => values.subarray(j * n, (j + 1) * n));
}

/** Inverse of a square matrix, row-major, by elimination with row exchanges. */
function inverse(A: Float64Array, p: number): Float64Array {
  const work = A.slice();
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++) out[i * p + i] = 1;
  for (let k = 0; k < p; k++) {
    let best = k;
    for (let i = k; i < p; i++) if (Math.abs(work[i * p + k]) > Math.abs(work[best * p + k])) best = i;
    for (const a of [work, out]) {
      const row = a.slice(best * p, (best + 1) * p);
      a.copyWithin(best * p, k * p, (k + 1) * p);
      a.set(row, k * p);
    }
    const pivot = work[k * p + k];
    for (const a of [work, out]) for (let j = 0; j < p; j++) a[k * p + j] /= pivot;
    for (let i = 0; i < p; i++) {
      const factor = work[i * p + k];
      if (i === k || factor === 0) continue;
      for (const a of [work, out]) for (let j = 0; j < p; j++) a[i * p + j] -= factor * a[k * p + j];
    }
  }
  return out.map(clean);
}

/** Rows in which every term has all combinations of its levels, often enough for its covariates; other values at random. */
function syntheticFrame(model: ModelTerms, recipe: ModelRecipe): Frame {
  const described = model.variables.map(({ label }) => recipe.variables.find((variable) => variable.label === label));
  const levelsOf = (index: number) => described[index]?.levels ?? [];
  const rows: Map<number, number>[] = [];
  for (const term of [[], ...model.terms]) {
    const factors = term.filter((index) => described[index]?.kind === 'factor');
    const width = term.reduce((product, index) => product * (described[index]?.suffixes.length || 1), 1);
    let combinations = 1;
    for (const index of factors) combinations *= Math.max(1, levelsOf(index).length);
    for (let copy = 0; copy <= width; copy++) {
      for (let code = 0; code < combinations; code++) {
        const fixed = new Map<number, number>();
        let rest = code;
        for (const index of factors) {
          const count = Math.max(1, levelsOf(index).length);
          fixed.set(index, rest % count);
          rest = Math.floor(rest / count);
        }
        rows.push(fixed);
      }
    }
  }
  const n = rows.length;
  const random = generator();
  const variables = new Map<string, FrameVariable>();
  model.variables.forEach(({ label }, index) => {
    const variable = described[index];
    if (variable?.kind === 'factor') {
      const { levels, ordered, logical } = variable;
      const codes = Int32Array.from(rows, (row) => row.get(index) ?? Math.floor(random() * levels.length));
      variables.set(label, { kind: 'factor', levels, codes, ordered, logical });
      return;
    }
    const suffixes = variable?.suffixes ?? [''];
    const values = Float64Array.from({ length: n * suffixes.length }, () => 2 * random() - 1);
    variables.set(label, { kind: 'numeric', values, suffixes });
  });
  return { n, variables };
}

/** The columns of X0, with R's names: each term's combinations of levels of its factors and columns of its covariates. */
function indicatorColumns(model: ModelTerms, frame: Frame): { names: string[]; columns: Float64Array[] } | null {
  const names: string[] = [];
  const columns: Float64Array[] = [];
  if (model.intercept) {
    names.push('(Intercept)');
    columns.push(new Float64Array(frame.n).fill(1));
  }
  for (const term of model.terms) {
    let products = [{ name: '', values: new Float64Array(frame.n).fill(1) }];
    for (const index of term) {
      const { label } = model.variables[index];
      const variable = frame.variables.get(label);
      if (!variable) return null;
      const suffixes = variable.kind === 'factor' ? variable.levels : variable.suffixes;
      if (products.length * suffixes.length + columns.length > MAXIMUM_COLUMNS) return null;
      products = products.flatMap((product) =>
        suffixes.map((suffix, k) => ({
          name: `${product.name}${product.name === '' ? '' : ':'}${label}${suffix}`,
          values: product.values.map((value, i) => {
            if (variable.kind === 'factor') return variable.codes[i] === k ? value : 0;
            return value * variable.values[k * frame.n + i];
          }),
        })),
      );
    }
    for (const { name, values } of products) {
      names.push(name);
      columns.push(values);
    }
  }
  return { names, columns };
}

/** Numbers in [0, 1) that only have to be in general position (a multiplicative congruential generator). */
function generator(): () => number {
  let state = 20_011;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
