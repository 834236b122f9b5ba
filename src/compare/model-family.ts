import { withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { buildDesign, count } from '../formula/design.ts';
import { fullRank } from '../formula/full-rank.ts';
import { parseFormula } from '../formula/parse.ts';
import { NO_STRUCTURE, structureTexts } from '../formula/residual.ts';
import { subsetDesign } from '../formula/subset.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { mergeMoments, seenResponses } from '../moments/merge.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { restructured, servesStructure } from '../moments/restructured-blocks.ts';
import { submodel, submodelResponses } from '../moments/submodel.ts';
import type { GivenOptions } from '../prepare/given-data.ts';
import { heldForBlocks, noResponses, partMoments } from '../prepare/prepare-moments.ts';
import { buildSplits, type Run } from '../prepare/run.ts';
import { voomResponses } from '../prepare/voom-responses.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import { sameCodes, samePlaces } from './nested-covariances.ts';
import { columnsInside, embedDesign, sameGroups, sameNumbers } from './nested-models.ts';

/** Options that tell how data enter, as those of {@link fit}. */
export type ComparisonDataOptions = Omit<GivenOptions, 'formula' | 'backend' | 'memory' | 'threads'> &
  Pick<GivenOptions, 'memory'> & {
    readonly onProgress?: Progress | undefined;
    readonly signal?: AbortSignal | undefined;
  };

/** Moments of a design that others follow from. */
interface Basis {
  readonly design: Design;
  readonly moments: Moments;
}

/** Models on one split: their designs on the rows that are complete for all of them, and the moments of what holds them. */
export interface FamilyPart {
  readonly split: string | null;
  /** The design that holds all models without structured covariances; where there are none, the first model's. */
  readonly joint: Design;
  readonly designs: readonly Design[];
  /** Those of `joint`. */
  readonly moments: Moments;
  /** Moments of structured designs, formed where one is asked for. */
  readonly structured: Basis[];
  /** Responses kept, indices into `moments.names`. */
  readonly keep: Int32Array;
}

/**
 * Models of the same rows and responses. One pass over the data forms the moments of the joint model, whose fixed effects
 * and random terms hold those of all models; the moments of each follow without rows. Models with structured covariances
 * have another pass for each set of fixed effects and random terms, which most structures share.
 */
export interface ModelFamily {
  readonly data: Run;
  readonly formulas: readonly string[];
  readonly parts: readonly FamilyPart[];
  readonly notes: readonly string[];
}

/** Models to compare: each formula with each structure of residuals, or with the one of the run; undefined for none. */
export function comparedModels(
  formulas: readonly string[],
  { structures, residual }: Pick<ComparisonDataOptions, 'structures' | 'residual'>,
): ComparedModel[] {
  const residuals =
    structures === undefined
      ? [residual]
      : structureTexts(structures, residual).map((text) => (text === NO_STRUCTURE ? undefined : text));
  return formulas.flatMap((formula) => residuals.map((text) => ({ formula, residual: text })));
}

/** A formula, and the covariance of the residuals beside it. */
export interface ComparedModel {
  readonly formula: string;
  readonly residual: string | undefined;
}

/**
 * Designs and joint moments of some models. A row counts where it is complete for every one of them.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse.
 */
export async function modelFamily(
  data: Run,
  compared: readonly string[] | readonly ComparedModel[],
): Promise<ModelFamily> {
  const models = compared.map((model) =>
    typeof model === 'string' ? { formula: model, residual: data.frame.residual } : model,
  );
  const formulas = models.map(({ formula }) => formula);
  requireSameResponses(formulas);
  const notes: string[] = [];
  const { built, notes: left } = buildSplits(data.parts, ({ split, rows }) => {
    const own = models.map(({ formula, residual }) =>
      withReplicateNotes(
        buildDesign(parseFormula(formula), data.table, { ...data.frame, residual, rows }),
        data.table,
        data.family,
      ),
    );
    const { designs, notes: dropped } = onCommonRows(own);
    const prefix = split === null ? '' : `${split}: `;
    notes.push(...[...notesByModel(own), ...dropped].map((note) => `${prefix}${note}`));
    const plain = designs.filter((design) => !hasBlocks(design));
    return { split, designs, whole: jointDesign(designs), joint: plain.length > 0 ? jointDesign(plain) : designs[0] };
  });
  const structured = built.some(({ designs }) => designs.some(hasBlocks));
  if (structured && data.responses.kind === 'matrix') return modelFamily(await heldForBlocks(data), compared);
  // Precision weights are those of the model that holds all of them: one set for all models.
  const weighted =
    data.voom === undefined || data.responses.kind === 'matrix'
      ? null
      : await voomResponses(
          data.responses,
          built.map(({ split, whole }) => ({ split, design: whole })),
          data,
        );
  const run: Run = weighted ? { ...data, responses: weighted.responses, voom: undefined } : data;
  const { moments, notes: read } = await partMoments(
    run,
    built.map(({ split, joint }) => ({ split, design: joint })),
  );
  notes.push(...left, ...(weighted?.notes ?? []), ...read);
  const parts = built.map(({ split, designs, joint }, s): FamilyPart => {
    const structured = hasBlocks(joint) ? [{ design: joint, moments: moments[s] }] : [];
    const keep = weighted?.keep[s] ?? seenResponses(moments[s], data.minCells);
    return { split, designs, joint, moments: moments[s], structured, keep };
  });
  if (parts.every(({ keep }) => keep.length === 0)) throw noResponses(data.minCells);
  return { data: run, formulas, parts, notes: [...new Set([...data.notes, ...notes])] };
}

/** @throws OptionError where a model has structured covariances, which `option` cannot do with */
export function refuseStructures(
  { parts }: Pick<ModelFamily, 'parts'>,
  option: 'bootstrap' | 'cv' | 'truth',
  message: string,
  remedy: string,
): void {
  if (!parts.some(({ designs }) => designs.some(hasBlocks))) return;
  throw new FitError('OptionError', message, { option, remedy });
}

/** The notes of several models: those that not all of them have with the number of theirs. */
export function notesByModel(models: readonly { readonly notes: readonly string[] }[]): string[] {
  const all = [...new Set(models.flatMap(({ notes }) => notes))];
  return all.map((note) => {
    const having = [...models.keys()].filter((k) => models[k].notes.includes(note));
    if (having.length === models.length) return note;
    return `${having.length === 1 ? 'model' : 'models'} ${having.map((k) => k + 1).join(', ')}: ${note}`;
  });
}

/**
 * The same models on some of the rows of each part (indices into its rows, increasing), with the same responses. Moments of the
 * joint design on those rows that are known already (null where not) need no pass over the data.
 */
export async function familyOnRows(
  family: ModelFamily,
  keep: readonly Int32Array[],
  known?: (s: number, joint: Design) => Moments | null,
): Promise<ModelFamily> {
  const subsets = family.parts.map(({ split, joint, designs }, s) => {
    const own = subsetDesign(joint, keep[s]);
    return {
      split,
      joint: own,
      designs: designs.map((design) => subsetDesign(design, keep[s])),
      moments: known?.(s, own) ?? null,
    };
  });
  // Those that are not known in one pass over the data.
  const unknown = subsets.filter(({ moments }) => moments === null);
  const read = unknown.map(({ split, joint }) => ({ split, design: joint }));
  const formed = read.length === 0 ? [] : (await partMoments(family.data, read)).moments;
  const parts = family.parts.map((part, s) => {
    const { joint, designs, moments } = subsets[s];
    return { ...part, joint, designs, moments: moments ?? formed[unknown.indexOf(subsets[s])], structured: [] };
  });
  return { ...family, parts };
}

/** The designs of one more formula on the rows of a family; its model must lie inside the joint one. */
export function furtherDesigns({ data, parts }: ModelFamily, formula: string): Design[] {
  return parts.map(({ split, joint }) => {
    const rows = data.parts.find((part) => part.split === split)?.rows;
    const design = buildDesign(parseFormula(formula), data.table, { ...data.frame, rows });
    return onRows(design, joint.rows);
  });
}

/** Moments of the model that has `designs[s]` on part s of a family. */
export async function modelMoments(family: ModelFamily, designs: readonly Design[]): Promise<Moments> {
  const { parts, data } = family;
  const wanting = parts.flatMap((part, s) => {
    const design = designs[s];
    return isApart(data, design) && !ownBasis(part, design) ? [{ part, design, split: part.split }] : [];
  });
  if (wanting.length > 0) {
    const formed = await partMoments(data, wanting);
    for (const [k, { part, design }] of wanting.entries()) part.structured.push({ design, moments: formed.moments[k] });
  }
  const { moments } = mergeMoments(
    parts.map((part, s) => {
      const { split, keep } = part;
      const design = designs[s];
      const own = isApart(data, design) ? ownBasis(part, design) : undefined;
      const basis = own ?? { design: part.joint, moments: part.moments };
      const batches = basis.moments.batches.map((batch) =>
        own ? restructuredBatch(batch, basis.design, design) : reduceBatch(batch, basis.design, design),
      );
      const notes: string[] = [];
      const coefficients = unionOf(design, batches);
      return { split, keep, moments: { ...basis.moments, formula: design.formula, batches, coefficients, notes } };
    }),
  );
  return moments;
}

/** Whether the moments of a design do not follow from those of the joint one. */
function isApart({ family }: Run, design: Design): boolean {
  return family !== null || hasBlocks(design);
}

/** The moments that those of such a design follow from, where they are there. */
function ownBasis({ structured }: FamilyPart, design: Design): Basis | undefined {
  return structured.find((basis) => basis.design === design || (hasBlocks(design) && isServed(design, basis)));
}

function isServed(own: Design, { design, moments }: Basis): boolean {
  const { residual } = own;
  if (!differsInStructure(design, own)) return false;
  if (residual === undefined || residual.text === design.residual?.text) return true;
  return moments.batches.every(({ design: { blocks } }) => blocks && servesStructure(blocks, residual.structure));
}

/** Whether two structured designs differ in the structure of their residuals at most. */
function differsInStructure(a: Design, b: Design): boolean {
  const [one, other] = [a.residual, b.residual];
  const roles =
    one && other
      ? sameCodes(one.subject.codes, other.subject.codes) &&
        samePlaces(one, other) &&
        (one.by === null ? other.by === null : other.by !== null && sameCodes(one.by.codes, other.by.codes))
      : one === other;
  return (
    roles &&
    a.dispersion?.text === b.dispersion?.text &&
    a.fixed.names.join('\n') === b.fixed.names.join('\n') &&
    sameNumbers(a.fixed.x, b.fixed.x) &&
    sameNumbers(a.offset, b.offset) &&
    a.random.length === b.random.length &&
    a.random.every((term, t) => {
      const { structure, names, codes, z } = b.random[t];
      const alike = term.structure === structure && term.names.join('\n') === names.join('\n');
      return alike && sameCodes(term.codes, codes) && sameNumbers(term.z, z);
    })
  );
}

function restructuredBatch(batch: MomentBatch, basis: Design, { residual }: Design): MomentBatch {
  const { blocks } = batch.design;
  if (!blocks || !residual || residual.text === basis.residual?.text) return batch;
  return { ...batch, design: { ...batch.design, blocks: restructured(blocks, residual.structure, residual.text) } };
}

/** The designs of a batch: on fewer rows where its responses have missing values of their own. */
export function batchDesign(batch: MomentBatch, design: Design): Design {
  const keep = 'keep' in batch ? (batch as DenseBatch).keep : null;
  return keep ? subsetDesign(design, keep) : design;
}

function reduceBatch(batch: MomentBatch, joint: Design, design: Design): MomentBatch {
  const [whole, own] = [batchDesign(batch, joint), batchDesign(batch, design)];
  const embedding = embedDesign(own, whole);
  if (!embedding) {
    throw new FitError('FormulaError', `random terms of '${design.formula}' overlap`, {
      source: design.formula,
      remedy: 'Leave out the term whose effects another term of the same groups has already.',
    });
  }
  const sub = submodel(batch.design, own, embedding);
  // Rows and designs stay with the batch, for bootstrap and cross-validation.
  return { ...batch, design: sub.design, responses: submodelResponses(batch.design, batch.responses, sub) };
}

function unionOf(design: Design, batches: readonly MomentBatch[]): string[] {
  const names = [...design.fixed.names];
  for (const batch of batches)
    for (const name of batch.design.coefficients) if (!names.includes(name)) names.push(name);
  return names;
}

/** Restricts designs of one table to the rows that all of them use. */
function onCommonRows(own: readonly Design[]): { designs: Design[]; notes: string[] } {
  const uses = new Map<number, number>();
  for (const { rows } of own) for (const row of rows) uses.set(row, (uses.get(row) ?? 0) + 1);
  const common = own[0].rows.filter((row) => uses.get(row) === own.length);
  if (common.length === 0) {
    throw new FitError('DataError', 'no row is complete for all formulas', {
      remedy: 'Compare models of variables that are known in the same rows.',
    });
  }
  const most = Math.max(...own.map(({ n }) => n));
  const notes =
    common.length < most
      ? [
          `all models are fitted to the ${common.length} rows that are complete for every formula (${count(most - common.length, 'row')} fewer than one of them would use)`,
        ]
      : [];
  return { designs: own.map((design) => onRows(design, common)), notes };
}

function onRows(design: Design, rows: Int32Array): Design {
  if (design.n === rows.length) return design;
  const keep = new Int32Array(rows.length);
  let at = 0;
  for (let i = 0; i < design.n && at < rows.length; i++) if (design.rows[i] === rows[at]) keep[at++] = i;
  if (at < rows.length) throw new RangeError('the design lacks rows of the others');
  return subsetDesign(design, keep);
}

/** A design whose columns and random terms hold those of all the given ones. */
function jointDesign(designs: readonly Design[]): Design {
  const [first] = designs;
  const { n } = first;
  if (!designs.every(({ offset }) => sameNumbers(offset, first.offset))) {
    throw new FitError('FormulaError', 'the formulas have different offsets', {
      source: designs[1].formula,
      remedy: 'Models with different offsets are models of different responses: give all the same.',
    });
  }
  const random: RandomTerm[] = [];
  for (const term of designs.flatMap((design) => design.random)) {
    const inside = (a: RandomTerm, b: RandomTerm) =>
      sameGroups(a, b) && columnsInside({ names: a.names, x: a.z }, { names: b.names, x: b.z }, n) !== null;
    if (random.some((known) => inside(term, known))) continue;
    for (let t = random.length - 1; t >= 0; t--) if (inside(random[t], term)) random.splice(t, 1);
    // One factor for all terms with the same groups, whatever it is called.
    const alike = random.find((known) => sameGroups(term, known));
    random.push(alike ? { ...term, group: alike.group, levels: alike.levels, codes: alike.codes } : term);
  }
  // Not a copy of the first design: that would bring along the variables from which its own columns are built anew.
  const { rows, weights, offset, residual, dispersion } = first;
  // Models with several structures have their own in their designs.
  const common = designs.every((design) => design.residual?.text === residual?.text);
  return {
    formula: designs.map(({ formula }) => formula).join(', '),
    rows,
    n,
    fixed: jointFixed(designs),
    random,
    ...(common && residual ? { residual } : {}),
    ...(dispersion === undefined ? {} : { dispersion }),
    ...(weights === undefined ? {} : { weights }),
    ...(offset === undefined ? {} : { offset }),
    notes: [],
  };
}

function jointFixed(designs: readonly Design[]): Design['fixed'] {
  const [{ n }] = designs;
  const names: string[] = [];
  const columns: Float64Array[] = [];
  for (const { fixed } of designs) {
    fixed.names.forEach((name, k) => {
      const column = fixed.x.subarray(k * n, (k + 1) * n);
      if (columns.some((known, j) => names[j] === name && sameNumbers(known, column))) return;
      names.push(name);
      columns.push(column);
    });
  }
  const x = new Float64Array(n * columns.length);
  columns.forEach((column, k) => {
    x.set(column, k * n);
  });
  return fullRank(n, { names, assign: names.map(() => 0), termLabels: ['(Intercept)'], x, dropped: [] });
}

function requireSameResponses(formulas: readonly string[]): void {
  const names = formulas.map((formula) =>
    parseFormula(formula)
      .responses.map(({ name }) => name)
      .join(', '),
  );
  const other = names.findIndex((name) => name !== names[0]);
  if (other < 0) return;
  throw new FitError('FormulaError', `the formulas have different responses: '${names[0]}' and '${names[other]}'`, {
    source: formulas[other],
    position: 1,
    remedy: 'Models of different responses cannot be compared: write the same left side in each formula.',
  });
}
