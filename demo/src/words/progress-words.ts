/** What an activity is doing at a moment, in words. Times left count from the beginning of what is done at the moment. */

import type { ProgressReport } from '../protocol/protocol.ts';
import { READING_AGAIN } from '../state/reopening.ts';
import { count, rate, seconds } from './number-text.ts';

export interface ProgressWords {
  /** The words, and how far it is, from 0 to 1; null where nobody knows. `now` is in milliseconds. */
  at(progress: ProgressReport | null, now: number): { readonly text: string; readonly share: number | null };
}

/** Share below which nothing is said of the time left. */
const LEAST = 0.02;

/**
 * @param label what the activity is called
 * @param started when it began, in milliseconds
 */
export function progressWords(label: string, started: number): ProgressWords {
  let stage = '';
  let since = started;
  let seen = started;
  let last = 0;
  return {
    at(progress, now) {
      const passed = seconds((now - started) / 1000);
      if (!progress || progress.total <= 0) return { text: `${label} … ${passed}`, share: null };
      const { phase, done, total } = progress;
      // Each model of a comparison is read, fitted and drawn from anew; what comes began where the last was heard of.
      if (`${phase} ${total}` !== stage || done < last) [stage, since] = [`${phase} ${total}`, seen];
      [last, seen] = [done, now];
      const share = done / total;
      if (phase === 'benchmark') return { text: `${label}: ${done} of ${total} … ${passed}`, share };
      // What is all there is being worked on: the next that is heard is of another kind, or the end.
      if (share >= 1 || done <= 0) {
        const doing = phase === 'read' ? (share >= 1 ? (AFTER[label] ?? 'fitting') : 'reading') : DOING[phase];
        return { text: `${withStage(label, doing)} … ${passed}`, share: share >= 1 ? null : share };
      }
      const pace = now > since ? done / (now - since) : 0;
      const left = share > LEAST && pace > 0 ? `, ${seconds((total - done) / pace / 1000)} left` : '';
      if (phase === 'read') {
        const words = label === 'Fitting' ? 'Reading:' : withStage(label, 'reading');
        return { text: `${words} ${Math.round(100 * share)} %${left}`, share };
      }
      const what = label === 'Fitting' ? 'models' : phase === 'draw' ? 'draws' : 'fits';
      const speed = label === 'Fitting' && pace > 0 ? `, ${rate(1000 * pace)} a second` : '';
      return { text: `${label}: ${count(done)} of ${count(total)} ${what}${speed}${left}`, share };
    },
  };
}

const DOING = { fit: 'fitting', draw: 'drawing' } as const;

/** What comes after everything is read, where that is no fit. */
const AFTER: Readonly<Record<string, string>> = { Counting: '', [READING_AGAIN]: 'checking' };

/** An activity with its stage, where its name does not say that already. */
function withStage(label: string, stage: string): string {
  return label === 'Fitting' || stage === '' ? label : `${label}: ${stage}`;
}
