/**
 * What a failed run says on stderr, and its exit status. People read a text; programs that run the command set
 * WEBGPU_LMM_ERRORS=json and read one line, `{"error": {"tag", "message", "remedy", ...}}`, whose message and remedy are those of
 * the text and whose other fields are those of a `FitError` that are known.
 */
import type { CommanderError } from 'commander';
import { type FitErrorFields, isFitError } from '../errors.ts';
import { inFlags } from '../options/words.ts';

/** What went wrong; `place` is a file that the message does not name. */
interface Failure {
  /** The tag of a `FitError`; `Error` for what nobody threw on purpose. */
  readonly tag: string;
  readonly message: string;
  readonly place: string;
  readonly fields: FitErrorFields;
}

/** Exit status of a failed run: 1 unreadable input, no device, cancelled I/O; 2 misuse. `interrupted` is that of a signal. */
export function failureStatus(error: unknown, interrupted: number | null): number {
  if (isFitError(error, 'AbortError')) return interrupted ?? 130;
  if (isFitError(error, 'DeviceError')) return 1;
  if (isFitError(error)) return error.fields.unreadable ? 1 : 2;
  return 1;
}

/** Says on stderr what ended a run. */
export async function sayFailure(error: unknown): Promise<void> {
  await say(failureOf(error));
}

/** The same for what commander finds wrong with the words of a command line; `hint` stands for what it cannot know. */
export async function sayMisuse(error: CommanderError, hint: (message: string) => string): Promise<void> {
  const message =
    error.code === 'commander.help'
      ? 'a command is needed: fit, gather, design, compare, predict, influence, calibrate, moments, merge, pseudobulk, simulate, serve, devices, completion or help'
      : error.message.replace(/^error: /, '');
  const remedy = `${hint(message)}See webgpu-lmm help, or --help behind a command.`;
  await say({ tag: 'OptionError', message, place: '', fields: { remedy } });
}

/** The fields of a failure for programs; those that are not known are undefined. */
export function failureFields(error: unknown): Readonly<Record<string, unknown>> {
  return fieldsOf(failureOf(error));
}

function fieldsOf({ tag, message, fields }: Failure): Readonly<Record<string, unknown>> {
  const { path, line, position, source, option } = fields;
  const remedy = fields.remedy === undefined ? undefined : inFlags(fields.remedy);
  return { tag, message, remedy, path, line, position, source, option };
}

function failureOf(error: unknown): Failure {
  if (!isFitError(error)) {
    const stack = process.env['DEBUG'] && error instanceof Error ? error.stack : undefined;
    const message = stack ?? (error instanceof Error ? error.message : String(error));
    return { tag: 'Error', message, place: '', fields: {} };
  }
  const { path, line } = error.fields;
  const named = path === undefined || error.message.includes(path);
  const place = named ? '' : `${path}${line === undefined ? '' : `:${line}`}: `;
  return { tag: error.tag, message: inFlags(error.message), place, fields: error.fields };
}

async function say(failure: Failure): Promise<void> {
  if (process.env['WEBGPU_LMM_ERRORS'] === 'json') {
    process.stderr.write(`${JSON.stringify({ error: fieldsOf(failure) })}\n`);
    return;
  }
  const { message, place, fields } = failure;
  const remedy = fields.remedy === undefined ? undefined : inFlags(fields.remedy);
  const told = remedy === undefined || message.includes(remedy) ? '' : `\n${remedy}`;
  const { default: pc } = await import('picocolors');
  process.stderr.write(`${pc.red('error:')} ${place}${message}${told}\n`);
}
