import type { KernelCount } from './kernel-counts.mjs';

export interface Card {
  readonly name: string;
  readonly flops: number;
  readonly memory: number;
  readonly transfer: number;
}

export type Limit = 'transfer' | 'memory' | 'arithmetic' | 'host finish';

export const CARDS: readonly Card[];
export const LOCKSTEP: number;
export const EFFICIENCY: Readonly<Record<'arithmetic' | 'memory' | 'transfer', number>>;
export function lockstepShare(evaluations: readonly number[]): number;
export function roofline(
  count: KernelCount,
  card: Card,
  sizes: { readonly columns: number; readonly host: number; readonly lockstep?: number },
): {
  readonly limits: Readonly<Record<Limit, number>>;
  readonly starved: Limit;
  readonly device: Limit;
  readonly seconds: number;
};
