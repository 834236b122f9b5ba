import type { TrainedFunction } from '../types/recipe.ts';

/** What the functions of a formula learn from its data (`scale`, `poly`, `ns`, `cut`, `factor`, `within`, `between`). */
export interface Training {
  /** By text of the call. */
  readonly known: Map<string, TrainedFunction>;
  /** True where other data are to be treated as those that the functions learned from: nothing is learned then. */
  readonly replay: boolean;
  /** Rows of the scope that group means are taken over, increasing; all without it. */
  readonly meanRows?: Int32Array | undefined;
}

/** Nothing learned yet. */
export function startTraining(meanRows?: Int32Array): Training {
  return { known: new Map(), replay: false, meanRows };
}

/** What was learned, to be applied to other data. */
export function replayTraining(trained: readonly TrainedFunction[]): Training {
  return { known: new Map(trained.map((entry) => [entry.call, entry])), replay: true };
}

/** What a call learned, where it is to be applied; undefined where it has to learn. */
export function recall<K extends TrainedFunction['kind']>(
  training: Training | undefined,
  kind: K,
  call: string,
): Extract<TrainedFunction, { kind: K }> | undefined {
  if (!training?.replay) return undefined;
  const found = training.known.get(call);
  if (found?.kind !== kind) throw new Error(`'${call}' has not been trained`);
  return found as Extract<TrainedFunction, { kind: K }>; // its kind has just been checked
}

/** Keeps what a call learned. */
export function learn(training: Training | undefined, entry: TrainedFunction): void {
  if (training && !training.replay) training.known.set(entry.call, entry);
}
