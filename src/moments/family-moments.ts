import { designRecipe, subsetRecipe } from '../formula/recipe.ts';
import { subsetDesign } from '../formula/subset.ts';
import { logFactorial } from '../numeric/log-factorial.ts';
import type { Design } from '../types/design.ts';
import type { FamilyName } from '../types/family.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { DenseResponses } from '../types/responses.ts';
import { type DenseBatch, groupByRows, ownWeights, readRows } from './accumulate.ts';
import { CountInterpolation, countNodes } from './count-nodes.ts';
import type { FamilyEvidence } from './family-evidence.ts';
import { addFamilyResponse, exactTail, type FamilySource, interpolatedTail, type TailSum } from './family-responses.ts';
import { familyDesign, familyEvidence, familyRows, type ResponseFamily } from './family-rows.ts';
import { impossibleValue, isConstant, type RowNamer, valueFault } from './family-values.ts';
import { type DesignMoments, emptyResponseMoments, type ResponseMoments } from './moments.ts';
import { checkDense, type DenseMoments, joinDense } from './table-moments.ts';
import { valueRows, valueStrata } from './value-rows.ts';

/** Responses up to which a tail holds the counts that they have. */
const FEW_RESPONSES = 16;

/**
 * What generalised models need of responses in memory, under one design. Responses share a batch where the pseudo-rows and what
 * stands beside them are the same: those with the same missing rows, of nbinom1 each alone, of ordinal responses those with the same
 * categories.
 *
 * @throws FitError DataError for values that the family cannot have and offsets that are not finite; OptionError for a structured covariance
 */
export function familyMoments(design: Design, responses: DenseResponses, family: ResponseFamily): DenseMoments {
  checkDense(design, responses);
  const whole = designRecipe(design);
  const batches: DenseBatch[] = [];
  for (const { keep, members } of groupByRows(design, responses)) {
    batches.push(...groupBatches(design, responses, family, whole, keep, members));
  }
  return joinDense(design, responses, batches);
}

/** Responses that become one batch. */
interface FamilyGroup {
  readonly evidence: FamilyEvidence;
  readonly members: readonly number[];
  /** Writes the numbers of a response with values y. */
  write(y: Float64Array, out: Float64Array, at: number): void;
}

/** The batches of responses that have the same rows. */
function groupBatches(
  design: Design,
  responses: DenseResponses,
  family: ResponseFamily,
  whole: ModelRecipe | null,
  keep: Int32Array | null,
  members: readonly number[],
): DenseBatch[] {
  const rowsOf = keep ? subsetDesign(design, keep) : design;
  const { n } = rowsOf;
  const { rows: stride, weights: given } = responses;
  const weights = given ? ownWeights(rowsOf, given, members[0] * stride) : rowsOf.weights;
  const named = rowNamer(design, responses, keep);
  const base = familyDesign(rowsOf, named, weights);
  const source = { design: rowsOf, weights, trials: family.trials ?? null };
  const y = new Float64Array(n);
  const read = (k: number): number => {
    const expressed = readRows(design, responses, keep, k, y);
    checkValues(source, family, y, responses.names[k], named);
    return expressed;
  };
  const recipe = subsetRecipe(whole, design, rowsOf);
  const own = recipe === whole || recipe === null ? {} : { recipe };
  return groupsOf(source, family, members, responses.names.length, read, y).map((group) => {
    const moments: DesignMoments = { ...base, family: group.evidence };
    const out = emptyResponseMoments(moments, group.members.length);
    group.members.forEach((k, at) => {
      out.expressed[at] = read(k);
      describeValues(source, family.family, y, out, at);
      if (out.family) group.write(y, out.family, at * group.evidence.width);
    });
    return { design: moments, responses: out, index: Int32Array.from(group.members), whole: design, keep, ...own };
  });
}

