/** The columns in which the log standard deviation of residuals is linear. */
import type { Design } from '../types/design.ts';
import { isHeterogeneous, type StructureName } from '../types/residual.ts';

/** The names of the columns, and whose they are. */
export interface ScaleLayout {
  /** Those of the dispersion model, then one a visit and group. */
  readonly scales: readonly string[];
  readonly dispersion: number;
  /** Level of each visit (groups x visits, 0 .. scales - 1), and -1 where it has no column of its own. */
  readonly scaleOf: Int32Array;
}

/** What the columns of scales are made of, on some rows. */
export interface ScaleRows {
  readonly n: number;
  readonly structure: StructureName | null;
  /** Columns of the dispersion model; null without one. */
  readonly dispersion: { readonly names: readonly string[]; readonly columns: readonly Float64Array[] } | null;
  readonly visits: readonly string[];
  readonly groups: readonly string[];
  readonly group: (i: number) => number;
  readonly visit: (i: number) => number;
}

/** Those of the rows of a design. */
export function designScales({ n, residual, dispersion }: Pick<Design, 'n' | 'residual' | 'dispersion'>): ScaleRows {
  return {
    n,
    structure: residual?.structure ?? null,
    dispersion: dispersion
      ? { names: dispersion.names, columns: dispersion.names.map((_, k) => dispersion.x.subarray(k * n, (k + 1) * n)) }
      : null,
    visits: residual?.visit?.levels ?? [],
    groups: residual?.by?.levels ?? [''],
    group: (i) => residual?.by?.codes[i] ?? 0,
    visit: (i) => residual?.visit?.codes[i] ?? -1,
  };
}

/**
 * Columns of the log standard deviation: those of the dispersion model; one a visit and group where the structure has standard
 * deviations by visit, one a group else. Of the latter those are left out that the columns before span.
 */
export function scaleColumns({ n, structure, dispersion, visits, groups, group, visit }: ScaleRows): {
  readonly columns: Float64Array[];
  readonly layoutScales: ScaleLayout;
} {
  const names = [...(dispersion?.names ?? [])];
  const columns = [...(dispersion?.columns ?? [])];
  const byVisit = structure !== null && isHeterogeneous(structure);
  const scaleOf = new Int32Array(groups.length * Math.max(1, visits.length)).fill(-1);
  const basis: Float64Array[] = [];
  for (const column of columns) spans(basis, column);
  // A homogeneous structure beside a dispersion model has the scales of that model alone, unless groups have their own.
  const own = !dispersion || byVisit || groups.length > 1;
  for (let g = 0; own && g < groups.length; g++) {
    for (let v = 0; v < (byVisit ? visits.length : 1); v++) {
      const column = Float64Array.from({ length: n }, (_, i) => {
        return group(i) === g && (!byVisit || visit(i) === v) ? 1 : 0;
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
