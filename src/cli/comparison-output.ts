import { FitError, nearestName } from '../errors.ts';
import { writeFileAtomically } from '../result/output.node.ts';
import type { OutputPieces } from '../result/output-blob.ts';
import { type OutputTable, outputRows } from '../result/output-table.ts';
import { type Container, findContainer, splitSpec } from '../result/output-target.ts';
import { writeStream } from '../result/stream.node.ts';
import { delimitedText } from '../result/write-delimited.ts';
import { parquetBytes } from '../result/write-parquet.ts';

/** One output of a comparison: a table by name, or all of them as JSON. */
export interface ComparisonTarget {
  readonly content: string;
  readonly container: Container;
  readonly gzip: boolean;
  /** null is standard output. */
  readonly path: string | null;
  /** For people: on a terminal, where nothing else is asked for. */
  readonly rounded: boolean;
}

/** Rows that a terminal gets at most, and its width where it does not know. */
const MOST_ROWS = 40;
const WIDTH = 80;

/**
 * Reads `--out` and `--format` for a command that gives the tables `names`, the first where none is named.
 *
 * @throws OptionError for a table that the command does not give, and for an unknown extension
 */
export function comparisonTargets(
  out: readonly string[] | undefined,
  format: string | undefined,
  names: readonly string[],
): ComparisonTarget[] {
  const check = (content: string, option: string): string => {
    if (content === 'json' || names.includes(content)) return content;
    const near = nearestName(content, [...names, 'json']);
    throw new FitError('OptionError', `no table '${content}' of this comparison`, {
      option,
      remedy: near === undefined ? `There are: ${[...names, 'json'].join(', ')}.` : `Did you mean '${near}'?`,
    });
  };
  return (out ?? ['-']).map((spec) => {
    const { prefix, path } = splitSpec(spec);
    const file = path === '' || path === '-' ? null : path;
    const asked = prefix !== null ? check(prefix, 'out') : format === undefined ? null : check(format, 'format');
    const { container, gzip } = findContainer(file, asked ?? names[0]);
    if ((container === 'json') !== (asked === 'json') && asked !== null && prefix !== null) {
      throw new FitError('OptionError', `--out ${spec}: a .json file holds all tables, other files hold one`, {
        option: 'out',
        remedy: 'Write --out FILE.json, or a table with .tsv, .csv or .parquet.',
      });
    }
    return {
      content: container === 'json' ? 'json' : asked === 'json' ? names[0] : (asked ?? names[0]),
      container,
      gzip,
      path: file,
      rounded: out === undefined && format === undefined && process.stdout.isTTY,
    };
  });
}

/** Writes the tables that the targets name. */
export async function writeComparison(
  targets: readonly ComparisonTarget[],
  tables: Readonly<Record<string, OutputTable>>,
  heading: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  for (const { content, container, gzip, path, rounded } of targets) {
    let pieces: OutputPieces;
    if (rounded) {
      const { tableLines } = await import('../result/summary/table-lines.ts');
      const lines = tableLines(tables[content], { width: process.stdout.columns || WIDTH, rows: MOST_ROWS });
      const left = tables[content].rows - MOST_ROWS;
      if (left > 0) lines.push(`... and ${left} more rows: --out ${content}=FILE.tsv`);
      await writeStream(process.stdout, [`${lines.join('\n')}\n`]);
      continue;
    }
    if (container === 'json') pieces = jsonPieces(tables, heading);
    else if (container === 'parquet') pieces = parquetBytes([tables[content]]);
    else pieces = delimitedText([tables[content]], container === 'csv' ? ',' : '\t');
    if (path === null) await writeStream(process.stdout, pieces);
    else await writeFileAtomically(path, pieces, { gzip, signal });
  }
}

/** `{"schema":1, ..., "tables":{"models":[row, row ...]}}`, a row a line; what is not finite is null. */
function* jsonPieces(
  tables: Readonly<Record<string, OutputTable>>,
  heading: Readonly<Record<string, string>>,
): Generator<string> {
  yield `${JSON.stringify({ schema: 1, ...heading }).slice(0, -1)},"tables":{`;
  let first = true;
  for (const [name, table] of Object.entries(tables)) {
    yield `${first ? '' : ','}\n${JSON.stringify(name)}:[`;
    first = false;
    let separator = '\n';
    for (const row of outputRows(table)) {
      yield `${separator}${JSON.stringify(row)}`;
      separator = ',\n';
    }
    yield '\n]';
  }
  yield '}}\n';
}
