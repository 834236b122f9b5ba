import { FitError } from '../../errors.ts';
import type { BulkTable } from './bulk.ts';

/**
 * One bulk table of the samples of several, responses matched by name: those that all have, or all, missing in the samples of
 * a table that lacks them.
 *
 * @throws DataError for a sample that is in two of them, and where no response is in all
 */
export function stackBulk(tables: readonly BulkTable[], path: string, genes: 'intersection' | 'union'): BulkTable {
  const owner = new Map<string, BulkTable>();
  for (const table of tables) {
    for (const sample of table.samples) {
      const other = owner.get(sample);
      if (other) throw repeatedSample(sample, other, table);
      owner.set(sample, table);
    }
  }
  const places = tables.map(({ names }) => new Map(names.map((name, k) => [name, k])));
  const all = [...new Set(tables.flatMap(({ names }) => names))];
  const everywhere = all.filter((name) => places.every((own) => own.has(name)));
  const names = genes === 'union' ? all : everywhere;
  if (names.length === 0) {
    throw new FitError('DataError', `no response is in all of ${path}`, {
      path,
      option: 'matchGenes',
      remedy: 'Responses are matched by name; “matchGenes: union” takes those that a file lacks as missing there.',
    });
  }
  const samples = [...owner.keys()];
  const values = new Float64Array(names.length * samples.length).fill(Number.NaN);
  let from = 0;
  tables.forEach((table, t) => {
    const { length } = table.samples;
    names.forEach((name, g) => {
      const k = places[t].get(name);
      if (k === undefined) return;
      values.set(table.values.subarray(k * length, (k + 1) * length), g * samples.length + from);
    });
    from += length;
  });
  const some = all.length - everywhere.length;
  const matched =
    some === 0
      ? []
      : [
          genes === 'union'
            ? `${all.length} responses in the files together, ${some} of them in some files only: they are missing in the samples of the others`
            : `${everywhere.length} responses are in every file; ${some} that some files lack are left out (“matchGenes: union” keeps them)`,
        ];
  return { names, samples, values, path, notes: [...new Set(tables.flatMap(({ notes }) => notes)), ...matched] };
}

function repeatedSample(sample: string, one: BulkTable, other: BulkTable): FitError {
  return new FitError('DataError', `the sample '${sample}' is in ${one.path} and in ${other.path}`, {
    path: other.path,
    remedy: 'Names of samples are unique over all files.',
  });
}
