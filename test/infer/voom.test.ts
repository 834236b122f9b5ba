import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { librarySizes } from '../../src/moments/library-size.ts';
import { trimmedMeanFactors } from '../../src/moments/norm-factors.ts';
import { median } from '../../src/numeric/order-statistics.ts';
import { voom } from '../../src/prepare/voom.ts';
import { readBulk, readTable } from '../../src/reading/tables.node.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { describeUnless, realData } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { LIMMA, worstRelative } from './limma-values.ts';

const { voom: steps } = JSON.parse(readFileSync(new URL('r/dream-steps.json', import.meta.url), 'utf8')) as {
  voom: { counts: number[][]; stim: number[]; donor: number[]; weights: number[][] };
}; // ours

function responses(counts: readonly number[][]): DenseResponses {
  return {
    kind: 'dense',
    rows: counts[0].length,
    names: counts.map((_, g) => `gene${g + 1}`),
    values: Float64Array.from(counts.flat()),
  };
}

function table(columns: Record<string, number[]>): Table {
  const entries = Object.entries(columns).map(
    ([name, values]) => [name, { kind: 'numeric', values: Float64Array.from(values) } satisfies Column] as const,
  );
  return { rows: entries[0][1].values.length, columns: new Map(entries) };
}

describe('precision weights', () => {
  const limma = LIMMA.voom;
  const counts = responses(limma.counts);
  const design = buildDesign('~ group', table({ group: limma.group }));

  it("are limma's voom for a design without random effects", async () => {
    const { responses: found } = await voom(counts, design);
    expect(worstRelative(found.values, limma.E.flat())).toBeLessThan(TOLERANCE.limma);
    expect(worstRelative(found.weights, limma.weights.flat())).toBeLessThan(TOLERANCE.limma);
  });

  it("take edgeR's trimmed-mean factors", async () => {
    expect(worstRelative(trimmedMeanFactors(counts, librarySizes(counts)), limma.tmm)).toBeLessThan(TOLERANCE.limma);
    const { responses: found } = await voom(counts, design, { normFactors: 'tmm' });
    expect(worstRelative(found.values, limma.tmm_E.flat())).toBeLessThan(TOLERANCE.limma);
    expect(worstRelative(found.weights, limma.tmm_weights.flat())).toBeLessThan(TOLERANCE.limma);
  });

  it('with random effects come from conditional fitted values of fits by maximum likelihood', async () => {
    const frame = table({ stim: steps.stim, donor: steps.donor });
    const mixed = buildDesign('~ stim + (1 | donor)', frame);
    const { responses: found } = await voom(responses(steps.counts), mixed, { threads: 1 });
    expect(worstRelative(found.weights, steps.weights.flat())).toBeLessThan(TOLERANCE.voomWeight);
  });

  it('refuses what are no counts, and too few responses', async () => {
    const bad = responses(limma.counts.slice(0, 3));
    bad.values[4] = -1;
    await expect(voom(bad, design)).rejects.toThrow(/'gene1' has the count -1 in sample 5/);
    await expect(voom(responses(limma.counts.slice(0, 1)), design)).rejects.toThrow(/too few for a trend/);
    await expect(voom(counts, design, { librarySizes: Float64Array.of(1) })).rejects.toThrow(/1 library sizes for 8/);
  });
});

const { path: SHOCK, lacking } = realData('shock_bulk/');

/** Genes with ten counts (in a sample of median size) in as many samples as a group of 11 asks for: edgeR's filterByExpr. */
function expressed(counts: DenseResponses): DenseResponses {
  const { rows, names, values } = counts;
  const sizes = librarySizes(counts);
  const cutoff = 10 / median(sizes);
  const kept = [...names.keys()].filter((k) => {
    const own = values.subarray(k * rows, (k + 1) * rows);
    const above = own.filter((count, i) => count / sizes[i] >= cutoff).length;
    return above >= 10 + 0.7 && own.reduce((sum, count) => sum + count, 0) >= 15;
  });
  return {
    kind: 'dense',
    rows,
    names: kept.map((k) => names[k]),
    values: Float64Array.from(kept.flatMap((k) => [...values.subarray(k * rows, (k + 1) * rows)])),
  };
}

describeUnless(lacking, 'real bulk counts', () => {
  it("have limma's voom weights after TMM and a filter", async () => {
    const obs = await readTable(`${SHOCK}samples.tsv`);
    const samples = obs.columns.values().next().value;
    if (samples?.kind !== 'factor') throw new Error('no names of samples');
    const names = Array.from(samples.codes, (code) => samples.levels[code]);
    const all = matchBulk(await readBulk(`${SHOCK}counts.tsv.gz`), names).responses;
    const expected = matchBulk(await readBulk(`${SHOCK}voom_weights.tsv.gz`), names).responses;
    const found = (await voom(expressed(all), buildDesign('~ time', obs), { normFactors: 'tmm' })).responses;
    const place = new Map(found.names.map((name, k) => [name, k]));
    expected.names.forEach((name, e) => {
      const from = (place.get(name) ?? -1) * found.rows;
      const own = found.weights.subarray(from, from + found.rows);
      const reference = expected.values.subarray(e * found.rows, (e + 1) * found.rows);
      // The file has seven digits.
      expect(worstRelative(own, reference)).toBeLessThan(1e-6);
    });
  });
});
