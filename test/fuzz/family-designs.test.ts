import { describe, expect, it } from 'vitest';
import { attackFamily } from '../../bench/fuzz/family-attacks.mjs';
import * as node from '../../src/doors/node.ts';
import * as statistics from '../../src/doors/statistics.ts';
import * as steps from '../../src/doors/steps.ts';

/** Random designs of generalised models that once went wrong, by their number in the campaign, and how. */
const DESIGNS: readonly (readonly [number, string])[] = [
  [214, 'one row far out in a covariate, which separates the rest'],
  [348, 'random slopes of such a covariate, and answers that the groups decide'],
  [377, 'a random slope of a covariate that is constant'],
  [410, 'a covariate far from zero, and few events'],
];

describe('designs of generalised models that once went wrong', () => {
  it.each(DESIGNS)('%d: %s', async (number) => {
    const library = { ...node, ...steps, ...statistics };
    const { verdict, message } = await attackFamily('families', number, { library, seed: '1', announce: () => {} });
    expect([verdict, message]).toEqual(['ok', '']);
  });
});
