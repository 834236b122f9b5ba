import { warnsOfReplicates, withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { buildDesign } from '../formula/design.ts';
import { parseFormula } from '../formula/parse.ts';
import { subsetDesign } from '../formula/subset.ts';
import { poissonLimitMoments } from '../glmm/poisson-limit.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { hasBlocks } from '../moments/covariance-blocks.ts';
import { streamsFamily } from '../moments/family-stream.ts';
import { mergeMoments, mergeNotes, seenResponses } from '../moments/merge.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { restructured, servesStructure } from '../moments/restructured-blocks.ts';
import { type Embedding, submodel, submodelResponses } from '../moments/submodel.ts';
import type { GivenOptions } from '../prepare/given-data.ts';
import { heldForBlocks, heldForFamily, noResponses, partMoments } from '../prepare/prepare-moments.ts';
import { buildSplits, type Run } from '../prepare/run.ts';
import { voomResponses } from '../prepare/voom-responses.ts';
import type { Design } from '../types/design.ts';
import { type FamilyChoice, familyText } from '../types/family.ts';
import type { Progress } from '../types/fit-result.ts';
import type { ComparedModel } from './compared-models.ts';
import { jointDesign, onCommonRows, onRows } from './joint-design.ts';
import { sameCodes, samePlaces } from './nested-covariances.ts';
import { embedDesign, sameNumbers } from './nested-models.ts';

/** Options that tell how data enter, as those of {@link fit}. */
export type ComparisonDataOptions = Omit<GivenOptions, 'formula' | 'backend' | 'memory' | 'threads'> &
  Pick<GivenOptions, 'memory'> & {
    readonly onProgress?: Progress | undefined;
    readonly signal?: AbortSignal | undefined;
  };

/** Moments of a design under a family that others follow from. */
interface Basis {
  readonly family: FamilyChoice | null;
  readonly design: Design;
  readonly moments: Moments;
}

/** Models on one split: their designs on the rows that are complete for all of them, and the moments of what holds them. */
export interface FamilyPart {
  readonly split: string | null;
  /** The design that holds all models without structured covariances; where there are none, the first model's. */
  readonly joint: Design;
  readonly designs: readonly Design[];
  /** Those of `joint` under the family of the run. */
  readonly moments: Moments;
  /** These, and moments of structured designs and under other families, formed where one is asked for. */
  readonly bases: Basis[];
  /** Responses kept, indices into `moments.names`. */
  readonly keep: Int32Array;
}

/**
 * Models of the same rows and responses. One pass over the data forms the moments of the joint model, whose fixed effects
 * and random terms hold those of all models; the moments of each follow without rows. Models with structured covariances
 * have another pass for each set of fixed effects and random terms, which most structures share; each family of responses has
 * one, save poisson beside nbinom2, whose limit it is.
 */
export interface ModelFamily {
  readonly data: Run;
  readonly models: readonly ComparedModel[];
  readonly parts: readonly FamilyPart[];
  readonly notes: readonly string[];
}

/**
 * Designs and joint moments of some models. A row counts where it is complete for every one of them. Notes are those of the
 * first `noted` designs: of all without it.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse.
 */
export async function modelFamily(
  data: Run,
  compared: readonly string[] | readonly ComparedModel[],
  noted = compared.length,
): Promise<ModelFamily> {
  const models = compared.map((model): ComparedModel => {
    return typeof model === 'string' ? { formula: model, residual: data.frame.residual, family: data.family } : model;
  });
  requireSameResponses(models.map(({ formula }) => formula));
  const said: { readonly split: string | null; readonly notes: readonly string[] }[] = [];
  const { built, notes: left } = buildSplits(data.parts, ({ split, rows }) => {
    const known = new Map<string, Design>();
    const own = models.map(({ formula, residual }) => {
      const key = `${formula}\n${residual}`;
      const frame = { ...data.frame, residual, rows };
      const design =
        known.get(key) ??
        withReplicateNotes(buildDesign(parseFormula(formula), data.table, frame), data.table, data.family);
      known.set(key, design);
      return design;
    });
    const { designs, notes: dropped } = onCommonRows(own);
    said.push({ split, notes: [...notesByModel(own.slice(0, noted)), ...dropped] });
    const plain = designs.filter((design) => !hasBlocks(design));
    return { split, designs, whole: jointDesign(designs), joint: plain.length > 0 ? jointDesign(plain) : designs[0] };
  });
  const notes = mergeNotes(said);
  const structured = built.some(({ designs }) => designs.some(hasBlocks));
  if (data.responses.kind === 'matrix') {
    if (structured) return modelFamily(await heldForBlocks(data), compared, noted);
    const whole = models.find(({ family }) => family && !streamsFamily(family))?.family;
    if (whole) return modelFamily(await heldForFamily(data, whole), compared, noted);
  }
  // Precision weights are those of the model that holds all of them: one set for all models.
  const weighted =
    data.voom === undefined || data.responses.kind === 'matrix'
      ? null
      : await voomResponses(
          data.responses,
          built.map(({ split, whole }) => ({ split, design: whole })),
          data,
        );
  const run: Run = {
    ...(weighted ? { ...data, responses: weighted.responses, voom: undefined } : data),
    family: models.find(({ family }) => family?.family === 'nbinom2')?.family ?? data.family,
  };
  const { moments, notes: read } = await partMoments(
    run,
    built.map(({ split, joint }) => ({ split, design: joint })),
  );
  notes.push(...left, ...(weighted?.notes ?? []), ...read);
  const parts = built.map(({ split, designs, joint }, s): FamilyPart => {
    const keep = weighted?.keep[s] ?? seenResponses(moments[s], data.minCells);
    return { split, designs, joint, ...jointBasis(run, joint, moments[s]), keep };
  });
  if (parts.every(({ keep }) => keep.length === 0)) throw noResponses(data.minCells);
  return { data: run, models, parts, notes: [...new Set([...data.notes, ...notes])] };
}

function jointBasis({ family }: Run, design: Design, moments: Moments): Pick<FamilyPart, 'moments' | 'bases'> {
  return { moments, bases: [{ family, design, moments }] };
}

/** @throws OptionError where a model has structured covariances, which `option` cannot do with */
export function refuseStructures(
  { parts }: Pick<ModelFamily, 'parts'>,
  option: 'bootstrap' | 'truth',
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

/** By model whether the rows of one of its designs count as replicates of what they share. */
export function countAsReplicates(models: readonly (readonly Design[])[]): boolean[] {
  return models.map((designs) => designs.some(({ notes }) => notes.some(warnsOfReplicates)));
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
    const own = moments ?? formed[unknown.indexOf(subsets[s])];
    return { ...part, joint, designs, ...jointBasis(family.data, joint, own) };
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

/** Moments of the model that has `designs[s]` on part s of a family, under some family of its responses. */
export async function modelMoments(
  family: ModelFamily,
  designs: readonly Design[],
  choice: FamilyChoice | null = family.data.family,
): Promise<Moments> {
  const { parts, data } = family;
  const wanting = parts.flatMap((part, s) => {
    const design = designs[s];
    if (basisOf(part, design, choice)) return [];
    return [{ part, split: part.split, design: hasBlocks(design) ? design : part.joint }];
  });
  if (wanting.length > 0) {
    const dispersed = wanting.flatMap(({ part }) => dispersedBasis(part) ?? []);
    const isLimit = choice?.family === 'poisson' && dispersed.length === wanting.length;
    const formed = isLimit
      ? dispersed.map(({ moments }) => poissonLimitMoments(moments))
      : (await partMoments({ ...data, family: choice }, wanting)).moments;
    for (const [k, { part, design }] of wanting.entries()) {
      part.bases.push({ family: choice, design, moments: formed[k] });
    }
  }
  const { moments } = mergeMoments(
    parts.map((part, s) => {
      const { split, keep } = part;
      const design = designs[s];
      const basis = basisOf(part, design, choice);
      if (!basis) throw new RangeError('a basis was formed for each design that had none');
      const reduce = hasBlocks(design) ? batchRestructurer(basis.design, design) : batchReducer(basis.design, design);
      const batches = basis.moments.batches.map(reduce);
      const notes: string[] = [];
      const coefficients = unionOf(design, batches);
      return { split, keep, moments: { ...basis.moments, formula: design.formula, batches, coefficients, notes } };
    }),
  );
  return moments;
}

/** The moments that those of a design under a family follow from, where they are there. */
function basisOf({ joint, bases }: FamilyPart, design: Design, choice: FamilyChoice | null): Basis | undefined {
  if (hasBlocks(design)) return bases.find((basis) => basis.design === design || isServed(design, basis));
  return bases.find((basis) => basis.design === joint && familyText(basis.family) === familyText(choice));
}

/** Those of negative binomials, of which Poisson's are the limit. */
function dispersedBasis({ joint, bases }: FamilyPart): Basis | undefined {
  return bases.find(({ design, family }) => design === joint && family?.family === 'nbinom2');
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

/** Gives batches of one structured design the structure of another. */
function batchRestructurer(basis: Design, { residual }: Design): (batch: MomentBatch) => MomentBatch {
  return (batch) => {
    const { blocks } = batch.design;
    if (!blocks || !residual || residual.text === basis.residual?.text) return batch;
    return { ...batch, design: { ...batch.design, blocks: restructured(blocks, residual.structure, residual.text) } };
  };
}

/** The designs of a batch: on fewer rows where its responses have missing values of their own. */
export function batchDesign(batch: MomentBatch, design: Design): Design {
  const keep = batchRows(batch);
  return keep ? subsetDesign(design, keep) : design;
}

/** Rows of the design that the responses of a batch have, where these are not all. */
export function batchRows(batch: MomentBatch): Int32Array | null {
  return 'keep' in batch ? (batch as DenseBatch).keep : null;
}

/** Reduces batches of the joint design to those of another; responses on the same rows lie in it alike. */
function batchReducer(joint: Design, design: Design): (batch: MomentBatch) => MomentBatch {
  const known = new Map<Int32Array | null, { readonly own: Design; readonly embedding: Embedding }>();
  return (batch) => {
    const keep = batchRows(batch);
    let inside = known.get(keep);
    if (!inside) {
      const own = batchDesign(batch, design);
      const embedding = embedDesign(own, batchDesign(batch, joint));
      if (!embedding) {
        throw new FitError('FormulaError', `random terms of '${design.formula}' overlap`, {
          source: design.formula,
          remedy: 'Leave out the term whose effects another term of the same groups has already.',
        });
      }
      inside = { own, embedding };
      known.set(keep, inside);
    }
    const sub = submodel(batch.design, inside.own, inside.embedding);
    // Rows and designs stay with the batch, for bootstrap and cross-validation.
    return { ...batch, design: sub.design, responses: submodelResponses(batch.design, batch.responses, sub) };
  };
}

function unionOf(design: Design, batches: readonly MomentBatch[]): string[] {
  const names = [...design.fixed.names];
  for (const batch of batches)
    for (const name of batch.design.coefficients) if (!names.includes(name)) names.push(name);
  return names;
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
