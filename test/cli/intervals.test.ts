import { describe, expect, it } from 'vitest';
import { example, expectRefusal, run, succeed } from './command.ts';

const INTERCEPTS = ['fit', example('visits.csv'), '--formula', 'y ~ time * arm + age + (1 | subject)'];
const VISITS = ['fit', example('visits.csv'), '--formula', 'y ~ time * arm + age + (time | subject)'];

/** Rows of a table on standard output, by name of the column. */
function rows(text: string): Record<string, string>[] {
  const [head, ...lines] = text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  return lines.map((line) => Object.fromEntries(head.map((name, i) => [name, line[i]])));
}

describe('fit --conf-method', () => {
  it('profile fills both limits of every row of the tidy table', async () => {
    const table = rows((await succeed(...VISITS, '--conf-method', 'profile', '--conf-int', '0.9')).stdout);
    expect(table.length).toBe(9);
    for (const row of table) {
      expect(Number(row['conf.low'])).toBeLessThan(Number(row['estimate']));
      expect(Number(row['conf.high'])).toBeGreaterThan(Number(row['estimate']));
    }
  });

  it('bootstrap and bca draw as often as --bootstrap says, from the seed', async () => {
    const asked = ['--conf-parameters', 'age,sd__(Intercept)|subject', '--seed', '3'];
    const of = async (method: string, draws: string) =>
      (await succeed(...INTERCEPTS, '--conf-method', method, '--bootstrap', draws, ...asked)).stdout;
    const table = rows(await of('bca', '200'));
    const limited = table.filter((row) => row['conf.low'] !== 'NA').map((row) => row['term']);
    expect(limited).toEqual(['age', 'sd__(Intercept)']);
    expect(await of('bootstrap', '200')).not.toBe(await of('bootstrap', '300'));
    expect(await of('bootstrap', '200')).toBe(await of('bootstrap-percentile', '200'));
  });

  it('wald is what --conf-int alone gives', async () => {
    const plain = await succeed(...VISITS, '--conf-int');
    expect((await succeed(...VISITS, '--conf-method', 'wald')).stdout).toBe(plain.stdout);
  });

  it('counts limits that do not exist', async () => {
    const cells = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k'];
    const responses = ['--formula', '~ stim + (1 | donor)', '--responses', 'gene001,gene002,gene005'];
    const { stdout, stderr } = await succeed(...cells, ...responses, '--conf-method', 'profile');
    expect(rows(stdout).filter((row) => row['conf.low'] === 'NA')).toEqual([]);
    expect(stderr).not.toContain('no interval');
  });

  it('refuses a method, a level or a parameter that is none', async () => {
    expectRefusal(await run([...VISITS, '--conf-method', 'likelihood']), 2, /profile/);
    expectRefusal(await run([...VISITS, '--conf-int', '95']), 2, /between 0 and 1/);
    expectRefusal(await run([...VISITS, '--conf-parameters', 'sd__tim']), 2, /Did you mean 'sd__time'/);
  });
});
