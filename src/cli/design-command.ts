import type { InputFiles } from '../data/input-files.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { type DesignReading, readDesign } from '../design/reading.ts';
import { guessResponse } from '../design/response.ts';
import { FitError } from '../errors.ts';
import { applyFilter, filterNotes, parseFilter } from '../formula/filter.ts';
import { choiceOf } from '../options/option.ts';
import { joinAnnotation } from '../prepare/matrix.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import { writeFileAtomically } from '../result/output.node.ts';
import { writeStream } from '../result/stream.node.ts';
import { alignColumns } from '../result/summary/text-columns.ts';
import type { Table } from '../types/table.ts';
import { checkArguments } from './arguments.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';

/** Columns that are read at most where none is named: a table of methylation sites has half a million. */
const MOST_COLUMNS = 200;
/** Donors and conditions that the crosstab shows. */
const SHOWN_ROWS = 40;
const SHOWN_COLUMNS = 8;

/** `webgpu-lmm design DATA`: what lies within what, what each test would rest on, and the formulas that fit. */
export async function designCommand(data: readonly string[], words: FromCommander): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('design', words);
  if (raw.outFile !== undefined || raw.formula !== undefined) return writeDesign(paths, raw);
  const format = choiceOf('format', raw.format ?? 'text', ['text', 'json']);
  const note = noteWriter(raw);
  const stacked = paths.length > 1 || raw.sampleColumn !== undefined;
  const stack = stacked ? (await import('../prepare/stacked-files.ts')).stackFiles(paths, diskFiles, raw) : null;
  const { path, files, notes } = stack ?? { path: paths[0], files: diskFiles, notes: [] };
  const { table, rowNoun, matrix } = await readAnnotation(path, raw, files);
  for (const text of notes) note(text);
  let rows: Int32Array | undefined;
  if (raw.where !== undefined) {
    const filter = parseFilter(raw.where);
    const passes = applyFilter(filter, table);
    rows = Int32Array.from(passes.keys()).filter((row) => passes[row] === 1);
    for (const text of filterNotes(filter, table)) note(text);
  }
  const known = {
    condition: raw.compared,
    donor: raw.donor,
    covariates: raw.covariates?.split(',').map((name) => name.trim()),
    rows,
  };
  const response = raw.response ?? (matrix ? '' : guessResponse(table, known));
  const reading = readDesign(table, { ...known, response, rowNoun });
  await writeStream(process.stdout, [format === 'json' ? `${JSON.stringify(plain(reading))}\n` : designText(reading)]);
  return 0;
}

/** `webgpu-lmm design DATA --formula F --out design.json`: what each file needs for moments of its own. */
async function writeDesign(paths: readonly string[], raw: Given): Promise<number> {
  const { formula, outFile = [] } = raw;
  if (formula === undefined || outFile.length !== 1 || !/\.json$/i.test(outFile[0])) {
    throw new FitError('OptionError', 'a design is written with “formula” and one “out”, a .json file', {
      option: formula === undefined ? 'formula' : 'outFile',
      remedy: "Write webgpu-lmm design A B --formula '~ x + (1 | g)' --out design.json.",
    });
  }
  const [out] = outFile;
  requireFolders([out]);
  keepInputs([...paths, raw.obs], [out]);
  const note = noteWriter(raw);
  const { wholeDesign } = await import('../prepare/whole-design.ts');
  const whole = await wholeDesign(paths, checkArguments(raw), diskFiles);
  for (const text of whole.notes) note(text);
  await writeFileAtomically(out, [`${JSON.stringify(whole)}\n`]);
  return 0;
}

/** The model frame that the data have: the annotation of a matrix or of samples, or the table itself. */
async function readAnnotation(
  path: string,
  raw: Given,
  files: InputFiles,
): Promise<{ readonly table: Table; readonly rowNoun: string; readonly matrix: boolean }> {
  const options = { factor: raw.factor ?? [], ordered: raw.ordered ?? [] };
  const named = [raw.condition, raw.donor, raw.response, ...(raw.covariates?.split(',') ?? [])];
  const columnsOf = (names: readonly string[]): string[] =>
    names.filter((name, k) => k < MOST_COLUMNS || named.includes(name) || (raw.where?.includes(name) ?? false));
  const readObs = async (file: string) => files.readObsTable(file, columnsOf(await files.tableColumns(file)));
  if (!files.isMatrix(path)) {
    const file = raw.obs ?? path;
    const columns = columnsOf(await files.tableColumns(file));
    const table = applyColumnOptions(await files.readTable(file, { columns }), options);
    return { table, rowNoun: raw.obs === undefined ? 'rows' : 'samples', matrix: raw.obs !== undefined };
  }
  const source = await files.openMatrix(path, raw.layer === undefined ? {} : { layer: raw.layer });
  try {
    const read =
      raw.obs === undefined
        ? await source.readObs(columnsOf(source.obsColumns), { rowNames: false })
        : (await joinAnnotation(source, await readObs(raw.obs), raw.sampleColumn)).table;
    if (read.columns.size === 0) {
      throw new FitError('OptionError', `${path} has no annotation of its cells`, {
        option: 'obs',
        path,
        remedy: 'Give a table with --obs FILE: barcodes in the first column, then donor, condition and so on.',
      });
    }
    return { table: applyColumnOptions({ ...read, path }, options), rowNoun: 'cells', matrix: true };
  } finally {
    await source.close();
  }
}

function designText({ layout, crosstab, formulas, remarks }: DesignReading): string {
  const { donor, condition, rows, rowNoun, donors, samples } = layout;
  const lines = [
    `${rows} ${rowNoun}, ${donors} levels of '${donor}'${condition === '' ? '' : `, ${samples} combinations with '${condition}'`}`,
  ];
  if (crosstab) {
    const width = crosstab.columns.length;
    const columns = crosstab.columns.slice(0, SHOWN_COLUMNS);
    const shown = crosstab.rows
      .slice(0, SHOWN_ROWS)
      .map((name, i) => [name, ...columns.map((_, k) => String(crosstab.counts[i * width + k] || '-'))]);
    const table = alignColumns(
      [[`${donor} x ${condition}`, ...columns], ...shown],
      [false, ...columns.map(() => true)],
    );
    lines.push('', ...table);
    if (crosstab.rows.length > SHOWN_ROWS || width > SHOWN_COLUMNS) {
      lines.push(`(the first of ${crosstab.rows.length} x ${width})`);
    }
  }
  if (remarks.length > 0) {
    lines.push('', ...remarks.map(({ severity, text }) => (severity === 'warning' ? `WARNING: ${text}` : text)));
  }
  lines.push('', 'Formulas:');
  for (const { formula, reason, advice } of formulas) {
    const mark = { recommended: 'recommended', alternative: 'also possible', warning: 'not advised' }[advice];
    lines.push(`  ${formula}`, `      ${mark}: ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The reading with the counts of its crosstab as rows. */
function plain({ crosstab, ...rest }: DesignReading): object {
  if (!crosstab) return { ...rest, crosstab: null };
  const { rows, columns, counts } = crosstab;
  const width = columns.length;
  return {
    ...rest,
    crosstab: { rows, columns, counts: rows.map((_, i) => [...counts.subarray(i * width, (i + 1) * width)]) },
  };
}
