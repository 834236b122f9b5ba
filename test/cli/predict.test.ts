import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { example, expectRefusal, type Outcome, run, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const place = (name: string) => join(folder, name);
const FORMULA = 'y ~ time * arm + age + (time | subject)';
const VISITS = example('visits.csv');
const saved = place('trial.fit');
const fresh = place('new.csv');

beforeAll(async () => {
  const { status, stderr } = await run([
    'fit',
    VISITS,
    '--formula',
    FORMULA,
    '--save',
    saved,
    '--out',
    place('tidy.tsv'),
  ]);
  expect(stderr).toContain('fitted 1 of 1 model');
  expect(status).toBe(0);
  writeFileSync(fresh, 'subject,arm,age,time\nS01,treated,21,8\nnew,treated,40,8\n');
});

/** Rows of TSV or CSV text as cells. */
const cells = (text: string, separator = '\t') =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(separator));

function refused(outcome: Outcome, status: 1 | 2, text: string): void {
  expectRefusal(outcome, status);
  expect(outcome.stderr).toContain(text);
}

describe('predict', () => {
  it('predicts new rows, with limits', async () => {
    const { status, stdout } = await run(['predict', saved, fresh, '--allow-new-levels', '--interval', 'prediction']);
    expect(status).toBe(0);
    const [header, first, second] = cells(stdout);
    expect(header).toEqual(['response', 'row', '.fitted', '.se.fit', '.lower', '.upper']);
    expect(first[0]).toBe('y');
    expect(Number(first[2])).toBeCloseTo(33.9141, 3);
    expect(Number(second[2])).toBeCloseTo(40.3959, 3);
    expect(Number(second[5]) - Number(second[4])).toBeGreaterThan(Number(first[5]) - Number(first[4]));
    const population = await run(['predict', saved, fresh, '--re-form', 'none', '--quiet']);
    expect(cells(population.stdout)[2][2]).toBe(second[2]);
    expect(population.stderr).toBe('');
  });

  it('needs no groups for limits of a new observation of the population', async () => {
    const bare = place('bare.csv');
    writeFileSync(bare, 'arm,age,time\ntreated,21,8\ntreated,40,8\n');
    const asked = ['--re-form', 'none', '--interval', 'prediction', '--quiet'];
    const { status, stdout } = await run(['predict', saved, bare, ...asked]);
    expect(status).toBe(0);
    expect(stdout).toBe((await run(['predict', saved, fresh, ...asked])).stdout);
    // As wide as that of a new subject whose column is there.
    const [, , known] = cells(
      (await run(['predict', saved, fresh, '--allow-new-levels', '--interval', 'prediction'])).stdout,
    );
    const [, , own] = cells(stdout);
    const width = (row: string[]) => Number(row[5]) - Number(row[4]);
    expect(width(own) / width(known)).toBeCloseTo(1, 2);
    refused(await run(['predict', saved, bare, '--interval', 'prediction']), 2, "'subject'");
  });

  it('names what it refuses', async () => {
    refused(await run(['predict', saved, fresh]), 2, "'subject' has the level 'new' in row 2");
    refused(await run(['predict', saved, fresh, '--level', '0.9']), 2, '--level belongs to --interval');
    refused(await run(['predict', saved, fresh, '--out', place('p.json')]), 2, 'this command writes a table');
    refused(await run(['predict', fresh, fresh]), 1, 'not a saved fit');
    refused(await run(['predict', place('none.fit'), fresh]), 1, 'none.fit');
    const cut = place('cut.fit');
    writeFileSync(cut, readFileSync(saved).subarray(0, 9000));
    refused(await run(['predict', cut, fresh]), 1, 'truncated or damaged');
    const odd = place('odd.csv');
    writeFileSync(odd, 'subject,arm,age,time\nS01,control,21,8\n');
    refused(await run(['predict', saved, odd]), 2, "'arm' has the level 'control' in row 1");
  });
});

describe('fit --save', () => {
  it('checks the place first, and is a moments file too', async () => {
    const fit = ['fit', VISITS, '--formula', FORMULA];
    refused(await run([...fit, '--save', place('x.csv')]), 2, 'a file of its own kind');
    refused(await run([...fit, '--save', place('nowhere/x.fit')]), 1, 'there is no folder');
    const again = await run(['fit', saved, '--quiet']);
    expect(again.stdout).toBe(readFileSync(place('tidy.tsv'), 'utf8'));
  });
});

