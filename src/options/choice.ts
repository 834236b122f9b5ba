import { FitError, nearestName } from '../errors.ts';

/**
 * The value of an option that has named choices; `label` is how the user wrote it (`--adjust`, `adjust`).
 *
 * @throws OptionError for a value that is no choice
 */
export function choice<T extends string>(
  label: string,
  value: string | undefined,
  choices: readonly T[],
  fallback: T,
): T {
  if (value === undefined) return fallback;
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const near = choices.find((candidate) => candidate === SYNONYMS[value.toLowerCase()]) ?? nearestName(value, choices);
  throw new FitError('OptionError', `${label} ${value}: there is no such choice`, {
    option: label.replace(/^--/, ''),
    remedy: `Use ${choices.join(', ')}${near === undefined ? '' : `; did you mean '${near}'?`}`,
  });
}

/** What people write for a choice that has another name. */
const SYNONYMS: Readonly<Record<string, string>> = {
  gpu: 'webgpu',
  cuda: 'webgpu',
  double: 'f64',
  float64: 'f64',
  single: 'f32',
  float32: 'f32',
  kr: 'kenward-roger',
  kenward: 'kenward-roger',
  z: 'asymptotic',
  none: 'asymptotic',
};
