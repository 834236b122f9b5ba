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

/** Replaces what an element holds. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
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
    { onchange: () => onChange(box.value) },
    ...options.map(([key, text]) => element('option', { value: key, selected: key === value }, text)),
  );
  return element('label', { class: 'field', title: hint }, element('span', {}, label), box);
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
  box.addEventListener('change', () => onChange(box.value));
  return element('label', { class: 'field' }, element('span', {}, label), box);
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
