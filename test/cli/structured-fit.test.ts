/** A fit with structured residuals on its way through the commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectRefusal, run, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const place = (name: string) => join(folder, name);
const MODEL = ['--formula', 'y ~ arm + week', '--residual', 'us(week | id)'];

/** Twelve subjects at three weeks, without randomness; the last subject lacks its last week. */
function tableText(missing: (subject: number, week: number) => boolean): string {
  const lines = ['id,arm,week,y'];
  for (let s = 0; s < 12; s++) {
    for (let w = 0; w < 3; w++) {
      const y = 5 + Math.sin(7 * s) + Math.cos(3 * s + 5 * w) + 0.5 * w + 0.2 * (s % 2);
      lines.push(`p${s},${s % 2 ? 'b' : 'a'},w${w},${missing(s, w) ? 'NA' : y.toFixed(4)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

beforeAll(async () => {
  writeFileSync(
    place('trial.csv'),
    tableText((s, w) => s === 11 && w === 2),
  );
  const fitted = await run([
    'fit',
    place('trial.csv'),
    ...MODEL,
    '--save',
    place('trial.fit'),
    '--out',
    place('tidy.tsv'),
  ]);
  expect(fitted.status).toBe(0);
});

describe('structured residuals on the command line', () => {
  it('predict a missing visit from the others', async () => {
    const given = ['predict', place('trial.fit'), place('trial.csv'), '--interval', 'prediction'];
    const [plain, known] = [await run(given), await run([...given, '--use-observed'])];
    expect([plain.status, known.status]).toEqual([0, 0]);
    const [last, lastKnown] = [plain, known].map(
      ({ stdout }) => stdout.trimEnd().split('\n').at(-1)?.split('\t') ?? [],
    );
    expect(lastKnown[1]).toBe('36');
    expect(lastKnown[2]).not.toBe(last[2]);
    // What is known of a subject makes its limits narrower.
    expect(Number(lastKnown[5]) - Number(lastKnown[4])).toBeLessThan(Number(last[5]) - Number(last[4]));
  });

  it('simulate, bootstrap and give intervals', async () => {
    const simulated = await run([
      'simulate',
      '--from',
      place('trial.fit'),
      place('trial.csv'),
      '--out',
      place('sim.csv'),
    ]);
    expect(simulated.status).toBe(0);
    expect(readFileSync(place('sim.csv'), 'utf8').split('\n')[0]).toBe('id,arm,week,y,y.sim1');
    const moments = await run(['moments', place('trial.csv'), ...MODEL, '--out', place('trial.moments')]);
    expect(moments.status).toBe(0);
    const drawn = await run(['fit', place('trial.moments'), '--bootstrap', '100', '--conf-int', '--format', 'tidy']);
    expect(drawn.status).toBe(0);
    const [header, ...rows] = drawn.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const sd = rows.find((row) => row.includes('sd__w0')) ?? [];
    expect(Number(sd[header.indexOf('conf.low')])).toBeGreaterThan(0);
    expect(Number(rows[0][header.indexOf('p.bootstrap')])).toBeLessThan(0.05);
  });

  it('have influence, are calibrated, and refuse what has no meaning', async () => {
    const influence = await run(['influence', place('trial.csv'), ...MODEL]);
    expect(influence.status).toBe(0);
    expect(influence.stdout).toContain('\tp11\tfixed\t');
    const calibrated = await run(['calibrate', place('trial.csv'), ...MODEL, '--simulations', '100', '--term', 'arm']);
    expect(calibrated.status).toBe(0);
    const refused = [
      ['fit', place('trial.csv'), ...MODEL, '--moderate'],
      ['calibrate', place('trial.csv'), ...MODEL, '--scheme', 'permute'],
    ];
    for (const words of refused) expectRefusal(await run(words), 2);
  });
});
