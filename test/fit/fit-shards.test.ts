/** Fits in shards by the library are those of one run, to the last bit. */
import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import type { PartFile } from '../../src/fit/parts/gathered-parts.ts';
import { deserialiseFitPart, fitShard, gatherFits, serialiseFitPart } from '../../src/fit/parts/shards.ts';
import type { Moments } from '../../src/moments/moments.ts';
import { prepareMoments } from '../../src/prepare/prepare-moments.ts';
import { readInput } from '../../src/prepare/read-input.ts';
import { diskFiles } from '../../src/reading/input-files.node.ts';
import { example, reference } from '../cli/command.ts';

async function momentsOf(
  paths: readonly string[],
  options: { formula: string; [name: string]: unknown },
): Promise<Moments> {
  const input = await readInput(paths, options, diskFiles);
  try {
    return (await prepareMoments(input, options)).moments;
  } finally {
    await input.close();
  }
}

/** A part that has been through bytes. */
async function stored(path: string, part: Awaited<ReturnType<typeof fitShard>>): Promise<PartFile> {
  const pieces = [...(await serialiseFitPart(part))];
  const bytes = Buffer.concat(pieces);
  return { path, part: await deserialiseFitPart(new Uint8Array(bytes), path) };
}

describe('shards', () => {
  it.each([
    ['slopes, with contrasts', { contrasts: { late: '3 * time' }, ddf: 'satterthwaite' }],
    ['maximum likelihood', { method: 'ML' }],
    ['a bootstrap', { bootstrap: { draws: 100, seed: 5 } }],
  ] as const)('of %s give the table of one run', async (_, options) => {
    const moments = await momentsOf([reference('batches/sim_slopes.y.tsv')], {
      formula: '~ time + (time | subject)',
      obs: reference('batches/sim_slopes.obs.tsv'),
      responses: '/1$/',
    });
    const after = { moderate: true, adjust: 'holm' } as const;
    const { table } = await fitMoments(moments, { ...options, ...after, backend: 'cpu' });
    const numbers = [3, 1, 2];
    const parts: PartFile[] = [];
    for (const number of numbers) {
      parts.push(await stored(`${number}`, await fitShard(moments, { number, of: 3 }, options)));
    }
    expect((await gatherFits(parts, after)).table).toEqual(table);
  });

  it('of counts keep their criterion', async () => {
    const moments = await momentsOf([example('cells')], {
      ...{ formula: '~ stim + (1 | donor)', obs: example('cells/obs.tsv') },
      ...{ family: 'nbinom2', offset: 'library', minCells: 600 },
    });
    const options = { reml: true, ddf: 'between-within' } as const;
    const { table } = await fitMoments(moments, { ...options, backend: 'cpu' });
    const parts: PartFile[] = [];
    for (const number of [1, 2])
      parts.push(await stored(`${number}`, await fitShard(moments, { number, of: 2 }, options)));
    const gathered = await gatherFits(parts);
    expect(gathered.table).toEqual(table);
    expect(gathered.table.method).toBe('REML');
  });

  it('refuse numbers that are none, parts that are missing, and versions that differ', async () => {
    const moments = await momentsOf([example('visits.csv')], { formula: 'y ~ time + (1 | subject)' });
    const shard = { number: 3, of: 2 };
    await expect(fitShard(moments, shard)).rejects.toThrow('“shard: 3/2”');
    const [one, two] = [
      await fitShard(moments, { number: 1, of: 2 }, { version: '1' }),
      await fitShard(moments, { number: 2, of: 2 }, { version: '2' }),
    ];
    await expect(gatherFits([{ path: 'a', part: one }])).rejects.toThrow('shard 2 of 2 is missing');
    const both = [one, two].map((part, k) => ({ path: 'ab'[k], part }));
    await expect(gatherFits(both)).rejects.toThrow('versions of the program, 1 and 2');
  });
});
