/**
 * Why tests were skipped: by name, where `test/requirements.ts` leaves the reason, `NAME (skipped: REASON)`. The default export
 * is a reporter for vitest that counts them at the end of a run, which prints skipped tests nowhere else.
 */

/** Reasons and numbers of the skipped tests with these full names, in lines. */
export function skippedLines(names) {
  const counts = new Map();
  for (const name of names) {
    const reason = /\(skipped: ([^()]+)\)/.exec(name)?.[1] ?? 'for no reason that their names tell';
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} skipped: ${reason}`);
}

export default class SkippedTests {
  onTestRunEnd(modules) {
    const names = modules.flatMap((module) => [...module.children.allTests('skipped')].map((test) => test.fullName));
    for (const line of skippedLines(names)) console.log(`    ${line}`);
  }
}
