/** The order of levels that the page proposes: what is later or treated is compared with what is earlier or untreated. Pure. */

import type { DataSummary, DesignReading } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';

/** Columns whose levels stand in the order of the alphabet while their names tell another one, with this; units have none. */
export function proposedLevels({ columns, reading }: Pick<DataSummary, 'columns' | 'reading'>): Settings['levels'] {
  const layout = reading?.layout;
  const units = [layout?.donor ?? '', layout?.sampleColumn ?? '', ...(layout?.libraries ?? [])];
  return Object.fromEntries(
    columns.flatMap(({ name, usualOrder }) => (usualOrder && !units.includes(name) ? [[name, usualOrder]] : [])),
  );
}

/** The columns of numbers that are taken by their levels, with a condition whose numbers name groups. */
export function codedFactors(reading: DesignReading | null, factors: Settings['factors']): Settings['factors'] {
  const { coded = false, condition = '' } = reading?.layout ?? {};
  return coded && !factors.includes(condition) ? [...factors, condition] : factors;
}
