import { describe, expect, it } from 'vitest';
import { deserialiseFit, serialiseFit } from '../src/fit/saved-fit.ts';
import { fit as fitTable } from '../src/fit.ts';
import { predict } from '../src/predict/predict.ts';
import { simulateResponses } from '../src/predict/simulate-responses.ts';
import { type FamilyFit, familyFits, tableOfFit } from './glmm/reference-fits.ts';

const cases = familyFits().map((fit) => ({ id: fit.id, fit }));

function bytesOf(pieces: Iterable<Uint8Array>): Uint8Array {
  const all = [...pieces];
  const bytes = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of all) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

describe('saved fits of generalised models', () => {
  it.each(cases)('predict and draw as before: $id', async ({ fit }: { fit: FamilyFit }) => {
    const { formula, family, link, nAGQ, weights } = fit;
    const table = tableOfFit(fit.data);
    const result = await fitTable(table, {
      ...{ formula, family, link, nagq: nAGQ, threads: 1 },
      weights: weights ?? undefined,
    });
    const { fit: read } = deserialiseFit(bytesOf(serialiseFit(result)));
    expect(read.table).toEqual(result.table);
    expect(predict(read, table)).toEqual(predict(result, table));
    expect([...simulateResponses(read, table)]).toEqual([...simulateResponses(result, table)]);
    expect(read.covarianceOfCoefficients(0)).toEqual(result.covarianceOfCoefficients(0));
    expect(read.randomEffects(0)).toEqual(result.randomEffects(0));
  });
});
