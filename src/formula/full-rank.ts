import { type PivotedQr, pivotedQrInPlace } from '../numeric/pivoted-qr.ts';
import { withScratch } from '../numeric/scratch.ts';
import type { Design } from '../types/design.ts';

/** Coefficients of an aliased column that are rounding: those of factors are small whole numbers or ratios of them. */
const ALIAS_ROUNDING = 1e-10;

/** The columns of a fixed-effects matrix that are no linear combinations of the columns before them. */
export function fullRank(n: number, fixed: Design['fixed']): Design['fixed'] {
  const p = fixed.names.length;
  if (p === 0) return fixed;
  return withScratch(8 * n * p, (memory) => {
    const x = new Float64Array(memory, 0, n * p);
    x.set(fixed.x);
    return keptColumns(fixed, pivotedQrInPlace(x, n, p));
  });
}

/** The columns that a factorisation keeps. */
function keptColumns(fixed: Design['fixed'], qr: PivotedQr): Design['fixed'] {
  const { n, p, rank, pivot } = qr;
  if (rank === p) return fixed;
  const kept = [...pivot.subarray(0, rank)].sort((a, b) => a - b);
  const keptSet = new Set(kept);
  const x = new Float64Array(n * rank);
  for (const [to, from] of kept.entries()) x.set(fixed.x.subarray(from * n, (from + 1) * n), to * n);
  const lost = [...pivot.subarray(rank)].sort((a, b) => a - b);
  return {
    names: kept.map((j) => fixed.names[j]),
    assign: kept.map((j) => fixed.assign[j]),
    termLabels: fixed.termLabels,
    x,
    dropped: [...fixed.dropped, ...fixed.names.filter((_, j) => !keptSet.has(j))],
    // Of columns that are gone already nothing is known any more: they were combinations of columns that go now.
    ...(fixed.dropped.length > 0 ? {} : { aliases: aliasCoefficients(qr, lost) }),
  };
}

/**
 * The same of an ordinal model, whose thresholds stand in for an intercept: columns that the intercept makes redundant are
 * lost, and the intercept itself is no column.
 */
export function fullRankBesideThresholds(n: number, fixed: Design['fixed']): Design['fixed'] {
  const before = fixed.names[0] === INTERCEPT ? fixed : withIntercept(n, fixed);
  const whole = fullRank(n, before);
  const p = whole.names.length;
  const { aliases } = whole;
  return {
    names: whole.names.slice(1),
    assign: whole.assign.slice(1),
    termLabels: whole.termLabels,
    x: whole.x.slice(n),
    dropped: whole.dropped,
    ...(aliases ? { aliases: aliases.filter((_, at) => at % p > 0) } : {}),
  };
}

const INTERCEPT = '(Intercept)';

function withIntercept(n: number, fixed: Design['fixed']): Design['fixed'] {
  const x = new Float64Array(n + fixed.x.length).fill(1, 0, n);
  x.set(fixed.x, n);
  return { ...fixed, names: [INTERCEPT, ...fixed.names], assign: [0, ...fixed.assign], x };
}

/** Each lost column as a combination of the kept ones: lost x kept, row-major; rounding to zero is taken for zero. */
function aliasCoefficients({ n, rank, pivot, qr }: PivotedQr, lost: readonly number[]): Float64Array {
  const out = new Float64Array(lost.length * rank);
  lost.forEach((column, k) => {
    const from = pivot.indexOf(column) * n;
    const solution = out.subarray(k * rank, (k + 1) * rank);
    for (let i = rank - 1; i >= 0; i--) {
      let sum = qr[from + i];
      for (let j = i + 1; j < rank; j++) sum -= qr[j * n + i] * solution[j];
      solution[i] = sum / qr[i * n + i];
    }
    for (let i = 0; i < rank; i++) if (Math.abs(solution[i]) < ALIAS_ROUNDING) solution[i] = 0;
  });
  return out;
}
