import { type FitErrorFields, isFitError } from 'webgpu-lmm';
import type { ErrorReport } from '../protocol/protocol.ts';

/** An error as plain data, which can be sent to the page. */
export function describeError(error: unknown): ErrorReport {
  const fields: FitErrorFields = isFitError(error) ? error.fields : {};
  return {
    tag: isFitError(error) ? error.tag : 'Error',
    message: error instanceof Error ? withoutExcerpt(error.message, fields) : String(error),
    remedy: fields.remedy ?? null,
    position: fields.position ?? null,
    source: fields.source ?? null,
    option: fields.option ?? null,
  };
}

/** The page marks a mistake in the text itself: the message has no need of its excerpt and caret. */
function withoutExcerpt(message: string, { position, source }: FitErrorFields): string {
  return position === undefined || source === undefined ? message : message.split('\n', 1)[0];
}
