import type { OutputTable } from '../result/output-table.ts';
import { STATUSES, type Status } from '../types/fit-table.ts';
import type { CALIBRATION_SCHEMES } from './calibration-options.ts';
import type { NullHypothesis } from './null-hypotheses.ts';
import { type NullPValues, pValueTable, rateTable } from './rejection-rates.ts';
import type { CalibratedTest, TestedResponses } from './response-tests.ts';

/** Type-I errors of tests. */
export interface Calibration {
  readonly scheme: (typeof CALIBRATION_SCHEMES)[number];
  /** `test term level simulations rejections rate se conf.low conf.high`. */
  readonly rates: OutputTable;
  /** The p-values behind them, by hypothesis, then by test. */
  readonly pValues: readonly NullPValues[];
  /** The same as a table: `simulation [response] test term p.value`. */
  pValueTable(): OutputTable;
  /** Permutation of each p-value; null for simulated responses, which are independent. */
  readonly clusters: Int32Array | null;
  /** Fitted models by status, and how many were singular. */
  readonly statuses: Readonly<Partial<Record<Status, number>>>;
  readonly singular: number;
  readonly notes: readonly string[];
}

/** Gathers tested responses piece by piece, each of some of the hypotheses. */
export class CollectedTests {
  private readonly tests: readonly CalibratedTest[];
  /** By hypothesis, then by test. */
  private readonly pValues = new Map<NullHypothesis, Float64Array[][]>();
  private readonly statuses: Partial<Record<Status, number>> = {};
  private singular = 0;

  constructor(hypotheses: readonly NullHypothesis[], tests: readonly CalibratedTest[]) {
    this.tests = tests;
    for (const hypothesis of hypotheses) {
      this.pValues.set(
        hypothesis,
        tests.map(() => []),
      );
    }
  }

  add({ pValues, status, singular }: TestedResponses, hypotheses: readonly NullHypothesis[]): void {
    for (const code of status) this.statuses[STATUSES[code]] = (this.statuses[STATUSES[code]] ?? 0) + 1;
    for (const flag of singular) this.singular += flag;
    hypotheses.forEach((hypothesis, h) => {
      this.pValues.get(hypothesis)?.forEach((pieces, t) => {
        pieces.push(pValues[t][h]);
      });
    });
  }

  finish(
    scheme: Calibration['scheme'],
    clusters: Int32Array | null,
    responses: readonly string[] | null,
    notes: readonly string[],
  ): Calibration {
    const curves = [...this.pValues].flatMap(([{ name }, byTest]) =>
      byTest.map((pieces, t): NullPValues => ({ test: this.tests[t], term: name, pValues: joined(pieces) })),
    );
    return {
      scheme,
      rates: rateTable(curves, clusters),
      pValues: curves,
      pValueTable: () => pValueTable(curves, responses),
      clusters,
      statuses: this.statuses,
      singular: this.singular,
      notes: [...new Set(notes)],
    };
  }
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
