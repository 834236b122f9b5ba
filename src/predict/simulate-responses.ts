import { type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import { connectedComponents, RowCovariance } from '../fit/row-covariance.ts';
import { termFactors } from '../lmm/covariance-factor.ts';
import { lowerRoot } from '../lmm/structured/block-residuals.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { CounterNormals, streamNumber } from '../numeric/counter-normals.ts';
import { numberIfGiven, OPTIONS } from '../options/entries.ts';
import type { Table } from '../types/table.ts';
import { familyDraws } from './family-draws.ts';
import { addRandomEffects, factorLevels, linearPredictor } from './linear-predictor.ts';
import { type NewRows, newRows, runRecipes } from './new-rows.ts';
import { refuseRepeats } from './observed-rows.ts';

/** Options of {@link simulateResponses}. */
export interface SimulateResponsesOptions {
  /** Draws of each response (1). */
  readonly nsim?: number | undefined;
  /** A whole number from 0 on (1). */
  readonly seed?: number | undefined;
  /** Keep the conditional modes of known groups; without it all groups are drawn anew. New groups are drawn always. */
  readonly useRandomEffects?: boolean | undefined;
}

/** Simulated responses of one model. */
export interface SimulatedResponse {
  readonly model: number;
  readonly response: string;
  readonly split: string | null;
  /**
   * nsim x rows of the table, row-major; NaN where a variable, group or weight is missing. Of binomial responses successes where the
   * fit had trials, else shares; of ordinal ones the numbers of categories, from 1 on.
   */
  readonly values: Float64Array;
  /** Of ordinal responses. */
  readonly categories?: readonly string[];
}

/** Uses of a stream of random numbers, apart from those of the bootstrap. */
const RESIDUALS = 200;
const EFFECTS = 201;

/**
 * Draws responses from a fit for the rows of a table, model by model:
 *
 *     y = X b + offset + Z u + e      u ~ N(0, G) by group, e ~ N(0, sigma^2 / w)
 *
 * at the estimates; with structured residuals e is drawn for whole subjects, and with a dispersion model each row has its own
 * sigma. Numbers depend on the seed, the names of response and group, the draw and the row alone: not on which
 * other responses or groups there are; those of a subject also on its own other rows. Models without a fit are left out.
 *
 * Responses of generalised models are quantiles of their distribution at the linear predictor X b + offset + Z u, of a uniform
 * number for each row.
 *
 * Throws OptionError for a seed or number of draws that makes no sense and for a fit without a recipe; DataError for a
 * level that the fit did not have.
 */
export function* simulateResponses(
  result: MomentFit,
  table: Table,
  options: SimulateResponsesOptions = {},
): Generator<SimulatedResponse> {
  const { useRandomEffects = false } = options;
  const nsim = numberIfGiven('nsim', options.nsim) ?? OPTIONS.nsim.fallback;
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const rows = newRows(runRecipes(result), table, {
    random: true,
    allowNewLevels: true,
    residual: result.table.structured !== undefined,
  });
  const { locate, relativeTheta } = modelLocator(result);
  const normals = new CounterNormals(seed);
  const { responses, splits, models } = result.table;
  for (let model = 0; model < models; model++) {
    const recipe = result.recipeOf(model);
    const found = locate(model);
    const design = recipe && rows.get(recipe);
    if (!found || !design) continue;
    const { batch, sigma } = found;
    const theta = relativeTheta(model);
    const drawResiduals = batch.design.blocks
      ? structuredResiduals(new RowCovariance(design, batch.design, table).move(found.theta), table)
      : null;
    const { fitted: mean } = linearPredictor(result, model, design, batch.design);
    const levels = factorLevels(design, batch.design, true);
    if (useRandomEffects) addRandomEffects(result, model, design, batch.design, levels, mean);
    const names = [responses[model], splits?.[model] ?? ''];
    const drawn = familyDraws(found, recipe, responses[model], table);
    const values = new Float64Array(nsim * table.rows);
    const residuals = streamNumber(...names);
    for (let s = 0; s < nsim; s++) {
      const draw = values.subarray(s * table.rows, (s + 1) * table.rows);
      draw.set(mean);
      addDrawnEffects(design, batch.design, { names, theta, sigma, levels, useRandomEffects, normals, s }, draw);
      if (drawn) {
        normals.begin(residuals, s, RESIDUALS);
        for (let i = 0; i < draw.length; i++) {
          const u = normals.nextUniform();
          // A weight of 0 leaves a row out, here as in fitting.
          draw[i] = (design.weights?.[i] ?? 1) > 0 ? drawn.draw(i, draw[i], u) : Number.NaN;
        }
        continue;
      }
      if (drawResiduals) {
        drawResiduals(names, normals, s, draw);
        continue;
      }
      normals.begin(residuals, s, RESIDUALS);
      for (let i = 0; i < draw.length; i++) {
        draw[i] += (sigma * normals.next()) / Math.sqrt(design.weights?.[i] ?? 1);
        // A weight of 0 leaves a row out, here as in fitting.
        if (!Number.isFinite(draw[i])) draw[i] = Number.NaN;
      }
    }
    const categories = drawn?.categories ?? null;
    const own = { model, response: responses[model], split: splits?.[model] ?? null, values };
    yield categories === null ? own : { ...own, categories };
  }
}

/** Adds residuals with the covariance of a fit: L times standard normal numbers, subject by subject in the order of visits. */
function structuredResiduals(
  covariance: RowCovariance,
  table: Table,
): (names: readonly string[], normals: CounterNormals, s: number, values: Float64Array) => void {
  const { subjects } = covariance;
  const variance = covariance.residualVariance();
  const components = connectedComponents(covariance, table.rows, 0);
  refuseRepeats(covariance, components, table);
  const roots = components.map((rows) => {
    return rows.length > 1 ? lowerRoot(covariance.over(rows).R, rows.length) : null;
  });
  return (names, normals, s, values) => {
    // Rows of no subject have the numbers of their places, as rows with equal residuals have.
    normals.begin(streamNumber(...names), s, RESIDUALS);
    const alone = values.map(() => normals.next());
    values.forEach((_, i) => {
      if (!Number.isFinite(variance[i])) values[i] = Number.NaN;
    });
    components.forEach((rows, k) => {
      const root = roots[k];
      const [first] = rows;
      const z = rows.map((row) => alone[row]);
      if (subjects[first] >= 0) {
        normals.begin(streamNumber(...names, 'subject', covariance.names[subjects[first]]), s, RESIDUALS);
        for (let a = 0; a < z.length; a++) z[a] = normals.next();
      }
      rows.forEach((row, a) => {
        let e = 0;
        if (root) for (let b = 0; b <= a; b++) e += root[a * rows.length + b] * z[b];
        else e = rows.length > 1 ? Number.NaN : Math.sqrt(variance[row]) * z[a];
        values[row] += e;
      });
    });
  };
}

interface Draw {
  readonly names: readonly string[];
  readonly theta: Float64Array;
  readonly sigma: number;
  readonly levels: Int32Array;
  readonly useRandomEffects: boolean;
  readonly normals: CounterNormals;
  readonly s: number;
}

/** Adds z'u with u drawn for each group once: sigma L times standard normal numbers. */
function addDrawnEffects(rows: NewRows, design: DesignMoments, draw: Draw, values: Float64Array): void {
  const { names, theta, sigma, levels, useRandomEffects, normals, s } = draw;
  const L = termFactors(design.terms, theta);
  const width = design.factors.length;
  design.terms.forEach(({ group, factor, q }, t) => {
    const term = rows.random?.[t];
    const drawn = new Map<string, Float64Array>();
    for (let i = 0; term && i < values.length; i++) {
      const code = term.codes[i];
      if (code === -2) values[i] = Number.NaN;
      if (code === -2 || (useRandomEffects && levels[i * width + factor] >= 0)) continue;
      const level = code >= 0 ? term.levels[code] : (term.newLevels.get(i) ?? '');
      let u = drawn.get(level);
      if (!u) {
        u = new Float64Array(q);
        normals.begin(streamNumber(...names, group, String(t), level), s, EFFECTS);
        for (let c = 0; c < q; c++) {
          const z = normals.next();
          for (let a = c; a < q; a++) u[a] += sigma * L[t][a * q + c] * z;
        }
        drawn.set(level, u);
      }
      for (let a = 0; a < q; a++) values[i] += term.z[a * values.length + i] * u[a];
    }
  });
}
