/** Families and links whose likelihoods on the same responses can be compared. Pure. */

import type { FamilyName } from '../protocol/settings.ts';
import { isCountFamily, linksOf } from './families.ts';

/** A list that comparisons take, in words; without one the fitted family alone. */
export type FamilyList = readonly [list: string, words: string];

/** What can stand beside a fitted family: other families of the same kind of response, and other links. */
export function comparableFamilies(family: FamilyName): readonly FamilyList[] {
  const links = linksOf(family);
  return [
    ...(isCountFamily(family)
      ? [['poisson,nbinom2,nbinom1', 'Poisson and both negative binomials'] as FamilyList]
      : []),
    ...(family === 'Gamma' || family === 'beta' ? [[`gaussian,${family}`, `normal and ${family}`] as FamilyList] : []),
    ...(links.length > 1
      ? [[links.map((link) => `${family}(${link})`).join(','), `links ${links.join(', ')}`] as FamilyList]
      : []),
  ];
}
