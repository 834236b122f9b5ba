import { describe, expect, it } from 'vitest';
import { redundantTermNotes } from '../../src/design/redundant-terms.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { frame, label } from '../lmm/frames.ts';

const rows = Array.from({ length: 48 }, (_, i) => i);
const table = frame({
  g: rows.map((i) => label('g', i % 8)),
  same: rows.map((i) => label('s', 7 - (i % 8))),
  h: rows.map((i) => label('h', Math.floor(i / 8) % 3)),
  f: rows.map((i) => label('f', Math.floor(i / 8) % 3)),
  b: rows.map((i) => (Math.floor(i / 8) % 3 === 1 ? 1 : 0)),
  zero: rows.map(() => 0),
  one: rows.map(() => 1),
  // Two samples of each g and f.
  sample: rows.map((i) => label('s', i)),
  x: rows.map((i) => 1e3 + Math.sin(i * i)),
});

const notesOf = (random: string) => redundantTermNotes(buildDesign(`~ x + ${random}`, table));

describe('random terms that the data do not tell apart', () => {
  it.each([
    ['(f || g)', /overlap.*leave the intercept out, or write \(1 \| g:FACTOR\)/],
    ['(1 | g) + (x | g)', /overlap.*leave a column out/],
    ['(0 + x | g) + (x | g)', /overlap/],
    ['(f | g) + (1 | g:f)', /'\(Intercept\) \| g:f' is contained in '\(Intercept\) \+ .* \| g'.*leave/],
    ['(0 + f | g) + (1 | g:f)', /is contained in/],
    ['(1 | g:b) + (b | g)', /is contained in/],
    ['(one | g)', /columns of the random term '\(Intercept\) \+ one \| g' depend on each other/],
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
    '(1 | g) + (0 + zero | g)',
    '(f | g) + (1 | sample)',
    '(x | g) + (1 | g:f)',
    '(1 | g) + (0 + x | g)',
    '(1 | g) + (1 | h)',
    '(x | g) + (x | h)',
  ])('%s has none', (random) => {
    expect(notesOf(random)).toEqual([]);
  });
});
