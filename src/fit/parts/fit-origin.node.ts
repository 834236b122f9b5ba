import type { Moments } from '../../moments/moments.ts';
import { serialiseMoments } from '../../moments/serialise.ts';
import type { FitDecisions } from '../fit-moments.ts';

/** What fits were made of and by; fits of equal origins are equal to the last bit. */
export interface FitOrigin {
  /** Of the program. */
  readonly version: string;
  readonly decisions: FitDecisions;
  /** SHA-256 of the moments of the whole run, without their notes. */
  readonly moments: string;
}

/** The origin of fits of some moments. */
export async function fitOrigin(moments: Moments, decisions: FitDecisions, version: string): Promise<FitOrigin> {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  for (const piece of serialiseMoments({ ...moments, notes: [] })) hash.update(piece);
  return { version, decisions, moments: hash.digest('hex') };
}

/** What two origins differ in, in words; null where they are equal. */
export function originDifference(origin: FitOrigin, other: FitOrigin): string | null {
  if (origin.version !== other.version) return `versions of the program, ${origin.version} and ${other.version}`;
  const options = (Object.keys(origin.decisions) as (keyof FitDecisions)[]).filter((name) => {
    return JSON.stringify(origin.decisions[name]) !== JSON.stringify(other.decisions[name]);
  });
  if (options.length > 0) return `options: ${options.map((name) => `“${OPTION_OF[name] ?? name}”`).join(', ')}`;
  return origin.moments === other.moments ? null : 'data, formula or options of the data';
}

/** Options whose names are not those of the decisions. */
const OPTION_OF: Readonly<Partial<Record<keyof FitDecisions, string>>> = { nodes: 'nagq' };
