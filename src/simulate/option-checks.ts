import { FitError } from '../errors.ts';

/** Refuses an option that is not a whole number of at least `minimum`. */
export function checkCount(option: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new FitError('OptionError', `${option} is ${value}, but must be a whole number of at least ${minimum}`, {
    option,
    remedy: `Give ${option} a whole number of at least ${minimum}.`,
  });
}

/** Refuses an option outside `minimum <= value <= maximum`; the ends count unless `open`. */
export function checkRange(option: string, value: number, minimum: number, maximum: number, open = false): void {
  const inside = open ? value > minimum && value < maximum : value >= minimum && value <= maximum;
  if (inside && !Number.isNaN(value)) return;
  const bounds = open ? `between ${minimum} and ${maximum}, both excluded` : `from ${minimum} to ${maximum}`;
  throw new FitError('OptionError', `${option} is ${value}, but must be a number ${bounds}`, {
    option,
    remedy: `Choose ${option} ${bounds}.`,
  });
}

/** Refuses a seed that is no safe integer. */
export function checkSeed(seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  throw new FitError('OptionError', `seed is ${seed}, but must be a whole number`, {
    option: 'seed',
    remedy: 'Give seed a whole number, such as 1.',
  });
}
