import { FitError } from '../errors.ts';
import type { Adjustment } from '../infer/adjust.ts';
import type { ModerationOptions } from '../infer/moderation/moderate.ts';
import { isUnreplicated } from '../infer/test-units.ts';
import { unitNotes } from '../infer/unit-notes.ts';
import { isNested } from '../lmm/between-within.ts';
import type { BootstrapOptions, EngineOptions } from '../lmm/engine.ts';
import { loadReaders } from '../lmm/model-reader.ts';
import type { DesignMoments, MomentBatch, Moments } from '../moments/moments.ts';
import { chosen, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import { worthMeasuring } from '../plan/backend-choice.ts';
import { describeBins } from '../plan/device-bins.ts';
import { canDo, type FitPlan, planFit } from '../plan/plan.ts';
import type { Progress } from '../types/fit-result.ts';
import type { FitTable } from '../types/fit-table.ts';
import type { DdfMethod } from '../types/inference.ts';
import { NO_DEGREES_OF_FREEDOM, NO_DRAWS_OF_SERIES, saysSatterthwaite } from '../types/inference.ts';
import { bootstrapOptions, withStreams } from './bootstrap-options.ts';
import { type Contrast, contrastWeights } from './contrast-weights.ts';
import { beyondDevice, checkNodes, ddfNotes, familyDdf, poissonNotes, refuseBesideFamily } from './family-options.ts';
import { REMARKS } from './family-table.ts';
import { assembleFitTable } from './fit-table.ts';
import { checkRandomTerms } from './random-terms.ts';
import { type MomentFit, readableFit } from './readable-fit.ts';
import { type BatchesRun, defaultThreads, type RunPart, runBatches } from './run-batches.ts';

/** Options of every door to fitting. */
export interface MomentFitOptions {
  /** Restricted maximum likelihood (default) or maximum likelihood. */
  readonly method?: 'REML' | 'ML' | undefined;
  /**
   * Degrees of freedom of the tests: `kenward-roger` (REML only) adjusts standard errors too, `satterthwaite` is lmerTest's,
   * `asymptotic` gives z tests. `auto` (default): Kenward-Roger wherever it is defined, else Satterthwaite (ML, a bootstrap,
   * fits finished in pairs on the device); the table names the method.
   */
  readonly ddf?: DdfMethod | 'auto' | undefined;
  /** Information of the covariance parameters: observed for structured residuals, else expected, unless it is given. */
  readonly information?: 'expected' | 'observed' | undefined;
  /**
   * Of generalised models: the restricted Laplace criterion, with the coefficients integrated out too (glmmTMB's REML), so that
   * variances are not too small where levels are few. The table's `method` is REML then.
   */
  readonly reml?: boolean | undefined;
  /** Nodes of adaptive quadrature of generalised models with one random effect a level; 1 (default) is Laplace's approximation. */
  readonly nagq?: number | undefined;
  /**
   * Named contrasts: expressions linear in coefficient names, `factor:B-A` for a difference of marginal means, or one
   * weight a coefficient.
   */
  readonly contrasts?: Readonly<Record<string, Contrast>> | undefined;
  /**
   * `auto` (default) takes the faster: work of seconds is measured on a graphics card, where there is one, and on the
   * CPU; a software adapter is never taken. `webgpu` forces the device: without one the promise rejects.
   */
  readonly backend?: 'auto' | 'cpu' | 'webgpu' | undefined;
  /**
   * What finishes the fits of a device: float64 on the host (`auto`, `f64`), the device itself in pairs of single
   * precision (`df64`, models that share a design), or nothing: `f32` is a preview, and each fit says so.
   */
  readonly precision?: 'auto' | 'f64' | 'df64' | 'f32' | undefined;
  /**
   * Parametric bootstrap of every response from its moments: p-values of coefficients and contrasts, with `level` also
   * confidence intervals, and for models with one random term the restricted likelihood-ratio test of no random effects.
   */
  readonly bootstrap?:
    | { readonly draws: number; readonly seed?: number | undefined; readonly level?: number | undefined }
    | undefined;
  /**
   * Moderated tests beside the ordinary ones: empirical Bayes over the responses of each split, as limma and dream do it.
   * `true` is the plain prior.
   */
  readonly moderate?: boolean | ModerationOptions | undefined;
  readonly adjust?: Adjustment | undefined;
  /** Adjust p over the responses of one split (default) or over all. */
  readonly adjustAcross?: 'within' | 'all' | undefined;
  /** Threads at most; 1 in a browser without workers. Default: the processors there are. */
  readonly threads?: number | undefined;
  /** Mebibytes at most for what is on its way to and from a device, on both sides together (128). */
  readonly memory?: number | undefined;
  readonly onProgress?: Progress | undefined;
  /** Called with the plan before the first fit. */
  readonly onPlan?: ((plan: FitPlan) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the numbers of a model depend on, beside its moments: fits of equal decisions are equal. */
export interface FitDecisions {
  readonly method: 'REML' | 'ML';
  readonly ddf: DdfMethod;
  readonly information: 'expected' | 'observed';
  readonly nodes: number;
  readonly bootstrap: BootstrapOptions | null;
  readonly backend: 'cpu' | 'webgpu';
  readonly precision: 'auto' | 'f64' | 'df64' | 'f32';
  /** Weights over the coefficients of the run. */
  readonly contrasts: Readonly<Record<string, readonly number[]>>;
}

/** A fit that is checked and planned, to be run at once or in parts. */
export interface PlannedFit {
  readonly plan: FitPlan;
  readonly decisions: FitDecisions;
  /** Fits all responses, or those that `part` names. Rejects with AbortError when the signal fires. */
  run(part?: RunPart): Promise<BatchesRun>;
  /** The table of all fits with what rests on all of them: adjusted p, moderated tests, notes. */
  assemble(run: BatchesRun): MomentFit;
}

/**
 * Fits every response of some moments. Cost does not depend on the number of rows behind them.
 *
 * Rejects with OptionError for an option that is not one, FormulaError for a contrast that names no coefficient,
 * AbortError when the signal fires. A model that cannot be fitted is a row with a status.
 */
export async function fitMoments(moments: Moments, options: MomentFitOptions = {}): Promise<MomentFit> {
  const planned = await planMomentFit(moments, options);
  return planned.assemble(await planned.run());
}

/** The checks and the plan of {@link fitMoments}, which rejects as this does. */
export async function planMomentFit(moments: Moments, options: MomentFitOptions = {}): Promise<PlannedFit> {
  const isFamily = moments.batches.some(({ design }) => design.family);
  const method = isFamily ? (options.reml ? 'REML' : 'ML') : chosen('method', options.method);
  const wanted = chosen('ddf', options.ddf);
  if (isFamily) refuseBesideFamily(moments, options);
  else if (options.reml) throw gaussianReml();
  const nodes = numberIfGiven('nagq', options.nagq) ?? OPTIONS.nagq.fallback;
  if (nodes > 1) checkNodes(moments);
  const ddf = isFamily ? familyDdf(moments, wanted) : ddfMethod(wanted, method, options);
  checkDdf(ddf, method, options, isFamily ? [] : moments.batches);
  const adjust = chosen('adjust', options.adjust);
  const adjustAcross = chosen('adjustAcross', options.adjustAcross);
  const threads = numberIfGiven('threads', options.threads) ?? defaultThreads();
  for (const { design } of moments.batches) checkRandomTerms(design.terms, moments.formula);
  if (options.moderate && moments.batches.some(({ design }) => design.blocks)) {
    throw new FitError(
      'OptionError',
      'moderated tests squeeze one residual variance a response, and here it has several',
      {
        option: 'moderate',
        remedy: 'Leave “moderate” out, or “residual”, “dispersion” and the structures of random effects.',
      },
    );
  }
  const contrasts = Object.entries(options.contrasts ?? {});
  const rows = contrasts.map(([, contrast]) => contrastWeights(contrast, moments.coefficients, moments.recipe));
  for (const [name] of contrasts) {
    if (!moments.coefficients.includes(name)) continue;
    throw new FitError('OptionError', `a contrast cannot be named '${name}', which is a coefficient`, {
      option: 'contrasts',
      remedy: 'Give it another name.',
    });
  }
  const information = informationOf(moments, options.information);
  const bootstrap = bootstrapOptions(options.bootstrap);
  const batches = bootstrap ? withStreams(moments) : moments.batches;
  // Designs of responses' own share their coefficients, and with them the contrasts.
  const optionsOf = new Map<readonly string[], EngineOptions>();
  const engineOptions = (design: DesignMoments): EngineOptions => {
    const known = optionsOf.get(design.coefficients);
    if (known) return known;
    const contrasts = rowsForDesign(rows, moments.coefficients, design);
    // Counts of the design need nothing of a fit.
    const made = {
      method,
      ddf: ddf === 'between-within' ? 'asymptotic' : ddf,
      contrasts,
      bootstrap,
      information,
      nodes,
    } as const;
    optionsOf.set(design.coefficients, made);
    return made;
  };
  const asked = chosen('backend', options.backend);
  const precision = chosen('precision', options.precision);
  if ((precision === 'df64' || precision === 'f32') && asked !== 'webgpu') {
    throw new FitError('OptionError', `precision ${precision} is arithmetic of a device`, {
      option: 'precision',
      remedy: 'Use it with “backend: webgpu”; the CPU computes in float64.',
    });
  }
  const planned = { method, threads, draws: bootstrap?.draws };
  const first = planFit(moments, planned);
  if (bootstrap && !canDo(first, 'draws')) {
    throw new FitError('OptionError', 'a model without random terms has no bootstrap: its tests are exact', {
      option: 'bootstrap',
      remedy: 'Leave the bootstrap out.',
    });
  }
  if (bootstrap && moments.batches.some(({ design }) => design.blocks?.layout.form === 'neighbours')) {
    throw new FitError('OptionError', NO_DRAWS_OF_SERIES, { option: 'bootstrap', remedy: 'Leave the bootstrap out.' });
  }
  const unsearched = isFamily ? beyondDevice(batches, first, nodes, method) : null;
  if (asked === 'webgpu' && unsearched !== null) {
    throw new FitError('OptionError', `no device searches these models: ${unsearched}`, {
      option: 'backend',
      remedy: 'Leave “backend” out: they are fitted in float64 on threads.',
    });
  }
  const { backend, reason } =
    asked === 'auto' && unsearched !== null
      ? { backend: 'cpu' as const, reason: unsearched }
      : await chooseBackend(asked, batches, first, engineOptions, options);
  const made = planFit(moments, { ...planned, backend, precision });
  const searches =
    backend === 'webgpu'
      ? describeBins(
          batches.map(({ design, responses }, b) => {
            return { batch: b, design, models: responses.count, path: made.batches[b].path };
          }),
        )
      : [];
  const plan = { ...made, choice: reason, device: searches };
  const names = contrasts.map(([name]) => name);
  const decisions: FitDecisions = {
    ...{ method, ddf, information, nodes, backend, precision },
    bootstrap: bootstrap ?? null,
    contrasts: Object.fromEntries(names.map((name, c) => [name, [...rows[c]]])),
  };

  const run: PlannedFit['run'] = async (part = {}) => {
    // Work in other threads or on a device can be told to stop: somebody listens.
    const elsewhere = backend === 'webgpu' || plan.threads > 1 || plan.background;
    const listener = (): void => undefined;
    if (elsewhere) options.signal?.addEventListener('abort', listener);
    try {
      options.onPlan?.(plan);
      return await runBatches(batches, plan, engineOptions, { ...options, ...part, precision });
    } finally {
      if (elsewhere) options.signal?.removeEventListener('abort', listener);
    }
  };

  const openReader = await loadReaders(moments.batches.map(({ design }) => design));
  const prior = options.moderate === true ? {} : options.moderate;
  const moderation = prior ? await import('../infer/moderation/moderate.ts') : null;
  const assemble: PlannedFit['assemble'] = ({ chunks, device, notes: said }) => {
    const notes = [...moments.notes, ...said];
    const assembled = assembleFitTable(moments, chunks, {
      method,
      ddf,
      adjust,
      adjustAcross,
      contrasts: names,
      contrastWeights: Float64Array.from(rows.flatMap((row) => [...row])),
      backend,
      device,
      bootstrap,
      information,
      nodes,
      ...(wanted === 'auto' ? { isUnreplicated } : {}),
    });
    const across = { method: adjust, across: adjustAcross };
    const moderated = prior && moderation?.moderateFits(assembled, moments, prior, across);
    const table: FitTable = moderated ? { ...assembled, moderation: moderated } : assembled;
    notes.push(...unitNotes(moments, table));
    notes.push(...messageNotes(table), ...poissonNotes(table));
    if (isFamily) notes.push(...ddfNotes(moments, table, wanted));
    if (moderated && moderation) notes.push(...moderation.moderationNotes(table, moderated));
    return readableFit({ moments, table, openReader }, notes);
  };
  return { plan, decisions, run, assemble };
}

function gaussianReml(): FitError {
  return new FitError('OptionError', '“reml” is for generalised models', {
    option: 'reml',
    remedy: 'Leave it out: gaussian models are fitted by REML unless “method: ML” is given.',
  });
}

/** What the messages of models that have fits say, each once with the number of models. */
function messageNotes({ models, messages }: FitTable): string[] {
  const whole = new Map<string, number>();
  for (const message of messages) if (message !== null) whole.set(message, (whole.get(message) ?? 0) + 1);
  const counts = new Map<string, number>();
  const remarks: readonly string[] = Object.values(REMARKS);
  for (const [message, count] of whole) {
    for (const part of message.split('; ')) {
      if (!saysSatterthwaite(part) && !part.startsWith(NO_DEGREES_OF_FREEDOM) && !remarks.includes(part)) continue;
      counts.set(part, (counts.get(part) ?? 0) + count);
    }
  }
  return [...counts].map(([text, count]) => `${count} of ${models} ${models === 1 ? 'model' : 'models'}: ${text}`);
}

/**
 * Observed beside structured residuals and dispersion models, as SAS and mmrm have it; expected for random effects alone, as pbkrtest.
 *
 * @throws OptionError where the observed one is asked for of models that have the expected one alone
 */
function informationOf(
  { batches }: Moments,
  asked: MomentFitOptions['information'],
): NonNullable<MomentFitOptions['information']> {
  const own = asked === undefined ? undefined : choiceOf('information', asked, OPTIONS.information.choices);
  const residual = batches.some(
    ({ design: { blocks } }) => blocks && (blocks.layout.structure || blocks.layout.dispersion > 0),
  );
  if (own !== 'observed' || batches.some(({ design }) => design.blocks))
    return own ?? (residual ? 'observed' : 'expected');
  throw new FitError(
    'OptionError',
    'observed information is for models with structured residuals, dispersion models or structured random effects',
    {
      option: 'information',
      remedy: 'Leave “information” out: models with random effects alone have the expected one.',
    },
  );
}

/** What was asked for; for `auto` the faster by measured cost, where the work is worth the measuring. */
async function chooseBackend(
  asked: 'auto' | 'cpu' | 'webgpu',
  batches: readonly MomentBatch[],
  plan: FitPlan,
  optionsOf: (design: DesignMoments) => EngineOptions,
  { bootstrap, signal }: MomentFitOptions,
): Promise<{ readonly backend: 'cpu' | 'webgpu'; readonly reason: string }> {
  if (asked !== 'auto') return { backend: asked, reason: 'as asked for' };
  if (!worthMeasuring(plan, bootstrap?.draws)) return { backend: 'cpu', reason: 'little work' };
  // Loaded where it may pay: most runs never need it.
  const { chooseByMeasuring } = await import('../backend/webgpu/measure.ts');
  return chooseByMeasuring(batches, plan, optionsOf, signal);
}

/**
 * The method asked for, or the default. Where the variance that matters is estimated as zero Satterthwaite's degrees of
 * freedom are those of the rows, Kenward and Roger's stay near those of the units (docs/random-effects.md has the rates).
 */
function ddfMethod(asked: DdfMethod | 'auto', method: 'REML' | 'ML', options: MomentFitOptions): DdfMethod {
  if (asked !== 'auto') return asked;
  const { bootstrap, precision } = options;
  return method === 'REML' && !bootstrap && precision !== 'df64' ? 'kenward-roger' : 'satterthwaite';
}

/** @throws OptionError where Kenward and Roger's method is not defined, or its standard errors would meet other ones */
function checkDdf(
  ddf: DdfMethod,
  method: 'REML' | 'ML',
  { bootstrap, precision }: MomentFitOptions,
  batches: readonly MomentBatch[],
): void {
  const refuse = (message: string, remedy: string) => new FitError('OptionError', message, { option: 'ddf', remedy });
  if (ddf === 'between-within' && !batches.every(({ design }) => isNested(design))) {
    throw refuse(
      'between-within counts levels of factors that are nested in one another, and those of this model are crossed',
      'Use satterthwaite or kenward-roger.',
    );
  }
  if (ddf !== 'kenward-roger') return;
  if (method === 'ML') {
    throw refuse('Kenward-Roger tests are defined for REML fits', 'Leave “method: ML” out, or use satterthwaite.');
  }
  if (precision === 'df64') {
    throw refuse('Kenward-Roger tests are finished on the host, not in pairs on the device', 'Leave “precision” out.');
  }
  if (bootstrap) {
    throw refuse(
      'a bootstrap has its own reference distribution, Kenward-Roger would change the statistic that it is for',
      'Use satterthwaite with the bootstrap, or run the two one after the other.',
    );
  }
}

/** Contrasts over the coefficients that a design has; NaN rows where it lacks one that the contrast uses. */
export function rowsForDesign(
  rows: readonly Float64Array[],
  names: readonly string[],
  design: DesignMoments,
): Float64Array {
  const { p, coefficients } = design;
  const out = new Float64Array(rows.length * p);
  rows.forEach((row, c) => {
    const missing = names.some((name, k) => row[k] !== 0 && !coefficients.includes(name));
    coefficients.forEach((name, k) => {
      out[c * p + k] = missing ? Number.NaN : row[names.indexOf(name)];
    });
  });
  return out;
}
