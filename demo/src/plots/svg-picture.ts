/** A picture that the library drew as SVG, shown and saved as the plots of the page are. */
import { TEXT } from './axes.ts';
import { wrapped } from './caption.ts';
import { mixedColours } from './mixed-colours.ts';
import type { PlotHandle } from './plot-data.ts';
import { fontOf } from './scene-canvas.ts';
import { SVG_NAMESPACE } from './scene-svg.ts';
import { type PlotTheme, readTheme } from './theme.ts';

const MARGIN = 14;
const LINE = 16;
const INK = '#222222';
const FONT = 'Helvetica, Arial, sans-serif';

/**
 * Shows the text of an SVG file as an image, which runs no scripts, whatever the names in it: on the page in its colours, in
 * files as it was drawn.
 *
 * @param alternative what it says, for those who don't see it
 */
export function svgPicture(host: HTMLElement, svg: string, alternative: string): PlotHandle<string> {
  const image = document.createElement('img');
  image.className = 'calibration-picture';
  image.alt = alternative;
  host.append(image);
  // It scrolls by keyboard, too.
  host.tabIndex = 0;
  host.setAttribute('role', 'region');
  host.setAttribute('aria-label', 'Picture');
  const listening = new AbortController();
  let text = svg;
  let address = '';
  const show = (): void => {
    const theme = readTheme(host);
    const shown = theme.dark ? repainted(text, theme) : text;
    URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([shown], { type: 'image/svg+xml' }));
    image.src = address;
  };
  show();
  const { signal } = listening;
  document.addEventListener('themechange', show, { signal });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show, { signal });
  return {
    update(next) {
      text = next;
      show();
    },
    toSvg: (caption = '') => withCaptionBelow(text, { caption, alternative }).text,
    async toPng(scale = 2, caption = '') {
      const whole = withCaptionBelow(text, { caption, alternative });
      const source = URL.createObjectURL(new Blob([whole.text], { type: 'image/svg+xml' }));
      try {
        const drawn = new Image();
        drawn.src = source;
        await drawn.decode();
        return await pngOf(drawn, whole.width * scale, whole.height * scale);
      } finally {
        URL.revokeObjectURL(source);
      }
    },
    destroy() {
      listening.abort();
      URL.revokeObjectURL(address);
      image.remove();
    },
  };
}

/** The drawing with its greys on the ground of the page: white becomes the ground, black the ink; colours stay. */
export function repainted(svg: string, { ink, paper }: Pick<PlotTheme, 'ink' | 'paper'>): string {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  for (const part of [parsed.documentElement, ...parsed.querySelectorAll('*')]) {
    for (const name of ['fill', 'stroke']) {
      const level = greyOf(part.getAttribute(name) ?? '');
      if (level !== null) part.setAttribute(name, mixedColours(ink, paper, level));
    }
  }
  return new XMLSerializer().serializeToString(parsed);
}

/** How light a grey is, from 0 to 1; null for colours. */
function greyOf(colour: string): number | null {
  const short = /^#([0-9a-f])\1\1$/i.exec(colour);
  const long = /^#([0-9a-f]{2})\1\1$/i.exec(colour);
  if (short) return Number.parseInt(short[1], 16) / 15;
  return long ? Number.parseInt(long[1], 16) / 255 : null;
}

function pngOf(image: HTMLImageElement, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser gives no canvas to draw the PNG on; save the picture as SVG');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob !== null) resolve(blob);
      else reject(new Error('the PNG is larger than this browser can make; save the picture as SVG'));
    }, 'image/png');
  });
}

/** The file with what it says as its title and lines of text below what it draws, and the size of both. */
function withCaptionBelow(
  svg: string,
  { caption, alternative }: { readonly caption: string; readonly alternative: string },
): { readonly text: string; readonly width: number; readonly height: number } {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const root = parsed.documentElement;
  root.setAttribute('role', 'img');
  const title = root.querySelector('title') ?? parsed.createElementNS(SVG_NAMESPACE, 'title');
  title.textContent = alternative;
  root.prepend(title);
  const width = Number(root.getAttribute('width')) || 1;
  const own = Number(root.getAttribute('height')) || 1;
  const context = document.createElement('canvas').getContext('2d');
  const measure = (line: string, size: number): number => {
    if (context === null) return 0.6 * size * line.length;
    context.font = fontOf(size, false, FONT);
    return context.measureText(line).width;
  };
  const lines = caption === '' ? [] : wrapped(caption, width - 2 * MARGIN, measure);
  if (lines.length === 0) return { text: new XMLSerializer().serializeToString(root), width, height: own };
  const height = own + lines.length * LINE + 2 * MARGIN;
  root.setAttribute('height', String(height));
  root.setAttribute('viewBox', `0 0 ${width} ${height}`);
  const ground = parsed.createElementNS(SVG_NAMESPACE, 'rect');
  for (const [name, value] of Object.entries({ y: own, width, height: height - own, fill: '#fff' })) {
    ground.setAttribute(name, String(value));
  }
  root.append(ground);
  lines.forEach((line, k) => {
    const made = parsed.createElementNS(SVG_NAMESPACE, 'text');
    const place = { x: MARGIN, y: own + MARGIN + (k + 0.75) * LINE, 'font-size': TEXT.note, fill: INK };
    for (const [name, value] of Object.entries(place)) made.setAttribute(name, String(value));
    made.textContent = line;
    root.append(made);
  });
  return { text: new XMLSerializer().serializeToString(root), width, height };
}
