import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  COMMAND,
  example,
  expectRefusal,
  reference,
  rowsOf,
  runProcess as run,
  succeed,
  temporaryFolder,
} from '../cli/command.ts';
import { expectClose, fixed, input, SATTERTHWAITE } from './cases.ts';
import { CASE_TOLERANCE } from './tolerance.ts';

const folder = temporaryFolder();
const STIM = ['--formula', '~ stim + (1 | donor)', ...SATTERTHWAITE];
/** Readings without an end stop early, so that the tests are quick. */
const SOON = { environment: { WEBGPU_LMM_READ_SECONDS: '2' } };

describe.concurrent('damaged Parquet files', () => {
  const model = ['--formula', 'y ~ time * arm + age + b + (1 | subject)', ...SATTERTHWAITE];
  const parquet = (name: string) => ['fit', input('attack/damaged-parquet', name), ...model];

  it('a bit of compressed data that changed is found by the checksum', async () => {
    expectRefusal(await run(parquet('pqgzip_silent.parquet')), 1, /pqgzip_silent\.parquet/, /checksum/);
    expect(rowsOf((await succeed(...parquet('undamaged.parquet'))).stdout).length).toBeGreaterThan(0);
  });

  it.each(['parquetpage_1_93.parquet', 'pqgzip_hang_834_52.parquet'])('reading %s ends', async (name) => {
    const outcome = await run(parquet(name), SOON);
    expectRefusal(outcome, 1, new RegExp(name.replace('.', '\\.')), /damaged|fetch or write it again/);
  });
});

describe.concurrent('damaged HDF5 files are refused by name in seconds', () => {
  it.each([
    ['2^31 genes declared in 24 kB', 'declared-size/hugedense.h5ad', /hugedense\.h5ad.*2147483648/],
    ['an abort of the library', 'open-after-abort/h5ad_21_17.h5ad', /h5ad_21_17\.h5ad/],
    ['another abort', 'open-after-abort/h5ad_21_22.h5ad', /h5ad_21_22\.h5ad/],
    ['a code of 1.5', 'odd-codes/floatcodes.h5ad', /'obs\/donor\/codes'.*floatcodes\.h5ad.*1\.5/],
    ['a category twice', 'odd-codes/dupcat.h5ad', /dupcat\.h5ad.*'D0' twice/],
  ])('%s', async (_, path, says) => {
    const outcome = await run(['fit', input('attack', path), ...STIM]);
    expectRefusal(outcome, 1, says, /fetch or write it again|write it again/);
    expect(outcome.stderr).not.toMatch(/wasm|RuntimeError|Aborted/);
  });

  it.each(['h5ad_11_301.h5ad', 'h5ad_21_164.h5ad'])('%s, which has no end', async (name) => {
    const outcome = await run(['fit', input('attack/endless-hdf5', name), ...STIM], SOON);
    expectRefusal(outcome, 1, new RegExp(`${name.replace('.', '\\.')} cannot be read`), /fetch or write it again/);
  });

  it('whole numbers that a double would round', async () => {
    const path = input('attack/odd-codes/u64.h5ad');
    const outcome = await run(['fit', path, '--formula', '~ age + (1 | donor)', ...SATTERTHWAITE]);
    expectRefusal(outcome, 1, /'obs\/age' of .*u64\.h5ad/, /9223372036854775808 is beyond 2\^53/);
    // The rest of the file is of use.
    await succeed('fit', path, ...STIM);
  });

  it.each([
    ['external-link.h5ad', 'other.h5ad'],
    ['external-storage.h5ad', 'secret.txt'],
    ['virtual.h5ad', 'other.h5ad'],
  ])('%s reads no other file', async (name, other) => {
    const place = join(folder, name);
    mkdirSync(place);
    copyFileSync(input('attack/reads-other-files', name), join(place, name));
    writeFileSync(join(place, 'secret.txt'), Array.from({ length: 400 }, (_, i) => `TOPSECRET${i}`).join(';'));
    copyFileSync(input('attack/odd-codes/u64.h5ad'), join(place, 'other.h5ad'));
    const outcome = await run(['fit', join(place, name), '--formula', '~ age + (1 | donor)', ...SATTERTHWAITE]);
    expectRefusal(outcome, 1, new RegExp(`${name.replace('.', '\\.')} lies in another file`), new RegExp(other));
    expect(outcome.stderr).not.toContain('TOPSECRET');
  });
});

