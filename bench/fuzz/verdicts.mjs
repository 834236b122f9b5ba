/**
 * What an attack came to. Good ends are `ok` (a result) and `refused` (a tagged error that names its place); the others are
 * faults:
 *
 *     hang      no end within the limit
 *     crash     the process died, an unhandled rejection, an abort of WebAssembly, or a reader that works no more
 *     untagged  an error that the library did not mean, or one whose message shows the insides of the program
 *     silent    a checksum covers the damage, and another result came without a word
 *     wrong     a result that breaks an invariant (a fit that is ok without a standard error, say)
 */
import { basename } from 'node:path';

/** From the best to the worst. */
export const VERDICTS = ['ok', 'refused', 'untagged', 'wrong', 'silent', 'crash', 'hang'];

export const isFault = (verdict) => VERDICTS.indexOf(verdict) > 1;

/** The worst of some verdicts; the first of equals. */
export function worst(outcomes) {
  return outcomes.reduce((a, b) => (VERDICTS.indexOf(b.verdict) > VERDICTS.indexOf(a.verdict) ? b : a));
}

/** The end of a WebAssembly module. */
const ABORT =
  /\bAborted\(|RuntimeError|memory access out of bounds|function signature mismatch|unreachable executed|table index is out of bounds/;
/** Words of JavaScript engines about a program's own mistakes. */
const INSIDES =
  /\n\s+at .*[:(]|node:internal|\b(?:Type|Range|Reference|Syntax|Internal)Error\b|Cannot (?:read|set|convert|mix|destructure)|is not (?:a function|iterable|a constructor|defined|an object)|\bundefined\b|\[object |Maximum call stack|Invalid array length|Array buffer allocation failed/;

/** Whether text that a user sees shows the insides of the program. */
export const showsInsides = (text) => INSIDES.test(text);
export const showsAbort = (text) => ABORT.test(text);

/** What the command would print. */
export function explain(error) {
  const { path, line, remedy } = error.fields ?? {};
  const message = String(error.message);
  const place = path !== undefined && !message.includes(path) ? `${path}${line === undefined ? '' : `:${line}`}: ` : '';
  return `${place}${message}${remedy === undefined || message.includes(remedy) ? '' : `\n${remedy}`}`;
}

/** Names of the functions that threw, the innermost first. */
function frames(error) {
  const lines = String(error?.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return lines.slice(0, 4).map((line) => line.trim().replace(/\(?(?:file:\/\/)?\/[^)]*\/([^/)]+)\)?/, '($1)'));
}

/**
 * The verdict on a rejection. `files` are those of the attack, one of which the message has to name unless the error names
 * an option or a formula.
 */
export function judgeError(error, isFitError, files = []) {
  if (!isFitError(error)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { verdict: showsAbort(text) ? 'crash' : 'untagged', message: text, frames: frames(error) };
  }
  const text = explain(error);
  if (showsAbort(text)) return { verdict: 'crash', message: text, frames: frames(error.cause ?? error) };
  if (showsInsides(text)) return { verdict: 'untagged', message: text, frames: frames(error.cause ?? error) };
  const { option, source, path } = error.fields;
  // A column, a response or a level in quotes is a place, too.
  const named =
    /'[^']+'/.test(text) ||
    option !== undefined ||
    source !== undefined ||
    path !== undefined ||
    files.some((file) => text.includes(basename(file)));
  if (files.length > 0 && !named)
    return { verdict: 'untagged', message: `names no file or option: ${text}`, frames: frames(error) };
  return { verdict: 'refused', message: text };
}

/** What the driver of a graphics card says on its own account. */
const DRIVER = /^.*(?:vkCreateInstance|VK_ERROR|third_party.dawn).*\n?/gm;

/** The verdict on a finished process. The process is described as `runCommand` does. */
export function judgeProcess({ status, signal, stdout, stderr: said, ended }, files = []) {
  const stderr = said.replace(DRIVER, '');
  const last = stderr.trim().split('\n').slice(-12).join('\n');
  if (ended) return { ...ended, message: `${ended.message}\n${last}` };
  if (signal !== null || ![0, 1, 2, 3].includes(status))
    return { verdict: 'crash', message: `exit ${signal ?? status}\n${last}` };
  if (showsAbort(stderr)) return { verdict: 'crash', message: last };
  if (showsInsides(stderr)) return { verdict: 'untagged', message: last };
  if (status === 0 || status === 3) {
    if (status === 0 && /^fitted 0 of [1-9]/m.test(stderr))
      return { verdict: 'wrong', message: `exit 0, though nothing was fitted\n${last}` };
    return { verdict: 'ok', message: last };
  }
  const errors = stderr.match(/^error: /gm)?.length ?? 0;
  if (errors !== 1) return { verdict: 'untagged', message: `${errors} lines of error\n${last}` };
  if (stdout !== '') return { verdict: 'wrong', message: `refused with results on standard output\n${last}` };
  const named =
    /--[a-z]|\n\s*\^|formula|option|command|argument/.test(stderr) ||
    files.some((file) => stderr.includes(basename(file)));
  if (files.length > 0 && !named) return { verdict: 'untagged', message: `names no file or option: ${last}` };
  return { verdict: 'refused', message: last };
}

/** A message without what differs from one attack to the next: numbers, quoted texts, paths, what a library said. */
export function signature({ kind, verdict, message, frames: places = [] }) {
  const [line] = String(message).split('\n');
  // Of a broken invariant the words before its numbers.
  const plain = (verdict === 'wrong' ? line.split(': ')[0] : line)
    .replace(/(?:\/[\w.@-]+)+\/([\w.@-]+)/g, '$1')

    .replace(/[\w.@-]+\.(?:parquet|h5ad|h5|csv|tsv|fit|moments|gz)\b/g, '*')
    .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, '*')
    .replace(/\(.*\)/, '(*)')
    .replace(/[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g, '#')
    .slice(0, 160);
  // What was wrapped in an error with a name of its own says enough.
  const place = /\(\*\)|call stack/.test(plain) ? '' : (places[0] ?? '').replace(/:\d+|-[\w-]{8}\.js/g, '');
  return `${kind} | ${verdict} | ${plain}${place === '' ? '' : ` | ${place}`}`;
}
