/** What a file holds that an earlier run has written: moments, or a fit. */
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { FitError } from '../errors.ts';
import { readMoments } from '../moments/file.node.ts';
import { isMomentsFile } from '../moments/stored-header.ts';
import { entryOf, OPTIONS, type OptionName } from '../options/entries.ts';
import type { Prepared } from '../prepare/prepare-moments.ts';
import type { FitArguments } from './arguments.ts';
import type { Given } from './options.ts';

/**
 * Runs work on a stored fit or on stored moments. What it throws without a tag means that the file was edited into something
 * that no check foresees.
 */
export async function withStored<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const fromSystem = cause instanceof Error && 'syscall' in cause;
    if (cause instanceof FitError || fromSystem) throw cause;
    throw new FitError('DataError', `${path} cannot be used: its parts do not fit together`, {
      path,
      unreadable: true,
      remedy: 'Write the file again with the command that made it.',
      cause,
    });
  }
}

/** Whether a file begins as stored moments do. */
export async function looksLikeMoments(path: string): Promise<boolean> {
  // A pipe can be read once, and moments are no text.
  if (!(statSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  const file = await open(path).catch(() => null);
  if (!file) return false;
  try {
    const head = new Uint8Array(64);
    await file.read(head, 0, 64, 0);
    return isMomentsFile(head);
  } catch {
    return false; // a folder
  } finally {
    await file.close();
  }
}

/**
 * The path of stored moments, null for data.
 *
 * @throws OptionError for stored moments among several files
 */
export async function storedPath(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if (!(await looksLikeMoments(path))) continue;
    if (paths.length === 1) return path;
    throw new FitError('OptionError', `${path} holds moments, and is given with ${paths.length - 1} other files`, {
      path,
      remedy: 'Join the moments of parts first: webgpu-lmm merge A.moments B.moments --out ALL.moments.',
    });
  }
  return null;
}

/** How stored moments were shaped, as far as their file says. */
export interface Shaping {
  readonly normalisation: string;
  /** Options that shaped them. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How the options of a run shape its moments. */
export function shapingOf(given: Given): Shaping {
  const names = (Object.keys(given) as OptionName[]).filter((name) => entryOf(name).shapes === true);
  const options = Object.fromEntries(names.map((name) => [name, given[name]]));
  return { normalisation: given.normalize ?? OPTIONS.normalize.fallback, options };
}

/** Moments that were stored; options that shape moments cannot be changed any more. */
export async function storedMoments(
  path: string,
  args: FitArguments,
  raw: Given,
): Promise<Prepared & { readonly shaping: Shaping }> {
  const { moments, extra } = await readMoments(path);
  if (extra['shard'] !== undefined) {
    throw new FitError('DataError', `${path} is a part of a fit`, {
      path,
      remedy: 'Put all parts together with webgpu-lmm gather.',
    });
  }
  const squeeze = (formula: string) => formula.replace(/\s+/g, '');
  if (raw.formula !== undefined && squeeze(raw.formula) !== squeeze(moments.formula)) {
    throw new FitError('OptionError', `${path} holds moments of ${moments.formula}, not of ${args.formula}`, {
      option: 'formula',
      path,
      remedy: 'Leave “formula” out, or form the moments of the new formula with webgpu-lmm moments.',
    });
  }
  for (const name of Object.keys(raw) as OptionName[]) {
    if (entryOf(name).shapes !== true) continue;
    throw new FitError('OptionError', `“${name}” cannot be changed for stored moments`, {
      option: name,
      remedy: `Give it to webgpu-lmm moments when the moments are formed.`,
    });
  }
  // What this program writes there; files of earlier versions lack the options.
  const shaping = { ...shapingOf({}), ...(extra as Partial<Shaping>) };
  const { normalisation, options } = shaping;
  const plan = [`read from ${path}`];
  return { moments, dense: null, notes: moments.notes, plan, parts: [], shaping: { normalisation, options } };
}
