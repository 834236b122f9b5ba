import { readFile } from 'node:fs/promises';
import { FitError } from '../errors.ts';
import { writeMoments, writePart } from '../moments/file.node.ts';
import { entryOf, type OptionName } from '../options/entries.ts';
import { withPresentNames } from '../options/former-names.ts';
import { prepareMoments } from '../prepare/prepare-moments.ts';
import { readInput } from '../prepare/read-input.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { checkArguments } from './arguments.ts';
import { dataPaths, onlyPath } from './data-paths.ts';
import { noteWriter, requireData } from './notes.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { startProgress } from './progress.ts';
import { momentFacts, type TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';
import { shapingOf } from './stored.ts';

/** `webgpu-lmm moments DATA --formula F --out M.moments`: returns the exit status. */
export async function momentsCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('moments', words);
  if ((raw.formula === undefined) === (raw.design === undefined) || raw.outFile?.length !== 1) {
    throw new FitError('OptionError', 'moments need “formula” (or “design” in place of it) and one “out”', {
      option: raw.formula === undefined ? 'formula' : 'out',
      remedy: "Write webgpu-lmm moments DATA --formula '~ x + (1 | g)' --out FILE.moments.",
    });
  }
  const [out] = raw.outFile;
  if (out === '-' || /\.(tsv|csv|json|parquet|gz)$/i.test(out)) {
    throw new FitError('OptionError', `“out: ${out}”: moments are written to a file of their own kind`, {
      option: 'out',
      remedy: 'Give the file the extension .moments.',
    });
  }
  requireFolders([out]);
  keepInputs([...paths, raw.obs, raw.weights, raw.design], [out]);
  if (raw.design !== undefined) return partCommand(paths, raw, raw.design, out, signal, tell);
  const args = checkArguments(raw);
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const progress = await startProgress(quiet);
  const started = performance.now();
  try {
    tell({ phase: 'read' });
    const input = await readInput(paths, args, diskFiles);
    try {
      const { moments, notes } = await prepareMoments(input, args, progress.report, signal);
      progress.stop();
      for (const line of notes) note(line);
      tell({ ...momentFacts(moments), notes, phase: 'write' });
      await writeMoments(
        out,
        { ...moments, notes: [...new Set(notes)] },
        {
          software: SOFTWARE,
          data: paths.length === 1 ? paths[0] : paths,
          ...shapingOf(raw),
        },
      );
      if (!quiet) sayWritten(moments.names.length, out, started);
    } finally {
      await input.close();
    }
  } finally {
    progress.stop();
  }
  return 0;
}

/** `webgpu-lmm moments FILE --design design.json --out M.moments`: moments of one file of a data set. */
async function partCommand(
  paths: readonly string[],
  raw: Given,
  designPath: string,
  out: string,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
  const path = onlyPath(paths, 'moments with “design”');
  for (const name of Object.keys(raw) as OptionName[]) {
    if (entryOf(name).shapes !== true || name === 'obs') continue;
    throw new FitError('OptionError', `“${name}” belongs to the design, which is made already`, {
      option: name,
      remedy: 'Give it to webgpu-lmm design when the design is made.',
    });
  }
  requireData(designPath);
  const { parseDesign } = await import('../moments/parts/part-file.ts');
  const { partMoments } = await import('../prepare/part-moments.ts');
  const whole = parseDesign(await readFile(designPath, 'utf8'), designPath);
  const note = noteWriter(raw);
  const progress = await startProgress(raw.quiet === true);
  const started = performance.now();
  try {
    const { obs, memory, threads } = raw;
    const { formula, names, options, files } = whole;
    tell({ formula, responses: names.length, shaping: shapingOf(withPresentNames(options)), phase: 'read' });
    const part = await partMoments(whole, path, { obs, memory, threads }, diskFiles, progress.report, signal);
    progress.stop();
    for (const line of part.notes) note(line);
    const { used } = files[part.files[0]];
    const rows = used.map((count, k) => ({ split: whole.splits[k].split, rows: count }));
    tell({ rows, notes: part.notes, phase: 'write' });
    await writePart(out, part, { software: SOFTWARE, data: path });
    if (raw.quiet !== true) sayWritten(whole.names.length, out, started);
  } finally {
    progress.stop();
  }
  return 0;
}

function sayWritten(responses: number, out: string, started: number): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  process.stderr.write(
    `wrote the moments of ${responses} ${responses === 1 ? 'response' : 'responses'} to ${out} in ${seconds} s\n`,
  );
}
