import { FitError } from '../errors.ts';
import { fitMoments } from '../fit/fit-moments.ts';
import { requireRandomTerm } from '../fit/random-terms.ts';
import { type FitRows, type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import type { CovarianceBlocks } from '../moments/covariance-blocks.ts';
import { groupMoments, withoutGroup } from '../moments/group-deletion.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { covarianceRows } from '../result/covariance-rows.ts';
import { familyRows } from '../result/family-rows.ts';
import { identityColumns } from '../result/model-rows.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import { randomParameters } from '../result/tidy.ts';
import type { FitTable } from '../types/fit-table.ts';
import { STATUSES } from '../types/fit-table.ts';
import { randomTermText, type TermEffects } from '../types/parameters.ts';
import { cooksDistance } from './cooks-distance.ts';
import { familyDeletion } from './family-deletion.ts';
import { type DeletedFit, type DeletedParameter, fixedThetaFits } from './fixed-theta.ts';
import { rowDeletion } from './row-deletion.ts';
import { type SubjectDeletion, subjectDeletion } from './subject-deletion.ts';

/** Options of `influence`. */
export interface InfluenceOptions {
  /** The grouping factor whose levels are left out, where the model has several; the one of the model without it. */
  readonly group?: string | undefined;
  /** False keeps the relative covariance factor and moves the coefficients and sigma only (one step); true refits (default). */
  readonly refit?: boolean | undefined;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const RANK_DEFICIENT = { fit: null, status: 'rank_deficient' } as const;

/** Doubles that the moments of one round of deletions may take. */
const ROUND = 4e6;

/** `influence` (`influence.ts`) of a fit that holds its rows. */
export async function levelInfluence(result: MomentFit, options: InfluenceOptions): Promise<OutputTable> {
  const { rows } = result;
  if (!rows) {
    throw new FitError('OptionError', 'influence needs the rows of the data, which this fit does not hold', {
      remedy: 'Fit a table of responses (a saved fit and a matrix read in blocks have moments only).',
    });
  }
  requireGroup(result, options.group);
  const entries: Entry[] = [];
  for (const batch of rows.batches) entries.push(...(await batchInfluence(result, rows, batch, options)));
  entries.sort((a, b) => a.model - b.model); // stable: levels keep their order
  return influenceTable(result, entries);
}

function requireGroup({ moments }: MomentFit, group: string | undefined): void {
  for (const { design } of moments.batches) {
    const { blocks } = design;
    const names = [...new Set([...design.factors.map((factor) => factor.group), ...unitNames(blocks)])];
    if (!blocks) requireRandomTerm(design.terms, moments.formula);
    if (names.length === 0) {
      throw new FitError('OptionError', 'all rows of this model are independent: no level can be left out', {
        option: 'group',
        remedy: 'Influence is of the levels of a grouping factor, or of the subjects of “residual”.',
      });
    }
    if (design.family && group === undefined && names.length > 1) {
      throw new FitError('OptionError', `the model has the grouping factors ${names.join(' and ')}`, {
        option: 'group',
        remedy: 'Say whose levels are left out with “group”.',
      });
    }
    // Blocks of a covariance are of one factor; without them any one of several can be told.
    if (blocks && names.length > 1) refuseOthers(design.terms, blocks.units.name);
    if (names.length > 1 && !design.family && group === undefined) {
      throw new FitError('OptionError', `influence is for one grouping factor, the model has ${names.join(' and ')}`, {
        option: 'group',
        remedy: 'Say whose levels are left out with “group”.',
      });
    }
    if (group === undefined || names.includes(group)) continue;
    throw new FitError('OptionError', `the model has no grouping factor '${group}'`, {
      option: 'group',
      remedy: `It has ${names.join(', ')}.`,
    });
  }
}

/** @throws OptionError that names the random effects of other factors than the blocks of a covariance are of */
function refuseOthers(terms: readonly TermEffects[], unit: string | null): never {
  const others = terms.filter((term) => term.group !== unit).map(randomTermText);
  const many = others.length > 1;
  throw new FitError(
    'OptionError',
    `influence beside structured covariances leaves out levels of one factor, here ${unit}: ${others.join(' and ')} ${many ? 'are' : 'is'} of ${many ? 'others' : 'another'}`,
    {
      option: 'group',
      remedy: `Leave ${others.join(' and ')} out of the formula; or fit without the structure, and say with “group” whose levels are left out.`,
    },
  );
}

function unitNames(blocks: CovarianceBlocks | undefined): string[] {
  return blocks && blocks.units.name !== null ? [blocks.units.name] : [];
}

/** One model without one level; no fit where it cannot be estimated. */
interface Entry {
  readonly model: number;
  readonly deleted: string;
  readonly fit: DeletedFit | null;
  readonly status: string;
}

async function batchInfluence(
  result: MomentFit,
  rows: FitRows,
  batch: FitRows['batches'][number],
  options: InfluenceOptions,
): Promise<Entry[]> {
  if (batch.design.blocks) {
    const deletion = subjectDeletion(batch, rows);
    const perLevel = batch.design.blocks.width * batch.index.length + batch.design.n * batch.design.p + 1;
    return inRounds(deletion, perLevel);
  }
  if (batch.design.family) {
    const perLevel = batch.design.family.width * batch.index.length + batch.design.n * batch.design.p + 1;
    return inRounds(familyDeletion(batch, rows, options.group), perLevel);
  }
  if (batch.design.factors.length > 1) {
    const { n, p, factors } = batch.design;
    const columns = factors.reduce((sum, { levels, q }) => sum + levels.length * q, 0);
    const perLevel = columns * (p + batch.index.length) + n * (p + factors.length) + 1;
    return inRounds(rowDeletion(batch, rows, options.group), perLevel);
  }
  const whole = groupMoments(batch, rows.responses, rows.source);
  const [{ levels, q }] = whole.design.factors;
  const perLevel = levels.length * q * (whole.design.p + q + batch.index.length) + 1;
  return inRounds({ levels, without: (level, index) => withoutGroup(whole, level, index) }, perLevel);

  async function inRounds(deletion: SubjectDeletion, perLevel: number): Promise<Entry[]> {
    const step = Math.max(1, Math.floor(ROUND / perLevel));
    const entries: Entry[] = [];
    for (let from = 0; from < deletion.levels.length; from += step) {
      const to = Math.min(deletion.levels.length, from + step);
      entries.push(...(await roundInfluence(result, batch, deletion, from, to, options)));
    }
    return entries;
  }
}

async function roundInfluence(
  result: MomentFit,
  batch: MomentBatch,
  { levels, without }: SubjectDeletion,
  from: number,
  to: number,
  options: InfluenceOptions,
): Promise<Entry[]> {
  const models = Array.from(batch.index);
  const batches: MomentBatch[] = [];
  const deleted: number[] = [];
  for (let level = from; level < to; level++) {
    const first = batches.length * models.length;
    const left = without(
      level,
      Int32Array.from(models, (_, k) => first + k),
    );
    if (!left) continue;
    batches.push(left);
    deleted.push(level);
  }
  const { locate } = modelLocator(result);
  const { method } = result.table;
  let fits: (place: number, k: number) => { fit: DeletedFit | null; status: string };
  if (options.refit === false) {
    fits = fixedThetaFits(batches, models, locate, method, result.openReader);
  } else {
    const moments: Moments = {
      formula: result.moments.formula,
      names: batches.flatMap(() => models.map((model) => result.moments.names[model])),
      batches,
      coefficients: batch.design.coefficients,
      notes: [],
    };
    const { family } = result.table;
    const asGiven = family ? { reml: method === 'REML', nagq: family.nodes } : { method };
    const refitted = await fitMoments(moments, {
      ...asGiven,
      ddf: 'asymptotic',
      backend: 'cpu',
      threads: options.threads,
      signal: options.signal,
    });
    fits = (place, k) => refittedModel(refitted, place * models.length + k);
  }
  const entries: Entry[] = [];
  models.forEach((model, k) => {
    if (!locate(model)) return;
    const whole = STATUSES[result.table.status[model]];
    for (let level = from; level < to; level++) {
      const place = deleted.indexOf(level);
      const { fit, status } =
        whole === 'separated' ? { fit: null, status: whole } : place < 0 ? RANK_DEFICIENT : fits(place, k);
      entries.push({ model, deleted: levels[level], fit, status });
    }
  });
  return entries;
}

function refittedModel({ table }: MomentFit, at: number): { fit: DeletedFit | null; status: string } {
  const status = STATUSES[table.status[at]];
  if (!Number.isFinite(table.sigma[at]) || status === 'separated') return { fit: null, status };
  const p = table.coefficients.names.length;
  return {
    status,
    fit: {
      estimate: table.coefficients.estimate.subarray(at * p, (at + 1) * p),
      standardError: table.coefficients.standardError.subarray(at * p, (at + 1) * p),
      parameters: parametersOf(table, at),
    },
  };
}

/** Standard deviations, correlations and the like, in the names of `tidy`. */
function parametersOf(table: FitTable, model: number): readonly DeletedParameter[] {
  const random = randomParameters(table, model);
  const { family, structured } = table;
  if (family) {
    const own = familyRows(family, model).map((row) => ({ ...row, group: null }));
    return [...random.filter(({ group }) => group !== 'Residual'), ...own];
  }
  if (!structured) return random;
  return [...random.filter(({ group }) => group !== 'Residual'), ...covarianceRows(structured, model)];
}

function influenceTable(result: MomentFit, entries: readonly Entry[]): OutputTable {
  const { table } = result;
  const names = table.coefficients.names;
  const { locate } = modelLocator(result);
  const capacity = entries.reduce((sum, { fit }) => sum + (fit ? fit.estimate.length + fit.parameters.length : 1), 0);
  const builder = new OutputTableBuilder(capacity);
  const identify = identityColumns(builder, table);
  const deletedColumn = builder.string('deleted');
  const effect = builder.string('effect');
  const group = builder.string('group');
  const term = builder.string('term');
  const estimate = builder.number('estimate');
  const delta = builder.number('delta');
  const dfbetas = builder.number('dfbetas');
  const cooks = builder.number('cooks.distance');
  const statusColumn = builder.string('status');
  let row = 0;
  for (const { model, deleted, fit, status } of entries) {
    const begin = () => {
      identify(row, model);
      deletedColumn[row] = deleted;
      statusColumn[row] = status;
    };
    if (!fit) {
      begin();
      row++;
      continue;
    }
    const found = locate(model);
    if (!found) continue;
    const { batch, k: response, reader, theta, sigma } = found;
    const own = batch.design.coefficients;
    const covariance = reader.covariance(batch, response, theta, sigma, 'asymptotic');
    const moved = Float64Array.from(own, (name, k) => {
      return fit.estimate[k] - table.coefficients.estimate[model * names.length + names.indexOf(name)];
    });
    const distance = cooksDistance(moved, covariance);
    own.forEach((name, k) => {
      begin();
      effect[row] = 'fixed';
      term[row] = name;
      estimate[row] = fit.estimate[k];
      delta[row] = moved[k];
      dfbetas[row] = moved[k] / fit.standardError[k];
      cooks[row] = distance;
      row++;
    });
    const before = parametersOf(table, model);
    for (const parameter of fit.parameters) {
      begin();
      effect[row] = parameter.effect ?? 'ran_pars';
      group[row] = parameter.group;
      term[row] = parameter.term;
      estimate[row] = parameter.estimate;
      const old = before.find(({ group: g, term: t }) => g === parameter.group && t === parameter.term);
      delta[row] = parameter.estimate - (old?.estimate ?? Number.NaN);
      row++;
    }
  }
  return builder.finish(row);
}
