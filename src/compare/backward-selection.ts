import { isLower } from '../infer/information-criteria.ts';
import { chosen, chosenIfGiven, numberIfGiven, OPTIONS } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import type { ComparisonOptions } from './compare.ts';
import { refuseFamilies } from './compared-models.ts';
import { responseColumns } from './comparison-tables.ts';
import { furtherDesigns, type ModelFamily, modelFamily, modelMoments } from './model-family.ts';
import { fitModel, type ModelFits } from './model-fits.ts';
import { type ModelDesigns, type RatioTests, testRatio } from './ratio-tests.ts';
import { type ReducedFormula, withoutFixedTerms, withoutRandomTerms } from './reduced-formulas.ts';

/** How terms are left out. */
export interface SelectionOptions {
  /** `lrt` leaves out the term with the largest p above alpha, `aic` the one whose absence lowers AIC most. */
  readonly by?: 'lrt' | 'aic' | undefined;
  /** Terms with p at or below it stay (0.05). */
  readonly alpha?: number | undefined;
  /**
   * Random terms may go too. They describe how the data were taken, so that they stay unless asked for; with `lrt` they are
   * tested first, by REML (or `method`), then the fixed ones by ML.
   */
  readonly random?: boolean | undefined;
}

/** What was left out of the model of each response, and in which order. */
export interface Selection {
  /**
   * Columns `[split] response [gene] step action term chisq df p.value AIC formula`: `start` with the formula given, `drop`
   * a step, `end` with what is left. p.value is that of the dropped term, AIC (of ML fits) that of the formula in the row.
   */
  readonly path: OutputTable;
  /** The formula left of each response; null where the model has no fit. */
  readonly selected: readonly (string | null)[];
  readonly notes: readonly string[];
}

interface Step {
  readonly action: 'start' | 'drop' | 'end';
  readonly term: string | null;
  readonly chisq: number;
  readonly df: number;
  readonly p: number;
  readonly AIC: number;
  readonly formula: string;
}

/** `selectBackward` (`comparisons.ts`) on data that are at hand already. */
export async function selectBackwardOf(
  data: Run,
  formula: string,
  options: SelectionOptions & Omit<ComparisonOptions, 'rankBy' | 'bootstrap'>,
): Promise<Selection> {
  const by = chosenIfGiven('select', options.by) ?? 'lrt';
  const { random = false, boundary = true } = options;
  const alpha = numberIfGiven('alpha', options.alpha) ?? OPTIONS.alpha.fallback;
  refuseFamilies(data.options);
  const family = await modelFamily(data, [formula]);
  const fitted = fitCache(family, options);
  const start = await fitted(formula, 'ML');
  const { models } = start.fits;
  const paths: Step[][] = Array.from({ length: models }, (_, m) => {
    const first = { action: 'start' as const, term: null, chisq: Number.NaN, df: 0, p: Number.NaN };
    return [{ ...first, AIC: start.fits.AIC[m], formula }];
  });
  const current = new Array<string>(models).fill(formula);
  const left = new Uint8Array(models).map((_, m) => (Number.isFinite(start.fits.criterion[m]) ? 0 : 1));

  /** Leaves terms out until none goes any more; `candidates` of a formula, fitted by `method`. */
  async function reduce(candidates: (source: string) => ReducedFormula[], method: 'REML' | 'ML'): Promise<void> {
    const active = new Set([...left.keys()].filter((m) => left[m] === 0));
    while (active.size > 0) {
      const [source] = [...active].map((m) => current[m]);
      const members = [...active].filter((m) => current[m] === source);
      const whole = await fitted(source, method);
      const reduced = candidates(source);
      const tried: { candidate: ReducedFormula; test: RatioTests; AIC: Float64Array }[] = [];
      for (const candidate of reduced) {
        const small = await fitted(candidate.formula, method);
        const fits = [small.fits, whole.fits] as const;
        const test = testRatio(family, { small: 1, large: 0 }, [small, whole], fits, {
          adjust: 'none',
          families: undefined,
          boundary,
        });
        const likelihood = method === 'ML' ? small : await fitted(candidate.formula, 'ML');
        tried.push({ candidate, test, AIC: likelihood.fits.AIC });
      }
      for (const m of members) {
        const known = paths[m][paths[m].length - 1].AIC;
        let best = -1;
        tried.forEach(({ test, AIC }, k) => {
          const allowed = by === 'lrt' ? test.pValue[m] > alpha : isLower(AIC[m], known);
          if (!allowed) return;
          const better =
            best < 0 || (by === 'lrt' ? isLikelier(test, tried[best].test, m) : isLower(AIC[m], tried[best].AIC[m]));
          if (better) best = k;
        });
        if (best < 0) {
          active.delete(m);
          continue;
        }
        const { candidate, test, AIC } = tried[best];
        current[m] = candidate.formula;
        paths[m].push({
          action: 'drop',
          term: candidate.dropped,
          chisq: test.chisq[m],
          df: test.df[m],
          p: test.pValue[m],
          AIC: AIC[m],
          formula: candidate.formula,
        });
      }
    }
  }

  if (by === 'aic') {
    await reduce((source) => [...(random ? withoutRandomTerms(source) : []), ...withoutFixedTerms(source)], 'ML');
  } else {
    if (random) await reduce(withoutRandomTerms, data.family ? 'ML' : chosen('method', options.method));
    await reduce(withoutFixedTerms, 'ML');
  }
  const selected = current.map((source, m) => (left[m] === 0 ? source : null));
  for (let m = 0; m < models; m++) {
    if (left[m] !== 0) continue;
    const last = paths[m][paths[m].length - 1];
    paths[m].push({ ...last, action: 'end', term: null, chisq: Number.NaN, df: 0, p: Number.NaN });
  }
  return { path: pathTable(start.fits, paths), selected, notes: family.notes };
}

