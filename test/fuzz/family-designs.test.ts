import { describe, expect, it } from 'vitest';
import { attackFamily } from '../../bench/fuzz/family-attacks.mjs';
import * as node from '../../src/doors/node.ts';
import * as statistics from '../../src/doors/statistics.ts';
import * as steps from '../../src/doors/steps.ts';

/** Random designs of generalised models that once went wrong, by their number in the campaign, and how. */
const DESIGNS: readonly (readonly [number, string])[] = [
  [214, 'one row far out in a covariate, which separates the rest'],
  [226, 'a random effect that decides all answers'],
  [348, 'random slopes of a covariate with a row far out, and answers that the groups decide'],
  [350, 'two minima at variances that are not zero'],
  [374, 'few groups and a random slope of a covariate far from zero'],
  [377, 'a random slope of a covariate that is constant'],
  [410, 'a covariate far from zero, and few events'],
  [1158, 'a minimum of counts beyond the one without random effects'],
  [1293, 'two searches that end in one minimum, one without a certificate'],
  [1333, 'a random slope of counts, and a row far out'],
  [2609, 'a random slope of a covariate far from zero that loses a dimension'],
  [4469, 'an ordinal response, and a random slope of a covariate with a row far out'],
];

describe('designs of generalised models that once went wrong', () => {
  it.each(DESIGNS)('%d: %s', async (number) => {
    const library = { ...node, ...steps, ...statistics };
    const { verdict, message } = await attackFamily('families', number, { library, seed: '1', announce: () => {} });
    expect([verdict, message]).toEqual(['ok', '']);
  });
});
