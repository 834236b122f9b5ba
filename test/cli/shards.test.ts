/** Fits in shards, gathered, are those of one run: every file that it writes has the same bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { example, expectRefusal, reference, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);

const SLOPES = [reference('batches/sim_slopes.y.tsv'), '--obs', reference('batches/sim_slopes.obs.tsv')];
const SLOPES_MODEL = [...SLOPES, '--formula', '~ time + (time | subject)'];
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv')];

/** The file of a table of a run; `json` and `fit`, the saved one, among the tables. */
function fileOf(name: string, table: string): string {
  return file(table === 'json' || table === 'fit' ? `${name}.${table}` : `${name}.${table.replace(':', '-')}.tsv`);
}

/** Options for the outputs of a run. */
function outputs(name: string, tables: readonly string[]): string[] {
  return tables.flatMap((table) => {
    if (table === 'fit') return ['--save', fileOf(name, table)];
    return ['--out', table === 'json' ? fileOf(name, table) : `${table}=${fileOf(name, table)}`];
  });
}

async function succeedOr3(...args: readonly string[]): Promise<void> {
  const { status, stderr } = await run(args);
  // Models without a fit (3) are among some of these responses.
  expect([0, 3], stderr).toContain(status);
}

/** Fits as a whole and in shards of several numbers, on one thread and two, and compares all files. */
async function expectGathered(
  name: string,
  args: readonly string[],
  {
    asked = [],
    tables = ['tidy', 'glance', 'json', 'fit'],
    shards = [1, 3],
  }: { asked?: readonly string[]; tables?: readonly string[]; shards?: readonly number[] } = {},
): Promise<void> {
  await succeedOr3('fit', ...args, ...asked, ...outputs(name, tables));
  for (const of of shards) {
    const parts = Array.from({ length: of }, (_, k) => file(`${name}-${of}-${k + 1}.part`));
    for (const [k, part] of parts.entries()) {
      const shard = await succeed(
        'fit',
        ...args,
        ...asked,
        '--threads',
        `${1 + (k % 2)}`,
        '--shard',
        `${k + 1}/${of}`,
        '--save-part',
        part,
      );
      expect(shard.stdout).toBe('');
      expect(shard.stderr).toMatch(new RegExp(`shard ${k + 1} of ${of}: fitted`));
    }
    await succeedOr3('gather', ...parts.reverse(), ...outputs(`${name}-${of}`, tables));
    for (const table of tables) {
      const [whole, gathered] = [name, `${name}-${of}`].map((own) => readFileSync(fileOf(own, table)));
      expect(gathered.equals(whole), `${table} of ${of} shards`).toBe(true);
    }
  }
}

describe('shards give the bytes of one run', () => {
  it('of gaussian responses of a table, with every test and moderation', async () => {
    await expectGathered('slopes', SLOPES_MODEL, {
      asked: [
        ...[
          '--moderate',
          'robust',
          '--adjust',
          'storey',
          '--anova',
          '--contrast',
          'late=3 * time',
          '--conf-int',
          '0.9',
        ],
        ...['--ddf', 'satterthwaite'],
      ],
      tables: ['tidy', 'glance', 'json', 'fit', 'anova', 'ranef', 'variance', 'status', 'toptable:late'],
      shards: [1, 3, 16],
    });
  });

  it('of a matrix of cells, by split and pooled', async () => {
    await expectGathered(
      'cells',
      [
        ...CELLS,
        '--formula',
        '~ stim + (1 | donor)',
        '--normalize',
        'log1p-cp10k',
        '--min-cells',
        '30',
        '--split-by',
        'cell_type',
      ],
      {
        asked: ['--emmeans', 'stim', '--adjust-across', 'all'],
        tables: ['tidy', 'glance', 'json', 'fit', 'emmeans', 'pairs'],
        shards: [16],
      },
    );
  });

  it('of stored moments and an .h5ad', async () => {
    await succeed(
      'simulate',
      '--kind',
      'cells',
      '--genes',
      '40',
      '--cells',
      '800',
      '--donors',
      '6',
      '--seed',
      '2',
      '--out',
      file('sim.h5ad'),
    );
    const model = [file('sim.h5ad'), '--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k'];
    await expectGathered('h5ad', model, { shards: [3] });
    await succeed('moments', ...model, '--out', file('sim.moments'));
    await expectGathered('moments', [file('sim.moments')], { shards: [3, 50] });
    expect(textOf(file('moments.tidy.tsv'))).toBe(textOf(file('h5ad.tidy.tsv')));
  });

  it('of counts by families, from moments and with the checks of rows in memory', async () => {
    const counts = ['--formula', '~ stim + (1 | donor)', '--offset', 'library', '--family'];
    await expectGathered('nbinom', [...CELLS, ...counts, 'nbinom2', '--min-cells', '200'], {
      asked: ['--exponentiate'],
      shards: [3],
    });
    const table = [
      reference('data/grouseticks.csv'),
      '--formula',
      'TICKS ~ cHEIGHT + (1 | LOCATION)',
      '--family',
      'poisson',
    ];
    await expectGathered('ticks', table, { shards: [1, 2] });
  });

  it('of structured residuals and designs of their own', async () => {
    const visits = [
      '--kind',
      'visits',
      '--subjects',
      '30',
      '--visits',
      '4',
      '--responses',
      '12',
      '--missing',
      '0.2',
      '--seed',
      '4',
    ];
    await succeed('simulate', ...visits, '--out', file('visits.csv'));
    const responses = ['--responses', '/^y/', '--na', 'per-response'];
    await expectGathered(
      'structured',
      [file('visits.csv'), ...responses, '--formula', '~ arm + time', '--residual', 'cs(visit | subject)'],
      { shards: [3] },
    );
    await expectGathered('missing', [file('visits.csv'), ...responses, '--formula', '~ arm + time + (1 | subject)'], {
      shards: [3, 16],
    });
  });

  it('of a bootstrap, whose draws belong to the responses', async () => {
    await expectGathered('drawn', [...SLOPES_MODEL, '--responses', '/1$/'], {
      asked: ['--bootstrap', '100', '--seed', '7', '--conf-int'],
      shards: [3],
    });
  });
});

