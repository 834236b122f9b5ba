import { FitError } from '../errors.ts';
import type { FamilyName } from '../types/family.ts';

/** What is asked of models of a family and is not theirs. */
export interface FamilyRefusal {
  /** The option that asks for it. */
  readonly option: string;
  /** What does not go with the family, in words. */
  readonly what: string;
  readonly remedy: string;
}

/** @throws OptionError where there is a family */
export function refuseFamily(family: FamilyName | undefined, { option, what, remedy }: FamilyRefusal): void {
  if (family === undefined) return;
  throw new FitError('OptionError', `${what} is of gaussian models, and these are of the family ${family}`, {
    option,
    remedy,
  });
}
