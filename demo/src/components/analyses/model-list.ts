/** The formulas beside the one that is fitted: typed, or taken from those that fit the design or were tried before. */

import { element, fill } from '../../element.ts';
import { exposureOf, withExposure } from '../../model/exposure.ts';
import { residualChoice, withoutSubject } from '../../model/residual-structures.ts';
import type { ErrorReport } from '../../protocol/protocol.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import { errorLines, syntaxError } from '../design/formula-box.ts';
import { formulaField } from '../formula-field.ts';

/** Formulas that are offered. */
const OFFERED = 6;

export interface ModelList {
  readonly host: HTMLElement;
  /** Formulas of the list that are no mistakes, the fitted one first, each once. */
  formulas(): string[];
  /** Whether one of the list is a mistake. */
  wrong(): boolean;
  /** Those of the list as they were typed, without the fitted one. */
  typed(): string[];
  /** Begins anew with the results on show and formulas that were kept with them. */
  reset(formulas: readonly string[]): void;
}

interface Entry {
  formula: string;
  error: ErrorReport | null;
  /** Shows the error where the formula stands, so that what has the focus keeps it. */
  show: () => void;
}

const squeezed = (formula: string): string => formula.replace(/\s+/g, '');

export function modelList({ store, client }: Context, onChange: () => void): ModelList {
  const host = element('div', { class: 'model-list' });
  let entries: Entry[] = [];
  const fitted = (): string => store.state.results?.settings.formula ?? '';

  /** Where a structure of the residuals stands in the place of random effects, no formula with these can be fitted beside it. */
  function besideFitted(formula: string): string {
    const subject = residualChoice(store.state.results?.settings.residual ?? '')?.subject ?? '';
    return withoutSubject(fitted(), subject) === fitted().trim() ? withoutSubject(formula, subject) : formula;
  }

  /** Those that fit the design, and those tried before, that are not in the list. */
  function offered(): string[] {
    const { summary, results, tried } = store.state;
    const exposure = exposureOf(fitted());
    const proposals = ((summary ?? results?.summary)?.reading?.formulas ?? []).map(({ formula }) =>
      withExposure(formula, exposure),
    );
    const listed = new Set([fitted(), ...entries.map(({ formula }) => formula)].map(squeezed));
    const all = [...tried.map(({ formula }) => formula).reverse(), ...proposals].map(besideFitted);
    const own = all.filter((formula, k) => all.findIndex((other) => squeezed(other) === squeezed(formula)) === k);
    return own.filter((formula) => !listed.has(squeezed(formula))).slice(0, OFFERED);
  }

  /** What the text gets wrong shows at once, what the data say of it as soon as the worker has looked. */
  async function check(entry: Entry): Promise<void> {
    const { formula } = entry;
    entry.error = syntaxError(formula);
    const { results, live } = store.state;
    if (!entry.error && formula.trim() !== '' && live && results) {
      const settings = { ...results.settings, formula, contrasts: [] };
      const error = await client.ask('inspect', { settings }).then(() => null, errorReport);
      if (entry.formula !== formula) return;
      entry.error = error;
    }
    entry.show();
    onChange();
  }

  function add(formula: string): void {
    const entry: Entry = { formula, error: null, show: () => {} };
    entries.push(entry);
    draw();
    onChange();
    if (formula === '') host.querySelector<HTMLInputElement>('li:last-child input')?.focus();
    else void check(entry);
  }

  function line(entry: Entry, k: number): HTMLElement {
    const id = `model-error-${k + 2}`;
    const problem = element('div', { class: 'formula-error', id, role: 'alert' });
    const input = formulaField({ 'aria-label': `Formula of model ${k + 2}`, 'aria-describedby': id });
    input.value = entry.formula;
    input.addEventListener('change', () => {
      entry.formula = input.value;
      void check(entry);
    });
    entry.show = () => {
      input.setAttribute('aria-invalid', String(entry.error !== null));
      fill(problem, ...(entry.error ? errorLines(entry.error, entry.formula) : []));
    };
    entry.show();
    const remove = (): void => {
      entries = entries.filter((other) => other !== entry);
      draw();
      onChange();
    };
    return element(
      'li',
      {},
      element('span', { class: 'model-number' }, `Model ${k + 2}`),
      input,
      element(
        'button',
        { type: 'button', class: 'quiet', 'aria-label': `Remove model ${k + 2}`, onclick: remove },
        'Remove',
      ),
      problem,
    );
  }

  function draw(): void {
    const others = offered();
    fill(
      host,
      element(
        'ol',
        {},
        element(
          'li',
          {},
          element('span', { class: 'model-number' }, 'Model 1'),
          element('code', {}, fitted()),
          element('span', { class: 'hint' }, 'fitted'),
        ),
        ...entries.map(line),
      ),
      element(
        'div',
        { class: 'row model-offers' },
        element('button', { type: 'button', id: 'add-model', onclick: () => add('') }, 'Add a formula'),
        ...others.map((formula) =>
          element(
            'button',
            { type: 'button', class: 'quiet offered', title: 'Compare with this one too', onclick: () => add(formula) },
            `+ ${formula}`,
          ),
        ),
      ),
    );
  }

  return {
    host,
    formulas() {
      const good = entries.filter(({ formula, error }) => formula.trim() !== '' && !error);
      const all = [fitted(), ...good.map(({ formula }) => formula)];
      return all.filter((formula, k) => all.findIndex((other) => squeezed(other) === squeezed(formula)) === k);
    },
    wrong: () => entries.some(({ error }) => error !== null),
    typed: () => entries.map(({ formula }) => formula).filter((formula) => formula.trim() !== ''),
    reset(formulas) {
      entries = formulas.map((formula): Entry => ({ formula, error: syntaxError(formula), show: () => {} }));
      draw();
      for (const entry of entries) void check(entry);
    },
  };
}
