import { withReplicateNotes } from '../design/replicates.ts';
import { FitError } from '../errors.ts';
import { buildDesign, count, fullRank } from '../formula/design.ts';
import { parseFormula } from '../formula/parse.ts';
import { subsetDesign } from '../formula/subset.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import { mergeMoments, seenResponses } from '../moments/merge.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { submodel, submodelResponses } from '../moments/submodel.ts';
import type { GivenOptions } from '../prepare/given-data.ts';
import { noResponses, partMoments } from '../prepare/prepare-moments.ts';
import { buildSplits, type Run } from '../prepare/run.ts';
import { voomResponses } from '../prepare/voom-responses.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import { columnsInside, embedDesign, sameNumbers, samePartition } from './nested-models.ts';

/** Options that tell how data enter, as those of {@link fit}. */
export type ComparisonDataOptions = Omit<GivenOptions, 'formula' | 'backend' | 'memory' | 'threads'> &
  Pick<GivenOptions, 'memory'> & {
    readonly onProgress?: Progress | undefined;
    readonly signal?: AbortSignal | undefined;
  };

/** Models on one split: their designs on the rows that are complete for all of them, and the moments of what holds them all. */
export interface FamilyPart {
  readonly split: string | null;
  readonly joint: Design;
  readonly designs: readonly Design[];
  readonly moments: Moments;
  /** Responses kept, indices into `moments.names`. */
  readonly keep: Int32Array;
}

/**
 * Models of the same rows and responses. One pass over the data forms the moments of the joint model, whose fixed effects
 * and random terms hold those of all models; the moments of each follow without rows.
 */
export interface ModelFamily {
  readonly data: Run;
  readonly formulas: readonly string[];
  readonly parts: readonly FamilyPart[];
  readonly notes: readonly string[];
}

/**
 * Designs and joint moments of some formulas. A row counts where it is complete for every formula.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse.
 */
export async function modelFamily(data: Run, formulas: readonly string[]): Promise<ModelFamily> {
  requireSameResponses(formulas);
  const notes: string[] = [];
  const { built, notes: left } = buildSplits(data.parts, ({ split, rows }) => {
    const own = formulas.map((formula) =>
      withReplicateNotes(buildDesign(parseFormula(formula), data.table, { ...data.frame, rows }), data.table),
    );
    const { designs, notes: dropped } = onCommonRows(own);
    const prefix = split === null ? '' : `${split}: `;
    notes.push(...[...notesByModel(own), ...dropped].map((note) => `${prefix}${note}`));
    return { split, designs, joint: jointDesign(designs) };
  });
  const joint = built.map((part) => ({ split: part.split, design: part.joint }));
  // Precision weights are those of the model that holds all of them: one set for all models.
  const weighted =
    data.voom === undefined || data.responses.kind === 'matrix'
      ? null
      : await voomResponses(data.responses, joint, data);
  const run: Run = weighted ? { ...data, responses: weighted.responses, voom: undefined } : data;
  const { moments, notes: read } = await partMoments(run, joint);
  notes.push(...left, ...(weighted?.notes ?? []), ...read);
  const parts = built.map((part, s): FamilyPart => {
    return { ...part, moments: moments[s], keep: weighted?.keep[s] ?? seenResponses(moments[s], data.minCells) };
  });
  if (parts.every(({ keep }) => keep.length === 0)) throw noResponses(data.minCells);
  return { data: run, formulas, parts, notes: [...new Set([...data.notes, ...notes])] };
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
    return { ...part, joint, designs, moments: moments ?? formed[unknown.indexOf(subsets[s])] };
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
export function modelMoments({ parts }: ModelFamily, designs: readonly Design[]): Moments {
  const { moments } = mergeMoments(
    parts.map(({ split, joint, moments: whole, keep }, s) => {
      const design = designs[s];
      const batches = whole.batches.map((batch) => reduceBatch(batch, joint, design));
      const notes: string[] = [];
      return {
        split,
        keep,
        moments: { ...whole, formula: design.formula, batches, coefficients: unionOf(design, batches), notes },
      };
    }),
  );
  return moments;
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
      samePartition(a, b) && columnsInside({ names: a.names, x: a.z }, { names: b.names, x: b.z }, n) !== null;
    if (random.some((known) => inside(term, known))) continue;
    for (let t = random.length - 1; t >= 0; t--) if (inside(random[t], term)) random.splice(t, 1);
    // One factor for all terms with the same groups, whatever it is called.
    const alike = random.find((known) => samePartition(term, known));
    random.push(alike ? { ...term, group: alike.group, levels: alike.levels, codes: alike.codes } : term);
  }
  // Not a copy of the first design: that would bring along the variables from which its own columns are built anew.
  const { rows, weights, offset } = first;
  return {
    formula: designs.map(({ formula }) => formula).join(', '),
    rows,
    n,
    fixed: jointFixed(designs),
    random,
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
