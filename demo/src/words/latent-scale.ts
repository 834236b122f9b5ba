/** The scale of means that are not those of the response. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { familyScale } from '../model/families.ts';
import type { MeansQuestion } from '../protocol/analysis-protocol.ts';

/** "latent, log odds" of grades, "log rate" of means on the scale of the link; empty on the scale of the response. */
export function latentScale({ family }: FitTable, { type }: Pick<MeansQuestion, 'type'>): string {
  if (!family || (type === 'response' && !family.thresholds)) return '';
  const { level } = familyScale(family.family, family.link);
  return family.thresholds ? `latent, ${level}` : level;
}
