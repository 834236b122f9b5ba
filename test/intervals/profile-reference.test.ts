import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profileIntervals } from '../../src/intervals/intervals.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type LimitsInR, limitDifferences, referenceResults } from './fits.ts';

interface Case extends LimitsInR {
  readonly id: string;
  readonly level: number;
}

/** Fields `confint_profile` of the reference fits, and further profiles of the same fits by r-profiles.R. */
const cases: Case[] = [
  ...readdirSync(`${REFERENCE}fits`)
    .filter((file) => file.endsWith('.json'))
    .map(
      (file) => JSON.parse(readFileSync(`${REFERENCE}fits/${file}`, 'utf8')) as { id: string; confint_profile?: Case },
    )
    .flatMap(({ id, confint_profile }) => (confint_profile ? [{ ...confint_profile, id }] : [])),
  ...(JSON.parse(readFileSync(new URL('r-profiles.json', import.meta.url), 'utf8')) as { cases: Case[] }).cases,
];

/** Limits that R's profile gets wrong or interpolates too coarsely, as roots of a deviance formed densely (r-limits.R). */
interface Root {
  readonly id: string;
  readonly level: number;
  readonly name: string;
  readonly lower: number | null;
  readonly upper: number | null;
}
const roots = (JSON.parse(readFileSync(new URL('r-limits.json', import.meta.url), 'utf8')) as { limits: Root[] })
  .limits;

/** The case with roots in place of lme4's limits, where there are any. */
function withRoots(wanted: Case): Case {
  const rootOf = (name: string) => roots.find((r) => r.id === wanted.id && r.level === wanted.level && r.name === name);
  const side = (values: readonly (number | null)[], which: 'lower' | 'upper') =>
    values.map((value, i) => {
      const root = rootOf(wanted.names[i]);
      if (root?.[which]) return root[which];
      return root && LOST_IN_R.includes(wanted.id) ? null : value;
    });
  return { ...wanted, lower: side(wanted.lower, 'lower'), upper: side(wanted.upper, 'upper') };
}

/** Fits in which lme4's profile of the parameters above ends early: with prior weights, and beside a variance of zero. */
const LOST_IN_R = ['dyestuff2_ml', 'sim_weights_reml', 'sim_weights_slope_reml'];

const results = await referenceResults(cases.map(({ id }) => id));

describe('profile intervals', () => {
  it('are there for enough fits', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  it.each(cases)("of $id at $level agree with lme4's", async (wanted) => {
    const result = results.get(wanted.id);
    if (!result) throw new Error(`no fit ${wanted.id}`);
    const found = await profileIntervals(result, { level: wanted.level, threads: 1 });
    expect(limitDifferences(found, withRoots(wanted), TOLERANCE.profileLimit)).toEqual([]);
  });
});
