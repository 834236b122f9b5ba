/** The formula: a line of text with completion, and its mistakes shown where they stand. */

import { isFitError } from 'webgpu-lmm';
import { parseFormula } from 'webgpu-lmm/steps';
import { element, fill } from '../../element.ts';
import { quoteName } from '../../model/builder.ts';
import { familyChange, responseName } from '../../model/family-proposal.ts';
import type { DataSummary, ErrorReport } from '../../protocol/protocol.ts';
import type { Context } from '../../state/context.ts';
import { pageWords } from '../../words/page-words.ts';
import { describeError } from '../../worker/error-report.ts';
import { formulaField, setFormula } from '../formula-field.ts';

const FUNCTIONS = [
  'log',
  'log2',
  'log10',
  'log1p',
  'sqrt',
  'exp',
  'abs',
  'sin',
  'cos',
  'scale',
  'factor',
  'cut',
  'interaction',
  'ifelse',
  'poly',
  'ns',
  'bs',
  'I',
  'offset',
  'cbind',
];
/** Suggestions shown. */
const SHOWN = 8;
/** Characters of the formula shown before a mistake. */
const BEFORE = 24;

interface Suggestion {
  readonly text: string;
  readonly label: string;
  readonly kind: string;
}

export function formulaBox({ store }: Context): HTMLElement {
  const list = element('ul', { class: 'suggestions', role: 'listbox', id: 'suggestions', hidden: true });
  const input = formulaField({
    id: 'formula',
    'aria-autocomplete': 'list',
    'aria-controls': 'suggestions',
    'aria-haspopup': 'listbox',
    'aria-describedby': 'formula-error',
  });
  const error = element('div', { id: 'formula-error', class: 'formula-error', role: 'alert' });
  /** The last left side that was none in the making. */
  let response = '';
  let suggestions: Suggestion[] = [];
  let active = -1;

  const wordStart = (): number => {
    const before = input.value.slice(0, input.selectionStart ?? 0);
    return /(?:`[^`]*|[\p{L}_.][\p{L}0-9._]*)$/u.exec(before)?.index ?? before.length;
  };
  const close = (): void => {
    suggestions = [];
    active = -1;
    list.hidden = true;
    input.removeAttribute('aria-activedescendant');
  };
  const accept = (index: number): void => {
    const chosen = suggestions[index];
    if (!chosen) return;
    const from = wordStart();
    const at = input.selectionStart ?? input.value.length;
    input.setRangeText(chosen.text, from, at, 'end');
    if (chosen.text.endsWith('()'))
      input.setSelectionRange(from + chosen.text.length - 1, from + chosen.text.length - 1);
    close();
    commit();
  };
  const show = (): void => {
    fill(
      list,
      ...suggestions.map(({ label, kind }, i) =>
        element(
          'li',
          {
            role: 'option',
            id: `suggestion-${i}`,
            'aria-selected': i === active ? 'true' : 'false',
            onmousedown: (event) => {
              event.preventDefault();
              accept(i);
            },
          },
          element('span', {}, label),
          element('small', {}, kind),
        ),
      ),
    );
    list.hidden = suggestions.length === 0;
    if (active >= 0) input.setAttribute('aria-activedescendant', `suggestion-${active}`);
    else input.removeAttribute('aria-activedescendant');
  };
  const suggest = (): void => {
    const at = input.selectionStart ?? 0;
    const word = input.value.slice(wordStart(), at).replace(/^`/, '').toLowerCase();
    if (word === '') {
      close();
      return;
    }
    const columns = (store.state.summary?.columns ?? []).map(
      ({ name, kind }): Suggestion => ({ text: quoteName(name), label: name, kind }),
    );
    const functions = FUNCTIONS.map(
      (name): Suggestion => ({ text: `${name}()`, label: `${name}()`, kind: 'function' }),
    );
    const all = [...columns, ...functions].filter(({ label }) => label.toLowerCase() !== word);
    const starts = all.filter(({ label }) => label.toLowerCase().startsWith(word));
    const holds = all.filter(
      ({ label }) => !starts.some((s) => s.label === label) && label.toLowerCase().includes(word),
    );
    suggestions = [...starts, ...holds].slice(0, SHOWN);
    active = suggestions.length > 0 ? 0 : -1;
    show();
  };
  /** What the text itself gets wrong shows at once; what the data say of it comes from the worker. */
  const commit = (): void => {
    const { summary, settings } = store.state;
    const formula = input.value;
    const next = knownResponse(formula, summary);
    const change = summary && next !== null ? familyChange(summary, { ...settings, formula }, [response, next]) : {};
    store.setting({ formula, ...change });
    showError(syntaxError(input.value));
  };
  const showError = (report: ErrorReport | null): void => {
    input.setAttribute('aria-invalid', report ? 'true' : 'false');
    fill(error, ...(report ? errorLines(report, store.state.settings.formula) : []));
  };

  input.addEventListener('input', () => {
    commit();
    suggest();
  });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (suggestions.length === 0) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : -1;
      active = (active + step + suggestions.length) % suggestions.length;
      show();
    } else if (event.key === 'Tab' || event.key === 'Enter') accept(active);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
  });
  store.watch(['settings', 'designError', 'summary'], ({ settings, designError, summary }) => {
    setFormula(input, settings.formula);
    response = knownResponse(settings.formula, summary) ?? response;
    const empty = settings.formula.trim() === '';
    showError(empty || !summary ? null : (syntaxError(settings.formula) ?? designError));
  });
  return element(
    'div',
    { class: 'formula-box' },
    element('label', { for: 'formula' }, 'Formula'),
    element('div', { class: 'combobox' }, input, list),
    error,
  );
}

/** The left side of a formula where it is a column of a table, or a function of columns; null while it is being written. */
function knownResponse(formula: string, summary: DataSummary | null): string | null {
  const response = responseName(formula);
  const isColumn = summary?.columns.some(({ name }) => name === response);
  // Successes and failures are no number.
  return summary?.kind === 'table' && (isColumn || /^(?!cbind\b)[\w.]+\(.*\)$/.test(response)) ? response : null;
}

export function syntaxError(formula: string): ErrorReport | null {
  if (formula.trim() === '') return null;
  try {
    parseFormula(formula);
    return null;
  } catch (error) {
    if (!isFitError(error)) throw error;
    return describeError(error);
  }
}

/** What was written, the formula or a structure, with a mark under the mistake, what is wrong, and what to do. */
export function errorLines({ message, remedy, position, source }: ErrorReport, formula: string): HTMLElement[] {
  const lines: HTMLElement[] = [];
  const text = source ?? formula;
  if (position !== null) {
    const from = Math.max(0, position - 1 - BEFORE);
    const lead = from > 0 ? '… ' : '';
    const mark = `${' '.repeat(lead.length + position - 1 - from)}^`;
    lines.push(element('pre', { 'aria-hidden': 'true' }, `${lead}${text.slice(from)}\n${mark}`));
  }
  lines.push(element('p', {}, pageWords(message)));
  if (remedy !== null) lines.push(element('p', { class: 'remedy' }, pageWords(remedy)));
  return lines;
}
