/** Whether a picture of the library is one: files may be edited, and reports hold pictures as they are. Pure. */

/** Characters of a picture at most. */
const LARGEST = 2_000_000;
const NAMES = 'svg|title|g|path|rect|text|tspan|line|circle';
const ATTRIBUTES =
  'viewBox|width|height|x|y|x1|y1|x2|y2|cx|cy|r|d|dx|dy|transform|role|fill|fill-opacity|stroke|stroke-width|stroke-dasharray|font-family|font-size|font-weight|text-anchor';
/** A tag of shapes or words, with nothing that loads or runs; the name of the kind of document stands in the first one. */
const TAG = new RegExp(
  `^<(?:/(?:${NAMES})|(?:${NAMES})(?: xmlns="http://www\\.w3\\.org/2000/svg")?(?: (?:${ATTRIBUTES})="[^"<>&:;\\\\]*")*/?)>$`,
);

/** SVG of shapes and words alone: no scripts, no styles, no addresses, no entities of its own. */
export function isPlainPicture(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > LARGEST || !text.startsWith('<svg ')) return false;
  const tags = text.match(/<[^>]*>?/g) ?? [];
  return tags.every((tag) => TAG.test(tag) && !/url\(/i.test(tag));
}
