/**
 * The minimum of a criterion among several: searches from several starts, as many as a design can have minima. Few rows, or few
 * subjects that tell a correlation, have two of them rather often; correlations that random effects of the same subjects explain
 * as well, somewhat more.
 */
import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments } from '../../moments/moments.ts';
import { CERTIFICATE } from '../screen.ts';
import type { BlocksObjective } from './blocks-objective.ts';
import { CONTESTED_SUBJECTS, type CovarianceParameters, fewestSubjects } from './covariance-parameters.ts';
import type { CovarianceSearch, SearchEnd } from './covariance-search.ts';
import { otherValleys } from './other-valleys.ts';
import { flatScales, startParameters } from './parameter-start.ts';
import { START_CORRELATION } from './pattern-search.ts';
import { ToldStarts } from './told-starts.ts';

/** What a search begins with: the correlation of neighbours, and the share of the standard deviation that random terms have. */
interface SearchStart {
  readonly correlation: number;
  readonly share?: number;
}

/** Starts, in turn until a search ends with its certificate. */
const STARTS: readonly SearchStart[] = [START_CORRELATION, 0.01, 0.8, 0.55].map((correlation) => ({ correlation }));
/** Further ones where random effects of the subjects stand beside the structure of their residuals: nearly all is here, or there. */
const CONTESTED: readonly SearchStart[] = [
  { correlation: 0.95, share: 0.05 },
  { correlation: 0.01, share: 0.85 },
];
/** The start whose correlations and ratios of standard deviations are replaced by what pairs of visits tell, random effects or none. */
const SEPARATE: SearchStart = { correlation: START_CORRELATION, share: 0 };
/** Height of a point over the minimum up to which a search begins there. */
const NEAR_PIVOT = 20;
/** Rows beyond the coefficients, or subjects that tell a correlation, up to which a second minimum is looked for: it is rare of more. */
const FEW = { rows: 30, subjects: 10 };
/** Valleys behind ridges that are searched, how often anew, and parameters up to which they are looked for. */
const VALLEYS = { most: 2, rounds: 2, parameters: 30 };
/** Curvature of the criterion below which it is flat in a correlation: one that is zero, whatever the parameter. */
const FLAT = 1e-4;
/** Searches that ran away after which no other is tried, of few parameters and of many, which take their time. */
const MOST_RUNAWAYS = { few: 2, many: 1, parameters: 20 };

export class CovarianceOptimum {
  /** Whether a second minimum is looked for. */
  readonly isSmall: boolean;
  readonly flat: Float64Array;
  private readonly parameters: CovarianceParameters;
  private readonly objective: BlocksObjective;
  private readonly search: CovarianceSearch;
  private readonly starts: readonly SearchStart[];
  private readonly contested: readonly SearchStart[];
  /** Places of the correlations of residuals that blocks tell something of. */
  private readonly correlations: readonly number[];
  private readonly enough: number;
  private readonly mostRunaways: number;
  /** Null where no start is of rows' own. */
  private readonly told: ToldStarts | null;
  /** Whether the residuals of a visit may vanish beside an effect of the subjects. */
  private readonly pivoted: boolean;
  // Of one response:
  private kept: SearchEnd | null = null;
  private at = new Float64Array(0);
  /** Whether the objective stands where the search kept ended. */
  private standing = false;
  private ends = 0;
  private runaways = 0;
  private evaluations = 0;

  constructor(
    design: DesignMoments,
    evidence: CovarianceBlocks,
    parameters: CovarianceParameters,
    idle: Uint8Array,
    objective: BlocksObjective,
    search: CovarianceSearch,
  ) {
    const { scales, structure, layout, terms, count } = parameters;
    const fewest = fewestSubjects(parameters, evidence);
    this.isSmall = design.n - design.p <= FEW.rows || fewest <= FEW.subjects;
    this.flat = flatScales(parameters, evidence);
    this.parameters = parameters;
    this.objective = objective;
    this.search = search;
    // Without correlations all starts are one.
    const correlated = structure.parameters > 0 || terms.some((term) => (term.structure?.parameters ?? 0) > 0);
    this.starts = correlated ? STARTS : STARTS.slice(0, 1);
    this.enough = this.isSmall ? 2 : 1;
    const subjects = evidence.subjects?.factor.group;
    const doubled = layout.structure !== null && design.terms.some(({ group }) => group === subjects);
    const told = Math.min(fewest, evidence.units.count);
    this.contested = doubled && (this.isSmall || told <= CONTESTED_SUBJECTS) ? CONTESTED : [];
    const plain = terms.every((term) => term.structure === null);
    this.told = plain && ToldStarts.serves(parameters) ? new ToldStarts(parameters, evidence, design.p) : null;
    this.pivoted = this.contested.length > 0;
    const places = Array.from({ length: layout.groups.length * structure.parameters }, (_, k) => scales + k);
    this.correlations = places.filter((k) => idle[k] === 0);
    this.mostRunaways = count > MOST_RUNAWAYS.parameters ? MOST_RUNAWAYS.many : MOST_RUNAWAYS.few;
  }

