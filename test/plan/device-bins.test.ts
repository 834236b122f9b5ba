import { describe, expect, it } from 'vitest';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { type BinCandidate, describeBins, deviceBins } from '../../src/plan/device-bins.ts';
import type { StructureName } from '../../src/types/residual.ts';
import { slopesBatch } from '../webgpu/block-batches.ts';
import { crossedBatches } from '../webgpu/crossed-batches.ts';
import { structuredBatches } from '../webgpu/structured-batches.ts';

const deviations = () => [1, 0.5, 0.5] as const;
const candidate = (batch: number, models: number, formula: string, levels: number, seed = 1): BinCandidate => ({
  batch,
  models,
  path: 'block',
  design: slopesBatch({ seed, formula, levels, rows: 8, responses: 1, deviations }).design,
});

describe('deviceBins', () => {
  it('keeps a design that many responses share alone, and puts those of few together by shape', () => {
    const { bins, beyond } = deviceBins([
      candidate(0, 500, '~ x + (x | level)', 20),
      candidate(1, 1, '~ x + (x | level)', 20, 2),
      candidate(2, 2, '~ x + (x | level)', 21, 3),
      candidate(3, 1, '~ x + (x | level)', 60, 4), // padding to three times the levels would cost more than it saves
      candidate(4, 1, '~ x + z + (x | level)', 20, 5), // another number of coefficients
      { ...candidate(5, 1, '~ x + (1 | level)', 10, 6), path: 'spectral' },
    ]);
    expect(beyond).toEqual([]);
    expect(bins.map(({ kernel, own, batches, models, levels }) => [kernel, own, [...batches], models, levels])).toEqual(
      [
        ['block', false, [0], 500, 20],
        ['block', true, [1, 2], 3, 21],
        ['block', false, [3], 1, 60],
        ['block', false, [4], 1, 20],
        ['spectral', false, [5], 1, 10],
      ],
    );
  });

  it('knows the levels of factors in the border, and does not depend on the order of designs', () => {
    const batches = crossedBatches({
      seed: 2,
      formula: '~ x + (1 | donor) + (1 | batch)',
      rows: 80,
      donors: 12,
      batches: 8,
      sites: 1,
      missing: 0.05,
      responses: 6,
      deviations: () => [1, 1, 1, 1],
    });
    const candidates = batches.map(({ design }, batch) => ({ batch, design, models: 1, path: 'crossed' as const }));
    const [bin] = deviceBins(candidates).bins;
    expect(bin).toMatchObject({ kernel: 'crossed', own: true, models: 6, levels: 12, border: [8] });
    const [reversed] = deviceBins([...candidates].reverse()).bins;
    expect([...reversed.batches].sort()).toEqual([...bin.batches].sort());
  });

  it('keeps every structured design alone, and leaves those of a response to the CPU where they are many', () => {
    const of = (structure: StructureName, more: object = {}) =>
      structuredBatches({ structure, formula: '~ x', responses: 3, ...more });
    const structured = (batch: number, models: number, { design }: MomentBatch): BinCandidate => {
      return { batch, models, path: 'structured', design };
    };
    const candidates = [
      structured(0, 40, of('us')[0]),
      structured(1, 3, of('ar1')[0]),
      structured(2, 3, of('toeph')[0]),
      structured(3, 3, of('us', { visits: 6, byArm: true })[0]),
    ];
    const { bins, beyond } = deviceBins(candidates);
    const patterns = candidates[0].design.blocks?.blocks.length ?? 0;
    expect(bins).toEqual([
      { kernel: 'structured', own: false, batches: [0], models: 40, levels: patterns, border: [] },
      { kernel: 'structured', own: false, batches: [1], models: 3, levels: patterns, border: [] },
    ]);
    expect(beyond.map(({ batch, reason }) => [batch, reason])).toEqual([
      [2, 'no search of toeph on the device'],
      [3, '42 covariance parameters beside structured residuals, more than the 32 that the device takes'],
    ]);
    expect(describeBins(candidates)[0]).toBe(`structured search of 40 models: one design of ${patterns} patterns`);
    const own = of('ar1', { missing: 0.1, responses: 20 }).map((batch, b) => structured(b, 1, batch));
    expect(own.length).toBe(20);
    expect(deviceBins(own).bins).toEqual([]);
    expect(deviceBins(own.slice(0, 5)).bins.length).toBe(5);
  });

  it('names what no kernel takes', () => {
    const deep = candidate(0, 3, '~ x + (x + z + age + I(x^2) + I(z^2) + I(x * z) | level)', 30);
    expect(deviceBins([deep]).beyond).toEqual([
      { batch: 0, reason: '7 random effects a level, more than the 6 that the device takes' },
    ]);
    expect(describeBins([deep, candidate(1, 40, '~ x + (x | level)', 20)])).toEqual([
      'block search of 40 models: one design of 20 levels',
      '3 models on the CPU: 7 random effects a level, more than the 6 that the device takes',
    ]);
  });
});
