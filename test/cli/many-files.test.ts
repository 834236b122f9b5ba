import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cellsOf, partOf, range, writeCells } from '../prepare/cell-files.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectRefusal, type Row, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const cells = cellsOf();
const rows = cells.obs.rows;
/** Two donors and a half, one and a half, two. */
const CUTS = [0, 100, 160, rows];
const PARTS = ['a', 'b', 'c'].map((name) => file(`${name}.h5ad`));
const WHOLE = file('whole.h5ad');
const MODEL = ['--formula', '~ stim + age + (1 | donor)', '--normalize', 'log1p-cp10k'];

beforeAll(async () => {
  await writeCells(WHOLE, cells);
  for (const [k, path] of PARTS.entries()) await writeCells(path, partOf(cells, range(CUTS[k], CUTS[k + 1])));
});

async function fitted(args: readonly string[]): Promise<Row[]> {
  const { stdout } = await succeed('fit', ...args, '--quiet');
  return rowsOf(stdout);
}

/** Tables that differ by rounding: estimates in standard errors, or beside the residual standard deviation of their response. */
function expectSameFits(a: readonly Row[], b: readonly Row[]): void {
  const names = (rows: readonly Row[]) => rows.map(({ split, response, term }) => `${split} ${response} ${term}`);
  expect(names(b)).toEqual(names(a));
  const sigma = new Map(a.map(({ response, term, estimate }) => [`${response} ${term}`, Math.abs(Number(estimate))]));
  a.forEach((row, k) => {
    for (const name of ['estimate', 'std.error', 'df', 'p.value']) {
      const [x, y] = [Number(row[name]), Number(b[k][name])];
      const scale = name === 'estimate' ? (sigma.get(`${row['response']} sd__Observation`) ?? 1) : 0;
      const same = Number.isNaN(x)
        ? Number.isNaN(y)
        : Math.abs(x - y) <= TOLERANCE.stackedFit * Math.max(scale, Math.abs(x));
      expect(same, `${row['response']} ${row['term']} ${name}: ${x} and ${y}`).toBe(true);
    }
  });
}

