/** What pages quote of the records of benches is what the latest of them say. */
import { describe, expect, it } from 'vitest';
import {
  benchPage,
  FIGURED_PAGES,
  latestRuns,
  type RecordedRow,
  type RecordedRun,
  verdictText,
  withFigures,
  withLatestResults,
  withoutFigures,
} from '../../bench/records.mjs';
import { readText, repositoryFiles } from '../structure/source-files.ts';

const latest = latestRuns();

/** A time or a rate in a sentence or a table. */
const SPEED = /\d\s*(?:fits\/s|ms|us|s|microseconds|milliseconds|seconds)\b|\d times (?:as|slower|faster)/;

/** Prose and tables of a page: what commands print is an example, and is marked as code. */
function proseOf(page: string): string[] {
  const text = page.replaceAll(/^```[\s\S]*?^```/gm, '');
  return text.split('\n').filter((line) => !/^ {4}/.test(line));
}

describe('figures of speed', () => {
  it.each(FIGURED_PAGES)('in %s are those of the latest records (node bench/NAME.mjs --record renews them)', (page) => {
    const text = readText(page);
    expect(text).toMatch(/<!-- figure/);
    expect(withFigures(text, latest)).toBe(text);
  });

  it('in README.md and docs/ stand between marks', () => {
    const pages = ['README.md', ...repositoryFiles().filter((path) => /^docs\/.*\.md$/.test(path))];
    expect(pages.length).toBeGreaterThan(3);
    const unmarked = pages.flatMap((page) =>
      proseOf(withoutFigures(readText(page)))
        .filter((line) => SPEED.test(line))
        .map((line) => `${page}: ${line}`),
    );
    expect(unmarked).toEqual([]);
    const marked = pages.filter((page) => readText(page).includes('<!-- figure'));
    expect([...marked].sort()).toEqual([...FIGURED_PAGES].sort());
  });

  it('in bench/README.md are those of the latest records', () => {
    const text = readText('bench/README.md');
    expect(withLatestResults(text, latest)).toBe(text);
  });

  it('name what is missing', () => {
    expect(() => withFigures('<!-- figure none -->1<!-- end -->', latest)).toThrow(/no figure “none”/);
    expect(() => withFigures('<!-- figure flashmm -->1<!-- end -->', new Map())).toThrow(/flashmm-size has no row/);
  });
});

describe('a record', () => {
  const row: RecordedRow = { case: 'a | b', value: 1.25, unit: 's', bar: { atMost: 2 }, errors: [] };
  const machine = { cpu: 'a processor', cores: 2, memoryGB: 8, platform: 'linux x64', node: 'v20' };
  const run = (rows: readonly RecordedRow[], load?: number): RecordedRun => ({
    date: '2026-01-02T03:04:05.000Z',
    revision: 'abc',
    machine: load === undefined ? machine : { ...machine, load },
    rows,
  });

  it('shows its spread and its clocks beside the value, and the load of the machine', () => {
    const recent: RecordedRow = {
      ...{ ...row, verdict: 'within noise', interval: [1, 2.5], quartiles: [1.1, 2] },
      ...{ runs: 9, clock: 'process', times: { wall: 3, process: 1.25, thread: 1.2 } },
    };
    const page = benchPage('name', 'How fast?', [run([{ ...row, met: true }]), run([recent], 1.25)]);
    const [head, latestTable, earlierTable] = page.split('## ');
    expect(head).toBe('# name\n\nHow fast?\n\n');
    expect(latestTable).toContain('load 1.3');
    expect(latestTable).toContain(
      '| a \\| b | 1.25 s | 1 to 2.5      | <= 2: **within noise** | wall 3 s, process 1.25 s*, thread 1.2 s |',
    );
    expect(earlierTable).not.toContain('load');
    expect(earlierTable).toContain('| a \\| b | 1.25 s |               | <= 2: met |');
  });

  it('of an earlier form keeps its verdict, unless a difference came out negative', () => {
    expect(verdictText({ ...row, met: true })).toBe('<= 2: met');
    expect(verdictText({ ...row, met: false })).toBe('<= 2: **missed**');
    expect(verdictText({ ...row, value: -0.1, met: true })).toBe('<= 2: **within noise**');
    expect(verdictText({ ...row, verdict: 'not measured' })).toBe('<= 2: **not measured**');
  });
});
