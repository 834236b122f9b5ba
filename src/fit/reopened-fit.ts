import { FitError } from '../errors.ts';
import { loadReaders } from '../lmm/model-reader.ts';
import type { Moments } from '../moments/moments.ts';
import type { FitTable } from '../types/fit-table.ts';
import { type MomentFit, readableFit } from './readable-fit.ts';
import { criterionDisagreement, shapeDisagreement, valueDisagreement } from './table-agreement.ts';

/**
 * A fit whose table was kept, on moments that are formed anew of the same data: its readers (random effects, covariances,
 * tests) without fitting again. Names, rows and means of all responses have to be those of the table, and for some models the
 * criterion that the moments give at the parameters of the table.
 *
 * Rejects with DataError where the table is damaged or not of these moments: it is of other data or of another model.
 */
export async function reopenFit(moments: Moments, table: FitTable, notes: readonly string[] = []): Promise<MomentFit> {
  const refuse = (message: string, remedy: string, cause?: unknown): FitError =>
    new FitError('DataError', message, { remedy, ...(cause === undefined ? {} : { cause }) });
  const openReader = await loadReaders(moments.batches.map(({ design }) => design));
  const fit = { moments, table, openReader };
  let other: string | null;
  let damaged: string | null;
  try {
    other = valueDisagreement(fit);
    damaged = other === null ? shapeDisagreement(fit) : null;
    if (other === null && damaged === null) other = criterionDisagreement(fit);
  } catch (cause) {
    throw refuse('the table of fits is damaged', 'Fit again.', cause); // a part of the wrong kind
  }
  if (other !== null) throw refuse(`these data are not those of the fit: ${other}`, 'Open its own data, or fit again.');
  if (damaged !== null) throw refuse(damaged, 'Fit again.');
  return readableFit(fit, notes);
}
