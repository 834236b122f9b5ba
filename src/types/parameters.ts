/**
 * The one layout of the parameters of a fit beside its fixed effects: each random term's relative covariance factor as a
 * lower triangle by columns (lme4's theta), term after term, then the residual standard deviation. Whatever names,
 * counts, finds or prints such a parameter reads it from here.
 */

/** What a random term is told by: its grouping factor and its effects. */
export interface TermEffects {
  readonly group: string;
  readonly names: readonly string[];
}

/** A random term as formulas have it: `(1 | site)`, `(1 + x | site)`, `(0 + x | site)`. */
export function randomTermText({ group, names }: TermEffects): string {
  const columns = names.map((name) => (name === '(Intercept)' ? '1' : name));
  return `(${[...(names.includes('(Intercept)') ? [] : ['0']), ...columns].join(' + ')} | ${group})`;
}

/** A random term in the rows of a table of fits. */
export interface TermShape extends TermEffects {
  /** Where its q(q+1)/2 values begin in a row of `theta` (lower triangle by columns). */
  readonly thetaOffset: number;
  /** Where its q x q values begin in a row of `covariance` (row-major). */
  readonly covarianceOffset: number;
}

/** Random terms one behind the other, with the lengths of a row of theta and of covariances. */
export interface TermLayout {
  readonly terms: readonly TermShape[];
  readonly thetas: number;
  readonly covariances: number;
}

/** One parameter of a fit, in the words of broom.mixed. */
export interface Parameter {
  /** Grouping factor, or `Residual`. */
  readonly group: string;
  /** `sd__(Intercept)`, `cor__(Intercept).Days`, `sd__Observation`. */
  readonly term: string;
  readonly kind: 'sd' | 'cor' | 'sigma';
  /** Place in a row of theta of the element that it belongs to; for sigma the place behind the last. */
  readonly at: number;
  /** Places in a row of covariances: the variance of an sd; of a cor the covariance and its two variances; none for sigma. */
  readonly of: readonly number[];
}

/** Elements of a lower triangle of q rows. */
export function triangleSize(q: number): number {
  return (q * (q + 1)) / 2;
}

/** Elements of theta of some terms together. */
export function thetaLength(terms: readonly TermEffects[]): number {
  return terms.reduce((sum, { names }) => sum + triangleSize(names.length), 0);
}

/** The term with these effects among others. */
export function findTerm<T extends TermEffects>(terms: readonly T[], { group, names }: TermEffects): T | undefined {
  const key = names.join('\0');
  return terms.find((term) => term.group === group && term.names.join('\0') === key);
}

/** Distinct terms in the order in which they are met. */
export function layoutTerms(terms: Iterable<TermEffects>): TermLayout {
  const shapes: TermShape[] = [];
  let thetas = 0;
  let covariances = 0;
  for (const { group, names } of terms) {
    if (findTerm(shapes, { group, names })) continue;
    shapes.push({ group, names, thetaOffset: thetas, covarianceOffset: covariances });
    thetas += triangleSize(names.length);
    covariances += names.length ** 2;
  }
  return { terms: shapes, thetas, covariances };
}

/** Where the theta of a design's terms, in its own order, stand in a row of the table's; RangeError for a term it lacks. */
export function thetaPlaces(shapes: readonly TermShape[], terms: readonly TermEffects[]): Int32Array {
  const places: number[] = [];
  for (const term of terms) {
    const shape = findTerm(shapes, term);
    if (!shape) throw new RangeError(`no random term ${term.names.join(' + ')} | ${term.group}`);
    for (let i = 0; i < triangleSize(term.names.length); i++) places.push(shape.thetaOffset + i);
  }
  return Int32Array.from(places);
}

/** All parameters of fits with these terms, in the order of a row of theta, sigma last. */
export function fitParameters(terms: readonly TermEffects[]): Parameter[] {
  const parameters: Parameter[] = [];
  let base = 0;
  for (const { group, names } of terms) {
    const q = names.length;
    const element = (i: number, j: number) => base + i * q + j;
    for (let j = 0; j < q; j++) {
      const variance = element(j, j);
      parameters.push({ group, term: `sd__${names[j]}`, kind: 'sd', at: parameters.length, of: [variance] });
      for (let i = j + 1; i < q; i++) {
        const term = `cor__${names[j]}.${names[i]}`;
        const of = [element(i, j), element(i, i), variance];
        parameters.push({ group, term, kind: 'cor', at: parameters.length, of });
      }
    }
    base += q * q;
  }
  parameters.push({ group: 'Residual', term: 'sd__Observation', kind: 'sigma', at: parameters.length, of: [] });
  return parameters;
}

/** Value of a parameter from a row of covariances (squared units of the response) that begins at `start`, and sigma. */
export function parameterValue(
  { kind, of }: Parameter,
  covariance: Float64Array,
  start: number,
  sigma: number,
): number {
  if (kind === 'sigma') return sigma;
  const sd = (place: number) => Math.sqrt(Math.max(0, covariance[start + place]));
  return kind === 'sd' ? sd(of[0]) : covariance[start + of[0]] / (sd(of[1]) * sd(of[2]));
}

/** All names of some lists, each where it first fits in. */
export function nameUnion(lists: Iterable<readonly string[]>): string[] {
  const names: string[] = [];
  const known = new Set<string>();
  for (const list of lists) {
    let after = -1;
    for (const name of list) {
      if (known.has(name)) {
        after = names.indexOf(name);
        continue;
      }
      known.add(name);
      names.splice(++after, 0, name);
    }
  }
  return names;
}
