/** A part of the page of a gene that is computed when it is opened. */

import { element, fill } from '../../element.ts';
import type { FigureShelf, ShelfFigure } from '../../keep/figure-shelf.ts';
import type { Results, ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';

/** What a section is about. */
export interface SectionSubject {
  readonly model: number;
  readonly label: string;
  readonly results: Results;
  readonly view: ResultsView;
}

export interface SectionContent {
  readonly nodes: readonly Node[];
  /** Called when the nodes are in the page. */
  start(): void;
  destroy(): void;
}

/** Puts the figures of a section on the shelf, as long as it shows its subject. */
export type KeepFigures = (figures: readonly ShelfFigure[]) => void;

export interface DemandSection {
  readonly host: HTMLDetailsElement;
  /** Shows another subject, or none; what is open is computed anew. */
  show(subject: SectionSubject | null): void;
}

export function demandSection(
  id: string,
  title: string,
  hint: string,
  load: (subject: SectionSubject, keep: KeepFigures) => Promise<SectionContent>,
  shelf: FigureShelf,
): DemandSection {
  const body = element('div', { class: 'demand-body' });
  const host = element(
    'details',
    { class: 'demand', id },
    element('summary', {}, element('strong', {}, title), element('span', { class: 'hint' }, hint)),
    body,
  );
  let subject: SectionSubject | null = null;
  let made: SectionContent | null = null;
  let latest = 0;
  const clear = (): void => {
    latest += 1;
    made?.destroy();
    made = null;
    fill(body);
    host.removeAttribute('data-done');
  };
  const open = async (): Promise<void> => {
    if (subject === null || !host.open || made !== null) return;
    const mine = ++latest;
    const { results } = subject;
    fill(body, element('p', { class: 'note', role: 'status' }, 'Computing …'));
    try {
      const content = await load(subject, (figures) => {
        if (mine === latest) shelf.put(results, id, figures);
      });
      if (mine !== latest) {
        content.destroy();
        return;
      }
      made = content;
      fill(body, ...content.nodes);
      content.start();
    } catch (error) {
      if (mine !== latest) return;
      const { message, remedy } = errorReport(error);
      fill(body, element('p', { class: 'note', role: 'alert' }, `${message}${remedy === null ? '' : `. ${remedy}`}`));
    }
    host.dataset['done'] = 'true';
  };
  host.addEventListener('toggle', () => {
    if (host.open) void open();
    else clear();
  });
  return {
    host,
    show(next) {
      clear();
      subject = next;
      void open();
    },
  };
}
