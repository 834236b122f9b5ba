/** What folds cannot be scored, a note for all folds and models that the same befalls. */

import { STATUSES } from '../types/fit-table.ts';
import type { ModelFits } from './model-fits.ts';

/** What befell one model in one fold. */
interface FoldFault {
  readonly model: number;
  readonly fold: number;
  /** Responses without a fit to the other rows; empty where coefficients are lost. */
  readonly unfitted: readonly string[];
  readonly why: string;
  /** Coefficients that the rows of the fold alone tell. */
  readonly lost: string;
}

export class FoldNotes {
  private readonly faults: FoldFault[] = [];

  /** Notes the responses that have no fit to the training rows of a fold. */
  unfitted(model: number, fold: number, { criterion, status, messages, moments }: ModelFits): void {
    const lacking = [...criterion.keys()].filter((m) => !Number.isFinite(criterion[m]));
    if (lacking.length === 0) return;
    const why = messages[lacking[0]] ?? STATUSES[status[lacking[0]]];
    this.faults.push({ model, fold, unfitted: lacking.map((m) => moments.names[m]), why, lost: '' });
  }

  /** Notes the coefficients that cannot be estimated without a fold. */
  unpredicted(model: number, fold: number, lost: readonly string[]): void {
    if (lost.length > 0) this.faults.push({ model, fold, unfitted: [], why: '', lost: lost.join(', ') });
  }

  /** @param modelText what a model is called */
  texts(modelText: (model: number) => string): string[] {
    const unfitted = this.faults.filter(({ lost }) => lost === '');
    const others = this.faults.filter(({ lost }) => lost !== '');
    // One note of a model, whichever responses its folds lack; models alike in one.
    const byModel = grouped(unfitted, ({ model }) => String(model));
    const alike = grouped(byModel, (faults) =>
      JSON.stringify([faults.map(({ fold }) => fold), [...namesOf(faults)], faults[0].why]),
    );
    return [
      ...alike.map((same) =>
        unfittedText(
          same.map(([{ model }]) => modelText(model)),
          same[0],
        ),
      ),
      ...grouped(others, ({ model, lost }) => JSON.stringify([model, lost])).map((faults) => {
        const [{ model, lost }] = faults;
        return `${foldsText(faults)} of ${modelText(model)} cannot be predicted: ${lost} cannot be estimated without ${ofThem(faults)} rows`;
      }),
    ];
  }
}

function unfittedText(models: readonly string[], faults: readonly FoldFault[]): string {
  const names = namesOf(faults);
  const [first] = names;
  const whose = names.size === 1 ? first : `${names.size} responses, of ${first}`;
  return `${foldsText(faults)} of ${joined(models)} cannot be scored: no fit of ${whose} without ${ofThem(faults)} rows (${faults[0].why})`;
}

function namesOf(faults: readonly FoldFault[]): Set<string> {
  return new Set(faults.flatMap(({ unfitted }) => unfitted));
}

/** `fold 2`, `folds 1, 2 and 5`. */
function foldsText(faults: readonly FoldFault[]): string {
  const numbers = [...new Set(faults.map(({ fold }) => fold + 1))].sort((a, b) => a - b);
  return `${numbers.length === 1 ? 'fold' : 'folds'} ${joined(numbers.map(String))}`;
}

function ofThem(faults: readonly FoldFault[]): string {
  return new Set(faults.map(({ fold }) => fold)).size === 1 ? 'its' : 'their';
}

function joined(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups.values()];
}
