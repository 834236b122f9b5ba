/** The line at the top: name, promise, device, theme. */

import { element, fill } from '../element.ts';
import type { Context } from '../state/context.ts';
import type { State } from '../state/store.ts';

const THEMES: readonly State['theme'][] = ['auto', 'light', 'dark'];

export function pageHeader(host: HTMLElement, { store }: Context): void {
  const device = element('span', { class: 'device', role: 'status' });
  const theme = element('button', {
    type: 'button',
    class: 'quiet',
    onclick: () => {
      const next = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length];
      store.set({ theme: next });
    },
  });
  fill(
    host,
    element('h1', {}, 'webgpu-lmm'),
    element('p', { class: 'promise' }, 'Mixed models for every gene or one response. Your data stay on this computer.'),
    device,
    theme,
  );
  store.watch(['device'], ({ device: found }) => {
    if (!found) device.textContent = '';
    else if (found.available) device.textContent = `${found.software ? 'software WebGPU' : 'WebGPU'}: ${found.name}`;
    else device.textContent = `no WebGPU, float64 on ${found.threads} threads`;
    device.title = found?.reason ?? '';
  });
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = (): void => {
    const chosen = store.state.theme;
    const dark = chosen === 'dark' || (chosen === 'auto' && system.matches);
    document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
    theme.textContent = chosen === 'auto' ? 'Theme: system' : `Theme: ${chosen}`;
    document.dispatchEvent(new Event('themechange'));
  };
  system.addEventListener('change', apply);
  store.watch(['theme'], apply);
}