describe('after a file that the HDF5 library gave up on', () => {
  it('the same process opens a good one of the same path', () => {
    const [good, path] = [input('attack/odd-codes/u64.h5ad'), join(folder, 'again.h5ad')];
    const bad = ['h5ad_21_17.h5ad', 'h5ad_21_22.h5ad'].map((name) => input('attack/open-after-abort', name));
    const script = join(folder, 'again.mjs');
    // The library as it is installed.
    writeFileSync(
      script,
      `import { copyFileSync } from 'node:fs';
      import { isFitError, openMatrix } from ${JSON.stringify(pathToFileURL(join(COMMAND, '../node.js')).href)};
      const [good, path, ...bad] = ${JSON.stringify([good, path, ...bad])};
      for (const file of bad) {
        copyFileSync(file, path);
        try {
          const source = await openMatrix(path);
          await source.readObs();
          console.log('opened');
        } catch (error) {
          console.log(isFitError(error, 'DataError') ? 'refused' : error);
        }
        copyFileSync(good, path);
        const source = await openMatrix(path);
        console.log(source.names.length);
        await source.close();
      }`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 60_000 });
    expect(stdout, stderr).toBe('refused\n8\nrefused\n8\n');
  });
});

describe.concurrent('odd designs', () => {
  const table = (name: string) => input('attack/odd-designs', name);
  const KENWARD = ['--ddf', 'kenward-roger', '--threads', '1'];

  it.each([
    ['issue3797.csv', 'y ~ scale(x) + (1 | g/h)'],
    ['issue4939.csv', 'y ~ f + x + (f || g)'],
  ])('%s has tests by Satterthwaite, and a message that says so', async (name, formula) => {
    const model = ['fit', table(name), '--formula', formula, ...KENWARD];
    const [tidy, glance] = await Promise.all([succeed(...model), succeed(...model, '--format', 'glance')]);
    const rows = rowsOf(tidy.stdout).filter((row) => row['effect'] === 'fixed');
    for (const row of rows) {
      expect(row['df.method']).toBe('satterthwaite');
      for (const column of ['estimate', 'std.error', 'df', 'p.value']) expect(row[column]).not.toBe('NA');
      // 36,671,132 with 3e-15 degrees of freedom was such a number.
      expect(Number(row['std.error'])).toBeLessThan(1e3);
    }
    expect(rowsOf(glance.stdout)[0]['message']).toMatch(/Kenward-Roger .*Satterthwaite/);
  });

  it('who reads stderr alone learns of it too', async () => {
    const model = ['fit', table('issue3797.csv'), '--formula', 'y ~ scale(x) + (1 | g/h)', ...KENWARD];
    expect((await succeed(...model)).stderr).toMatch(/Kenward-Roger .*Satterthwaite/);
  });

  it('a weight of 1e300 is named', async () => {
    const outcome = await run([
      'fit',
      table('whuge.csv'),
      '--formula',
      'y ~ 1 + (1 | g)',
      '--weights',
      'w',
      ...KENWARD,
    ]);
    expectRefusal(outcome, 2, /whuge\.csv: weight 1e\+300 in column 'w', row 1/);
  });
});

describe.concurrent('saved fits that were edited', () => {
  it.each(['fitjson_1_146.fit', 'fitjson_1_153.fit', 'fitjson_1_159.fit'])('%s', async (name) => {
    const outcome = await run(['predict', input('attack/edited-files', name), example('visits.csv')]);
    expectRefusal(outcome, 1, new RegExp(name.replace('.', '\\.')), /damaged/);
  });
});

