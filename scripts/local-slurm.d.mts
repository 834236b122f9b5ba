/** The version of Snakemake where it is there together with Slurm, else null. Installs nothing. */
export function findSlurm(): string | null;
/** Starts a Slurm of one node whose state lies in a folder. */
export function startSlurm(folder: string): Promise<{
  /** What its clients need. */
  readonly environment: NodeJS.ProcessEnv;
  readonly stop: () => Promise<void>;
}>;
