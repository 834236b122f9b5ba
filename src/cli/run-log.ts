/**
 * What a run read, was asked for and did, as JSON (`--log-json FILE`; docs/run-log.md has every field). Files that a run reads and
 * writes are named by its words and options, so that commands tell only what they alone know: engine, statuses, notes. Loaded
 * where a log is asked for.
 */
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { FitError } from '../errors.ts';
import { chosen, OPTIONS, type OptionName } from '../options/entries.ts';
import type { CommandName } from '../options/option.ts';
import { tableFormat } from '../reading/tables.node.ts';
import { writeFileAtomically } from '../result/output.node.ts';
import { splitSpec } from '../result/output-target.ts';
import { dataPaths } from './data-paths.ts';
import { failureFields } from './failure.ts';
import { type FileDigest, FileDigests, sizeOf } from './file-digests.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import type { RunFacts } from './run-facts.ts';
import { installedVersions, SOFTWARE } from './software.ts';

/** Grows when a field goes or changes its meaning; new fields leave it as it is. */
const VERSION = 1;

/** Options that choose rows and responses. */
const FILTERS: readonly OptionName[] = [
  ...(['responses', 'where', 'splitBy', 'minCells', 'minCounts', 'matchGenes', 'layer'] as const),
  ...(['featureType', 'genome', 'prefix', 'zeroIsMissing', 'na'] as const),
];

type Input = readonly [role: 'data' | 'list' | 'obs' | 'weights' | 'design' | 'responses' | 'geneSets', path: string];

/** The log of one run of a command. */
export class RunLog {
  private readonly command: CommandName;
  private readonly path: string;
  private readonly data: readonly string[];
  private readonly started = new Date();
  private readonly cpu = process.cpuUsage();
  private readonly phases: { readonly name: string; readonly at: number }[] = [];
  private facts: RunFacts = {};
  private given: Given = {};
  private inputs: readonly Input[];
  private digests: FileDigests | null = null;
  /** Once it is known that no file of another kind stands in the place of the log. */
  private writable = false;

  constructor(command: CommandName, path: string, data: readonly string[]) {
    this.command = command;
    this.path = path;
    this.data = data;
    this.inputs = data.map((word) => ['data', word]);
  }

  /**
   * Checks the place of the log, and begins the checksums of what the run reads.
   *
   * @throws as the command does, for options that it cannot read and files that are not there
   */
  async begin(words: FromCommander): Promise<void> {
    if (this.path === '-') throw this.refusal('the log of a run is a file');
    requireFolders([this.path]);
    keepInputs(this.data, [this.path], 'log-json');
    this.writable = true;
    this.given = readOptions(this.command, words);
    this.inputs = await inputsOf(this.data, this.given);
    this.writable = false;
    const paths = this.inputs.map(([, path]) => path);
    keepInputs(paths, [this.path], 'log-json');
    const isLog = ({ path }: { readonly path: string }) => resolve(path) === resolve(this.path);
    if (outputsOf(this.given).some(isLog)) throw this.refusal(`the log and an output go to ${this.path}`);
    this.writable = true;
    if (this.checksums) this.digests = new FileDigests(paths);
  }

  /** Takes what a command has to tell; later facts stand beside earlier ones. */
  readonly tell = (facts: RunFacts): void => {
    if (facts.phase !== undefined) this.phases.push({ name: facts.phase, at: Date.now() });
    this.facts = { ...this.facts, ...facts };
  };

  /** Writes the log of a run that has done its work. */
  async end(exitStatus: number): Promise<void> {
    await this.write(exitStatus, exitStatus === 0 ? 'ok' : 'models failed', null);
  }

  /** Writes the log of a run that an error ended. */
  async fail(exitStatus: number, error: unknown): Promise<void> {
    if (this.writable) await this.write(exitStatus, 'failed', error);
  }

  private get checksums(): boolean {
    return chosen('logChecksums', this.given.logChecksums) === 'sha256';
  }

  private refusal(what: string): FitError {
    return new FitError('OptionError', what, { option: 'logJson', remedy: 'Name a file of its own: run.json.' });
  }