describe('simulate --from', () => {
  it('adds columns that can be fitted', async () => {
    const sims = place('sims.csv');
    const simulate = ['simulate', '--from', saved, VISITS, '--nsim', '2', '--seed', '7'];
    expect((await run([...simulate, '--out', sims])).status).toBe(0);
    expect(cells(readFileSync(sims, 'utf8'), ',')[0].slice(-3)).toEqual(['y', 'y.sim1', 'y.sim2']);
    const { status, stdout } = await run([
      'fit',
      sims,
      '--formula',
      FORMULA.slice(2),
      '--responses',
      '/sim/',
      '--quiet',
    ]);
    expect(status).toBe(0);
    expect(
      new Set(
        cells(stdout)
          .slice(1)
          .map(([name]) => name),
      ),
    ).toEqual(new Set(['y.sim1', 'y.sim2']));
    refused(await run([...simulate, '--genes', '3']), 2, '--genes does not belong to --from');
    refused(await run(['simulate', '--nsim', '2', '--out', place('s.csv')]), 2, '--nsim belongs to --from');
  });
});

describe('influence', () => {
  it('has a row for each subject and term', async () => {
    const influence = ['influence', VISITS, '--formula', FORMULA, '--quiet'];
    const { status, stdout } = await run(influence);
    expect(status).toBe(0);
    const [header, ...rows] = cells(stdout);
    expect(header.slice(0, 5)).toEqual(['response', 'deleted', 'effect', 'group', 'term']);
    expect(rows.length).toBe(60 * (5 + 4));
    const steps = await run([...influence, '--one-step']);
    expect(cells(steps.stdout).length - 1).toBe(60 * (5 + 1));
    refused(await run([...influence, '--group', 'arm']), 2, "no grouping factor 'arm'");
  });
});

describe('augment and ranef', () => {
  it('have scaled residuals, limits and an order', async () => {
    const augment = await run(['fit', VISITS, '--formula', FORMULA, '--format', 'augment', '--quiet']);
    expect(cells(augment.stdout)[0].slice(-3)).toEqual(['.resid.pearson', '.resid.standardised', '.hat']);
    const ranef = await run([
      'fit',
      VISITS,
      '--formula',
      FORMULA,
      '--format',
      'ranef',
      '--sorted',
      '--conf-int',
      '--quiet',
    ]);
    const [header, ...rows] = cells(ranef.stdout);
    expect(header.slice(-2)).toEqual(['conf.low', 'conf.high']);
    const first = rows.slice(0, 60).map((row) => Number(row[4]));
    expect(first).toEqual([...first].sort((a, b) => a - b));
  });
});

describe('rows whose groups and conditions never went together', () => {
  const cells = place('cells.csv');
  const kept = place('cells.fit');
  const asked = place('asked.csv');

  beforeAll(async () => {
    const rows = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((donor, d) =>
      ['ctrl', 'stim'].flatMap((stim, s) =>
        [1, 2, 3, 4].map((k) => `${Math.sin(7 * d + 5 * s + 13 * k) * 2},${donor},${stim},${donor}_${stim}`),
      ),
    );
    writeFileSync(cells, `y,donor,stim,sample\n${rows.join('\n')}\n`);
    const formula = 'y ~ stim + (1 | donor) + (1 | sample)';
    expect((await run(['fit', cells, '--formula', formula, '--save', kept, '--out', place('t.tsv')])).status).toBe(0);
    writeFileSync(
      asked,
      'donor,stim,sample\na,ctrl,a_ctrl\na,ctrl,a_stim\nb,stim,a_stim\nc,stim,new\nnew,stim,a_stim\n',
    );
  });

  it('are said beside a table that stays as it is', async () => {
    const { status, stdout, stderr } = await run(['predict', kept, asked, '--allow-new-levels', '--quiet']);
    expect(status).toBe(0);
    expect(stderr.trimEnd().split('\n')).toEqual([
      "row 2 has a 'stim' that its 'sample' never had in the data ('a_stim'): it is predicted as if it had",
      "rows 3, 5 have a 'donor' that their 'sample' never had in the data ('a_stim'): they are predicted as if it had",
    ]);
    const silent = await run(['predict', kept, asked, '--allow-new-levels', '--quiet', '--no-notes']);
    expect(silent).toMatchObject({ status: 0, stdout, stderr: '' });
  });

  it('are not where groups are left out, or go together', async () => {
    const population = await run(['predict', kept, asked, '--re-form', 'none', '--quiet']);
    expect(population.stderr).toBe('');
    expect((await run(['predict', kept, cells, '--quiet'])).stderr).toBe('');
  });
});
