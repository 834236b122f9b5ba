/** A scene as SVG: attributes of elements, made into elements of the page or into the text of a file. */
import type { LayeredShape, PathShape, PointsShape, Shape, Size, TextShape } from './scene.ts';
import { thinDots } from './thinning.ts';

export const SVG_NAMESPACE = 'http://www.w3.org/2000/svg';

/** An element with its text; attributes are presentation attributes, which a content-security policy lets pass. */
export interface SvgElement {
  readonly name: 'path' | 'text';
  readonly attributes: Readonly<Record<string, string>>;
  readonly text?: string;
}

export interface SvgOptions extends Size {
  readonly font: string;
  readonly paper: string;
  readonly title: string;
  /** Dull dots that stay, 3000 unless told. */
  readonly dullDots?: number;
}

/** A file of its own. Text from the data is escaped; nothing in it refers to anything outside. */
export function svgText(shapes: readonly LayeredShape[], options: SvgOptions): string {
  const { width, height, font, paper, title, dullDots = 3000 } = options;
  const box = `${number(width)} ${number(height)}`;
  const lines = [
    `<svg xmlns="${SVG_NAMESPACE}" width="${number(width)}" height="${number(height)}" viewBox="0 0 ${box}" ` +
      `font-family="${escapeXml(font)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<path d="M0 0H${number(width)}V${number(height)}H0Z" fill="${escapeXml(paper)}"/>`,
  ];
  for (const { shape } of shapes) {
    const { name, attributes, text } = svgElement(shape.kind === 'points' ? thinned(shape, dullDots) : shape);
    const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
    const open = `<${name}${list.join('')}`;
    lines.push(text === undefined ? `${open}/>` : `${open}>${escapeXml(text)}</${name}>`);
  }
  lines.push('</svg>', '');
  return lines.join('\n');
}

function thinned(shape: PointsShape, most: number): PointsShape {
  if (shape.dull !== true || shape.x.length <= most) return shape;
  const kept = thinDots(shape.x, shape.y, most);
  return { ...shape, x: Float64Array.from(kept, (i) => shape.x[i]), y: Float64Array.from(kept, (i) => shape.y[i]) };
}

/** The element that draws a shape. */
export function svgElement(shape: Shape): SvgElement {
  if (shape.kind === 'points') return { name: 'path', attributes: pointsAttributes(shape) };
  if (shape.kind === 'path') return { name: 'path', attributes: pathAttributes(shape) };
  return { name: 'text', attributes: textAttributes(shape), text: shape.text };
}

/** Dots are strokes of no length with round ends: the shortest notation that all viewers know. */
function pointsAttributes({ x, y, radius, fill, opacity }: PointsShape): Record<string, string> {
  const moves: string[] = [];
  for (let i = 0; i < x.length; i++) moves.push(`M${number(x[i])} ${number(y[i])}h.01`);
  return {
    d: moves.join(''),
    fill: 'none',
    stroke: fill,
    'stroke-width': number(2 * radius),
    'stroke-linecap': 'round',
    ...(opacity === undefined ? {} : { 'stroke-opacity': number(opacity) }),
  };
}

function pathAttributes(shape: PathShape): Record<string, string> {
  const { x, y, closed = false, fill = 'none', stroke, strokeWidth = 1, opacity, dash } = shape;
  const steps: string[] = [];
  for (let i = 0; i < x.length; i++) steps.push(`${i === 0 ? 'M' : 'L'}${number(x[i])} ${number(y[i])}`);
  return {
    d: steps.join('') + (closed ? 'Z' : ''),
    fill,
    ...(stroke === undefined ? {} : { stroke, 'stroke-width': number(strokeWidth), 'stroke-linejoin': 'round' }),
    ...(opacity === undefined ? {} : { opacity: number(opacity) }),
    ...(dash === undefined || dash.length === 0 ? {} : { 'stroke-dasharray': dash.join(' ') }),
  };
}

function textAttributes(shape: TextShape): Record<string, string> {
  const { x, y, size, fill, anchor = 'start', bold = false, upwards = false, halo } = shape;
  return {
    x: number(x),
    y: number(y),
    'font-size': number(size),
    fill,
    ...(anchor === 'start' ? {} : { 'text-anchor': anchor }),
    ...(bold ? { 'font-weight': '600' } : {}),
    ...(upwards ? { transform: `rotate(-90 ${number(x)} ${number(y)})` } : {}),
    ...(halo === undefined
      ? {}
      : { stroke: halo, 'stroke-width': '3', 'stroke-linejoin': 'round', 'paint-order': 'stroke' }),
  };
}

/** A coordinate to a hundredth of a pixel. */
function number(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Text that is safe between tags and in quoted attributes; what XML 1.0 cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to be removed
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
  );
}
