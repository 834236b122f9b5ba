/** Data from standard input and from pipes, and options under the names that they had before. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itUnless } from '../requirements.ts';
import { example, expectRefusal, type Outcome, run, runShell, succeed, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const VISITS = example('visits.csv');
const FORMULA = "--formula 'y ~ time + (time | subject)'";
const CELLS = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--formula', '~ stim + (1 | donor)'];

const shell = (line: string): Promise<Outcome> => runShell(line, { cwd: folder, environment: { VISITS } });

describe('standard input and pipes', () => {
  const posix = process.platform === 'win32' ? 'pipes of bash' : null;

  itUnless(posix, 'give what a file gives, plain, gzipped or Parquet', async () => {
    const wanted = (await shell(`$CLI fit "$VISITS" ${FORMULA}`)).stdout;
    expect(wanted).toMatch(/^response\teffect/);
    await succeed(
      'fit',
      VISITS,
      '--formula',
      'y ~ time + (time | subject)',
      '--out',
      `augment=${join(folder, 'rows.parquet')}`,
    );
    const lines = [
      `cat "$VISITS" | $CLI fit - ${FORMULA}`,
      `gzip -c "$VISITS" | $CLI fit - ${FORMULA}`,
      `$CLI fit - ${FORMULA} < "$VISITS"`,
      `$CLI fit /dev/stdin ${FORMULA} < "$VISITS"`,
      `$CLI fit <(cat "$VISITS") ${FORMULA}`,
      `$CLI fit <(gzip -c "$VISITS") ${FORMULA}`,
      `echo "$VISITS" | $CLI fit @- ${FORMULA}`,
    ];
    for (const line of lines) expect((await shell(line)).stdout, line).toBe(wanted);
    const parquet = "--formula '~ 1 + (1 | .row)' --responses .fitted,.resid --format json";
    const [piped, named] = [`cat rows.parquet | $CLI fit - ${parquet}`, `$CLI fit rows.parquet ${parquet}`];
    const found = (await shell(piped)).stdout;
    expect(found).toMatch(/"models"/);
    expect(found).toBe((await shell(named)).stdout);
  });

  itUnless(posix, 'are read by other commands and options', async () => {
    const saved = await shell(
      `$CLI fit "$VISITS" ${FORMULA} --save a.fit --out a.tsv && cat "$VISITS" | $CLI predict a.fit -`,
    );
    expect(saved.stdout).toBe((await shell(`$CLI predict a.fit "$VISITS"`)).stdout);
    expect((await shell('cat "$VISITS" | $CLI design -')).stdout).toBe((await shell('$CLI design "$VISITS"')).stdout);
    const cells = `--formula '~ stim + (1 | donor)' --normalize log1p-cp10k`;
    const [folderOf, obs] = [example('cells'), example('cells/obs.tsv')];
    const piped = await shell(`printf 'gene123\\n' | $CLI fit '${folderOf}' --obs '${obs}' ${cells} --responses @-`);
    expect(piped.stdout).toMatch(/^gene123\t/m);
    const annotated = await shell(`cat '${obs}' | $CLI fit '${folderOf}' --obs - ${cells} --responses gene123`);
    expect(annotated.stdout).toBe(piped.stdout);
  });

  itUnless(posix, 'are refused for what is no table, and for two inputs at once', async () => {
    const hdf5 = await shell(`printf '\\x89HDF\\r\\n\\x1a\\n' | $CLI fit - ${FORMULA}`);
    expectRefusal(hdf5, 2, /an HDF5 file, and pipes are read for tables/, /Name the file/);
    const twice = await shell(`cat "$VISITS" | $CLI fit - --obs - ${FORMULA}`);
    expectRefusal(twice, 2, /standard input is named for two inputs/);
  });
});

describe('former names of options', () => {
  it('are taken, with a note', async () => {
    const args = ['fit', VISITS, '--formula', 'y ~ time * arm + (time | subject)'];
    const [now, before] = await Promise.all([
      succeed(...args, '--coding', 'arm=sum'),
      succeed(...args, '--contrasts', 'arm=sum'),
    ]);
    expect(before.stdout).toBe(now.stdout);
    expect(now.stdout).toContain('arm1');
    expect(now.stderr).not.toContain('--contrasts');
    expect(before.stderr).toMatch(/^--contrasts is called --coding now; the old name is taken still$/m);
    const both = await succeed(...args, '--coding', 'arm=sum', '--contrasts', 'arm=treatment');
    expect(both.stdout).toBe(now.stdout);
    expect((await run([...CELLS, '--normalise', 'none'])).stderr).toMatch(/--normalise/);
  });
});