  /** Where searches of a response in units of `scale` begin, whose residuals of least squares have this deviation. */
  startPoints(deviation: number, scale: number): Float64Array[] {
    return STARTS.map((start) => this.pointOf(start, deviation, scale));
  }

  /**
   * The lowest certified end point of searches from some starts; the objective is left standing there. One that was read off the
   * residuals comes first where the first certified end is the last.
   */
  minimise(deviation: number, scale: number, observed: Float64Array | null): SearchEnd {
    this.forget();
    if (observed && this.enough === 1) this.from(observed);
    if (this.ends === 0)
      for (const start of this.starts) {
        this.from(this.pointOf(start, deviation, scale));
        if (this.ends === this.enough || this.runaways === this.mostRunaways) break;
      }
    if (this.ends > 0) {
      for (const start of this.contested) this.from(this.pointOf(start, deviation, scale));
      this.searchTold(deviation, scale);
      if (this.isSmall && this.parameters.count <= VALLEYS.parameters) this.searchValleys();
    }
    const { kept, evaluations } = this;
    if (!kept) return { value: Number.NaN, decrement: Number.NaN, minimum: false, evaluations, diverged: false };
    if (this.standing) return { ...kept, evaluations };
    const { diverged } = kept;
    return { ...this.search.stand(this.at), diverged, evaluations: evaluations + 1 };
  }

  private forget(): void {
    this.kept = null;
    this.standing = false;
    this.ends = 0;
    this.runaways = 0;
    this.evaluations = 0;
  }

  private pointOf({ correlation, share }: SearchStart, deviation: number, scale: number): Float64Array {
    return startParameters(this.parameters, this.flat, deviation, correlation, scale, share);
  }

  private from(start: Float64Array): void {
    const end = this.search.minimise(start);
    this.evaluations += end.evaluations;
    this.standing = isBetter(end, this.kept);
    if (this.standing) {
      this.kept = end;
      this.at = this.search.t.slice();
    }
    if (isCertified(end) && !this.isFlat()) this.ends++;
    if (end.diverged) this.runaways++;
  }

  /** Searches where the rows of few subjects alone lead to. */
  private searchTold(deviation: number, scale: number): void {
    const { told, objective } = this;
    if (!told) return;
    const start = this.isSmall && told.correlated(objective.response, this.pointOf(SEPARATE, deviation, scale));
    if (start) this.from(start);
    if (!this.pivoted || !this.kept) return;
    const points = told.pivots(objective.response, this.at).map((point) => {
      this.evaluations++;
      return { point, height: objective.evaluate(point, 'value') };
    });
    this.standing = false;
    const near = points.filter(({ height }) => height < (this.kept?.value ?? 0) + NEAR_PIVOT);
    near.sort((a, b) => a.height - b.height);
    for (const { point } of near.slice(0, VALLEYS.most)) this.from(point);
  }

  /** Searches behind the ridges around the minimum that is kept, and around a lower one that is found there. */
  private searchValleys(): void {
    for (let round = 0; round < VALLEYS.rounds; round++) {
      const before = this.kept;
      if (!before) return;
      const valleys = otherValleys(this.objective, this.at, before.value, this.correlations, VALLEYS.most);
      this.standing = false;
      for (const valley of valleys) this.from(valley);
      if (this.kept === before) return;
    }
  }

  /** Whether the objective stands where a correlation has run to an end of its range, beyond what may be a minimum. */
  private isFlat(): boolean {
    const { hessian, count } = this.objective;
    return this.correlations.some((k) => Math.abs(hessian[k * (count + 1)]) < FLAT);
  }
}

export function isCertified({ value, decrement, minimum }: SearchEnd): boolean {
  return Number.isFinite(value) && minimum && decrement <= CERTIFICATE;
}

/** Certified ends before others, of these the lower one. */
function isBetter(end: SearchEnd, kept: SearchEnd | null): boolean {
  if (!Number.isFinite(end.value)) return false;
  if (!kept || isCertified(end) !== isCertified(kept)) return !kept || isCertified(end);
  return end.value < kept.value;
}
