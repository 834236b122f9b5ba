import { FitError, nearestName } from '../errors.ts';
import { covarianceNames } from '../result/covariance-rows.ts';
import type { CovarianceTable } from '../types/fit-table.ts';
import type { IntervalParameter, IntervalTable } from '../types/inference.ts';
import { fitParameters, type TermEffects } from '../types/parameters.ts';

/** What the parameters of a run are named by; a FitTable has it. */
export interface ParameterNames {
  readonly coefficients: { readonly names: readonly string[] };
  readonly contrasts: { readonly names: readonly string[] };
  readonly terms: readonly TermEffects[];
  readonly structured?: CovarianceTable | undefined;
  readonly family?: { readonly dispersion: { readonly name: string } | null } | undefined;
}

/** An interval table with which of its columns are asked for. */
export type OpenIntervals = IntervalTable & { readonly chosen: readonly boolean[] };

/**
 * All parameters of a run in the order of `tidy`. Of structured residuals a group has both one standard deviation and those by
 * visit: which of them a model has depends on its dispersion.
 */
export function intervalParameters(table: ParameterNames): IntervalParameter[] {
  const parameters: IntervalParameter[] = [];
  for (const { names } of [table.coefficients, table.contrasts]) {
    for (const term of names) parameters.push({ effect: 'fixed', group: null, term });
  }
  const { structured, family } = table;
  for (const { group, term, kind } of fitParameters(table.terms)) {
    if (!(structured || family) || kind !== 'sigma') parameters.push({ effect: 'ran_pars', group, term });
  }
  if (structured) parameters.push(...covarianceNames(structured));
  if (family?.dispersion) parameters.push({ effect: 'dispersion', group: null, term: family.dispersion.name });
  return parameters;
}

/**
 * Which parameters are asked for: `all` (default), `beta` for all fixed effects and contrasts, or terms as `tidy` names
 * them; `TERM|GROUP` where several groups have the term, and `sigma` for the residual standard deviation.
 *
 * @throws OptionError for a name that is none
 */
export function selectParameters(
  parameters: readonly IntervalParameter[],
  asked: 'all' | 'beta' | readonly string[] = 'all',
): boolean[] {
  if (asked === 'all') return parameters.map(() => true);
  if (asked === 'beta') return parameters.map(({ effect }) => effect === 'fixed');
  const chosen = parameters.map(() => false);
  for (const name of asked) {
    let found = false;
    parameters.forEach((parameter, i) => {
      if (!answersTo(parameter, name)) return;
      chosen[i] = true;
      found = true;
    });
    if (found) continue;
    const names = [...new Set(parameters.map(({ term }) => term))];
    const near = nearestName(name, names);
    throw new FitError('OptionError', `no parameter '${name}' for an interval`, {
      option: 'confParameters',
      remedy: near === undefined ? `There are ${names.join(', ')}.` : `Did you mean '${near}'?`,
    });
  }
  return chosen;
}

function answersTo({ effect, group, term }: IntervalParameter, name: string): boolean {
  if (name === term || name === `${term}|${group}`) return true;
  if (name === 'beta') return effect === 'fixed';
  return name === 'sigma' && group === 'Residual' && term === 'sd__Observation';
}

/** A list such as `time,sd__(Intercept)|subject`: commas inside parentheses, brackets or back-ticks belong to a name. */
export function parseParameterList(text: string): 'all' | 'beta' | string[] {
  if (text === 'all' || text === 'beta') return text;
  const names: string[] = [];
  let depth = 0;
  let quoted = false;
  let name = '';
  for (const character of text) {
    if (character === '`') quoted = !quoted;
    else if (character === ',' && depth === 0 && !quoted) {
      names.push(name.trim());
      name = '';
    } else {
      if (!quoted && '(['.includes(character)) depth++;
      if (!quoted && ')]'.includes(character)) depth--;
      name += character;
    }
  }
  names.push(name.trim());
  return names.filter((entry) => entry !== '');
}

/** Finds the place of a parameter among others by its name; -1 where it has none. */
export function placesByName(parameters: readonly IntervalParameter[]): (name: IntervalParameter) => number {
  const key = ({ effect, group, term }: IntervalParameter) => JSON.stringify([effect, group, term]);
  const places = new Map(parameters.map((parameter, i) => [key(parameter), i]));
  return (name) => places.get(key(name)) ?? -1;
}
