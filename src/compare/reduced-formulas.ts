/** Formulas as text: joined, so that one formula names the variables of several, and with single terms left out. */
import { FitError } from '../errors.ts';
import { type Formula, parseFormula, type RandomPart, randomPartText } from '../formula/parse.ts';
import { deparse } from '../formula/syntax.ts';
import type { ModelTerms } from '../formula/terms.ts';

/** One formula with the terms of all the given ones and the left side of the first. */
export function joinFormulas(formulas: readonly string[]): string {
  if (formulas.length === 0) {
    throw new FitError('OptionError', 'a comparison needs formulas', {
      option: 'formula',
      remedy: "Give them, such as 'y ~ x + (1 | g)' and 'y ~ (1 | g)'.",
    });
  }
  const parsed = formulas.map((formula) => parseFormula(formula));
  const rights = formulas.map((formula) => formula.slice(placeOfTilde(formula) + 1).trim());
  return parsed.length === 1
    ? formulas[0]
    : `${leftSide(parsed[0])} ~ ${rights.map((right) => `(${right})`).join(' + ')}`;
}

/** Index of the ~ that stands in no back-ticks or quotes. */
function placeOfTilde(formula: string): number {
  let quote = '';
  for (let i = 0; i < formula.length; i++) {
    const letter = formula[i];
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '`' || letter === '"' || letter === "'") quote = letter;
    else if (letter === '~') return i;
  }
  return -1;
}

/** A formula with one term less. */
export interface ReducedFormula {
  /** What was left out: `x:z`, `(1 | g)`, `x in (x | g)`. */
  readonly dropped: string;
  readonly kind: 'fixed' | 'random';
  readonly formula: string;
}

/**
 * Each random term left out or made smaller, as `ranova` of lmerTest does: of `(x + z | g)` each variable that no other
 * term of the left side contains, of `(1 | g)`, `(0 + x | g)`, `ar1(0 + f | g)` and `cs(0 + f | g)` the whole.
 */
export function withoutRandomTerms(source: string): ReducedFormula[] {
  const formula = parseFormula(source);
  return formula.random.flatMap((part, at) => {
    const replace = (terms: readonly ModelTerms[]): string =>
      formulaText(formula, formula.fixed, [
        ...formula.random.slice(0, at),
        ...terms.map((left) => ({ ...part, terms: left })),
        ...formula.random.slice(at + 1),
      ]);
    const { terms } = part;
    const whole = randomPartText(part);
    // Correlated effects of one structure stand or fall together.
    const together = part.structure === 'ar1' || part.structure === 'cs';
    if (together || terms.labels.length + (terms.intercept ? 1 : 0) === 1) {
      return [{ dropped: whole, kind: 'random' as const, formula: replace([]) }];
    }
    return droppable(terms).map((t): ReducedFormula => {
      return { dropped: `${terms.labels[t]} in ${whole}`, kind: 'random', formula: replace([withoutTerm(terms, t)]) };
    });
  });
}

/** Each fixed term left out that no other fixed term contains (R's `drop.scope`). */
export function withoutFixedTerms(source: string): ReducedFormula[] {
  const formula = parseFormula(source);
  return droppable(formula.fixed).map((t) => ({
    dropped: formula.fixed.labels[t],
    kind: 'fixed',
    formula: formulaText(formula, withoutTerm(formula.fixed, t), formula.random),
  }));
}

function droppable({ terms }: ModelTerms): number[] {
  return [...terms.keys()].filter(
    (t) => !terms.some((other, k) => k !== t && terms[t].every((variable) => other.includes(variable))),
  );
}

function withoutTerm(model: ModelTerms, t: number): ModelTerms {
  const rest = <T>(values: readonly T[]) => values.filter((_, k) => k !== t);
  return { ...model, terms: rest(model.terms), labels: rest(model.labels) };
}

function formulaText(formula: Formula, fixed: ModelTerms, random: readonly RandomPart[]): string {
  const offsets = fixed.offsets.map((index) => fixed.variables[index].label);
  const plain = fixedText(fixed);
  const right = [
    ...(plain === '1' && random.length > 0 ? [] : [plain]),
    ...offsets,
    ...random.map(({ terms, group, structure }) =>
      randomPartText({ text: `${fixedText(terms)} | ${groupText(group.name, group.variables)}`, structure }),
    ),
  ];
  return `${leftSide(formula)} ~ ${right.join(' + ')}`.trim();
}

/** `x + z`, `0 + x`, `1`. */
function fixedText({ intercept, labels }: ModelTerms): string {
  if (labels.length === 0) return intercept ? '1' : '0';
  return [...(intercept ? [] : ['0']), ...labels].join(' + ');
}

/** Interactions of grouping factors keep their order, whatever lme4 calls them. */
function groupText(name: string, variables: readonly { readonly label: string }[]): string {
  return variables.length === 1 ? variables[0].label : variables.map(({ label }) => label).join(':') || name;
}

function leftSide({ responses }: Formula): string {
  if (responses.length === 0) return '';
  if (responses.length === 1) return deparse(responses[0].expression);
  const parts = responses.map(({ name, expression }) => {
    const text = deparse(expression);
    return text === name ? text : `\`${name}\` = ${text}`;
  });
  return `cbind(${parts.join(', ')})`;
}
