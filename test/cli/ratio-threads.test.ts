import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, succeed, temporaryFolder } from './command.ts';

/** Models whose draws take long enough to be worth threads: generalised ones, and gaussian ones with two terms. */
const CASES = [
  ['counts.csv', 'attacks ~ log(base) + arm + offset(log(days)) + (1 | patient)', ['--family', 'nbinom2'], 600],
  ['visits.csv', 'y ~ time * arm + (time | subject)', [], 3000],
] as const;

describe('compare --bootstrap', () => {
  it.each(CASES)('of %s gives the same p-values on any number of threads', async (data, formula, family, draws) => {
    const folder = temporaryFolder();
    const tables = await Promise.all(
      [1, 2, 3].map(async (threads) => {
        const out = join(folder, `${data}-${threads}.tsv`);
        const model = [example(data), '--formula', formula, ...family, '--tests', 'drop1'];
        const asked = ['--bootstrap', String(draws), '--threads', String(threads), '--out', `drop1=${out}`];
        await succeed('compare', ...model, ...asked);
        return readFileSync(out, 'utf8');
      }),
    );
    expect(tables[0]).toMatch(/p\.bootstrap/);
    expect(tables[1]).toBe(tables[0]);
    expect(tables[2]).toBe(tables[0]);
  });
});
