import type { OptionEntry } from '../src/options/option.ts';

/** The files that the packages for Python and R read. */
export const PYTHON_OPTIONS: string;
export const R_OPTIONS: string;
/** Text of each of them for a table of options. */
export function pythonOptions(options: Readonly<Record<string, OptionEntry>>): string;
export function rOptions(options: Readonly<Record<string, OptionEntry>>): string;
