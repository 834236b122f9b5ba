/** Names of colours above a plot. */
import { fitText, TEXT } from './axes.ts';
import type { DrawRequest } from './plot.ts';
import type { Scene } from './scene.ts';

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
}

/** Writes the names from `left` on, as many as have room, and returns where they end. */
export function drawLegend(
  scene: Scene,
  entries: readonly LegendEntry[],
  { left, y }: { readonly left: number; readonly y: number },
  { theme, measure, width }: DrawRequest,
): number {
  let at = left;
  for (const { name, colour } of entries) {
    const text = fitText(name, 140, TEXT.note, measure);
    const needed = 18 + measure(text, TEXT.note) + 14;
    if (at + needed > width) {
      scene.text({ text: '…', x: at, y, size: TEXT.note, fill: theme.faint });
      return at + 14;
    }
    scene.line('overlay', at, y - 4, at + 13, y - 4, { stroke: colour, strokeWidth: 3 });
    scene.text({ text, x: at + 18, y, size: TEXT.note, fill: theme.ink });
    at += needed;
  }
  return at;
}
