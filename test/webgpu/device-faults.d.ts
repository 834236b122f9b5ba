/** The device that fails on purpose, of `bench/device-faults/`, as far as the tests use it. */
declare module '*/device-faults/faulty-gpu.mjs' {
  /** A device that others are played on, so that their pipelines are compiled once. */
  export interface Stage {
    close(): void;
  }

  export function openStage(gpu: GPU): Promise<Stage>;
}

declare module '*/device-faults/pretended-limits.mjs' {
  export const DEFAULT_LIMITS: Readonly<Record<string, number>>;
  /** Sets of limits by name. */
  export const LIMITS: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Limits with some replaced. */
  export function pretend(own: GPUSupportedLimits, limits: Readonly<Record<string, number>>): GPUSupportedLimits;
}

declare module '*/device-faults/campaign.mjs' {
  /** What goes wrong: see `openFaultyGpu`. */
  export interface FaultPlan {
    readonly at?: number;
    readonly fault?: string;
    readonly calls?: readonly string[];
    readonly every?: boolean;
    readonly first?: 'given' | 'refused' | 'absent';
    readonly next?: 'given' | 'refused' | 'absent';
    readonly limits?: Readonly<Record<string, number>>;
    readonly features?: readonly string[];
    /** On a true device, which is destroyed. */
    readonly real?: boolean;
  }

  /** A way through the engine, fitted once without disturbance. */
  export interface OpenPath {
    /** Names of the calls of its device. */
    readonly calls: readonly string[];
    readonly device: { readonly table: { readonly search: Uint8Array } };
  }

  export interface AttackOutcome {
    /** `same`, `refused`, or the name of a fault. */
    readonly verdict: string;
    readonly message: string;
    /** How often the fault struck, devices asked for, calls of the first. */
    readonly struck: number;
    readonly devices: number;
    readonly calls: readonly string[];
    readonly notes: readonly string[];
  }

  export function openPath(library: object, on: { gpu: GPU; stage: object }, name: string): Promise<OpenPath>;
  export function attack(path: OpenPath, plan: FaultPlan): Promise<AttackOutcome>;
  export function attacksOn(path: OpenPath, most?: number): readonly FaultPlan[];
  export function nameOf(plan: FaultPlan, calls: readonly string[]): string;
}
