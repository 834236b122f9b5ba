import type { OptionEntry } from '../src/options/option.ts';

/** The file that the Python package reads. */
export const OPTIONS_FILE: string;
/** Text of that file for a table of options. */
export function pythonOptions(options: Readonly<Record<string, OptionEntry>>): string;
