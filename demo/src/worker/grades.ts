/** Grades as the data have them: models number their categories from 1. */

/** The values of grades that are numbers, of others the numbers of their categories; values without categories as they are. */
export function gradeValues(values: Float64Array, categories: readonly string[] | undefined): Float64Array {
  if (!categories || !areNumbers(categories)) return values;
  const grades = categories.map(Number);
  return values.map((value) => grades[value - 1] ?? Number.NaN);
}

/** What the numbers stand for, where grades are words; null where they need none. */
export function gradeNote(categories: readonly string[] | undefined): string | null {
  if (!categories || areNumbers(categories)) return null;
  return `grades are drawn by their number: ${categories.map((name, k) => `${k + 1} ${name}`).join(', ')}`;
}

function areNumbers(categories: readonly string[]): boolean {
  return categories.every((name) => name.trim() !== '' && Number.isFinite(Number(name)));
}