describe('several files in one run', () => {
  it('are fitted as one file with all rows', async () => {
    expectSameFits(await fitted([WHOLE, ...MODEL]), await fitted([...PARTS, ...MODEL]));
    writeFileSync(file('parts.txt'), `${PARTS.join('\n')}\n`);
    expectSameFits(await fitted([WHOLE, ...MODEL]), await fitted([`@${file('parts.txt')}`, ...MODEL]));
  });

  it('may be 10x folders, annotated by barcode or by folder', async () => {
    const folders = ['s1', 's2'].map((name) => file(name));
    // A donor is in one folder; barcodes are the same in both.
    const halves = [range(0, 80), range(80, 160)].map((own) => partOf(cells, own));
    for (const [k, path] of folders.entries()) {
      await writeCells(path, { ...halves[k], barcodes: halves[0].barcodes });
    }
    const texts = halves.flatMap(({ obs }, k) => {
      const stim = obs.columns.get('stim');
      const donor = obs.columns.get('donor');
      if (stim?.kind !== 'factor' || donor?.kind !== 'factor') throw new Error('no factors');
      return halves[0].barcodes.map(
        (barcode, i) => `s${k + 1}_${barcode}\t${stim.levels[stim.codes[i]]}\t${donor.levels[donor.codes[i]]}`,
      );
    });
    writeFileSync(file('cells.tsv'), `barcode\tstim\tdonor\n${texts.join('\n')}\n`);
    await writeCells(file('halves.h5ad'), partOf(cells, range(0, 160)));
    const model = ['--formula', '~ stim + (1 | donor)'];
    expectSameFits(
      await fitted([file('halves.h5ad'), ...model]),
      await fitted([...folders, '--obs', file('cells.tsv'), ...model]),
    );
    writeFileSync(file('samples.tsv'), 'sample\tage\ns1\t31\ns2\t44\n');
    const bySample = await fitted([...folders, '--obs', file('samples.tsv'), '--formula', '~ age']);
    const byColumn = await fitted([
      ...folders,
      '--obs',
      file('samples.tsv'),
      '--sample-column',
      'of',
      '--formula',
      '~ of',
    ]);
    const [slope, difference] = [bySample, byColumn].map((table) => table.find(({ term }) => term?.match(/^(age|of)/)));
    expect(Number(slope?.['p.value'])).toBeCloseTo(Number(difference?.['p.value']), 10);
    expect(difference?.['term']).toBe('ofs2');
  });

  it('may be tables', async () => {
    const table = (own: Int32Array) => {
      const { columns } = partOf(cells, own).obs;
      const [stim, donor, age] = ['stim', 'donor', 'age'].map((name) => columns.get(name));
      if (stim?.kind !== 'factor' || donor?.kind !== 'factor' || age?.kind !== 'numeric') throw new Error('columns');
      const line = (_: number, i: number) =>
        [age.values[i] / 10 + (i % 7), stim.levels[stim.codes[i]], donor.levels[donor.codes[i]], age.values[i]].join();
      return `y,stim,donor,age\n${Array.from(own, line).join('\n')}\n`;
    };
    const names = CUTS.slice(1).map((to, k) => {
      writeFileSync(file(`${k}.csv`), table(range(CUTS[k], to)));
      return file(`${k}.csv`);
    });
    const joined = names.flatMap((_, k) =>
      table(range(CUTS[k], CUTS[k + 1]))
        .split('\n')
        .slice(1, -1),
    );
    writeFileSync(file('whole.csv'), `y,stim,donor,age\n${joined.join('\n')}\n`);
    const model = ['--formula', 'y ~ stim + age + (1 | donor)'];
    expect(await fitted([...names, ...model])).toEqual(await fitted([file('whole.csv'), ...model]));
    writeFileSync(file('lacking.csv'), 'y,stim,donor\n1,ctrl,d1\n');
    expectRefusal(await run(['fit', names[0], file('lacking.csv'), ...model]), 2, /lacking\.csv has no column 'age'/);
  });

  it('have their genes matched', async () => {
    const few = file('few.h5ad');
    await writeCells(few, partOf(cells, range(160, rows), [0, 2, 4, 6, 8]));
    const args = [PARTS[0], PARTS[1], few, '--formula', '~ stim + (1 | donor)', '--out', '-'];
    const { stderr, stdout } = await succeed('fit', ...args);
    expect(stderr).toMatch(/5 genes are in every file; 7 that some files lack are left out \(--genes union/);
    expect(new Set(rowsOf(stdout).map(({ response }) => response)).size).toBe(5);
    const union = await succeed('fit', ...args, '--genes', 'union');
    expect(union.stderr).toMatch(/12 genes in the files together, 7 of them in some files only/);
    // One gene is zero in all cells, and has no fit.
    expect(new Set(rowsOf(union.stdout).map(({ response }) => response)).size).toBe(11);
  });

  it('are added up to one pseudobulk', async () => {
    const by = ['--by', 'donor,stim', '--out'];
    await succeed('pseudobulk', WHOLE, ...by, file('one.tsv'));
    await succeed('pseudobulk', ...PARTS, ...by, file('many.tsv'));
    expect(textOf(file('many.tsv'))).toBe(textOf(file('one.tsv')));
    await succeed('pseudobulk', ...PARTS, '--sample-column', 'of', '--by', 'of', '--out', file('of.tsv'));
    expect(textOf(file('of.tsv')).split('\n')[0]).toBe('response\ta\tb\tc');
  });

  it('refuse a file given twice, files of two kinds, and a list without files', async () => {
    expectRefusal(await run(['fit', PARTS[0], PARTS[0], ...MODEL]), 2, /a\.h5ad is given twice/);
    writeFileSync(file('t.csv'), 'y\n1\n');
    expectRefusal(await run(['fit', PARTS[0], file('t.csv'), ...MODEL]), 2, /is a matrix of cells and genes/);
    writeFileSync(file('none.txt'), '\n');
    expectRefusal(await run(['fit', `@${file('none.txt')}`, ...MODEL]), 2, /lists no file/);
  });
});

describe('moments of parts', () => {
  const DESIGN = file('design.json');
  const part = (k: number) => file(`${'abc'[k]}.moments`);

  async function formParts(model: readonly string[], design = DESIGN): Promise<void> {
    await succeed('design', ...PARTS, ...model, '--out', design);
    for (const [k, path] of PARTS.entries()) await succeed('moments', path, '--design', design, '--out', part(k));
  }

  it.each([
    ['gaussian, strata', ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k']],
    ['gaussian, a covariate by cell', MODEL],
    ['weights and offset', ['--formula', '~ stim + age + (1 | donor)', '--weights', 'w', '--offset', 'depth']],
    ['slopes', ['--formula', '~ stim + (stim | donor) + (1 | batch)', '--normalize', 'log1p-cpm']],
    ['splits, rows and genes left out', [...MODEL, '--split-by', 'batch', '--where', 'age > 40', '--min-cells', '10']],
    [
      'nbinom2',
      [
        '--formula',
        '~ stim + (1 | donor)',
        '--family',
        'nbinom2',
        '--offset',
        'library',
        '--responses',
        'G00005,G00006',
      ],
    ],
    [
      'poisson',
      [
        '--formula',
        '~ stim + (1 | donor)',
        '--family',
        'poisson',
        '--offset',
        'library',
        '--responses',
        'G00005,G00006',
      ],
    ],
  ])('join to those of one run: %s', async (_, model) => {
    await formParts(model);
    await succeed('merge', part(2), part(0), '--out', file('ca.moments'));
    expectRefusal(await run(['fit', file('ca.moments')]), 2, /moments of 2 of 3 files; b is missing/);
    await succeed('merge', part(1), file('ca.moments'), '--out', file('all.moments'));
    const [one, joined] = await Promise.all(
      [[...PARTS, ...model], [file('all.moments')]].map(async (args) => ({
        fits: rowsOf((await succeed('fit', ...args, '--format', 'glance', '--quiet')).stdout),
        tests: (await fitted(args)).filter(({ effect }) => effect === 'fixed'),
      })),
    );
    expectSameFits(one.tests, joined.tests);
    expect(joined.fits.map(({ status, nobs }) => `${status} ${nobs}`)).toEqual(
      one.fits.map(({ status, nobs }) => `${status} ${nobs}`),
    );
    one.fits.forEach(({ logLik }, k) => {
      const difference = Math.abs(Number(logLik) - Number(joined.fits[k]['logLik']));
      if (logLik !== 'NA')
        expect(difference).toBeLessThan(TOLERANCE.stackedMoments * Math.max(100, Math.abs(Number(logLik))));
    });
  });

  it.each([
    ['missing values by response', ['--formula', 'cbind(y, y2) ~ visit + (1 | id)'], ['tidy']],
    ['a left side that learns', ['--formula', 'scale(y) ~ visit + (1 | id)'], ['tidy']],
    ['structured residuals', ['--formula', 'y ~ visit', '--residual', 'us(visit | id)'], ['tidy', 'glance']],
    ['unequal deviations', ['--formula', 'y ~ visit + (1 | id)', '--dispersion', '~ visit'], ['tidy', 'glance']],
    [
      'grades',
      ['--formula', 'grade ~ visit + (1 | id)', '--family', 'cumulative', '--ordered', 'grade=low,mid,high'],
      ['tidy'],
    ],
    ['two answers', ['--formula', 'answer ~ visit + (1 | id)', '--family', 'binomial'], ['tidy']],
  ])('of tables keep rows where a model needs them, and give the digits of one run: %s', async (_, model, tables) => {
    // A subject may have rows in two files, and a file one of two answers.
    const line = (i: number) => {
      const [id, visit] = [Math.floor(i / 3), i % 3];
      const y = ((i * 37) % 23) / 5 + (id % 5);
      return [
        y,
        i % 11 === 4 ? 'NA' : y + ((i * 13) % 7),
        `s${id}`,
        `v${visit}`,
        ['low', 'mid', 'high'][(i * 7 + id) % 3],
        i < 20 || (i * 29) % 5 < 2 ? 'no' : 'yes',
      ].join();
    };
    const paths = [0, 20, 61, 90].slice(1).map((to, k, ends) => {
      const from = k === 0 ? 0 : ends[k - 1];
      const lines = Array.from({ length: to - from }, (__, i) => line(from + i));
      writeFileSync(file(`visits${k}.csv`), `y,y2,id,visit,grade,answer\n${lines.join('\n')}\n`);
      return file(`visits${k}.csv`);
    });
    await succeed('design', ...paths, ...model, '--out', DESIGN);
    for (const [k, path] of paths.entries()) await succeed('moments', path, '--design', DESIGN, '--out', part(k));
    expectRefusal(await run(['fit', part(1)]), 2, /moments of 1 of 3 files; visits0, visits2 are missing/);
    await succeed('merge', part(2), part(0), part(1), '--out', file('all.moments'));
    for (const format of tables) {
      const [one, merged] = await Promise.all(
        [[...paths, ...model], [file('all.moments')]].map((args) =>
          succeed('fit', ...args, '--format', format, '--quiet'),
        ),
      );
      expect(merged.stdout).toBe(one.stdout);
    }
  });

  it.each([
    [
      'nbinom1',
      ['--formula', '~ stim + (1 | donor)', '--family', 'nbinom1', '--offset', 'library', '--responses', 'G00005'],
    ],
    [
      'unequal deviations',
      [
        ...['--formula', '~ stim + (1 | donor)', '--dispersion', '~ stim', '--normalize', 'log1p-cp10k'],
        ...['--responses', 'G00005,G00006', '--where', 'age > 55'],
      ],
    ],
  ])('of matrices keep rows where a model needs them: %s', async (_, model) => {
    await formParts(model);
    await succeed('merge', part(1), part(0), part(2), '--out', file('all.moments'));
    const [one, merged] = await Promise.all(
      [[...PARTS, ...model], [file('all.moments')]].map((args) => succeed('fit', ...args, '--quiet')),
    );
    expect(merged.stdout).toBe(one.stdout);
  });

  it('refuse a part given twice, one of another design, and what is no part', async () => {
    await formParts(MODEL);
    expectRefusal(await run(['merge', part(0), part(0), '--out', file('x.moments')]), 2, /the rows of a are in/);
    await succeed('design', ...PARTS, '--formula', '~ stim', '--out', file('other.json'));
    await succeed('moments', PARTS[1], '--design', file('other.json'), '--out', file('foreign.moments'));
    expectRefusal(
      await run(['merge', part(0), file('foreign.moments'), '--out', file('x.moments')]),
      2,
      /foreign\.moments are of the model ~ stim, those in .*a\.moments of ~ stim \+ age/,
    );
    await succeed('moments', WHOLE, ...MODEL, '--out', file('whole.moments'));
    expectRefusal(
      await run(['merge', part(0), file('whole.moments'), '--out', file('x.moments')]),
      2,
      /whole data set/,
    );
    expectRefusal(await run(['fit', part(0), part(1)]), 2, /webgpu-lmm merge/);
  });

  it('refuse a file that is not of the design, and options that belong to it', async () => {
    await formParts(MODEL);
    expectRefusal(
      await run(['moments', WHOLE, '--design', DESIGN, '--out', file('x.moments')]),
      2,
      /none of the files of the design/,
    );
    const changed = file('other/a.h5ad');
    await succeed('simulate', '--kind', 'cells', '--genes', '5', '--cells', '50', '--out', file('other'));
    const { obs, ...rest } = partOf(cells, range(0, 100));
    const columns = new Map(obs.columns);
    const donor = columns.get('donor');
    if (donor?.kind !== 'factor') throw new Error('donor');
    columns.set('donor', { ...donor, levels: ['d1', 'd2', 'stranger'] });
    await writeCells(changed, { ...rest, obs: { ...obs, columns } });
    expectRefusal(
      await run(['moments', changed, '--design', DESIGN, '--out', file('x.moments')]),
      2,
      /'donor' has the level 'stranger'/,
    );
    columns.set('donor', donor);
    const age = columns.get('age');
    if (age?.kind !== 'numeric') throw new Error('age');
    columns.set('age', { kind: 'numeric', values: age.values.map((value) => value + 1) });
    await writeCells(changed, { ...rest, obs: { ...obs, columns } });
    expectRefusal(
      await run(['moments', changed, '--design', DESIGN, '--out', file('x.moments')]),
      2,
      /column 'age' holds other values/,
    );
    expectRefusal(
      await run(['moments', PARTS[0], '--design', DESIGN, '--where', 'age > 3', '--out', file('x.moments')]),
      2,
      /--where belongs to the design/,
    );
  });

  it('may be those of folders with one annotation for all, and of tables', async () => {
    const obs = ['--obs', file('cells.tsv')];
    const model = ['--formula', '~ stim + (1 | donor)', '--sample-column', 'of', '--where', "of != 's3'"];
    await succeed('design', file('s1'), file('s2'), ...obs, ...model, '--out', DESIGN);
    for (const [k, name] of ['s2', 's1'].entries()) {
      await succeed('moments', file(name), '--design', DESIGN, ...obs, '--out', part(k));
    }
    await succeed('merge', part(0), part(1), '--out', file('all.moments'));
    const args = [file('s1'), file('s2'), ...obs, ...model];
    expectSameFits(await fitted(args), await fitted([file('all.moments')]));
    // A column that one file has no value in, and another that is numbers there.
    const lines = (from: number, to: number, text: (i: number) => string) =>
      Array.from({ length: to - from }, (_, i) => `${(i * 17) % 13},${text(from + i)},${i % 5}`).join('\n');
    writeFileSync(file('t0.csv'), `y,g,x\n${lines(0, 40, (i) => String(1 + (i % 4)))}\n`);
    writeFileSync(file('t1.csv'), `y,g,x\n${lines(40, 90, (i) => `g${i % 3}`)}\nNA,g1,2\n3,g1,NA\n`);
    writeFileSync(file('t2.csv'), 'y,g,x\n1,,2\n2,,3\n');
    const tables = [0, 1, 2].map((k) => file(`t${k}.csv`));
    const linear = ['--formula', 'y ~ x + (1 | g)'];
    await succeed('design', ...tables, ...linear, '--out', DESIGN);
    for (const [k, path] of tables.entries()) await succeed('moments', path, '--design', DESIGN, '--out', part(k));
    await succeed('merge', part(0), part(1), part(2), '--out', file('all.moments'));
    expectSameFits(await fitted([...tables, ...linear]), await fitted([file('all.moments')]));
  });

  it.each([
    [['--min-counts', '5'], /--min-counts|chosen by their counts/],
    [['--weights', 'voom'], /voom/],
  ])('are refused where they would not join: %s', async (options, says) => {
    expectRefusal(await run(['design', ...PARTS, ...MODEL.slice(0, 2), ...options, '--out', DESIGN]), 2, says);
  });

  it('may be those of a file without rows', async () => {
    const model = [...MODEL, '--where', "donor == 'd1' | donor == 'd2' | donor == 'd6'"];
    await formParts(model);
    await succeed('merge', part(0), part(1), part(2), '--out', file('all.moments'));
    expectSameFits(await fitted([...PARTS, ...model]), await fitted([file('all.moments')]));
  });
});
