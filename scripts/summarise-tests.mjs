#!/usr/bin/env node
/**
 * Reads the JSON that vitest's reporter wrote and prints, as its last line, `N passed, M failed`.
 *
 *     node scripts/summarise-tests.mjs REPORT.json [STATUS]
 *
 * STATUS is the exit status of the whole run: if it is not 0 though no test failed, the step that did counts as one
 * failure. A test file that could not be loaded counts as one failure, and so does a report that is not there: the
 * build, the types or the linter stopped before the tests.
 */
import { readFileSync } from 'node:fs';

/** Numbers of tests by outcome. */
function countTests(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) counts.failed++;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped++;
    }
  }
  return counts;
}

const { passed, failed: failedTests, skipped } = countTests(process.argv[2] ?? '');
const failed = failedTests === 0 && Number(process.argv[3] ?? 0) !== 0 ? 1 : failedTests;
if (skipped > 0) process.stdout.write(`${skipped} skipped\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
