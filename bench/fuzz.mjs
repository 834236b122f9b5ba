/**
 * Fuzz campaign: can any file, formula, option or design make the program hang, crash, speak of its insides, or give a
 * wrong result in silence? Seeded, so that every attack can be repeated alone, and resumable.
 *
 *     node bench/fuzz.mjs --minutes 10                        # all kinds, the build in dist/
 *     node bench/fuzz.mjs --kind parquet,h5ad --count 2000    # so many of each
 *     node bench/fuzz.mjs --kind families --from 500 --count 500     # the second five hundred
 *     node bench/fuzz.mjs --state fuzz.json --keep faults     # goes on where the last run with this state stopped
 *     node bench/fuzz.mjs --dist ../other/dist                # another build
 *     node bench/fuzz.mjs --seed 1 --replay parquet:17        # one attack again, its files in --keep
 *
 * Verdicts are those of `fuzz/verdicts.mjs`. Exits with 1 when there were faults.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KINDS, readState, replay, runCampaign } from './fuzz/campaign.mjs';
import { VERDICTS } from './fuzz/verdicts.mjs';

/** Designs of a whole campaign; other kinds run until the time is up. */
const DESIGNS = { designs: 10_000, families: 5000 };

const { values } = parseArgs({
  options: {
    ...{
      minutes: { type: 'string' },
      count: { type: 'string' },
      from: { type: 'string', default: '0' },
      kind: { type: 'string' },
      seed: { type: 'string', default: '1' },
    },
    ...{ state: { type: 'string' }, keep: { type: 'string' }, dist: { type: 'string' }, cli: { type: 'string' } },
    ...{ limit: { type: 'string', default: '20' }, replay: { type: 'string' } },
  },
});

const dist = values.cli
  ? resolve(values.cli, '..')
  : resolve(values.dist ?? fileURLToPath(new URL('../dist', import.meta.url)));
const limit = Number(values.limit);

function kindsAsked() {
  const asked = values.kind?.split(',') ?? KINDS;
  for (const kind of asked) if (!KINDS.includes(kind)) throw new Error(`--kind ${kind}: there are ${KINDS.join(', ')}`);
  return asked;
}

/** Table of verdicts by kind. */
function report(state) {
  const rows = [['kind', 'tried', ...VERDICTS, 'seconds']];
  for (const [kind, { next, verdicts, seconds }] of Object.entries(state.kinds)) {
    rows.push([kind, next, ...VERDICTS.map((name) => verdicts[name]), seconds.toFixed(0)].map(String));
  }
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  for (const row of rows)
    console.log(row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '));
  const faults = Object.values(state.faults).sort(
    (a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict) || b.count - a.count,
  );
  console.log(`\n${faults.length} distinct faults`);
  for (const { verdict, kind, count, message, what, kept, numbers } of faults) {
    console.log(
      `\n${verdict} (${count} times: ${kind}:${numbers.join(' ')})\n    ${message.split('\n').slice(0, 4).join('\n    ')}\n    by ${what.slice(0, 200)}`,
    );
    if (kept.length > 0) console.log(`    in ${kept.join(', ')}`);
  }
  return faults.length;
}

if (values.replay !== undefined) {
  const [kind, number] = values.replay.split(':');
  const { verdict, message, what, place, frames } = await replay({
    dist,
    seed: values.seed,
    kind,
    number: Number(number),
    limit,
    keepFolder: values.keep,
  });
  console.log(
    `${verdict}\n${what ?? ''}\n${message}\n${(frames ?? []).join('\n')}${place === null ? '' : `\nin ${place}`}`,
  );
} else {
  const from = Number(values.from);
  const state = readState(values.state, values.seed, from);
  const until = performance.now() + 60_000 * Number(values.minutes ?? Number.POSITIVE_INFINITY);
  const most = Number(values.count ?? Number.POSITIVE_INFINITY);
  const counts = Object.fromEntries(
    kindsAsked().map((kind) => [kind, from + (values.count ? most : (DESIGNS[kind] ?? most))]),
  );
  let stopped = false;
  process.once('SIGINT', () => (stopped = true));
  await runCampaign({
    ...{ dist, state, counts, limit, statePath: values.state, keepFolder: values.keep },
    isDone: () => stopped || performance.now() > until,
    onFault: ({ verdict, kind, number, message }) =>
      console.error(`${verdict} ${kind}:${number} ${message.split('\n')[0].slice(0, 160)}`),
  });
  process.exitCode = report(state) > 0 ? 1 : 0;
}
