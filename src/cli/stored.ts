import { FitError } from '../errors.ts';

/**
 * Runs work on a stored fit or on stored moments. What it throws without a tag means that the file was edited into something
 * that no check foresees.
 */
export async function withStored<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const fromSystem = cause instanceof Error && 'syscall' in cause;
    if (cause instanceof FitError || fromSystem) throw cause;
    throw new FitError('DataError', `${path} cannot be used: its parts do not fit together`, {
      path,
      unreadable: true,
      remedy: 'Write the file again with the command that made it.',
      cause,
    });
  }
}
