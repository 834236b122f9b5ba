import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { profileIntervals } from '../../src/intervals.ts';
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
const results = await referenceResults(cases.map(({ id }) => id));

describe('profile intervals', () => {
  it('are there for enough fits', () => {
    expect(cases.length).toBeGreaterThan(20);
  });

  it.each(cases)("of $id at $level agree with lme4's", async (wanted) => {
    const result = results.get(wanted.id);
    if (!result) throw new Error(`no fit ${wanted.id}`);
    const found = await profileIntervals(result, { level: wanted.level, threads: 1 });
    expect(limitDifferences(found, wanted, TOLERANCE.profileLimit)).toEqual([]);
  });
});
