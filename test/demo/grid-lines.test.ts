import { describe, expect, it } from 'vitest';
import { type GridColumn, gridLines } from '../../demo/src/components/analyses/grid-lines.ts';

const number: GridColumn = { wide: 1, numeric: true };
const text = (wide: number): GridColumn => ({ wide, numeric: false });
/** A response, a comparison and nine numbers. */
const PAIRS = [text(1.4), text(1.5), ...Array.from({ length: 9 }, () => number)];

describe('the lines of a table', () => {
  it('are one where there is room, and before the room is known', () => {
    for (const room of [0, 80]) {
      const { lines, spans, template, height } = gridLines(PAIRS, room);
      expect(lines).toBe(1);
      expect(spans).toEqual(PAIRS.map(() => 1));
      expect(template.split(' ')).toHaveLength(2 * PAIRS.length);
      expect(height).toBe(32);
    }
  });

  it.each([18, 21, 37, 50, 58])('hold every column in its place, %i rem wide', (room) => {
    const { lines, spans, template, height } = gridLines(PAIRS, room);
    const places = Number(/repeat\((\d+),/.exec(template)?.[1]);
    expect(lines).toBeGreaterThan(1);
    // As wide as any number, and no wider together than the room.
    expect(places * 4.4 + (places - 1) * 0.5 + 1).toBeLessThanOrEqual(room);
    let [line, taken] = [1, 0];
    for (const span of spans) {
      expect(span).toBeLessThanOrEqual(places);
      if (taken + span > places) [line, taken] = [line + 1, 0];
      taken += span;
    }
    expect(line).toBe(lines);
    expect(height).toBe(22 * lines + 10);
  });

  it('are alike: the last one is not what is left over', () => {
    // Thirteen places would leave one column by itself.
    const { spans, template, lines } = gridLines(
      Array.from({ length: 13 }, () => number),
      12 * 4.9 + 0.9,
    );
    expect(lines).toBe(2);
    expect(template).toMatch(/^repeat\(7,/);
    expect(spans).toEqual(Array.from({ length: 13 }, () => 1));
  });
});
