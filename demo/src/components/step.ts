import { element } from '../element.ts';

/** A numbered step that can be folded. */
export function step(number: number, title: string, ...children: Node[]): HTMLDetailsElement {
  return element(
    'details',
    { class: 'step', open: true },
    element('summary', {}, element('span', { class: 'number' }, String(number)), element('h2', {}, title)),
    element('div', { class: 'body' }, ...children),
  );
}
