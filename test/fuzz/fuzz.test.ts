import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CampaignState, KINDS, newState, runCampaign } from '../../bench/fuzz/campaign.mjs';
import { COMMAND } from '../cli/command.ts';

/** Another seed is another sample: `node bench/fuzz.mjs` runs the long campaign. */
const SEED = 'test';

/** Attacks of each kind: some five minutes of one core together. Damaged binary files end their reader, which takes its time. */
const COUNTS: Readonly<Record<string, number>> = {
  ...{ text: 150, gzip: 150, tenx: 80, weights: 100, obs: 60 },
  ...{ parquet: 10, h5ad: 6, h5: 6, files: 6 },
  ...{ moments: 300, fits: 300, 'moments-edited': 250, 'fits-edited': 250 },
  ...{ conditions: 1500, contrasts: 1500, formulas: 250, options: 12 },
  ...{ designs: 200, families: 60, structured: 60, methods: 100 },
};

/** After so many distinct faults a kind has failed clearly enough; hangs take their time. */
const ENOUGH = 5;

/** What went wrong and how to see it again. */
function faultsOf({ faults, seed }: CampaignState): string[] {
  return Object.values(faults).map(
    ({ verdict, kind, number, what, message }) =>
      `${verdict}: ${message.split('\n')[0]} (${what}; node bench/fuzz.mjs --seed ${seed} --replay ${kind}:${number})`,
  );
}

describe('a short fuzz campaign finds no hang, crash, untagged error, silent or wrong result', () => {
  it('has numbers for all kinds of attacks', () => {
    expect(Object.keys(COUNTS).sort()).toEqual([...KINDS].sort());
  });

  it.each(Object.keys(COUNTS))(
    '%s',
    async (kind) => {
      const state = await runCampaign({
        dist: dirname(COMMAND),
        state: newState(SEED),
        counts: { [kind]: COUNTS[kind] },
        isDone: ({ faults }) => Object.keys(faults).length >= ENOUGH,
      });
      expect(faultsOf(state)).toEqual([]);
      const { next, verdicts } = state.kinds[kind];
      expect(next).toBe(COUNTS[kind]);
      // Attacks that all end alike try nothing.
      expect(verdicts['refused']).toBeGreaterThan(0);
    },
    600_000,
  );
});