function groupsOf(
  source: FamilySource,
  family: ResponseFamily,
  members: readonly number[],
  responses: number,
  read: (k: number) => number,
  y: Float64Array,
): FamilyGroup[] {
  const { design, weights } = source;
  if (family.family === 'nbinom1') {
    const strata = valueStrata(design);
    return members.map((k) => {
      read(k);
      const { frame, values } = valueRows(design, family.link, y, strata, weights);
      const evidence = familyEvidence(frame);
      const write = (from: Float64Array, out: Float64Array, at: number): void => {
        out.set(values, at);
        from.forEach((value, i) => {
          out[at + frame.rows] -= (weights?.[i] ?? 1) * logFactorial(value);
        });
      };
      return { evidence, members: [k], write };
    });
  }
  const rows = familyRows(design, family, responses, weights);
  const writer = (evidence: FamilyEvidence, addTail: TailSum): FamilyGroup['write'] => {
    return (from, out, at) => addFamilyResponse(source, evidence, rows, from, addTail, out, at);
  };
  if (family.family === 'cumulative') {
    const groups = new Map<string, { readonly used: number[]; readonly members: number[] }>();
    for (const k of members) {
      read(k);
      const used = [...new Set(y)].sort((a, b) => a - b);
      const known = groups.get(used.join());
      if (known) known.members.push(k);
      else groups.set(used.join(), { used, members: [k] });
    }
    return [...groups.values()].map(({ used, members: own }) => {
      const labels = family.categories ?? [];
      const evidence = familyEvidence(rows.frame, { categories: used.map((code) => labels[code - 1] ?? String(code)) });
      const place = new Map(used.map((code, j) => [code, j]));
      const write = writer(evidence, noTail);
      return {
        evidence,
        members: own,
        write: (from, out, at) =>
          write(
            from.map((code) => place.get(code) ?? 0),
            out,
            at,
          ),
      };
    });
  }
  if (family.family !== 'nbinom2') {
    const evidence = familyEvidence(rows.frame);
    return [{ evidence, members, write: writer(evidence, noTail) }];
  }
  const { counts, addTail } = countTail(members, read, y);
  const evidence = familyEvidence(rows.frame, { counts });
  return [{ evidence, members, write: writer(evidence, addTail) }];
}

function noTail(): void {}

/** The counts of a tail for some responses: those that they have where these are few, else nodes up to the largest. */
function countTail(
  members: readonly number[],
  read: (k: number) => number,
  y: Float64Array,
): { readonly counts: Float64Array; readonly addTail: TailSum } {
  let largest = 0;
  const found = new Set<number>();
  for (const k of members) {
    read(k);
    for (const value of y) {
      if (value > largest) largest = value;
      if (members.length <= FEW_RESPONSES) found.add(value);
    }
  }
  const nodes = countNodes(largest);
  if (members.length > FEW_RESPONSES || found.size > 4 * nodes.length) {
    return { counts: nodes, addTail: interpolatedTail(new CountInterpolation()) };
  }
  const counts = Float64Array.from(found).sort();
  return { counts, addTail: exactTail(counts) };
}

/** @throws DataError for a value that the family cannot have */
function checkValues(
  { design, weights, trials }: FamilySource,
  { family, categories = [] }: ResponseFamily,
  y: Float64Array,
  response: string,
  named: RowNamer,
): void {
  for (let i = 0; i < y.length; i++) {
    const facts = {
      trials: trials ? trials[design.rows[i]] : null,
      weight: weights?.[i] ?? 1,
      categories: categories.length,
    };
    const fault = valueFault(family, y[i], facts);
    if (fault) throw impossibleValue(fault, response, named(i), y[i]);
  }
}

/** Mean of a response, of proportions where it has trials, and whether there is nothing to fit. */
function describeValues(
  { design, trials }: FamilySource,
  family: FamilyName,
  y: Float64Array,
  out: ResponseMoments,
  at: number,
): void {
  let sum = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let counted = 0;
  for (let i = 0; i < y.length; i++) {
    const m = trials ? trials[design.rows[i]] : 1;
    if (m === 0) continue; // of no trial there is no proportion
    const value = y[i] / m;
    sum += value;
    counted++;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  out.mean[at] = counted > 0 ? sum / counted : 0;
  out.constant[at] = isConstant(family, low, high) ? 1 : 0;
}

/** Names of the rows of a design, as the table has them. */
function rowNamer(design: Design, { rowNames }: DenseResponses, keep: Int32Array | null): RowNamer {
  return (i) => {
    const place = keep ? keep[i] : i;
    const name = design.rowNames?.[place] ?? rowNames?.[design.rows[place]];
    return name === undefined ? `row ${design.rows[place] + 1}` : `row '${name}'`;
  };
}
