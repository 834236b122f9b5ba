import type { Trial } from './designs.ts';

/** A trial whose subjects are in this many sites. */
export function inSites(study: Trial, sites: number): Trial {
  const columns = new Map(study.table.columns);
  const levels = Array.from({ length: sites }, (_, i) => `site${i}`);
  const codes = Int32Array.from(study.subject.codes, (s) => s % sites);
  columns.set('site', { kind: 'factor', levels, codes, ordered: false } as never);
  return { ...study, table: { ...study.table, columns } as Trial['table'] };
}
