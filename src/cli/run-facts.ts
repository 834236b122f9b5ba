/** What commands tell the log of a run (`run-log.ts`) that its words and files do not say. */
import type { PlannedFit } from '../fit/fit-moments.ts';
import type { Moments } from '../moments/moments.ts';
import { type FitTable, STATUSES } from '../types/fit-table.ts';
import type { Given } from './options.ts';
import type { Shaping } from './stored.ts';

/** Every fact stands alone: what is not told is null in the log, or empty. */
export interface RunFacts {
  /** A phase that begins now; it ends with the next one, or with the run. */
  readonly phase?: 'read' | 'fit' | 'write';
  /** Options of an earlier run that hold here too, behind those of the command line. */
  readonly options?: Given;
  /** How moments were shaped that an earlier run has formed. */
  readonly shaping?: Shaping;
  readonly formula?: string;
  readonly responses?: number;
  /** Rows of each design, by split. */
  readonly rows?: readonly RowCount[];
  readonly engine?: EngineFacts;
  readonly fits?: readonly FitCounts[];
  readonly notes?: readonly string[];
  /** Where these are others than `--out`, `--save` and `--save-part` name. */
  readonly outputs?: readonly { readonly content: string | null; readonly path: string }[];
}

export type TellRun = (facts: RunFacts) => void;

export interface RowCount {
  readonly split: string | null;
  /** The largest number of rows among the designs of the split. */
  readonly rows: number;
}

/** What fitted. */
export interface EngineFacts {
  readonly backend: string;
  readonly device: string | null;
  readonly arithmetic: string;
  readonly threads: number;
  /** Responses by the path that fits their design. */
  readonly paths: Readonly<Record<string, number>>;
}

/** What became of the fits of one model. */
export interface FitCounts {
  readonly formula: string;
  readonly method: string;
  readonly residual: string | null;
  readonly family: string | null;
  readonly models: number;
  readonly singular: number;
  /** Responses by status, all statuses among them. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Responses and rows of moments, and what is to be said of them. */
export function momentFacts({ formula, names, splits, batches, notes }: Moments): RunFacts {
  const rows = new Map<string | null, number>();
  for (const { design, index } of batches) {
    const split = splits?.[index[0]] ?? null;
    rows.set(split, Math.max(rows.get(split) ?? 0, design.n));
  }
  return { formula, responses: names.length, rows: [...rows].map(([split, n]) => ({ split, rows: n })), notes };
}

/** What fitted, and what became of the fits: those of a table, or of some responses of a run. */
export function fitFacts(
  { device, ...table }: Pick<FitTable, 'models' | 'status' | 'singular' | 'device'>,
  { plan, decisions }: Pick<PlannedFit, 'plan' | 'decisions'>,
  formula: string,
  { options }: Shaping,
): RunFacts {
  const paths: Record<string, number> = {};
  for (const { path, models } of plan.batches) paths[path] = (paths[path] ?? 0) + models;
  const { backend, arithmetic, threads } = plan;
  const textOf = (name: 'family' | 'residual') => (typeof options[name] === 'string' ? options[name] : null);
  const model = { formula, method: decisions.method, family: textOf('family'), residual: textOf('residual') };
  return { engine: { backend, device, arithmetic, threads, paths }, fits: [fitCounts(table, model)] };
}

/** Counts of the fits of one model. */
export function fitCounts(
  { models, status, singular }: Pick<FitTable, 'models' | 'status' | 'singular'>,
  model: Omit<FitCounts, 'models' | 'singular' | 'statuses'>,
): FitCounts {
  const counts = STATUSES.map((name) => [name, 0] as [string, number]);
  for (const code of status) counts[code][1]++;
  return {
    ...model,
    models,
    singular: singular.reduce((sum, own) => sum + own, 0),
    statuses: Object.fromEntries(counts),
  };
}
