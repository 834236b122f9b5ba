/** Which coefficient is on show first. Pure. */

/** Names of columns that measure or number the course of time. */
const COURSE =
  /^(?:\w+\()*`?(?:(?:study|clinic|scheduled|planned)[ ._-]?)?(?:time|days?|weeks?|months?|hours?|minutes?|years?|visit|period|cycle|wave|session|occasion|assessment|round)/i;

/**
 * Whether part of a name is a trend above the linear one: of a factor in order (`visit.Q`), of `poly`, or a power beside its
 * column. Others of the same name may be levels.
 */
function isHigherTrend(part: string, parts: ReadonlySet<string>): boolean {
  const ordered = /^(.*)(?:\.[QC]|\^\d+)$/.exec(part)?.[1];
  if (ordered !== undefined && parts.has(`${ordered}.L`)) return true;
  const polynomial = /^(poly\(.*\))(\d+)$/.exec(part);
  if (polynomial) return polynomial[2] !== '1' && parts.has(`${polynomial[1]}1`);
  const power = /^I\((.+?)\s*\^\s*\d+\)$/.exec(part)?.[1];
  return power !== undefined && parts.has(power);
}

/**
 * The test of interest of a model: of a condition whose effect may change over the course of a trial that change, at the last
 * visit where visits have coefficients of their own, along the linear trend where they have trends; else the first coefficient of the condition; null for none.
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
  const all = new Set(names.flatMap((name) => name.split(':')));
  const linear = changes.filter((name) => !name.split(':').some((part) => isHigherTrend(part, all)));
  return (
    linear[linear.length - 1] ??
    changes[changes.length - 1] ??
    names.find((name) => isOwn(name) && !name.includes(':')) ??
    null
  );
}
