/** What a design looks like, for the page to show before a fit. Needs none of the code that fits. */

import { type Design, isFitError } from 'webgpu-lmm';
import { type DesignPart, mergeNotes, prepare, type Run, readInput, runDesigns } from 'webgpu-lmm/steps';
import type { Inspection } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import type { DataSet } from './data-set.ts';
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
    units: await unitsBefore(run, settings, first),
  };
}

/** What each test rests on, of the first split; nothing where that cannot be told. */
async function unitsBefore(run: Run, { formula }: Settings, first: Design): Promise<Inspection['units']> {
  const { unitsOfTests } = await import('./units.ts');
  try {
    // Thresholds stand for the intercept of ordinal models, without which nothing is compared with the first levels.
    const whole = run.frame.thresholds
      ? runDesigns({ ...run, frame: { ...run.frame, thresholds: false } }, formula).parts[0].design
      : first;
    return await unitsOfTests(whole);
  } catch (error) {
    if (!isFitError(error)) throw error;
    return {};
  }
}

/** The library checks tests where it fits them: its code is loaded where there is something to check. */
async function checked(
  design: Design,
  coefficients: readonly string[],
  settings: Settings,
): Promise<Pick<Inspection, 'contrastErrors' | 'optionError'>> {
  const { contrasts, ddf, information, moderate } = settings;
  const usual = ddf !== 'kenward-roger' && ddf !== 'between-within' && information === 'default' && moderate === '';
  if (contrasts.length === 0 && usual) {
    return { contrastErrors: {}, optionError: null };
  }
  const { checkTests } = await import('./check-tests.ts');
  return checkTests(design, coefficients, settings);
}
