/** What stands beside moderated tests without being moderated: means, predictions and limits, as the library has them. Pure. */

import type { FitTable } from 'webgpu-lmm';

const ORDINARY = 'of the ordinary variances, not of the moderated ones';

/** To be put behind limits; empty where no test is moderated. */
export function ordinaryClause({ moderation }: Pick<FitTable, 'moderation'>): string {
  return moderation ? `, ${ORDINARY}` : '';
}

/** @param subject with its verb: `They are` */
export function ordinaryWords({ moderation }: Pick<FitTable, 'moderation'>, subject: string): string {
  return moderation ? `${subject} ${ORDINARY}.` : '';
}
