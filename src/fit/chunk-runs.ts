/** What the rows of a table of fits take from chunks of them. */
import { fitRowLayout } from '../glmm/fit-row.ts';
import { type FitChunk, type Fits, REASON, REASONS, type Reason } from '../lmm/engine.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import { findTerm, type TermShape, thetaPlaces } from '../types/parameters.ts';

/** Chunks one after the other that share their fits, and whose designs have the same names. */
interface ChunkRun {
  readonly fits: Fits;
  readonly layout: ColumnLayout;
  readonly chunks: FitChunk[];
}

/** The chunks in their order, in runs. */
export function chunkRuns(
  moments: Moments,
  shapes: readonly TermShape[],
  chunks: readonly FitChunk[],
): readonly ChunkRun[] {
  const runs: ChunkRun[] = [];
  for (const chunk of chunks) {
    const { design } = moments.batches[chunk.batch];
    const last = runs.at(-1);
    const layout = last && isLaidOut(design, last.layout.design) ? last.layout : null;
    if (last && layout && last.fits === chunk.fits) last.chunks.push(chunk);
    else runs.push({ fits: chunk.fits, layout: layout ?? layoutColumns(moments, shapes, design), chunks: [chunk] });
  }
  return runs;
}

/** The columns of a fit's table that say how a model fared. */
interface StatusColumns {
  readonly status: Uint8Array;
  readonly messages: (string | null)[];
  readonly nobs: Int32Array;
  readonly rank: Int32Array;
  readonly search: Uint8Array;
  readonly finish: Uint8Array;
}

/** Takes from the fits from `first` on how some models of a design fared. */
export function takeStatuses(
  { status, messages, nobs, rank, search, finish }: StatusColumns,
  design: DesignMoments,
  models: Int32Array,
  fits: Fits,
  first: number,
): void {
  for (let r = 0; r < models.length; r++) {
    const k = first + r;
    const m = models[r];
    status[m] = fits.status[k];
    messages[m] = messageOf(design, REASONS[fits.reason[k]], fits.theta, k * fits.thetas);
    nobs[m] = design.n;
    rank[m] = design.p;
    search[m] = fits.search[k];
    finish[m] = fits.finish[k];
  }
}

/** Grouping factors of a design, its subjects among them, and their levels. */
export function groupsOf({ factors, blocks }: DesignMoments): { readonly name: string; readonly count: number }[] {
  const groups = factors.map(({ group, levels }) => ({ name: group, count: levels.length }));
  const units = blocks?.units;
  return units?.name ? [...groups, { name: units.name, count: units.count }] : groups;
}

/** A reason in words, with the visits or coefficients that it is about; null where there is none. */
function messageOf(design: DesignMoments, reason: Reason, theta: Float64Array, at: number): string | null {
  const { blocks, family, coefficients } = design;
  if (reason === REASON.unseenPair && blocks?.unseen) return `${reason}: ${blocks.unseen}`;
  if (family && reason === REASON.separated) {
    const bits = theta[at + fitRowLayout(design).separated];
    return `${reason}: ${coefficients.filter((_, c) => Math.floor(bits / 2 ** c) % 2 === 1).join(', ')}`;
  }
  return reason || null;
}

/** Where the coefficients and terms of a design stand in the table, and space for one of its models. */
export type ColumnLayout = ReturnType<typeof layoutColumns>;

function layoutColumns(moments: Moments, shapes: readonly TermShape[], design: DesignMoments) {
  const { coefficients, terms, p } = design;
  return {
    design,
    column: coefficients.map((name) => moments.coefficients.indexOf(name)),
    places: thetaPlaces(shapes, terms),
    covarianceAt: terms.map((term) => findTerm(shapes, term)?.covarianceOffset ?? 0),
    covariances: terms.map(({ q }) => new Float64Array(q * q)),
    beta: new Float64Array(p),
  };
}

/** Whether a design has the names of another, as designs of responses' own do: the same lists, and not just equal ones. */
function isLaidOut({ coefficients, terms }: DesignMoments, other: DesignMoments): boolean {
  if (coefficients !== other.coefficients || terms.length !== other.terms.length) return false;
  return terms.every(({ group, names }, t) => group === other.terms[t].group && names === other.terms[t].names);
}
