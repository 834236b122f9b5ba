import type { Design } from '../types/design.ts';
import { isHeterogeneous } from '../types/residual.ts';
import type { CovarianceLayout } from './covariance-blocks.ts';

/**
 * Columns of the log standard deviation: those of the dispersion model; one a visit and group where the structure has standard
 * deviations by visit, one a group else. Of the latter those are left out that the columns before span.
 */
export function scaleColumns(design: Design): {
  readonly columns: Float64Array[];
  readonly layoutScales: Pick<CovarianceLayout, 'scales' | 'dispersion' | 'scaleOf'>;
} {
  const { n, residual, dispersion } = design;
  const names = [...(dispersion?.names ?? [])];
  const columns = names.map((_, k) => dispersion?.x.subarray(k * n, (k + 1) * n) ?? new Float64Array(n));
  const visits = residual?.visit?.levels ?? [];
  const groups = residual?.by?.levels ?? [''];
  const byVisit = residual ? isHeterogeneous(residual.structure) : false;
  const scaleOf = new Int32Array(groups.length * Math.max(1, visits.length)).fill(-1);
  const basis: Float64Array[] = [];
  for (const column of columns) spans(basis, column);
  // A homogeneous structure beside a dispersion model has the scales of that model alone, unless groups have their own.
  const own = !dispersion || byVisit || groups.length > 1;
  for (let g = 0; own && g < groups.length; g++) {
    for (let v = 0; v < (byVisit ? visits.length : 1); v++) {
      const column = Float64Array.from({ length: n }, (_, i) => {
        const inGroup = !residual?.by || residual.by.codes[i] === g;
        return inGroup && (!byVisit || residual?.visit?.codes[i] === v) ? 1 : 0;
      });
      if (spans(basis, column)) continue;
      if (byVisit) scaleOf[g * visits.length + v] = columns.length;
      else scaleOf.fill(columns.length, g * Math.max(1, visits.length), (g + 1) * Math.max(1, visits.length));
      names.push([groups[g], byVisit ? visits[v] : ''].filter((text) => text !== '').join(':'));
      columns.push(column);
    }
  }
  return { columns, layoutScales: { scales: names, dispersion: dispersion?.names.length ?? 0, scaleOf } };
}

/** Share of a column that has to be left of it for it not to be spanned by others. */
const SPANNED = 1e-9;

/** Whether an orthonormal basis spans a column, which joins it where it does not. */
function spans(basis: Float64Array[], column: Float64Array): boolean {
  const rest = Float64Array.from(column);
  const whole = norm(rest);
  for (let pass = 0; pass < 2; pass++) {
    for (const direction of basis) {
      let along = 0;
      for (let i = 0; i < rest.length; i++) along += direction[i] * rest[i];
      for (let i = 0; i < rest.length; i++) rest[i] -= along * direction[i];
    }
  }
  const left = norm(rest);
  if (!(left > SPANNED * whole)) return true;
  basis.push(rest.map((value) => value / left));
  return false;
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return Math.sqrt(sum);
}
