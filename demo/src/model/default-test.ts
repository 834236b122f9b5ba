/** Which coefficient is on show first. Pure. */

/** Names of columns that measure or number the course of time. */
const COURSE = /^(?:\w+\()*`?(?:time|days?|weeks?|months?|hours?|minutes?|years?|visit)/i;

/**
 * The test of interest of a model: of a condition whose effect may change over the course of a trial that change, at the last
 * visit where visits have coefficients of their own; else the first coefficient of the condition; null for none.
 */
export function defaultTest(names: readonly string[], condition: string): string | null {
  if (condition === '') return null;
  const isOwn = (part: string): boolean => part.replaceAll('`', '').startsWith(condition);
  const changes = names.filter((name) => {
    const parts = name.split(':');
    const at = parts.findIndex(isOwn);
    if (parts.length !== 2 || at < 0) return false;
    return COURSE.test(parts[1 - at]) || COURSE.test(parts[at]);
  });
  return changes[changes.length - 1] ?? names.find((name) => isOwn(name) && !name.includes(':')) ?? null;
}
