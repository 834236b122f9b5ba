#!/usr/bin/env node
/**
 * A Slurm of one node for tests and benches: all of its state lies in one folder, with a key and a socket of its own, so that it
 * runs beside others and needs neither systemd nor an account.
 *
 *     node scripts/local-slurm.mjs              find what it needs, else install Debian's packages; prints the Snakemake
 *     node scripts/local-slurm.mjs --no-install find only
 *
 * Only .ci/run installs: neither the library nor the command needs them, and elsewhere the tests are skipped without them.
 * Exits 0 in any case; one warning line to stderr says what is missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism, hostname, totalmem, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { installPackages } from './find-browser.mjs';

/** Debian's packages. */
const PACKAGES = ['munge', 'slurmctld', 'slurmd', 'slurm-client', 'snakemake'];
/** Where Debian has servers that are not on everybody's path. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
/** What Snakemake can do with Azure is 27,000 of the files that come with it, which nothing here uses: neither unpacked nor compiled. */
const AZURE = '/usr/lib/python3/dist-packages/azure';
const UNCOMPILED = '/usr/share/python3/bcep/webgpu-lmm-tests';

/** Commands of which one is missing here, or null. Installs nothing. */
function missingCommand() {
  const commands = [
    ['munged', '--version'],
    ['slurmctld', '-V'],
    ['slurmd', '-V'],
    ['sbatch', '--version'],
    ['snakemake', '--version'],
  ];
  const lacks = ([command, version]) => spawnSync(command, [version], { env: { ...process.env, PATH } }).error;
  return commands.find(lacks)?.[0] ?? null;
}

/** The version of Snakemake where it is there together with Slurm, else null. Installs nothing. */
export function findSlurm() {
  if (process.platform !== 'linux' || missingCommand() !== null) return null;
  return spawnSync('snakemake', ['--version'], { encoding: 'utf8' }).stdout.trim();
}

function install() {
  const compiles = existsSync('/usr/share/python3/bcep');
  if (compiles) writeFileSync(UNCOMPILED, `dir|-4.0|${AZURE}|\n`);
  try {
    installPackages(PACKAGES, 'local-slurm', [
      ...['-o', 'Dpkg::Options::=--force-unsafe-io'],
      ...(compiles ? ['-o', `Dpkg::Options::=--path-exclude=${AZURE}/*`] : []),
    ]);
  } finally {
    if (compiles) rmSync(UNCOMPILED);
  }
}

/** A port that nobody uses. */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function configuration(folder, ports) {
  const host = hostname().split('.')[0];
  const user = userInfo().username;
  return [
    'ClusterName=local',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmUser=${user}`,
    `SlurmdUser=${user}`,
    'AuthType=auth/munge',
    `AuthInfo=socket=${folder}/munge.socket`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/slurmd.log`,
    // No control groups, which containers lack.
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'SchedulerType=sched/backfill',
    `SlurmctldPort=${ports[0]}`,
    `SlurmdPort=${ports[1]}`,
    'ReturnToService=2',
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} RealMemory=${Math.floor(totalmem() / 2 ** 21)} State=UNKNOWN`,
    `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ].join('\n');
}

/**
 * Starts a Slurm whose state lies in a folder; `environment` is what its clients need, `stop` ends it. The folder's path holds no
 * blanks, and no folder around it may be written to by everybody, but for sticky ones.
 */
export async function startSlurm(folder) {
  for (const name of ['state', 'spool', 'munge']) mkdirSync(join(folder, name), { recursive: true });
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'munge'), 0o700);
  const key = join(folder, 'munge', 'key');
  writeFileSync(key, randomBytes(1024), { mode: 0o400 });
  const file = join(folder, 'slurm.conf');
  writeFileSync(file, `${configuration(folder, [await freePort(), await freePort()])}\n`);
  const environment = { ...process.env, PATH, SLURM_CONF: file };
  const servers = [];
  const start = (command, args) => {
    const server = spawn(command, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    server.said = '';
    server.stderr.on('data', (text) => {
      server.said += text;
    });
    server.on('error', () => undefined);
    servers.push(server);
  };
  const stop = async () => {
    // Jobs end with the node; the last one started ends first.
    for (const server of servers.reverse()) {
      if (server.exitCode !== null || server.signalCode !== null) continue;
      server.kill('SIGTERM');
      for (let k = 0; k < 100 && server.exitCode === null && server.signalCode === null; k++) await sleep(100);
      if (server.exitCode === null && server.signalCode === null) server.kill('SIGKILL');
    }
  };
  const until = async (what, holds) => {
    for (let k = 0; k < 300; k++) {
      if (holds()) return;
      await sleep(100);
    }
    const said = servers.map((server) => server.said).join('');
    const logs = ['munge/log', 'slurmctld.log', 'slurmd.log'].map((name) => join(folder, name)).filter(existsSync);
    await stop();
    throw new Error(`${what} does not start: ${said}${logs.map((path) => readFileSync(path, 'utf8')).join('')}`);
  };
  const socket = join(folder, 'munge.socket');
  const places = ['key-file', 'pid-file', 'log-file', 'seed-file'].map((name) => {
    return `--${name}=${join(folder, 'munge', name.replace('-file', ''))}`;
  });
  start('munged', ['--foreground', '--force', `--socket=${socket}`, ...places]);
  await until('munged', () => existsSync(socket));
  start('slurmctld', ['-D', '-f', file]);
  start('slurmd', ['-D', '-f', file]);
  await until('Slurm', () => {
    const { stdout } = spawnSync('sinfo', ['--noheader', '--format=%T'], { env: environment, encoding: 'utf8' });
    return stdout?.trim() === 'idle';
  });
  return { environment, stop };
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (findSlurm() === null && !process.argv.includes('--no-install')) install();
  const snakemake = findSlurm();
  if (snakemake !== null) process.stdout.write(`${snakemake}\n`);
  else
    process.stderr.write(
      `local-slurm: warning: no ${missingCommand() ?? 'Linux'}: tests of the workflow will be skipped\n`,
    );
}
