/** Parts of views whose code is loaded when they are first shown. */

import { element } from '../../element.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { responseWords } from '../../words/result-words.ts';
import { lazySection, type Section } from '../lazy-pane.ts';
import type { ListedModels } from './listed-models.ts';

/** Intervals of the model on show, and of all models as files; without `one` the files alone. One response has its calibration here. */
export function lazyIntervals(context: Context, one: boolean): Section {
  const intervals = lazySection(async () => (await import('../one/interval-choice.ts')).intervalChoice(context, one));
  if (!one) return intervals;
  const calibration = lazyCalibration(context, true);
  return {
    host: element('div', {}, intervals.host, calibration.host),
    show(state) {
      intervals.show(state);
      calibration.show(state);
    },
  };
}

/** Calibration of the fits of one response, or of several. */
export function lazyCalibration(context: Context, single: boolean): Section {
  const section = lazySection(async () => (await import('./calibration-section.ts')).calibrationSection(context));
  return shownIf(section, ({ results }) => results !== null && responseWords(results).single === single);
}

/** Bootstrap beside the usual tests of several responses; those of one have both in their table of coefficients. */
export function lazyBootstrap(context: Context): Section {
  const section = lazySection(async () => (await import('./bootstrap-section.ts')).bootstrapSection(context));
  return shownIf(section, ({ results }) => {
    return results !== null && results.outcome.table.bootstrap !== null && !responseWords(results).single;
  });
}

/** Cross-validation of the models of a list, and terms left out one by one. */
export function lazyModelChoice(context: Context, listed: ListedModels): Section {
  return lazySection(async () => (await import('./model-choice.ts')).modelChoice(context, listed));
}

function shownIf({ host, show }: Section, applies: (state: State) => boolean): Section {
  return {
    host,
    show(state) {
      host.hidden = !applies(state);
      if (!host.hidden) show(state);
    },
  };
}
