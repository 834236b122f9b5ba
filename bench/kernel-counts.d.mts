/** What a kernel moves and computes for a column; the properties stand in `kernel-counts.mjs`. */
export interface KernelCount {
  readonly once: number;
  readonly up: number;
  readonly down: number;
  readonly uniforms: number;
  readonly operations: number;
  readonly words: number;
  readonly sharedWords: number;
  readonly privateNumbers: number;
}

export interface SpectralCase {
  readonly levels: number;
  readonly blocks?: number;
  readonly evaluations: number;
  readonly own?: boolean;
  readonly pairs?: boolean;
  readonly signed?: boolean;
  readonly kept?: boolean;
}

export interface FactorCase {
  readonly q: number;
  readonly types: number;
  readonly p: number;
  readonly random?: number;
  readonly width?: number;
  readonly touched?: number;
  readonly scatter?: boolean;
  readonly reml?: boolean;
  readonly parameters: number;
  readonly squares: number;
  readonly starts?: number;
}

export interface FactorSearchCase extends FactorCase {
  readonly evaluations: number;
  readonly own?: boolean;
  readonly pairs?: boolean;
}

export function triangle(n: number): number;
export function trafficOf(count: Pick<KernelCount, 'words' | 'sharedWords'>): number;
export function spectralSearch(sizes: SpectralCase): KernelCount;
export function pairCosts(
  number: string,
): Readonly<Record<'add' | 'mul' | 'sqr' | 'div' | 'sqrt' | 'log' | 'exp', number>>;
export function enterLevel(sizes: { readonly q: number; readonly scatter?: boolean }): number;
export function factorTables(
  sizes: Omit<FactorCase, 'squares'>,
): Readonly<Record<'border' | 'design' | 'response' | 'structure', number>>;
export function blockSweeps(sizes: FactorCase): { readonly evaluate: number; readonly differentiate: number };
export function crossedSweeps(
  sizes: FactorCase,
): Readonly<Record<'evaluate' | 'evaluateWords' | 'differentiate' | 'differentiateWords', number>>;
export function blockPairSweeps(sizes: FactorCase & { readonly number: string }): number;
export function blockFinish(
  sizes: FactorSearchCase & { readonly number: string; readonly columns: number },
): KernelCount;
export function crossedPairSweeps(
  sizes: FactorCase & { readonly number: string },
): Readonly<Record<'operations' | 'words', number>>;
export function crossedFinish(
  sizes: FactorSearchCase & { readonly number: string; readonly columns: number },
): KernelCount;
export function blockSearch(sizes: FactorSearchCase): KernelCount;
export function crossedSearch(sizes: FactorSearchCase): KernelCount;

/** Rows of each pattern, and the sizes of its covariance. */
export interface PatternCase {
  readonly sizes: readonly number[];
  readonly p: number;
  readonly scales: number;
  readonly reml?: boolean;
}

export interface PatternTables {
  readonly response: number;
  readonly matrices: number;
  readonly structure: number;
}

export function formPattern(given: { readonly m: number; readonly scales: number }): number;
export function patternSweeps(given: PatternCase): { readonly evaluate: number; readonly differentiate: number };
export function patternTables(
  given: PatternCase & { readonly parameters: number; readonly points: number },
): PatternTables;