/** Whether p of a test is above that of another by more than rounding (in Fisher's -2 log p); of equal ones the first goes. */
function isLikelier(test: RatioTests, other: RatioTests, m: number): boolean {
  return isLower(-2 * Math.log(test.pValue[m]), -2 * Math.log(other.pValue[m]));
}

interface FittedFormula extends ModelDesigns {
  readonly fits: ModelFits;
}

/** Fits of formulas inside the first one of a family, each kept. */
function fitCache(
  family: ModelFamily,
  options: ComparisonOptions,
): (formula: string, method: 'REML' | 'ML') => Promise<FittedFormula> {
  const cache = new Map<string, FittedFormula>();
  return async (formula, method) => {
    const key = `${method} ${formula}`;
    let found = cache.get(key);
    if (!found) {
      const designs = furtherDesigns(family, formula);
      const fits = await fitModel(await modelMoments(family, designs), method, options);
      found = { designs, family: family.data.family, fits };
      cache.set(key, found);
    }
    return found;
  };
}

function pathTable(fits: ModelFits, paths: readonly (readonly Step[])[]): OutputTable {
  const rows = paths.reduce((sum, path) => sum + path.length, 0);
  const builder = new OutputTableBuilder(rows);
  const identify = responseColumns(builder, fits.moments);
  const step = builder.integer('step');
  const action = builder.string('action');
  const term = builder.string('term');
  const chisq = builder.number('chisq');
  const df = builder.integer('df');
  const p = builder.number('p.value');
  const AIC = builder.number('AIC');
  const formula = builder.string('formula');
  let row = 0;
  paths.forEach((path, m) => {
    path.forEach((line, k) => {
      identify(row, m);
      step[row] = line.action === 'end' ? k - 1 : k;
      action[row] = line.action;
      term[row] = line.term;
      chisq[row] = line.chisq;
      if (line.df > 0) df[row] = line.df;
      p[row] = line.p;
      AIC[row] = line.AIC;
      formula[row] = line.formula;
      row++;
    });
  });
  return builder.finish(rows);
}
