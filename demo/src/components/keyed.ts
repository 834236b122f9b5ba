/** Boxes that are made anew when what they show changes, and keep the focus. */

import { fill } from '../element.ts';

/** Columns that a box offers at most; the formula takes any. */
export const MOST_OFFERED = 200;

/** A box under a name by which it is found again. */
export function keyed<T extends HTMLElement>(key: string, box: T): T {
  box.dataset['key'] = key;
  return box;
}

/** Choices of columns, with what none of them is called. */
export function columnChoices(names: readonly string[], none: string): (readonly [string, string])[] {
  return [['', none], ...names.slice(0, MOST_OFFERED).map((name) => [name, name] as const)];
}

/** Puts new boxes in the place of those that an element holds; the one that has the focus gets it back. */
export function renew(host: HTMLElement, boxes: readonly Node[]): void {
  const focused = document.activeElement;
  const box = focused && host.contains(focused) ? focused.closest<HTMLElement>('[data-key]') : null;
  const key = box?.dataset['key'];
  const kind = focused instanceof HTMLElement ? focused.tagName : '';
  fill(host, ...boxes);
  if (key === undefined) return;
  const again = [...host.querySelectorAll<HTMLElement>('[data-key]')].find((one) => one.dataset['key'] === key);
  (again?.querySelector<HTMLElement>(kind === '' ? 'select, input' : kind) ?? again)?.focus();
}
