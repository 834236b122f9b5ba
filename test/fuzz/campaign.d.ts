/** The fuzz campaign of `bench/fuzz/`, as far as the tests use it. */
declare module '*/fuzz/campaign.mjs' {
  /** One distinct fault: how often it came, the first attack that showed it, and what it said. */
  export interface Fault {
    readonly verdict: string;
    readonly kind: string;
    readonly count: number;
    readonly number: number;
    readonly what: string;
    readonly message: string;
  }

  export interface CampaignState {
    readonly seed: string;
    readonly kinds: Readonly<
      Record<string, { readonly next: number; readonly verdicts: Readonly<Record<string, number>> }>
    >;
    readonly faults: Readonly<Record<string, Fault>>;
  }

  /** Names of all kinds of attacks. */
  export const KINDS: readonly string[];

  /** A campaign before its first attack. */
  export function newState(seed: string): CampaignState;

  /** Runs so many attacks of each kind on the build in `dist`. */
  export function runCampaign(options: {
    readonly dist: string;
    readonly state: CampaignState;
    readonly counts: Readonly<Record<string, number>>;
    readonly isDone?: (state: CampaignState) => boolean;
  }): Promise<CampaignState>;
}

/** One attack by a design of a generalised model. */
declare module '*/fuzz/family-attacks.mjs' {
  export interface AttackContext {
    /** The public functions of the library. */
    readonly library: object;
    readonly seed: string;
    readonly announce: (said: object) => void;
  }

  /** What became of it: a verdict of the campaign, with what was wrong. */
  export function attackFamily(
    kind: string,
    number: number,
    context: AttackContext,
  ): Promise<{ readonly verdict: string; readonly message: string }>;
}
