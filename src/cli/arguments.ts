import { existsSync } from 'node:fs';
import { parseRecord } from '../data/table/column-options.ts';
import { FitError } from '../errors.ts';
import { CONTRAST_CODINGS, type ContrastCoding } from '../formula/contrasts.ts';
import type { ModerationOptions } from '../infer/moderation/moderate.ts';
import { OPTIONS } from '../options/entries.ts';
import { choiceOf } from '../options/option.ts';
import { tableFormat } from '../reading/tables.node.ts';
import type { Given } from './options.ts';

/** Options of commands that take data, in the library's words; `weightsFile` is true where `weights` is a file in the bulk layout. */
export type FitArguments = ReturnType<typeof checkArguments>;

/** Checks everything that can be checked before any file is opened. */
export function checkArguments(given: Given) {
  const { weights } = given;
  const weightsFile = weights !== undefined && tableFormat(weights) !== null && existsSync(weights);
  if (weights !== undefined && !weightsFile && tableFormat(weights) !== null) {
    throw new FitError('DataError', `“weights: ${weights}”: no such file`, {
      option: 'weights',
      path: weights,
      unreadable: true,
      remedy: 'Check the name; a column is named without an extension.',
    });
  }
  const { bootstrap: draws, seed = OPTIONS.seed.fallback, naStrings } = given;
  return {
    ...given,
    formula: given.formula ?? '',
    method: given.method ?? 'REML',
    contrasts: namedContrasts(given.contrasts ?? []),
    coding: codings(given.coding ?? []),
    weightsFile,
    naStrings: naStrings === undefined ? undefined : parseRecord(naStrings, 'naStrings', naStrings),
    bootstrap: draws === undefined ? undefined : { draws, seed },
    moderate: moderation(given.moderate),
  };
}

/** `--moderate`, `--moderate robust`, `--moderate trend`, `--moderate robust,trend`. */
function moderation(option: string | undefined): ModerationOptions | undefined {
  if (option === undefined) return undefined;
  const words = option === 'plain' ? [] : option.split(',');
  for (const word of words) choiceOf('moderate', word, ['robust', 'trend', 'plain']);
  return { robust: words.includes('robust'), trend: words.includes('trend') };
}

function namedContrasts(specs: readonly string[]): Record<string, string> {
  const contrasts: Record<string, string> = {};
  for (const spec of specs) {
    const equals = spec.indexOf('=');
    const name = spec.slice(0, equals).trim();
    if (equals <= 0 || name === '' || spec.slice(equals + 1).trim() === '') {
      throw new FitError('OptionError', `“contrasts: ${spec}”: it needs a name and an expression`, {
        option: 'contrasts',
        remedy: "Write NAME=EXPR, such as 'late=visitV4 - visitV3'.",
      });
    }
    if (Object.hasOwn(contrasts, name)) {
      throw new FitError('OptionError', `“contrasts: ${name}” is given twice`, { option: 'contrasts' });
    }
    contrasts[name] = spec.slice(equals + 1).trim();
  }
  return contrasts;
}

function codings(specs: readonly string[]): Record<string, ContrastCoding> {
  const found: Record<string, ContrastCoding> = {};
  for (const spec of specs) {
    const equals = spec.lastIndexOf('=');
    if (equals <= 0) {
      throw new FitError('OptionError', `“coding: ${spec}”: it needs a column and a coding`, {
        option: 'coding',
        remedy: `Write COLUMN=${CONTRAST_CODINGS.join('|')}.`,
      });
    }
    found[spec.slice(0, equals)] = choiceOf('coding', spec.slice(equals + 1), CONTRAST_CODINGS);
  }
  return found;
}
