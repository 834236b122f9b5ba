/** A box for a formula: one paragraph that is broken into as many lines as it needs, and never scrolls sideways. */

import { type Attributes, element } from '../element.ts';

/** Sets its text, and makes room for it. */
export function setFormula(box: HTMLTextAreaElement, text: string): void {
  if (box.value === text) return;
  box.value = text;
  box.dispatchEvent(new Event('set'));
}

/** Enter does in it what it does in a box of one line; text that is pasted in lines is one. */
export function formulaField(attributes: Attributes): HTMLTextAreaElement {
  const box = element('textarea', {
    class: 'formula',
    rows: 1,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    placeholder: '~ condition + (1 | donor)',
    ...attributes,
  });
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    box.dispatchEvent(new Event('change', { bubbles: true }));
  });
  // Before whoever else listens reads it.
  box.addEventListener('input', () => {
    if (!/[\r\n]/.test(box.value)) return;
    const at = box.selectionEnd;
    box.value = box.value.replace(/[\r\n]/g, ' ');
    box.setSelectionRange(at, at);
  });
  // Where style sheets cannot ask for it.
  if (!CSS.supports('field-sizing', 'content')) {
    const grow = (): void => {
      box.style.height = '';
      if (box.scrollHeight > 0) box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
    };
    box.addEventListener('input', grow);
    box.addEventListener('set', grow);
    let width = 0;
    new ResizeObserver(() => {
      if (box.clientWidth !== width) requestAnimationFrame(grow);
      width = box.clientWidth;
    }).observe(box);
  }
  return box;
}
