import { FitError } from '../errors.ts';
import { readPart, writeMoments, writePart } from '../moments/file.node.ts';
import { joinParts, mergeOrder, type PartHead, partHead } from '../moments/parts/merge-parts.ts';
import { fileNames } from '../moments/parts/part.ts';
import { withPresentNames } from '../options/former-names.ts';
import { completeParts } from '../prepare/held-rows.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { momentFacts, type TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';
import { looksLikeMoments, shapingOf } from './stored.ts';

/** `webgpu-lmm merge M1 M2 ... --out ALL.moments`: returns the exit status. */
export async function mergeCommand(data: readonly string[], words: FromCommander, tell: TellRun): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('merge', words);
  const [out] = raw.outFile ?? [];
  if (raw.outFile?.length !== 1 || out === '-' || /\.(tsv|csv|json|parquet|gz)$/i.test(out)) {
    throw new FitError('OptionError', 'moments are joined into one file of their own kind', {
      option: 'out',
      remedy: 'Write webgpu-lmm merge A.moments B.moments --out ALL.moments.',
    });
  }
  requireFolders([out]);
  keepInputs(paths, [out]);
  const note = noteWriter(raw);
  tell({ phase: 'read' });
  // Two at a time in memory: all are looked at before the first are joined.
  const heads: PartHead[] = [];
  for (const path of paths) heads.push(partHead(await partOf(path), path));
  const [first, ...others] = mergeOrder(heads).map((k) => paths[k]);
  let merged = await partOf(first);
  for (const path of others) merged = joinParts(merged, await partOf(path));
  const { whole } = merged;
  const shaping = shapingOf(withPresentNames(whole.options));
  tell({ formula: whole.formula, responses: whole.names.length, shaping, notes: whole.notes, phase: 'write' });
  const missing = fileNames(merged, false);
  const held = whole.files.length - missing.length;
  if (missing.length > 0) {
    await writePart(out, merged, { software: SOFTWARE });
    // That files are missing is no progress.
    note(`joined the moments of ${held} of ${whole.files.length} files in ${out}; missing: ${missing.join(', ')}`);
    return 0;
  }
  const moments = await completeParts(merged);
  for (const line of moments.notes) note(line);
  tell(momentFacts(moments));
  const files = whole.files.map(({ path }) => path);
  await writeMoments(out, moments, { software: SOFTWARE, data: files, ...shaping });
  if (raw.quiet !== true) {
    note(`joined the moments of ${held} ${held === 1 ? 'file' : 'files'} in ${out}: ${moments.names.length} responses`);
  }
  return 0;
}

async function partOf(path: string) {
  const refuse = (what: string) =>
    new FitError('DataError', `${path} ${what}`, {
      path,
      remedy: 'Form the moments of each file with webgpu-lmm moments FILE --design design.json --out FILE.moments.',
    });
  if (!(await looksLikeMoments(path))) throw refuse('holds no moments');
  const part = await readPart(path);
  if (part === null) throw refuse('holds the moments of a whole data set, which are no part of another');
  return part;
}
