/** The document of a report, and what its parts are made with. Text is only ever set as text. */

import type { ShelfFigure } from './figure-shelf.ts';
import { withPlot } from './figures.ts';
import { STYLE } from './report-style.ts';
import { lines, type Make, scrolled } from './report-tables.ts';

export interface ReportPage {
  readonly body: HTMLElement;
  readonly make: Make;
  list(items: readonly (string | readonly [string, readonly string[]])[], kind?: 'ul' | 'ol'): HTMLElement;
  /** Names with what they are. */
  facts(pairs: readonly (readonly [string, string])[]): HTMLElement;
  /** Draws a figure, with its caption; its tables come behind it. */
  drawing(figure: ShelfFigure): Promise<HTMLElement[]>;
  /** The whole as a file. */
  html(): string;
}

export function reportPage(title: string): ReportPage {
  const report = document.implementation.createHTMLDocument(title);
  report.documentElement.lang = 'en';
  const make: Make = (tag, text = '') => {
    const made = report.createElement(tag);
    made.textContent = text;
    return made;
  };
  const meta = (attributes: Readonly<Record<string, string>>): void => {
    const made = make('meta');
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    report.head.prepend(made);
  };
  meta({ name: 'viewport', content: 'width=device-width, initial-scale=1' });
  meta({
    'http-equiv': 'Content-Security-Policy',
    content: "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  });
  meta({ charset: 'utf-8' });
  return {
    body: report.body,
    make,
    list(items, kind = 'ul') {
      const made = make(kind);
      for (const item of items) {
        const [text, more] = typeof item === 'string' ? [item, []] : item;
        const line = make('li', text);
        if (more.length > 0) {
          const own = make('ul');
          own.append(...more.map((one) => make('li', one)));
          line.append(own);
        }
        made.append(line);
      }
      return made;
    },
    facts(pairs) {
      const made = make('table');
      made.className = 'facts';
      for (const [name, value] of pairs) {
        const row = make('tr');
        const head = make('th', name);
        head.scope = 'row';
        row.append(head, make('td', value));
        made.append(row);
      }
      return scrolled(made, '', make);
    },
    async drawing(figure) {
      const svg = await withPlot(figure.make, (plot) => plot.toSvg());
      const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
      const made = make('figure');
      if (parsed.querySelector('parsererror') === null) made.append(report.importNode(parsed.documentElement, true));
      made.append(make('figcaption', `${figure.title}. ${figure.caption}`));
      const tables = figure.tables ?? [];
      return [made, ...tables.flatMap(({ title, head, rows }) => [make('h3', title), lines(rows, head, title, make)])];
    },
    html() {
      // Put in as text: the page's policy holds for documents made in it, and forbids styles there.
      const html = report.documentElement.outerHTML.replace('</head>', () => `<style>${STYLE}</style></head>`);
      return `<!doctype html>\n${html}`;
    },
  };
}
