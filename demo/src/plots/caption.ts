/** The caption of a figure, written below it. */
import { TEXT } from './axes.ts';
import type { LayeredShape, MeasureText, Size } from './scene.ts';
import type { PlotTheme } from './theme.ts';

const LINE = 16;
const MARGIN = 10;

/** The shapes with lines of text below them, and the size of both. */
export function withCaption(
  shapes: readonly LayeredShape[],
  size: Size,
  caption: string,
  { measure, theme }: { readonly measure: MeasureText; readonly theme: PlotTheme },
): { readonly shapes: readonly LayeredShape[]; readonly size: Size } {
  const lines = wrapped(caption, size.width - 2 * MARGIN, measure);
  if (lines.length === 0) return { shapes, size };
  const text = lines.map((line, k): LayeredShape => {
    const place = { x: MARGIN, y: size.height + MARGIN + (k + 0.75) * LINE };
    return { layer: 'overlay', shape: { kind: 'text', text: line, ...place, size: TEXT.note, fill: theme.ink } };
  });
  return {
    shapes: [...shapes, ...text],
    size: { width: size.width, height: size.height + lines.length * LINE + 2 * MARGIN },
  };
}

/** Text in lines that are no wider than `width`; a word that is wider is cut. */
export function wrapped(text: string, width: number, measure: MeasureText): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (measure(longer, TEXT.note) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (measure(line, TEXT.note) > width && line.length > 1) {
      let most = line.length - 1;
      while (most > 1 && measure(line.slice(0, most), TEXT.note) > width) most--;
      lines.push(line.slice(0, most));
      line = line.slice(most);
    }
  }
  return line === '' ? lines : [...lines, line];
}
