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
    // By whole characters: half of one is no text.
    let rest = measure(line, TEXT.note) > width ? [...line] : [];
    while (rest.length > 1 && measure(rest.join(''), TEXT.note) > width) {
      let [most, beyond] = [1, rest.length];
      while (beyond - most > 1) {
        const middle = (most + beyond) >> 1;
        if (measure(rest.slice(0, middle).join(''), TEXT.note) <= width) most = middle;
        else beyond = middle;
      }
      lines.push(rest.slice(0, most).join(''));
      rest = rest.slice(most);
      line = rest.join('');
    }
  }
  return line === '' ? lines : [...lines, line];
}
