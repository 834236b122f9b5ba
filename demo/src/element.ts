/** Elements of the page. Text only ever becomes text: nothing here, nor anywhere in the page, reads data as markup. */

type Listener = (event: Event) => void;
type Child = Node | string | null | undefined | false;

/** Attributes by name; `on...` functions are listeners; true and false set and leave out. */
export type Attributes = Readonly<Record<string, string | number | boolean | Listener | undefined>>;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined) made.setAttribute(name, String(value));
  }
  append(made, children);
  return made;
}

export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) if (child !== null && child !== undefined && child !== false) parent.append(child);
}

/** Replaces what an element holds. What had the focus in it has it again, or what stands in its place. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  const focused = document.activeElement;
  const held = focused !== null && focused !== parent && parent.contains(focused) ? focused : null;
  const place = held === null ? null : placeOf(held, parent);
  parent.replaceChildren();
  append(parent, children);
  if (held === null || place === null || document.activeElement === held) return;
  const next = parent.contains(held) ? held : candidates(parent, place.key)[place.nth];
  if (!(next instanceof HTMLElement) || next.matches(':disabled')) return;
  next.focus({ preventScroll: true });
  if (isText(held) && isText(next)) {
    next.setSelectionRange(held.selectionStart, held.selectionEnd);
  }
}

function isText(control: Element): control is HTMLInputElement | HTMLTextAreaElement {
  return control instanceof HTMLTextAreaElement || (control instanceof HTMLInputElement && control.type === 'text');
}

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';

/** What a control is known by when its box is made again: its id, or kind and name. */
function keyOf(control: Element): string {
  if (control.id !== '') return `#${control.id}`;
  const label = control.getAttribute('aria-label') ?? control.closest('label')?.querySelector('span')?.textContent;
  return `${control.localName} ${control.getAttribute('type') ?? ''} ${label ?? control.textContent ?? ''}`;
}

function candidates(parent: Element, key: string): Element[] {
  return [...parent.querySelectorAll(FOCUSABLE)].filter((control) => keyOf(control) === key);
}

function placeOf(control: Element, parent: Element): { readonly key: string; readonly nth: number } {
  const key = keyOf(control);
  return { key, nth: Math.max(0, candidates(parent, key).indexOf(control)) };
}

/** A labelled choice. */
export function selectBox(
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string,
  onChange: (value: string) => void,
  hint?: string,
): HTMLLabelElement {
  const box = element(
    'select',
    {
      onchange: () => {
        widen();
        onChange(box.value);
      },
    },
    ...options.map(([key, text]) => element('option', { value: key, selected: key === value }, text)),
  );
  const field = element('label', { class: 'field', title: hint }, element('span', {}, label), box);
  const widen = (): void => makeRoom(field, box.selectedOptions[0]?.text);
  widen();
  return field;
}

/** A labelled line of text; `onChange` when it is left or Enter is pressed. */
export function textBox(
  label: string,
  value: string,
  onChange: (value: string) => void,
  attributes: Attributes = {},
): HTMLLabelElement {
  const box = element('input', { type: 'text', spellcheck: 'false', autocomplete: 'off', ...attributes });
  box.value = value;
  const field = element('label', { class: 'field' }, element('span', {}, label), box);
  const widen = (): void => makeRoom(field, box.value || box.placeholder);
  box.addEventListener('change', () => {
    widen();
    onChange(box.value);
  });
  widen();
  return field;
}

/** Boxes that stand in lines are as wide as what they hold. */
function makeRoom(field: HTMLElement, text = ''): void {
  field.style.setProperty('--letters', String(text.length));
}

export function checkBox(label: string, checked: boolean, onChange: (checked: boolean) => void): HTMLLabelElement {
  const box = element('input', { type: 'checkbox', checked, onchange: () => onChange(box.checked) });
  return element('label', { class: 'check' }, box, element('span', {}, label));
}

/** Offers a blob as a file to save. */
export function saveBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = element('a', { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 30_000);
}
