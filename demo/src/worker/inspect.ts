/** What a design looks like, for the page to show before a fit. Needs none of the code that fits. */

import type { Design } from 'webgpu-lmm';
import { type DesignPart, mergeNotes, prepare, readInput, runDesigns } from 'webgpu-lmm/steps';
import type { Settings } from '../settings.ts';
import type { DataSet } from './data-set.ts';
import type { Inspection } from './protocol.ts';
import { prepareOptions } from './run-options.ts';

/** Builds the designs alone, for what the page shows before a fit. */
export async function inspect(data: DataSet, settings: Settings): Promise<Inspection> {
  const options = prepareOptions(settings, data.roles, data.isMatrix);
  const input = await readInput(data.roles.data, options, data.files);
  const run = await prepare(input, { ...options, minCounts: 0 }); // no pass over the counts;
  const { parts, notes: designNotes } = runDesigns(run, settings.formula);
  const notes = [...run.notes, ...designNotes];
  const coefficients = [...new Set(parts.flatMap(({ design }) => design.fixed.names))];
  const first = parts[0].design;
  return {
    coefficients,
    dropped: first.fixed.dropped,
    used: parts.reduce((sum, { design }) => sum + design.n, 0),
    terms: first.random.map(({ group, names, levels }) => ({ group, names, levels: levels.length })),
    splits: parts.flatMap(({ split, design }: DesignPart) =>
      split === null ? [] : [{ level: split, rows: design.n }],
    ),
    responses: input.select?.length ?? input.responses.names.length,
    notes: [
      ...new Set([
        ...input.notes,
        ...notes,
        ...mergeNotes(parts.map(({ split, design }) => ({ split, notes: design.notes }))),
      ]),
    ],
    ...(await checked(first, coefficients, settings)),
  };
}

/** The library checks tests where it fits them: its code is loaded where there is something to check. */
async function checked(
  design: Design,
  coefficients: readonly string[],
  settings: Settings,
): Promise<Pick<Inspection, 'contrastErrors' | 'optionError'>> {
  if (settings.contrasts.length === 0 && settings.ddf !== 'kenward-roger') {
    return { contrastErrors: {}, optionError: null };
  }
  const { checkTests } = await import('./check-tests.ts');
  return checkTests(design, coefficients, settings);
}
