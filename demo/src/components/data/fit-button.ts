/** The button that fits. While it can't, the reason stands beside it, with a link to the field that mends it. */

import { element, fill } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import { READING_AGAIN } from '../../state/reopening.ts';
import { fitReason } from '../../words/fit-reason.ts';

/** @returns the button, the one that ends what is under way, and the reason */
export function fitButton({ store, actions }: Context): Record<'go' | 'cancel' | 'reason', HTMLElement> {
  const isFitting = (): boolean => store.state.activity?.label === 'Fitting';
  const go = element(
    'button',
    {
      type: 'button',
      class: 'primary',
      id: 'run',
      onclick: () => {
        if (!isFitting()) void actions.run();
      },
    },
    'Fit',
  );
  const cancel = element(
    'button',
    { type: 'button', id: 'cancel', hidden: true, onclick: () => actions.cancel() },
    'Cancel',
  );
  const reason = element('p', { class: 'note fit-reason', id: 'fit-reason' });
  store.watch(['activity', 'summary', 'inspection'], ({ activity, summary, inspection }) => {
    const cancelled = document.activeElement === cancel;
    cancel.hidden = activity === null;
    // Reading for results that stand already gives way to a new fit.
    // What is disabled loses the focus: whoever pressed the button by key still has it there when the fit is done.
    const isBusy = activity !== null && activity.label !== READING_AGAIN;
    go.disabled = !isFitting() && (!summary || inspection === null || isBusy);
    go.setAttribute('aria-disabled', String(isFitting()));
    if (cancelled && cancel.hidden) go.focus();
  });
  let said = '';
  store.watch(['summary', 'settings', 'designError'], (state) => {
    const why = fitReason(state);
    const key = JSON.stringify(why);
    if (key === said) return;
    said = key;
    if (why) go.setAttribute('aria-describedby', reason.id);
    else go.removeAttribute('aria-describedby');
    fill(
      reason,
      ...(why
        ? [
            `${why.text} `,
            element(
              'a',
              {
                href: '#formula',
                onclick: (event) => {
                  event.preventDefault();
                  goTo(why.field);
                },
              },
              why.link,
            ),
          ]
        : []),
    );
  });
  return { go, cancel, reason };
}

/** Unfolds what a field is in, and brings it into sight with the focus. */
function goTo(selector: string): void {
  const field = document.querySelector<HTMLElement>(selector) ?? document.querySelector<HTMLElement>('#formula');
  if (!field) return;
  for (let around = field.closest('details'); around; around = around.parentElement?.closest('details') ?? null) {
    around.open = true;
  }
  const control = field.matches('input, select') ? field : field.querySelector<HTMLElement>('input, select');
  (control ?? field).focus({ preventScroll: true });
  field.scrollIntoView({ block: 'center' });
}
