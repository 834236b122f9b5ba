import { FitError, nearestName } from '../errors.ts';
import { type Contrast, contrastWeights } from '../fit/contrast-weights.ts';
import type { Moments } from '../moments/moments.ts';

/** A hypothesis whose tests are calibrated: every row of weights over the coefficients of a run is zero. */
export interface NullHypothesis {
  readonly name: string;
  /** Rows over `Moments.coefficients`; several of them are tested jointly. */
  readonly rows: readonly Float64Array[];
}

/** What is to be tested: named contrasts, and terms of the formula or coefficients by name. */
export interface HypothesisOptions {
  readonly contrasts?: Readonly<Record<string, Contrast>> | undefined;
  readonly terms?: readonly string[] | undefined;
}

/**
 * The hypotheses asked for; every coefficient but the intercept where none is named. A term of the formula stands for all
 * its coefficients.
 *
 * @throws OptionError for a name that is neither coefficient nor term, FormulaError for a contrast that is none
 */
export function nullHypotheses(moments: Moments, { contrasts = {}, terms = [] }: HypothesisOptions): NullHypothesis[] {
  const { coefficients, recipe } = moments;
  const labels = termLabels(moments);
  const unit = (k: number) => Float64Array.from(coefficients, (_, i) => (i === k ? 1 : 0));
  const found: NullHypothesis[] = [];
  for (const name of terms) {
    const own = coefficients.includes(name)
      ? [coefficients.indexOf(name)]
      : [...coefficients.keys()].filter((k) => labels.get(coefficients[k]) === name);
    if (own.length === 0) throw unknownTerm(name, [...coefficients, ...labels.values()]);
    found.push({ name, rows: own.map(unit) });
  }
  for (const [name, contrast] of Object.entries(contrasts)) {
    found.push({ name, rows: [contrastWeights(contrast, coefficients, recipe)] });
  }
  const repeated = found.find(({ name }, k) => found.findIndex((other) => other.name === name) !== k);
  if (repeated) {
    throw new FitError('OptionError', `'${repeated.name}' is named twice`, {
      option: 'terms',
      remedy: 'Leave one out, or give the contrast another name.',
    });
  }
  if (found.length > 0) return found;
  coefficients.forEach((name, k) => {
    if (name !== '(Intercept)') found.push({ name, rows: [unit(k)] });
  });
  if (found.length === 0) {
    throw new FitError('OptionError', 'the model has no fixed effect but the intercept', {
      option: 'terms',
      remedy: "Name '(Intercept)' with “terms”, or add the effect whose test is in question.",
    });
  }
  return found;
}

/**
 * The rows of a hypothesis over the coefficients of one design; a row that needs a coefficient that the design lacks is left out.
 */
export function rowsInside(
  { rows }: NullHypothesis,
  coefficients: readonly string[],
  names: readonly string[],
): Float64Array[] {
  return rows
    .filter((row) => coefficients.every((name, k) => row[k] === 0 || names.includes(name)))
    .map((row) => Float64Array.from(names, (name) => row[coefficients.indexOf(name)]));
}

/** The term of the formula that each coefficient belongs to. */
export function termLabels({ batches }: Pick<Moments, 'batches'>): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const { design } of batches) {
    design.coefficients.forEach((name, k) => {
      const label = design.termLabels?.[design.assign?.[k] ?? -1];
      if (label !== undefined && !labels.has(name)) labels.set(name, label);
    });
  }
  return labels;
}

function unknownTerm(name: string, known: readonly string[]): FitError {
  const names = [...new Set(known)].filter((candidate) => candidate !== '(Intercept)');
  const near = nearestName(name, names);
  return new FitError('OptionError', `no coefficient or term '${name}'`, {
    option: 'terms',
    remedy: near === undefined ? `There are ${names.join(', ')}.` : `Did you mean '${near}'?`,
  });
}
