/** What `--out` and `--format` ask for: which content, in which container, where. */
import { FitError, nearestName } from '../errors.ts';
import { TABLE_NAMES, type TableName } from './table-runs.ts';
import { VARIANCE_PARTS } from './variance.ts';

export type Container = 'tsv' | 'csv' | 'parquet' | 'json';

/** Rounded text for people, which is no table. */
export const SUMMARY = 'summary';

export interface OutputTarget {
  /** A table, the whole fit as JSON (then the container is `json`), or the summary (`text`). */
  readonly table: TableName | 'json' | typeof SUMMARY;
  /** The names of `toptable:NAME=FILE`, the parts of `variance:PARTS=FILE`; null where none was given. */
  readonly contrast: string | null;
  readonly container: Container | 'text';
  readonly gzip: boolean;
  /** null is standard output. */
  readonly path: string | null;
}

const contents = [...TABLE_NAMES, 'json', SUMMARY] as const;
type Content = (typeof contents)[number];

const containers: Readonly<Record<string, Container>> = {
  tsv: 'tsv',
  csv: 'csv',
  parquet: 'parquet',
  json: 'json',
};

/**
 * Reads one `--out` value: `FILE`, `TABLE=FILE` or `toptable:NAME=FILE`, where FILE `-` (or empty) is standard output.
 * The extension is the container, the table (else `format`, else tidy) the content; JSON is what a `.json` name or the
 * format `json` gives, and the summary what `.txt` or the format `summary` gives. Devices and pipes (`/dev/...`), which have no extension, take TSV or JSON.
 *
 * @throws OptionError for an unknown table, format or extension, and for a table in a JSON file or JSON in a table's file.
 */
export function parseOutput(spec: string, format?: string): OutputTarget {
  const { prefix, path } = splitSpec(spec);
  const named = prefix === null ? null : parseContent(prefix, 'out', spec);
  const asked = format === undefined ? null : parseContent(format, 'format', format);
  const content = named ?? asked;
  const file = path === '' || path === '-' || path === '/dev/stdout' ? null : path;
  const isText = file !== null && /\.txt(?:\.gz)?$/i.test(file);
  if (isText || content?.table === SUMMARY) return summaryTarget(file, isText, content?.table, spec);
  const { container, gzip } = findContainer(file, content?.table ?? 'tidy');
  if (container === 'json') {
    if (named && named.table !== 'json') {
      throw new FitError('OptionError', `a .json file holds the whole fit, not the table ${named.table}`, {
        option: 'out',
        source: spec,
        remedy: `Write ${named.table}=FILE.tsv, .csv or .parquet, or “out: FILE.json” for all of it.`,
      });
    }
    return { table: 'json', contrast: null, container, gzip, path: file };
  }
  const table = content?.table ?? 'tidy';
  if (table === 'json') {
    throw new FitError('OptionError', `JSON in a .${container} file`, {
      option: 'out',
      source: spec,
      remedy: 'Give the file the extension .json or .json.gz, or ask for a table.',
    });
  }
  return { table, contrast: content?.contrast ?? null, container, gzip, path: file };
}

/** The summary goes to text files, pipes and the terminal. */
function summaryTarget(
  file: string | null,
  isText: boolean,
  content: Content | undefined,
  source: string,
): OutputTarget {
  if (content !== undefined && content !== SUMMARY) {
    throw new FitError('OptionError', `a .txt file holds the summary, not ${content}`, {
      option: 'out',
      source,
      remedy: `Give the file the extension ${content === 'json' ? '.json' : '.tsv, .csv or .parquet'}.`,
    });
  }
  if (file !== null && !isText && !file.startsWith('/dev/')) {
    throw new FitError('OptionError', `the summary is text, and '${file}' is not a .txt file`, {
      option: 'out',
      source,
      remedy: 'Give the file the extension .txt or .txt.gz.',
    });
  }
  return {
    table: SUMMARY,
    contrast: null,
    container: 'text',
    gzip: file?.toLowerCase().endsWith('.gz') ?? false,
    path: file,
  };
}

/** A prefix is a word, or `toptable:` and a name; anything with a dot or slash before the `=` is part of a path. */
export function splitSpec(spec: string): { prefix: string | null; path: string } {
  const found = /^([A-Za-z_][A-Za-z_0-9]*(?::[^=]*)?)=(.*)$/s.exec(spec);
  return found ? { prefix: found[1], path: found[2] } : { prefix: null, path: spec };
}

function parseContent(text: string, option: string, source: string): { table: Content; contrast: string | null } {
  const colon = text.indexOf(':');
  const word = colon < 0 ? text : text.slice(0, colon);
  const contrast = colon < 0 ? null : text.slice(colon + 1);
  const table = contents.find((candidate) => candidate === word);
  if (!table) {
    const nearest = nearestName(word, contents);
    const paths = option === 'out' ? ` For a file of that name write ./${source}.` : '';
    throw new FitError('OptionError', `no table '${word}'`, {
      option,
      source,
      remedy: nearest ? `Did you mean '${nearest}'?${paths}` : `There are: ${contents.join(', ')}.${paths}`,
    });
  }
  const parts: readonly string[] = VARIANCE_PARTS;
  if (contrast !== null && table === 'variance' && parts.includes(contrast)) return { table, contrast };
  if (contrast !== null && (table !== 'toptable' || contrast === '')) {
    throw new FitError('OptionError', `'${text}' names a contrast for ${table}`, {
      option,
      source,
      remedy:
        table === 'variance'
          ? `Write variance, or one of ${parts.map((part) => `variance:${part}`).join(', ')}.`
          : 'Only toptable takes one: toptable:NAME=FILE.',
    });
  }
  return { table, contrast };
}

/** The container that a path asks for by its extension; standard output and devices take TSV, or JSON where the content is that. */
export function findContainer(path: string | null, content: string): { container: Container; gzip: boolean } {
  const plain: Container = content === 'json' ? 'json' : 'tsv';
  if (path === null || path.startsWith('/dev/')) return { container: plain, gzip: false };
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
  const gzip = name.endsWith('.gz');
  const stem = gzip ? name.slice(0, -3) : name;
  const dot = stem.lastIndexOf('.');
  const extension = dot < 0 ? '' : stem.slice(dot + 1);
  const container = Object.hasOwn(containers, extension) ? containers[extension] : undefined;
  if (!container) {
    throw new FitError(
      'OptionError',
      `'${path}' has ${extension ? `the unknown extension .${extension}` : 'no extension'}`,
      {
        option: 'out',
        path,
        remedy:
          'Name a file; its extension says how to write: .tsv, .csv, .parquet, .json, also .tsv.gz, .csv.gz, .json.gz.',
      },
    );
  }
  if (gzip && container === 'parquet') {
    throw new FitError('OptionError', `'${path}': Parquet is compressed already`, {
      option: 'out',
      path,
      remedy: `Write ${path.slice(0, -3)}.`,
    });
  }
  return { container, gzip };
}
