/** What options mean for generalised models, which of them they do not have, and what is said of their fits. */
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import { undrawable } from '../moments/family-evidence.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { deviceBins } from '../plan/device-bins.ts';
import type { FitPlan } from '../plan/plan.ts';
import type { FamilyName } from '../types/family.ts';
import type { FitTable } from '../types/fit-table.ts';
import type { DdfMethod } from '../types/inference.ts';

/** Options of fits that generalised models do not have, or have their own values of. */
type AskedOfFamily = Readonly<
  Partial<Record<'moderate' | 'bootstrap' | 'information' | 'backend' | 'ddf' | 'reml' | 'nagq', unknown>>
>;

/** What is asked of models of a family and is not theirs. */
export interface FamilyRefusal {
  /** The option that asks for it. */
  readonly option: string;
  /** What does not go with the family, in words. */
  readonly what: string;
  readonly remedy: string;
}

/** @throws OptionError where there is a family */
export function refuseFamily(family: FamilyName | undefined, { option, what, remedy }: FamilyRefusal): void {
  if (family === undefined) return;
  throw new FitError('OptionError', `${what} is of gaussian models, and these are of the family ${family}`, {
    option,
    remedy,
  });
}

/** Why no responses can be drawn from generalised models on some moments; null where they can. */
export function undrawnFamily({ batches }: Pick<Moments, 'batches'>): string | null {
  for (const { design } of batches) {
    const why = design.family ? undrawable(design.family, design.logDetW !== 0) : null;
    if (why !== null) return why;
  }
  return null;
}

/** @throws OptionError for what is asked of generalised models and is not theirs */
export function refuseBesideFamily({ batches }: Moments, options: AskedOfFamily): void {
  const family = batches[0]?.design.family?.family ?? '';
  const refuse = (option: keyof AskedOfFamily, why: string, remedy: string) => {
    if (options[option] === undefined || options[option] === false) return;
    throw new FitError('OptionError', `“${option}” does not go with “family: ${family}”: ${why}`, { option, remedy });
  };
  refuse('moderate', 'there is no residual variance to moderate', 'Leave “moderate” out.');
  if (options.bootstrap !== undefined) {
    if (options.reml) refuse('bootstrap', 'draws are fitted by maximum likelihood', 'Leave “reml” or “bootstrap” out.');
    const why = undrawnFamily({ batches });
    if (why !== null) refuse('bootstrap', why, 'Compare models by their likelihoods.');
  }
  refuse('information', 'their information is observed', 'Leave “information” out.');
  if (options.reml && Number(options.nagq ?? 1) > 1) {
    refuse('reml', 'quadrature integrates the random effects alone', 'Leave “nagq” or “reml” out.');
  }
  const { ddf } = options;
  if (ddf === undefined || ['auto', 'asymptotic', 'between-within'].includes(String(ddf))) return;
  refuse('ddf', `${ddf} is for gaussian responses`, 'Use between-within or asymptotic.');
}

/** Why no device searches any of some generalised models; null where one does. */
export function beyondDevice(
  batches: readonly MomentBatch[],
  plan: FitPlan,
  nodes: number,
  method: 'REML' | 'ML',
): string | null {
  if (nodes > 1) return 'no search with quadrature on the device';
  if (method === 'REML') return 'no search of restricted likelihoods on the device';
  const { bins, beyond } = deviceBins(
    batches.map(({ design, responses }, b) => {
      return { batch: b, design, models: responses.count, path: plan.batches[b].path };
    }),
  );
  return bins.length > 0 || beyond.length === 0 ? null : beyond[0].reason;
}

/** @throws OptionError for quadrature over more than one random effect */
export function checkNodes({ batches }: Moments): void {
  const several = batches.find(({ design: { terms } }) => terms.length !== 1 || terms[0].q !== 1);
  if (!several) return;
  throw new FitError(
    'OptionError',
    'quadrature is over one random effect a level, and these models have another number',
    {
      option: 'nagq',
      remedy: 'Leave “nagq” out, which takes Laplace’s approximation.',
    },
  );
}

/** From so many levels on z tests keep their level between them. */
const MANY_LEVELS = 40;

/** Whether comparisons between levels of a run of generalised models rest on few of them. */
function hasFewLevels({ batches }: Moments): boolean {
  return batches.some(({ design: { factors } }) => factors.some(({ levels }) => levels.length < MANY_LEVELS));
}

/** Of a matrix of responses with few levels t tests; a single response has z tests as glmer and glmmTMB print them, and a note. */
export function familyDdf(moments: Moments, asked: DdfMethod | 'auto' | undefined): DdfMethod {
  if (asked === 'between-within' || asked === 'asymptotic') return asked;
  const isMatrix = parseFormula(moments.formula).responses.length === 0;
  return isMatrix && hasFewLevels(moments) ? 'between-within' : 'asymptotic';
}

/** What degrees of freedom generalised models have by default. */
export function ddfNotes(moments: Moments, { ddf }: FitTable, asked: DdfMethod | 'auto' | undefined): string[] {
  if ((asked !== undefined && asked !== 'auto') || !hasFewLevels(moments)) return [];
  if (ddf === 'between-within') {
    return [
      `fewer than ${MANY_LEVELS} levels of a grouping factor: tests are t tests with the degrees of freedom of the levels, or rows, that a coefficient compares (“ddf: between-within”)`,
    ];
  }
  return [
    `z tests: with fewer than ${MANY_LEVELS} levels of a grouping factor they find too much in what is compared between those; “ddf: between-within” takes t tests`,
  ];
}

/** How many negative binomials are Poisson. */
export function poissonNotes({ family, models }: FitTable): string[] {
  const limits = family?.dispersion?.poisson.reduce((sum, flag) => sum + flag, 0) ?? 0;
  if (limits === 0) return [];
  const what = `${limits} of ${models} ${models === 1 ? 'model' : 'models'}`;
  return [`${what}: the counts vary no more than Poisson's (dispersion at its limit)`];
}
