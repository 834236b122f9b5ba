/** The keyboard on a plot: arrows walk through the most important points, Enter opens one, Escape lets go. */
import type { Targets } from './pointer.ts';
import type { Surface } from './surface.ts';

export interface KeyOptions {
  readonly signal: AbortSignal;
  targets(): Targets | null;
  /** Marks a target, by its position, or none. */
  focus(position: number | null, announce: boolean): void;
  readonly open?: (index: number) => void;
  /** Clears the selection. */
  clear(): void;
}

export function pointKeys({ overlay }: Surface, { signal, targets, focus, open, clear }: KeyOptions): void {
  /** Place in the ranking, or -1. */
  let rank = -1;
  overlay.addEventListener(
    'keydown',
    (event) => {
      const list = targets();
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') {
        // Where there is nothing to let go of, it is the page's.
        if (rank >= 0) event.preventDefault();
        rank = -1;
        focus(null, false);
        clear();
        return;
      }
      if (list === null || list.ranking.length === 0) return;
      const next = nextRank(event.key, rank, list.ranking.length);
      if (next !== null) {
        rank = next;
        focus(list.ranking[rank], true);
      } else if (event.key === 'Enter' && rank >= 0 && rank < list.ranking.length) {
        open?.(list.index[list.ranking[rank]]);
      } else return;
      event.preventDefault();
    },
    { signal },
  );
  overlay.addEventListener(
    'blur',
    () => {
      rank = -1;
      focus(null, false);
    },
    { signal },
  );
}

/** Where a key leads in a ranking of `length` from `rank` (-1: nowhere yet); null for other keys. */
export function nextRank(key: string, rank: number, length: number): number | null {
  if (key === 'ArrowRight' || key === 'ArrowDown') return Math.min(length - 1, rank + 1);
  if (key === 'ArrowLeft' || key === 'ArrowUp') return Math.max(0, rank - 1);
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  return null;
}
