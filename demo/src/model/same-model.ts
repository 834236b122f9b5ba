/** Whether two formulas say the same model: terms of the same sets in any order, however they are written. Pure. */

import { parseFormula } from 'webgpu-lmm/steps';

type Formula = ReturnType<typeof parseFormula>;
type Terms = Formula['fixed'];

/** False where one of them is no formula. */
export function sameModel(a: string, b: string): boolean {
  if (a.trim() === b.trim()) return true;
  const [first, second] = [a, b].map(modelKey);
  return first !== null && first === second;
}

/** One text for all formulas of a model; null for none. */
function modelKey(text: string): string | null {
  try {
    const { responses, fixed, random } = parseFormula(text);
    const groups = random.map(({ terms, group, structure }) =>
      JSON.stringify([termsKey(terms), group.variables.map(({ label }) => label).sort(), structure ?? '']),
    );
    return JSON.stringify([responses.map(({ name }) => name), termsKey(fixed), groups.sort()]);
  } catch {
    return null;
  }
}

/** Columns are coded by the terms that stand before: the order counts where a term lacks one that it contains. */
function termsKey({ variables, intercept, terms, offsets }: Terms): unknown[] {
  const sets = terms.map((term) => term.map((at) => variables[at].label).sort());
  const keys = sets.map((set) => JSON.stringify(set));
  const whole = sets.every(
    (set) =>
      set.length === 1 || set.every((name) => keys.includes(JSON.stringify(set.filter((other) => other !== name)))),
  );
  return [
    intercept,
    intercept && whole ? keys.sort() : keys,
    offsets.map((at) => variables[at].label).sort(),
    // Missing values count of variables that were taken out, too.
    variables.map(({ label }) => label).sort(),
  ];
}
