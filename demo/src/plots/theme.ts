/** Colours and font of a plot, from the custom properties of the page. */

export interface PlotTheme {
  /** Text, axes and outlines. */
  readonly ink: string;
  /** Text of less weight. */
  readonly faint: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  /** Points that are not the subject. */
  readonly dull: string;
  /** The ground behind the plot. */
  readonly paper: string;
  readonly dark: boolean;
  /** Colours of groups, told apart by the colour-blind too. */
  readonly series: readonly string[];
  readonly font: string;
}

type Channels = readonly [red: number, green: number, blue: number, alpha: number];

/** The palette of M. Okabe and K. Ito, Color Universal Design (2008), in an order with contrast on either ground. */
const LIGHT = {
  up: '#d55e00',
  down: '#0072b2',
  dull: '#8c9198',
  further: ['#009e73', '#cc79a7', '#e69f00', '#56b4e9'],
};
const DARK = { up: '#e69f00', down: '#56b4e9', dull: '#7b828c', further: ['#009e73', '#cc79a7', '#f0e442', '#d55e00'] };

/**
 * Reads `--plot-ink`, `--plot-grid`, `--plot-up`, `--plot-down`, `--plot-dull`, `--plot-paper` as they apply to an
 * element of the page. What is not set follows from the element's text colour and the ground behind it.
 */
export function readTheme(element: HTMLElement): PlotTheme {
  const probe = document.createElement('span');
  probe.hidden = true;
  element.append(probe);
  try {
    // The used value of `color` resolves variables and functions that a custom property may hold.
    const read = (property: string, fallback: string): Channels => {
      probe.style.color = `var(${property}, ${fallback})`;
      return channelsOf(getComputedStyle(probe).color);
    };
    // `Canvas` is the browser's own ground, light or dark as the page's colour scheme has it.
    const paper = over(read('--plot-paper', 'transparent'), groundBehind(element, read('--plot-paper', 'Canvas')));
    const dark = luminance(paper) < 0.4;
    const palette = dark ? DARK : LIGHT;
    const ink = over(read('--plot-ink', 'currentColor'), paper);
    const [up, down, dull] = (['up', 'down', 'dull'] as const).map((name) =>
      hex(over(read(`--plot-${name}`, palette[name]), paper)),
    );
    probe.style.removeProperty('color');
    return {
      ink: hex(ink),
      faint: hex(mix(ink, paper, 0.3)),
      grid: hex(over(read('--plot-grid', hex(mix(ink, paper, 0.86))), paper)),
      up,
      down,
      dull,
      paper: hex(paper),
      dark,
      series: [down, up, ...palette.further],
      font: getComputedStyle(element).fontFamily || 'sans-serif',
    };
  } finally {
    probe.remove();
  }
}

/** The colour behind an element: what its ancestors paint, over the page's own ground. */
function groundBehind(element: HTMLElement, page: Channels): Channels {
  const layers: Channels[] = [];
  for (let at: HTMLElement | null = element; at !== null; at = at.parentElement) {
    const ground = channelsOf(getComputedStyle(at).backgroundColor);
    layers.push(ground);
    if (ground[3] === 1) break;
  }
  return layers.reduceRight((below, layer) => over(layer, below), page);
}

/** Red, green, blue from 0 to 255 and alpha from 0 to 1 of any colour that the browser knows. */
function channelsOf(colour: string): Channels {
  const plain = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(colour);
  if (plain !== null) return [Number(plain[1]), Number(plain[2]), Number(plain[3]), Number(plain[4] ?? 1)];
  // Other notations (oklch, color) are drawn and read back.
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return [128, 128, 128, 1];
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}

/** A colour that may be translucent, laid over an opaque one. */
function over(top: Channels, ground: Channels): Channels {
  return mix(ground, top, top[3]);
}

function mix(a: Channels, b: Channels, share: number): Channels {
  const channel = (i: 0 | 1 | 2) => a[i] * (1 - share) + b[i] * share;
  return [channel(0), channel(1), channel(2), 1];
}

/** Relative luminance, roughly: enough to tell a dark ground from a light one. */
function luminance([red, green, blue]: Channels): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

function hex([red, green, blue]: Channels): string {
  return `#${[red, green, blue].map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
