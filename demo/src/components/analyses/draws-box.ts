/** How many draws a bootstrap takes: what the library refuses becomes the nearest number that it takes. */

import { type Attributes, textBox } from '../../element.ts';
import { DRAWS } from '../../results/kept-choices.ts';

/** @param title the words before the least number of draws, and those behind it */
export function drawsBox(
  label: string,
  draws: number,
  onChange: (draws: number) => void,
  title: readonly [string, string],
  attributes: Attributes = {},
): HTMLLabelElement {
  const read = (text: string): void => {
    const wanted = Math.round(Number(text));
    onChange(text.trim() === '' || !(wanted > 0) ? 0 : Math.min(DRAWS.most, Math.max(DRAWS.least, wanted)));
  };
  return textBox(label, draws === 0 ? '' : String(draws), read, {
    ...{ inputmode: 'numeric', class: 'short', title: `${title[0]}, ${DRAWS.least} and more${title[1]}` },
    ...attributes,
  });
}
