import { describe, expect, it } from 'vitest';
import { redundantTermNotes } from '../../src/design/redundant-terms.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { frame, label } from '../backend/frames.ts';

const rows = Array.from({ length: 48 }, (_, i) => i);
const table = frame({
  g: rows.map((i) => label('g', i % 8)),
  same: rows.map((i) => label('s', 7 - (i % 8))),
  h: rows.map((i) => label('h', Math.floor(i / 8) % 3)),
  f: rows.map((i) => label('f', Math.floor(i / 8) % 3)),
  x: rows.map((i) => 1e3 + Math.sin(i * i)),
});

const notesOf = (random: string) => redundantTermNotes(buildDesign(`~ x + ${random}`, table));

describe('random terms that the data do not tell apart', () => {
  it.each([
    ['(f || g)', /overlap.*leave the intercept out, or write \(1 \| g:FACTOR\)/],
    ['(1 | g) + (x | g)', /overlap.*keep one of them/],
    ['(0 + x | g) + (x | g)', /overlap/],
    ['(1 | g) + (1 | same)', /have the same rows in each level.*keep one of them/],
  ])('%s has a note', (random, note) => {
    const notes = notesOf(random);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(note);
  });

  it.each([
    '(x || g)',
    '(f | g)',
    '(1 | g) + (1 | g:f)',
    '(1 | g) + (0 + x | g)',
    '(1 | g) + (1 | h)',
    '(x | g) + (x | h)',
  ])('%s has none', (random) => {
    expect(notesOf(random)).toEqual([]);
  });
});
