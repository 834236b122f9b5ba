/** What an activity says of itself at each moment, and what drawing is going to take. */
import { describe, expect, it } from 'vitest';
import type { FitOutcome } from '../../demo/src/protocol/protocol.ts';
import { mostPairs, ratioSeconds } from '../../demo/src/results/ratio-time.ts';
import { roughTime } from '../../demo/src/words/number-text.ts';
import { progressWords } from '../../demo/src/words/progress-words.ts';

describe('an activity', () => {
  it('says what it does when: reading, fitting after all is read, drawing', () => {
    const words = progressWords('Comparing', 1000);
    const say = (phase: 'read' | 'fit' | 'draw', done: number, total: number, now: number): string =>
      words.at({ phase, done, total }, now).text;
    expect(words.at(null, 1500)).toEqual({ text: 'Comparing … 500 ms', share: null });
    expect(say('read', 0, 100, 1500)).toBe('Comparing: reading … 500 ms');
    expect(say('read', 40, 100, 3000)).toBe('Comparing: reading 40 %, 3.0 s left');
    expect(say('read', 100, 100, 5000)).toBe('Comparing: fitting … 4.0 s');
    // A model of one response is fitted before it is heard of.
    expect(say('fit', 1, 1, 6000)).toBe('Comparing: fitting … 5.0 s');
    expect(say('read', 50, 100, 7000)).toBe('Comparing: reading 50 %, 1.0 s left');
    expect(say('draw', 250, 1000, 8000)).toBe('Comparing: 250 of 1,000 draws, 3.0 s left');
    expect(say('draw', 500, 1000, 9000)).toBe('Comparing: 500 of 1,000 draws, 2.0 s left');
    expect(say('draw', 1000, 1000, 11_000)).toBe('Comparing: drawing … 10 s');
  });

  it('of a fit alone needs no second word', () => {
    const words = progressWords('Fitting', 0);
    expect(words.at({ phase: 'read', done: 50, total: 100 }, 1000).text).toBe('Reading: 50 %, 1.0 s left');
    expect(words.at({ phase: 'read', done: 100, total: 100 }, 2000).text).toBe('Fitting … 2.0 s');
    const fit = words.at({ phase: 'fit', done: 300, total: 3000 }, 3000);
    expect(fit.text).toBe('Fitting: 300 of 3,000 models, 300 a second, 9.0 s left');
    expect(fit.share).toBeCloseTo(0.1);
  });

  it('of counting and of reading again fits nothing', () => {
    const read = { phase: 'read', done: 10, total: 10 } as const;
    expect(progressWords('Counting', 0).at(read, 1000).text).toBe('Counting … 1.0 s');
    expect(progressWords('Reading the data of these results', 0).at(read, 1000).text).toBe(
      'Reading the data of these results: checking … 1.0 s',
    );
  });
});

describe('drawing ratios', () => {
  const outcome = (backend: 'cpu' | 'webgpu', fit: number): FitOutcome =>
    ({ seconds: { read: 1, fit }, table: { backend } }) as unknown as FitOutcome; // what is read of it

  it('takes a tenth of two fits a draw and pair, and all of them beside a graphics card', () => {
    expect(ratioSeconds(outcome('cpu', 5), 1000)).toBe(1000);
    expect(ratioSeconds(outcome('webgpu', 5), 1000)).toBe(10_000);
    expect([2, 3, 4].map(mostPairs)).toEqual([1, 3, 6]);
  });

  it('is said roughly', () => {
    expect([0.2, 3.4, 47, 200, 960, 9000].map(roughTime)).toEqual([
      'a second',
      '3 seconds',
      '50 seconds',
      '3 minutes',
      '16 minutes',
      '2.5 hours',
    ]);
  });
});