  private async write(exitStatus: number, status: string, error: unknown): Promise<void> {
    const ended = new Date();
    const { facts } = this;
    const options: Given = { ...facts.options, ...this.given };
    const paths = this.inputs.map(([, path]) => path);
    const inputs = error ? await this.digests?.stop() : await this.digests?.all();
    const outputs = (facts.outputs ?? outputsOf(options)).filter(({ path }) => !error && existsSync(path));
    const read = inputs ?? (await Promise.all(paths.map(sizeOf)));
    const written = await this.digestsOf(outputs.map(({ path }) => path));
    const { seed = OPTIONS.seed.fallback, bootstrap, confMethod = '' } = options;
    const draws = bootstrap !== undefined || confMethod.startsWith('b') || this.command === 'calibrate';
    const document = {
      ...{ format: 'webgpu-lmm run log', version: VERSION },
      ...{ command: this.command, arguments: process.argv.slice(2), status, exitStatus },
      error: error ? failureFields(error) : null,
      software: SOFTWARE,
      versions: { node: process.versions.node, v8: process.versions.v8, packages: installedVersions() },
      machine: {
        ...{ platform: process.platform, architecture: process.arch },
        ...{ processors: availableParallelism(), memory: totalmem() },
      },
      inputs: this.inputs.map(([role], k) => ({ role, ...read[k] })),
      outputs: outputs.map(({ content }, k) => ({ content, ...written[k] })),
      options: Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith('log'))),
      // Those of a comparison are a list, among the options.
      formula: facts.formula ?? (typeof options.formula === 'string' ? options.formula : null),
      normalisation: facts.shaping?.normalisation ?? chosen('normalize', options.normalize),
      filters: chosenFrom({ ...facts.shaping?.options, ...options }),
      seed: draws || options.cv !== undefined ? seed : null,
      engine: facts.engine ?? null,
      ...{ responses: facts.responses ?? null, rows: facts.rows ?? [], fits: facts.fits ?? [] },
      notes: [...new Set(facts.notes)],
      times: {
        ...{ started: this.started.toISOString(), ended: ended.toISOString() },
        seconds: (ended.getTime() - this.started.getTime()) / 1000,
        phases: this.phaseTimes(ended.getTime()),
        cpu: this.cpuTimes(),
        maximumResidentBytes: process.resourceUsage().maxRSS * 1024,
      },
    };
    await writeFileAtomically(this.path, [`${JSON.stringify(document, null, 2)}\n`]);
  }

  private async digestsOf(paths: readonly string[]): Promise<readonly FileDigest[]> {
    return this.checksums ? new FileDigests(paths).all() : Promise.all(paths.map(sizeOf));
  }

  /** Seconds by phase. */
  private phaseTimes(ended: number): Record<string, number> {
    const times: Record<string, number> = {};
    for (const [k, { name, at }] of this.phases.entries()) {
      times[name] = (times[name] ?? 0) + ((this.phases[k + 1]?.at ?? ended) - at) / 1000;
    }
    return times;
  }

  private cpuTimes(): { readonly user: number; readonly system: number } {
    const { user, system } = process.cpuUsage(this.cpu);
    return { user: user / 1e6, system: system / 1e6 };
  }
}

/** The files that a run reads, those of lists (`@files.txt`) among them. */
async function inputsOf(data: readonly string[], given: Given): Promise<Input[]> {
  const lists = data.filter((word) => word.startsWith('@') && !existsSync(word)).map((word) => word.slice(1));
  const { obs, weights, design, responses, geneSets } = given;
  const table = weights !== undefined && tableFormat(weights) !== null && existsSync(weights) ? weights : undefined;
  const names = responses?.startsWith('@') ? responses.slice(1) : undefined;
  const named = { obs, weights: table, design, responses: names, geneSets };
  return [
    ...lists.map((path): Input => ['list', path]),
    ...(await dataPaths(data)).map((path): Input => ['data', path]),
    ...Object.entries(named).flatMap(([role, path]) => (path === undefined ? [] : [[role, path] as Input])), // keys of named
  ];
}

/** The files that the options of a run name for what it writes, and what goes there; null for what the option leaves open. */
function outputsOf({ out = [], outFile = [], save, savePart }: Given): { content: string | null; path: string }[] {
  const outputs = out.map((spec) => splitSpec(spec)).map(({ prefix, path }) => ({ content: prefix, path }));
  for (const path of outFile) outputs.push({ content: null, path });
  if (save !== undefined) outputs.push({ content: 'fit', path: save });
  if (savePart !== undefined) outputs.push({ content: 'part', path: savePart });
  return outputs.filter(({ path }) => path !== '' && path !== '-');
}

function chosenFrom(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(FILTERS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));
}
