/** Runs that are killed, and those that go on from what they left. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMAND, expectRefusal, reference, run, runProcess, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const MODEL = [
  ...['fit', reference('batches/sim_slopes.y.tsv'), '--obs', reference('batches/sim_slopes.obs.tsv')],
  ...['--formula', '~ time + (time | subject)', '--bootstrap', '100', '--conf-int', '--threads', '2'],
  ...['--responses', '/[147]$/'],
];

/** Responses of the model. */
const RESPONSES = 60;

/** Kills the command (SIGKILL) once its file of finished fits has more than `bytes`. */
function killed(args: readonly string[], unfinished: string, bytes: number): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'ignore' });
    const watch = setInterval(() => {
      if ((statSync(unfinished, { throwIfNoEntry: false })?.size ?? 0) > bytes) child.kill('SIGKILL');
    }, 5);
    child.on('error', reject);
    child.on('close', (_, signal) => {
      clearInterval(watch);
      resolve(signal);
    });
  });
}

/** What the notes of a run say was taken from an earlier one. */
function takenIn(stderr: string): number {
  return Number(/(\d+) fits of a run that did not end are taken from/.exec(stderr)?.[1] ?? 0);
}

describe('--resume', () => {
  const whole = file('whole.tsv');
  const args = (name: string) => [...MODEL, '--out', file(`${name}.tsv`), '--out', file(`${name}.json`)];

  it('goes on after a kill, and nothing is left', async () => {
    const out = file('killed.tsv');
    await succeed(...args('whole'));
    expect(await killed([...args('killed'), '--resume'], `${out}.unfinished`, 8_000)).toBe('SIGKILL');
    expect(existsSync(out)).toBe(false);
    // Its last record was not written to its end.
    truncateSync(`${out}.unfinished`, statSync(`${out}.unfinished`).size - 100);
    writeFileSync(file('kept.copy'), readFileSync(`${out}.unfinished`));
    const again = await succeed(...args('killed'), '--resume');
    const taken = takenIn(again.stderr);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(RESPONSES);
    expect(textOf(out)).toBe(textOf(whole));
    expect(textOf(file('killed.json'))).toBe(textOf(file('whole.json')));
    expect(
      readdirSync(folder)
        .filter((name) => name.startsWith('killed'))
        .sort(),
    ).toEqual(['killed.json', 'killed.tsv']);
  });

  it('takes fits for other tables, and none of other fits', async () => {
    const unfinished = `${file('other.tsv')}.unfinished`;
    const copy = () => writeFileSync(unfinished, readFileSync(file('kept.copy')));
    copy();
    const adjusted = await succeed(...args('other'), '--resume', '--adjust', 'holm');
    expect(takenIn(adjusted.stderr)).toBeGreaterThan(0);
    copy();
    const seeded = await succeed(...args('other'), '--resume', '--seed', '3');
    expect(takenIn(seeded.stderr)).toBe(0);
    expect(seeded.stderr).toMatch(/are not those of this run \(options: --bootstrap\): all are fitted anew/);
    copy();
    const anew = await succeed(...args('other'));
    expect(anew.stderr).toMatch(
      /other\.tsv\.unfinished holds fits of a run that did not end: --resume would take them/,
    );
    expect(textOf(file('other.tsv'))).toBe(textOf(whole));
    expect(existsSync(unfinished)).toBe(false);
  });

  it('serves shards, also with what was kept of the whole run', async () => {
    const part = (k: number) => file(`half-${k}.part`);
    writeFileSync(`${part(1)}.unfinished`, readFileSync(file('kept.copy')));
    for (const k of [1, 2]) {
      const half = await succeed(...MODEL, '--resume', '--shard', `${k}/2`, '--save-part', part(k));
      expect(half.stderr).toMatch(new RegExp(`shard ${k} of 2: fitted 30 of 30`));
      expect(takenIn(half.stderr) > 0).toBe(k === 1);
    }
    await succeed('gather', part(1), part(2), '--out', file('halves.tsv'));
    expect(textOf(file('halves.tsv'))).toBe(textOf(whole));
    expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([]);
  });

  it('keeps the fits of a run that is interrupted', async () => {
    const out = file('left.tsv');
    writeFileSync(`${out}.unfinished`, readFileSync(file('kept.copy')));
    const resume = [...MODEL, '--out', out, '--resume'];
    const { status, stderr } = await runProcess([...resume, '--explain'], { interruptAt: 'backend: cpu' });
    expect(status).toBe(130);
    const kept = Number(
      /(\d+) finished fits are kept in .*left\.tsv\.unfinished: --resume goes on from them/.exec(stderr)?.[1],
    );
    expect(kept).toBeGreaterThanOrEqual(takenIn(stderr));
    const { stderr: notes } = await succeed(...resume);
    expect(takenIn(notes)).toBe(kept);
    expect(textOf(out)).toBe(textOf(whole));
  });

  it('needs a file to keep fits beside, and leaves files of others alone', async () => {
    expectRefusal(await run([...MODEL, '--resume']), 2, /--resume takes fits that are kept beside an output file/);
    writeFileSync(`${file('taken.tsv')}.unfinished`, 'mine');
    expectRefusal(
      await run([...MODEL, '--out', file('taken.tsv'), '--resume']),
      1,
      /taken\.tsv\.unfinished is in the way/,
    );
    await succeed(...MODEL.slice(0, 6), '--out', file('taken.tsv'));
    expect(textOf(`${file('taken.tsv')}.unfinished`)).toBe('mine');
  });
});
