/** The records of the benchmarks, which `bench/` writes, as pages. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));

/** Name of a record and its text. */
export interface BenchmarkRecord {
  readonly name: string;
  readonly text: string;
}

/** All records in alphabetical order. */
export function readRecords(): BenchmarkRecord[] {
  return readdirSync(RESULTS)
    .filter((file) => file.endsWith('.md'))
    .sort()
    .map((file) => ({ name: file.replace(/\.md$/, ''), text: readFileSync(`${RESULTS}${file}`, 'utf8') }));
}

/** The page that explains how they were measured, without its heading. */
export function readMethods(): string {
  return readFileSync(fileURLToPath(new URL('../../bench/README.md', import.meta.url)), 'utf8');
}
