import { element } from '../element.ts';

/** Milliseconds for which a button says that it copied. */
const SAID_FOR = 1500;

/** Code with a title and a button that copies it. */
export function copyBlock(title: string, code: string): HTMLElement {
  const text = element('pre', { tabindex: 0 }, element('code', {}, code));
  const button = element(
    'button',
    {
      type: 'button',
      class: 'quiet',
      onclick: () => {
        const done = (said: string): void => {
          button.textContent = said;
          window.setTimeout(() => {
            button.textContent = 'Copy';
          }, SAID_FOR);
        };
        // Absent on pages that are not secure.
        const clipboard: Clipboard | undefined = navigator.clipboard;
        if (clipboard)
          clipboard.writeText(code).then(
            () => done('Copied'),
            () => selectText(text),
          );
        else selectText(text);
      },
    },
    'Copy',
  );
  return element('figure', { class: 'code' }, element('figcaption', {}, element('span', {}, title), button), text);
}

function selectText(host: HTMLElement): void {
  const selection = window.getSelection();
  selection?.selectAllChildren(host);
}
