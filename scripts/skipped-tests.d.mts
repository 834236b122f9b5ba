/** Reasons and numbers of the skipped tests with these full names, in lines. */
export function skippedLines(names: readonly string[]): string[];
