/**
 * Sorts the designs of a run into bins, each of which a device searches with one kernel: a design that many responses
 * share is a bin of its own, its tables uploaded once; designs of few responses each (missing values, weights or
 * covariates of their own) of one shape go together, one column of the tables a model, padded to the largest.
 * Plain data and pure functions; nothing here knows a GPU.
 */

import { TINY_ROWS } from '../lmm/covariance-engine.ts';
import { eliminationChoice } from '../lmm/elimination.ts';
import { ABILITIES, type EnginePath } from '../lmm/engine.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { thetaLength } from '../types/parameters.ts';
import { beyondFamilies } from './family-plan.ts';
import { searchMappings } from './search-variants.ts';
import { beyondPatterns } from './structured-plan.ts';

export type DeviceKernel = 'spectral' | 'block' | 'crossed' | 'structured' | 'family';

/** A design to be placed, with the number of its responses. */
export interface BinCandidate {
  readonly batch: number;
  readonly design: DesignMoments;
  readonly models: number;
  /** The path that the plan takes; the draws of a bootstrap follow it, whatever searches. */
  readonly path: EnginePath;
}

export interface DeviceBin {
  readonly kernel: DeviceKernel;
  /** Whether every model brings a design of its own; else there is one batch. */
  readonly own: boolean;
  readonly batches: readonly number[];
  readonly models: number;
  /** Most levels of the eliminated factor in any of the designs; patterns of structured residuals; pseudo-rows of generalised models. */
  readonly levels: number;
  /** Most levels of each factor in the border, in the order of the factors. */
  readonly border: readonly number[];
}

/** Where the models of a run go. */
export interface BinPlan {
  readonly bins: readonly DeviceBin[];
  /** Batches that the device does not search, and why. */
  readonly beyond: readonly { readonly batch: number; readonly reason: string }[];
}

/** Columns of a level and coefficients up to which the block kernel's arrays stay in a thread. */
export const BLOCK_COLUMNS = 4;
export const BLOCK_COEFFICIENTS = 8;
/** The same for the kernel that keeps its matrices in storage: columns of a level, parameters of all factors. */
export const CROSSED_COLUMNS = 6;
export const CROSSED_PARAMETERS = 24;
/** Structured designs, and those of generalised models, of fewer responses that a device searches one by one; where there are more, the CPU is as fast. */
const MOST_ALONE = 16;
/** Responses from which on a design is worth tables of its own. */
const WORTH_SHARING = 32;

/** The kernel for a design, or why there is none. */
export function deviceKernel({ design, path }: BinCandidate): DeviceKernel | { readonly reason: string } {
  const { factors, terms, p } = design;
  if (!ABILITIES[path].device) return { reason: 'no random effects' };
  if (design.family) {
    const reason = beyondFamilies(design, design.family);
    return reason === null ? 'family' : { reason };
  }
  if (design.blocks) {
    const reason = beyondPatterns(design.blocks, terms, p);
    return reason === null ? 'structured' : { reason };
  }
  if (factors.length === 1) {
    if (path === 'spectral') return 'spectral';
    if (factors[0].q <= BLOCK_COLUMNS && p >= 1 && p <= BLOCK_COEFFICIENTS) return 'block';
  }
  const widest = Math.max(...factors.map(({ q }) => q));
  if (widest > CROSSED_COLUMNS) {
    return { reason: `${widest} random effects a level, more than the ${CROSSED_COLUMNS} that the device takes` };
  }
  const parameters = thetaLength(terms);
  if (parameters > CROSSED_PARAMETERS) {
    return { reason: `${parameters} covariance parameters, more than the ${CROSSED_PARAMETERS} that the device takes` };
  }
  return 'crossed';
}

/** Bins in the order of their first batch. */
export function deviceBins(candidates: readonly BinCandidate[]): BinPlan {
  const bins = new Map<string, { kernel: DeviceKernel; members: BinCandidate[] }>();
  const beyond: { batch: number; reason: string }[] = [];
  const isAlone = ({ design }: BinCandidate) => design.blocks !== undefined || design.family !== undefined;
  const small = candidates.filter((candidate) => isAlone(candidate) && candidate.models < WORTH_SHARING).length;
  for (const candidate of candidates) {
    const { design, models, batch } = candidate;
    if (isAlone(candidate) && models < WORTH_SHARING && small > MOST_ALONE) {
      const what = design.family ? 'generalised models' : 'structured covariances';
      beyond.push({ batch, reason: `${what} under designs of a response’s own` });
      continue;
    }
    const kernel = deviceKernel(candidate);
    if (typeof kernel !== 'string') {
      beyond.push({ batch, reason: kernel.reason });
      continue;
    }
    const alone = models >= WORTH_SHARING || isAlone(candidate);
    const key = alone ? `batch ${batch}` : shapeKey(kernel, design);
    const bin = bins.get(key);
    if (bin) bin.members.push(candidate);
    else bins.set(key, { kernel, members: [candidate] });
  }
  return {
    beyond,
    bins: [...bins.values()].map(({ kernel, members }) => {
      const common = {
        kernel,
        own: members.length > 1,
        batches: members.map(({ batch }) => batch),
        models: members.reduce((sum, { models }) => sum + models, 0),
      };
      const { blocks, family } = members[0].design;
      if (blocks) return { ...common, levels: blocks.blocks.length, border: [] };
      if (family) return { ...common, levels: family.rows, border: [] };
      const eliminated = eliminationChoice(members[0].design).factor;
      const most = (factor: number) => Math.max(...members.map(({ design }) => design.factors[factor].levels.length));
      return {
        ...common,
        levels: most(eliminated),
        border: members[0].design.factors.flatMap((_, f) => (f === eliminated ? [] : [most(f)])),
      };
    }),
  };
}

/** What designs must have in common to be columns of one table; levels only about, since padding costs work. */
function shapeKey(kernel: DeviceKernel, design: DesignMoments): string {
  const { factors, terms, p, n } = design;
  const shape = {
    kernel,
    p,
    tiny: n <= TINY_ROWS,
    eliminated: eliminationChoice(design).factor,
    factors: factors.map(({ q, levels }) => [q, Math.round(2 * Math.log2(levels.length))]),
    terms: terms.map(({ q, factor, column }) => [q, factor, column]),
  };
  return JSON.stringify(shape);
}

/** What a device will do with some designs, in words; those that it does not search at the end. */
export function describeBins(candidates: readonly BinCandidate[]): string[] {
  const { bins, beyond } = deviceBins(candidates);
  const lines = bins.map(({ kernel, own, models, levels, border, batches }) => {
    const designs = own ? `${batches.length} designs side by side, padded to` : 'one design of';
    const noun = kernel === 'structured' ? 'pattern' : kernel === 'family' ? 'row' : 'level';
    const beside = border.length === 0 ? '' : ` beside ${border.join(' + ')}`;
    const mappings = searchMappings(kernel, levels);
    const how = mappings.includes('subgroup') ? ' (summing by subgroups where there are)' : '';
    const measured =
      mappings.length > 1 ? `; a thread a response, or a workgroup${how}: the faster on the first chunks` : '';
    return `${kernel} search of ${counted(models, 'model')}: ${designs} ${counted(levels, noun)}${beside}${measured}`;
  });
  const reasons = new Map<string, number>();
  for (const { batch, reason } of beyond) {
    const models = candidates.find((candidate) => candidate.batch === batch)?.models ?? 0;
    reasons.set(reason, (reasons.get(reason) ?? 0) + models);
  }
  return [...lines, ...[...reasons].map(([reason, models]) => `${counted(models, 'model')} on the CPU: ${reason}`)];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
