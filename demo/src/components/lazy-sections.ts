/** Parts of views whose code is loaded when they are first shown. */

import type { Context } from '../context.ts';
import { element, fill } from '../element.ts';
import type { State } from '../store.ts';

export interface Section {
  readonly host: HTMLElement;
  show(state: State): void;
}

/** Intervals of the model on show, and of all models as files; without `one` the files alone. */
export function lazyIntervals(context: Context, one: boolean): Section {
  return lazySection(async () => (await import('./interval-choice.ts')).intervalChoice(context, one));
}

export function lazyCalibration(context: Context): Section {
  return lazySection(async () => (await import('./calibration-section.ts')).calibrationSection(context));
}

/** Nothing where the fit has no bootstrap. */
export function lazyBootstrap(context: Context): Section {
  const section = lazySection(async () => (await import('./bootstrap-section.ts')).bootstrapSection(context));
  return {
    host: section.host,
    show(state) {
      const drawn = state.results?.outcome.table.bootstrap ?? null;
      section.host.hidden = drawn === null;
      if (drawn) section.show(state);
    },
  };
}

function lazySection(load: () => Promise<Section>): Section {
  const host = element('div', { class: 'lazy-section' });
  let section: Section | null = null;
  let asked = false;
  let last: State | null = null;
  return {
    host,
    show(state) {
      last = state;
      if (section) {
        section.show(state);
        return;
      }
      if (asked) return;
      asked = true;
      load().then(
        (made) => {
          section = made;
          fill(host, made.host);
          if (last) made.show(last);
        },
        () => {
          asked = false;
          fill(
            host,
            element('p', { class: 'note warning' }, 'A part of this view could not be loaded: reload the page.'),
          );
        },
      );
    },
  };
}
