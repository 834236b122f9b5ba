#!/usr/bin/env node
/**
 * Reads the JSON that vitest's reporter wrote and prints, as its last line, `N passed, M failed`.
 *
 *     node scripts/summarise-tests.mjs REPORT.json [STATUS]
 *
 * STATUS is the exit status of the whole run: if it is not 0 though no test failed, the step that did counts as one
 * failure. A test file that could not be loaded counts as one failure, and so does a report that is not there: the
 * build, the types or the linter stopped before the tests. Skipped tests are counted by the reasons in their names.
 */
import { readFileSync } from 'node:fs';
import { skippedLines } from './skipped-tests.mjs';

/** Numbers of tests that passed and failed, names of those that were skipped. */
function countTests(path) {
  let report;
  try {
    report = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) counts.failed++;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed++;
      else if (test.status === 'failed') counts.failed++;
      else counts.skipped.push(test.fullName ?? '');
    }
  }
  return counts;
}

const { passed, failed: failedTests, skipped } = countTests(process.argv[2] ?? '');
const failed = failedTests === 0 && Number(process.argv[3] ?? 0) !== 0 ? 1 : failedTests;
for (const line of skippedLines(skipped)) process.stdout.write(`${line}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
