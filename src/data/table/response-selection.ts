import { FitError, nearestName } from '../../errors.ts';
import { parseRecord } from './column-options.ts';

/** Unknown names that an error lists. */
const UNKNOWN_SHOWN = 5;

/**
 * Indices (increasing) of the responses that `--responses` asks for: a comma list that is one CSV record, or `/regex/`
 * with an optional `i`, tested anywhere in the name; or names already read from a file. A name that is no response but a
 * symbol in `genes` stands for all responses with that symbol; a regex looks at responses only.
 *
 * @throws FitError OptionError for unknown names, a regex that is malformed or matches nothing
 */
export function selectResponses(
  names: readonly string[],
  spec: string | readonly string[],
  genes?: readonly string[],
): Int32Array {
  if (typeof spec !== 'string') return selectNamed(names, spec, 'the list of “responses”', genes);
  if (spec.startsWith('@')) {
    throw optionError(spec, 'a list in a file must be read first', 'pass the names that the file lists');
  }
  const regex = /^\/(.*)\/(i?)$/s.exec(spec);
  if (regex === null && spec.startsWith('/') && spec.lastIndexOf('/') > 0) {
    throw optionError(spec, 'only the flag i may follow a regular expression', 'write /REGEX/ or /REGEX/i');
  }
  if (regex !== null) return selectMatching(names, regex[1], regex[2], spec);
  return selectNamed(names, parseRecord(spec, 'responses', spec), `“responses: ${spec}”`, genes);
}

function selectMatching(names: readonly string[], source: string, flags: string, spec: string): Int32Array {
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, flags);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw optionError(spec, reason, 'mend the regular expression', cause);
  }
  const found: number[] = [];
  for (const [i, name] of names.entries()) if (pattern.test(name)) found.push(i);
  if (found.length === 0)
    throw optionError(spec, `matches none of ${names.length} responses`, 'mend the regular expression');
  return Int32Array.from(found);
}

function selectNamed(
  names: readonly string[],
  wanted: readonly string[],
  where: string,
  genes: readonly string[] | undefined,
): Int32Array {
  const index = new Map(names.map((name, i) => [name, [i]]));
  const bySymbol = new Map<string, number[]>();
  for (const [i, gene] of (genes ?? []).entries()) {
    const same = bySymbol.get(gene);
    if (same === undefined) bySymbol.set(gene, [i]);
    else same.push(i);
  }
  const found = new Set<number>();
  const unknown: string[] = [];
  for (const name of wanted) {
    const indices = index.get(name) ?? bySymbol.get(name);
    if (indices === undefined) unknown.push(name);
    else for (const i of indices) found.add(i);
  }
  if (unknown.length > 0) throw unknownResponses(unknown, names, where);
  if (found.size === 0)
    throw new FitError('OptionError', `${where} names nothing`, {
      option: 'responses',
      remedy: 'name at least one response',
    });
  return Int32Array.from(found).sort();
}

function unknownResponses(unknown: readonly string[], names: readonly string[], where: string): FitError {
  const shown = unknown.slice(0, UNKNOWN_SHOWN).map((name) => {
    const near = nearestName(name, names);
    return near === undefined ? `'${name}'` : `'${name}' (did you mean '${near}'?)`;
  });
  const more = unknown.length > UNKNOWN_SHOWN ? ` and ${unknown.length - UNKNOWN_SHOWN} more` : '';
  const message = `${where}: no response ${shown.join(', ')}${more}`;
  return new FitError('OptionError', message, {
    option: 'responses',
    remedy: `the responses begin with '${names[0] ?? ''}'`,
  });
}

/** Names that a file lists, one a line; blank lines and a byte-order mark are skipped, nothing else is trimmed. */
export function parseNameList(text: string): string[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line !== '');
}

function optionError(spec: string, what: string, remedy: string, cause?: unknown): FitError {
  const fields = { option: 'responses', source: spec, remedy, ...(cause === undefined ? {} : { cause }) };
  return new FitError('OptionError', `“responses: ${spec}”: ${what}`, fields);
}
