/** What a design compares, in words. Pure. */

import type { DesignReading } from 'webgpu-lmm';
import { count, counted } from './number-text.ts';

/** One line: what is compared within or between what, and how many units there are; null where nothing is compared. */
export function comparisonWords({ layout }: DesignReading): string | null {
  const { comparison, condition, donor, donors, paired, sides, samples, rows, repeated, rowNoun, numeric } = layout;
  // Between units each unit is a sample of its own.
  const inSamples = samples === donors ? '' : ` in ${counted(samples, 'samples')}`;
  const rowsText = repeated ? `, ${counted(rows, rowNoun)}${inSamples}` : '';
  switch (comparison) {
    case 'none':
      return null;
    case 'within':
      return `${condition} is compared within ${donor}: ${count(donors)} units, each with ${numeric ? 'several values' : 'several levels'}${rowsText}`;
    case 'partly':
      return `${condition} is compared within ${count(paired)} of ${count(donors)} levels of ${donor}, and between the others${rowsText}`;
    case 'between': {
      const units =
        numeric || sides.length === 0 ? `${count(donors)} units` : `${sides.map(count).join(' against ')} units`;
      return `${condition} is compared between levels of ${donor}: ${units}${rowsText}`;
    }
  }
}
