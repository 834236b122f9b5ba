import { buildDesign } from '../../../src/formula/design.ts';
import type { Design } from '../../../src/types/design.ts';
import type { ResidualRows, RowFactor, StructureName } from '../../../src/types/residual.ts';
import type { Column, Table } from '../../../src/types/table.ts';
import { TestRandom } from '../random.ts';

/** A trial: subjects in two arms at sites, some of whose visits are missing. */
export interface Trial {
  readonly table: Table;
  readonly subject: RowFactor;
  readonly visit: RowFactor;
  readonly arm: RowFactor;
  readonly times: Float64Array;
}

export function trial(seed: number, subjects: number, visits: number, missing = 0.15): Trial {
  const random = new TestRandom(seed);
  const [subject, visit, arm, site]: number[][] = [[], [], [], []];
  const x: number[] = [];
  const times: number[] = [];
  for (let s = 0; s < subjects; s++) {
    for (let v = 0; v < visits; v++) {
      if (s >= 2 && random.uniform() < missing) continue; // the first of each arm has all
      subject.push(s);
      visit.push(v);
      arm.push(s % 2);
      site.push(Math.floor(s / 3));
      x.push(random.normal());
      times.push(v + 0.4 * random.uniform());
    }
  }
  const factor = (codes: number[], prefix: string) => {
    const levels = Array.from({ length: Math.max(...codes) + 1 }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);
    return { levels, codes: Int32Array.from(codes) };
  };
  const columns = new Map<string, Column>();
  const named = (name: string, codes: number[]): RowFactor => {
    const made = factor(codes, name);
    columns.set(name, { kind: 'factor', ...made, ordered: false } as Column);
    return { name, ...made };
  };
  const built = {
    subject: named('subject', subject),
    visit: named('visit', visit),
    arm: named('arm', arm),
  };
  named('site', site);
  columns.set('x', { kind: 'numeric', values: Float64Array.from(x) } as Column);
  columns.set('time', { kind: 'numeric', values: Float64Array.from(times) } as Column);
  return { ...built, times: Float64Array.from(times), table: { rows: x.length, columns } as Table };
}

/** A design with residuals of a structure. */
export function structuredDesign(
  { table, subject, visit, arm, times }: Trial,
  formula: string,
  structure: StructureName | null,
  { byArm = false, dispersion }: { readonly byArm?: boolean; readonly dispersion?: Design['dispersion'] } = {},
): Design {
  const design = buildDesign(formula, table);
  const residual: ResidualRows | null = structure && {
    structure,
    text: `${structure}(visit | subject)`,
    visit: structure === 'sp_exp' ? null : visit,
    time: structure === 'sp_exp' ? { name: 'time', values: times } : null,
    subject,
    by: byArm ? arm : null,
  };
  return { ...design, ...(residual ? { residual } : {}), ...(dispersion ? { dispersion } : {}) };
}
