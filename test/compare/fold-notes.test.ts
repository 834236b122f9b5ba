import { describe, expect, it } from 'vitest';
import { FoldNotes } from '../../src/compare/fold-notes.ts';
import type { ModelFits } from '../../src/compare/model-fits.ts';

/** Fits of three responses, of which some have none. */
function fits(...unfitted: readonly number[]): ModelFits {
  const lacks = (m: number): boolean => unfitted.includes(m);
  return {
    criterion: Float64Array.from([0, 1, 2], (m) => (lacks(m) ? Number.NaN : 1)),
    status: Uint8Array.from([0, 1, 2], (m) => (lacks(m) ? 1 : 0)),
    messages: [0, 1, 2].map((m) => (lacks(m) ? 'the response does not vary' : null)),
    moments: { names: ['g1', 'g2', 'g3'] },
  } as unknown as ModelFits; // what notes read of it
}

const model = (k: number): string => `'model ${k + 1}'`;

describe('notes on folds', () => {
  it('are one for all folds and models that the same befalls', () => {
    const notes = new FoldNotes();
    for (let fold = 0; fold < 5; fold++) {
      for (const k of [0, 1, 2]) notes.unfitted(k, fold, fits(1));
    }
    expect(notes.texts(model)).toEqual([
      "folds 1, 2, 3, 4 and 5 of 'model 1', 'model 2' and 'model 3' cannot be scored: no fit of g2 without their rows (the response does not vary)",
    ]);
  });

  it('count the responses of all folds, and say whose they are', () => {
    const notes = new FoldNotes();
    notes.unfitted(0, 0, fits(2));
    notes.unfitted(0, 3, fits(0, 2));
    notes.unfitted(1, 3, fits(2));
    notes.unfitted(2, 1, fits());
    expect(notes.texts(model)).toEqual([
      "folds 1 and 4 of 'model 1' cannot be scored: no fit of 2 responses, of g3 without their rows (the response does not vary)",
      "fold 4 of 'model 2' cannot be scored: no fit of g3 without its rows (the response does not vary)",
    ]);
  });

  it('gather folds that alone tell the same coefficients', () => {
    const notes = new FoldNotes();
    notes.unpredicted(0, 0, ['x']);
    notes.unpredicted(0, 1, []);
    notes.unpredicted(0, 2, ['x']);
    notes.unpredicted(1, 2, ['x', 'z']);
    expect(notes.texts(model)).toEqual([
      "folds 1 and 3 of 'model 1' cannot be predicted: x cannot be estimated without their rows",
      "fold 3 of 'model 2' cannot be predicted: x, z cannot be estimated without its rows",
    ]);
  });
});