describe.concurrent('entries of one gene and cell that repeat far apart', () => {
  const [GENES, CELLS] = [220, 6000];
  /** Counts of gene 0: one digit a cell, which the value expected was found with. */
  const digits = input('attack/repeats-far-apart.txt');

  /** A 10x folder with all genes but the last, by gene; gene 0 comes again at the end, or summed. */
  function write(name: string, summed: boolean): string {
    const first = [...readFileSync(digits, 'utf8').trim()].map(Number);
    const path = join(folder, name);
    mkdirSync(path);
    const lines: string[] = [];
    for (let g = 0; g < GENES - 1; g++) {
      for (let c = 0; c < CELLS; c++) {
        const count = g === 0 ? first[c] + (summed && c % 3 === 0 ? 50 : 0) : ((g * 31 + c * 17) % 9) + 1;
        lines.push(`${g + 1} ${c + 1} ${count}`);
      }
    }
    if (!summed) for (let c = 0; c < CELLS; c += 3) lines.push(`1 ${c + 1} 50`);
    const header = `%%MatrixMarket matrix coordinate integer general\n${GENES} ${CELLS} ${lines.length}\n`;
    writeFileSync(join(path, 'matrix.mtx'), `${header}${lines.join('\n')}\n`);
    const names = (count: number, name: (i: number) => string) =>
      Array.from({ length: count }, (_, i) => `${name(i)}\n`).join('');
    writeFileSync(
      join(path, 'features.tsv'),
      names(GENES, (i) => `g${i}\tg${i}\tGene Expression`),
    );
    writeFileSync(
      join(path, 'barcodes.tsv'),
      names(CELLS, (i) => `c${i}`),
    );
    const obs = names(CELLS, (i) => `c${i}\tD${i % 6}\t${'ab'[Math.floor(i / 6) % 2]}`);
    writeFileSync(join(folder, `${name}.obs.tsv`), `bc\tdonor\tstim\n${obs}`);
    return path;
  }
  const args = (path: string) => ['fit', path, '--obs', `${path}.obs.tsv`, ...STIM, '--responses', 'g0'];

  it('are refused', async () => {
    expectRefusal(await run(args(write('far', false))), 2, /two entries of feature 'g0' in cell 'c0'/);
  });

  it('are fitted where they are summed', async () => {
    const row = fixed(await succeed(...args(write('summed', true))), 'g0', 'stimb');
    expectClose(row['std.error'], 0.06637733, CASE_TOLERANCE.written.estimate);
  });
});

describe('a worker thread that dies', () => {
  it('ends the run with a message, or not at all', async () => {
    const dying = join(folder, 'dying.mjs');
    writeFileSync(
      dying,
      "import { isMainThread } from 'node:worker_threads';\n" +
        'if (!isMainThread) setTimeout(() => process.exit(3), Number(process.env.DIE));\n',
    );
    const matrix = `${reference('batches/sim_singlecell')}.h5ad`;
    const args = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cpm', '--threads', '2'];
    let died = 0;
    for (const die of ['0', '60']) {
      const out = join(folder, `dying${die}.tsv`);
      const command = ['--import', pathToFileURL(dying).href, COMMAND, 'fit', matrix, ...args, '--out', out];
      const { status, stderr } = spawnSync(process.execPath, command, {
        env: { ...process.env, DIE: die, NO_COLOR: '1' },
        encoding: 'utf8',
        timeout: 30_000,
      });
      expect([0, 1], stderr).toContain(status);
      if (status === 1) {
        died++;
        expect(stderr).toMatch(/^error: .*(thread|reader)/m);
        expect(existsSync(out)).toBe(false);
      } else expect(existsSync(out)).toBe(true);
    }
    expect(died).toBeGreaterThan(0);
  });
});
