import type { Times } from './clocks.mjs';
import type { Bar, Spread, Verdict } from './verdicts.mjs';

export interface RecordedRow extends Spread {
  readonly case: string;
  readonly unit: string;
  readonly bar?: Bar;
  readonly verdict?: Verdict | null;
  /** Of records before there were verdicts. */
  readonly met?: boolean | null;
  readonly times?: Partial<Times>;
  readonly clock?: string;
  readonly errors: readonly { readonly name: string; readonly value: number; readonly bound: number }[];
  readonly detail?: string;
}

export interface RecordedRun {
  readonly date: string;
  readonly revision: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly platform: string;
    readonly node: string;
    readonly load?: number;
  };
  readonly rows: readonly RecordedRow[];
}

export const FIGURED_PAGES: readonly string[];
export function benchPage(name: string, question: string, runs: readonly RecordedRun[]): string;
export function latestRuns(folder?: string): Map<string, RecordedRun>;
export function verdictText(row: RecordedRow): string;
export function withLatestResults(text: string, latest: ReadonlyMap<string, RecordedRun>): string;
export function withFigures(text: string, latest: ReadonlyMap<string, RecordedRun>): string;
export function withoutFigures(text: string): string;