describe('gather', () => {
  const parts = [1, 2, 3].map((k) => file(`given-${k}.part`));
  beforeAll(async () => {
    for (const [k, part] of parts.entries())
      await succeed('fit', ...SLOPES_MODEL, '--shard', `${k + 1}/3`, '--save-part', part);
  });

  it('makes other tables than the shards were asked for', async () => {
    const asked = ['--adjust', 'holm', '--moderate', '--emmeans', 'time', '--at', 'time=1,2'];
    await succeed(
      'fit',
      ...SLOPES_MODEL,
      ...asked,
      '--out',
      file('other.tsv'),
      '--out',
      `emmeans=${file('other.means.tsv')}`,
    );
    await succeed(
      'gather',
      ...parts,
      ...asked,
      '--out',
      file('other2.tsv'),
      '--out',
      `emmeans=${file('other2.means.tsv')}`,
    );
    expect(textOf(file('other2.tsv'))).toBe(textOf(file('other.tsv')));
    expect(textOf(file('other2.means.tsv'))).toBe(textOf(file('other.means.tsv')));
    const { stdout } = await succeed('fit', ...SLOPES_MODEL);
    expect((await succeed('gather', ...parts)).stdout).toBe(stdout);
  });

  it('names what is missing, repeated or of another run', async () => {
    expectRefusal(await run(['gather', parts[0], parts[2]]), 2, /shard 2 of 3 is missing/, /--shard 2\/3/);
    expectRefusal(await run(['gather', parts[1]]), 2, /shards 1, 3 of 3 are missing/);
    expectRefusal(await run(['gather', ...parts, parts[1]]), 2, /shard 2 of 3 is given twice/);
    const other = file('other.part');
    const refit = async (...options: string[]) =>
      succeed('fit', ...SLOPES, '--shard', '2/3', '--save-part', other, ...options);
    const foreign = async () => run(['gather', parts[0], other, parts[2]]);
    await refit('--formula', '~ time + (time | subject)', '--ml');
    expectRefusal(
      await foreign(),
      2,
      /other\.part and .*given-1\.part are not of one run, they differ in options: --ml/,
    );
    await refit('--formula', '~ time + (1 | subject)');
    expectRefusal(await foreign(), 2, /they differ in data, formula or options of the data/);
    await refit('--formula', '~ time + (time | subject)', '--adjust', 'holm');
    expectRefusal(await foreign(), 2, /they differ in options: --adjust/);
    await succeed('fit', ...SLOPES_MODEL, '--shard', '2/4', '--save-part', other);
    expectRefusal(await foreign(), 2, /numbers of shards, 3 and 4/);
  });

  it('refuses what is no part, and what is damaged', async () => {
    await succeed('moments', ...SLOPES_MODEL, '--out', file('slopes.moments'));
    expectRefusal(await run(['gather', file('slopes.moments')]), 2, /not a part of one/);
    expectRefusal(await run(['gather', reference('batches/sim_slopes.obs.tsv')]), 2, /not a part of a fit/);
    expectRefusal(await run(['gather', file('none.part')]), 1, /no such file/);
    const bytes = readFileSync(parts[0]);
    writeFileSync(file('short.part'), bytes.subarray(0, bytes.length - 9));
    expectRefusal(await run(['gather', file('short.part'), ...parts.slice(1)]), 1, /short\.part/, /truncated/);
    expectRefusal(await run(['fit', parts[0]]), 2, /part of a fit/, /webgpu-lmm gather/);
    expectRefusal(await run(['predict', parts[0], example('visits.csv')]), 1, /part of a fit/, /webgpu-lmm gather/);
    expectRefusal(await run(['gather', ...parts, '--format', 'augment']), 2, /augment needs the rows/);
    expectRefusal(await run(['gather', ...parts, '--save', parts[0]]), 2, /overwrite a file that is read/);
  });

  it('belongs to shards, which write no tables', async () => {
    const shard = ['fit', ...SLOPES_MODEL, '--shard', '1/3'];
    expectRefusal(await run(shard), 2, /--shard belongs to --save-part/);
    expectRefusal(
      await run(['fit', ...SLOPES_MODEL, '--save-part', file('x.part')]),
      2,
      /--save-part belongs to --shard/,
    );
    expectRefusal(
      await run([...shard, '--save-part', file('x.part'), '--out', file('x.tsv')]),
      2,
      /--shard does not belong to --out/,
    );
    expectRefusal(await run([...shard, '--save-part', file('x.tsv')]), 2, /a file of its own kind/, /\.part/);
    expectRefusal(
      await run(['fit', ...SLOPES_MODEL, '--shard', '4/3', '--save-part', file('x.part')]),
      2,
      /not the number of a shard/,
    );
  });
});
