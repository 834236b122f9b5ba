import { accessSync, constants, existsSync, lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isMatrixPath } from '../data/matrix/matrix-path.node.ts';
import { writingError } from '../data/replace-file.node.ts';
import { FitError, nearestName } from '../errors.ts';
import type { Moments } from '../moments/moments.ts';
import { STANDARD_INPUT } from '../options/option.ts';
import { type OutputTarget, parseOutput } from '../result/output-target.ts';
import { onlyTest, splitTestNames } from '../result/toptable.ts';
import { type AnnotatedTarget, annotatedSource, annotatedSpecs } from './annotated-output.ts';
import type { Given } from './options.ts';

/** The outputs asked for, checked as far as is possible before anything is read: all of them can be written, or none is. */
export function outputTargets(
  inputs: readonly (string | undefined)[],
  raw: Given,
): { readonly targets: OutputTarget[]; readonly annotated: AnnotatedTarget[] } {
  const specs = raw.out ?? [];
  const { paths: copies, others } = annotatedSpecs(specs);
  const annotated = copies.map((path) => ({ path, source: annotatedSource(inputs) }));
  const targets = (specs.length > 0 ? others : ['-']).map((spec) => parseOutput(spec, raw.format));
  const named = [...targets.map(({ path }) => path), ...copies];
  const files = named.filter((path) => path !== null);
  const places = named.map((path) => (path === null ? null : realPlace(path)));
  places.forEach((place, k) => {
    if (places.indexOf(place) === k) return;
    throw new FitError('OptionError', `two outputs go to ${named[k] ?? 'standard output'}`, {
      option: 'out',
      remedy: 'Give each its own file.',
    });
  });
  requireFolders(files);
  keepInputs(inputs, files);
  const [data] = inputs;
  if (
    targets.some(({ table }) => table === 'augment') &&
    data !== undefined &&
    existsSync(data) &&
    isMatrixPath(data)
  ) {
    throw new FitError('OptionError', 'augment needs the responses in memory, and a matrix is read in blocks', {
      option: 'out',
      remedy: 'Ask for tidy, glance, ranef or toptable.',
    });
  }
  return { targets, annotated };
}

/** Refuses an output that is a folder, or in one that is not there or takes no files: before a long run, not behind it. */
export function requireFolders(files: readonly string[]): void {
  for (const path of files) {
    if (kindOf(path)?.isDirectory()) {
      throw new FitError('OptionError', `'${path}' is a folder`, { option: 'out', path, remedy: 'Name a file in it.' });
    }
    if (path.startsWith('/dev/')) continue;
    if (existsSync(dirname(resolve(path)))) {
      requireWritable(path);
      continue;
    }
    throw new FitError('DataError', `cannot write '${path}': there is no folder '${dirname(path)}'`, {
      option: 'out',
      path,
      unreadable: true,
      remedy: 'Create the folder first.',
    });
  }
}

/** A file is written beside its place and then renamed, so that its folder has to take files; pipes and devices are written to. */
function requireWritable(path: string): void {
  const kind = kindOf(path);
  // A link to what is not there yet: writing follows it, and finds out.
  if (kind === undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  const place = realPlace(path);
  try {
    accessSync(kind === undefined || kind.isFile() ? dirname(place) : place, constants.W_OK);
  } catch (error) {
    throw writingError(error, path);
  }
}

/** Refuses to write over a file that is read. */
export function keepInputs(inputs: readonly (string | undefined)[], outputs: readonly string[], option = 'out'): void {
  if (inputs.filter((path) => path === STANDARD_INPUT).length > 1) {
    throw new FitError('OptionError', 'standard input is named for two inputs, and holds one', {
      remedy: 'Name a file for one of them, or <(COMMAND) in a shell that has it.',
    });
  }
  const read = new Set(inputs.flatMap((path) => (path !== undefined && existsSync(path) ? [realPlace(path)] : [])));
  for (const path of outputs) {
    if (!read.has(realPlace(path)) || !isFile(path)) continue;
    throw new FitError('OptionError', `--${option} ${path} would overwrite a file that is read`, {
      option,
      path,
      remedy: 'Write to another file.',
    });
  }
}

/** Checks the names that `toptable:NAME` asks for, once coefficients are known. */
export function checkToptables(targets: readonly OutputTarget[], moments: Moments, contrasts: readonly string[]): void {
  const names = [...moments.coefficients, ...contrasts];
  for (const { table, contrast } of targets) {
    if (table !== 'toptable') continue;
    if (contrast === null) {
      onlyTest(moments.coefficients, contrasts);
      continue;
    }
    const unknown = splitTestNames(contrast, names).find((name) => !names.includes(name));
    if (unknown === undefined) continue;
    const near = nearestName(unknown, names);
    throw new FitError('OptionError', `no coefficient or contrast '${unknown}' for toptable`, {
      option: 'out',
      remedy: near === undefined ? `There are ${names.join(', ')}.` : `Did you mean '${near}'?`,
    });
  }
}

/** A path with its links resolved, also where the file itself is not there yet. */
function realPlace(path: string): string {
  const absolute = resolve(path);
  if (existsSync(absolute)) return realpathSync(absolute);
  const folder = dirname(absolute);
  return existsSync(folder) ? join(realpathSync(folder), basename(absolute)) : absolute;
}

function isFile(path: string): boolean {
  return kindOf(path)?.isFile() ?? false;
}

/** What is at a path; undefined for nothing, and for links that lead nowhere, which writing will speak of. */
function kindOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
