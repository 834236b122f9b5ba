import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { FitError } from '../../../src/errors.ts';
import type { MatrixBlock, MatrixSource } from '../../../src/types/responses.ts';

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'matrix-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** All blocks of a pass. */
export async function collect(
  source: MatrixSource,
  options: { maxEntries?: number; signal?: AbortSignal } = {},
): Promise<MatrixBlock[]> {
  const blocks: MatrixBlock[] = [];
  for await (const block of source.blocks(options)) blocks.push(block);
  return blocks;
}

/** The matrix of the blocks, rows x features; fails for an entry that comes twice and for wrong `whole` flags. */
export function toDense(blocks: readonly MatrixBlock[], rows: number, features: number): number[][] {
  const dense = Array.from({ length: rows }, () => new Array<number>(features).fill(0));
  const seen = new Set<number>();
  const blocksOfMajor = new Map<number, number>();
  for (const block of blocks) {
    expect(block.pointers).toHaveLength(block.majors.length + 1);
    expect(block.pointers[0]).toBe(0);
    expect(block.indices).toHaveLength(block.pointers[block.majors.length]);
    expect(block.values).toHaveLength(block.indices.length);
    for (let k = 0; k < block.majors.length; k++) {
      const major = block.majors[k];
      blocksOfMajor.set(major, (blocksOfMajor.get(major) ?? 0) + 1);
      for (let e = block.pointers[k]; e < block.pointers[k + 1]; e++) {
        const [row, feature] = block.major === 'row' ? [major, block.indices[e]] : [block.indices[e], major];
        const key = row * features + feature;
        // No expect() for each of maybe a million entries: it is slow.
        if (seen.has(key) || block.values[e] === 0) expect.fail(`row ${row}, feature ${feature} comes twice or is 0`);
        seen.add(key);
        dense[row][feature] = block.values[e];
      }
    }
  }
  if (blocks.every((block) => block.whole))
    expect([...blocksOfMajor.values()].every((count) => count === 1)).toBe(true);
  return dense;
}

export async function readDense(source: MatrixSource, maxEntries?: number): Promise<number[][]> {
  const blocks = await collect(source, maxEntries === undefined ? {} : { maxEntries });
  return toDense(blocks, source.rows, source.names.length);
}

/** The error that an action rejects with. */
export async function failure(action: () => Promise<unknown>): Promise<FitError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof FitError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
