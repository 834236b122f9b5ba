/** R code of an analysis, with that of its model before it, made when it is opened. */

import { element, fill } from '../element.ts';
import { rKnown } from '../keep/r-known.ts';
import type { RKind } from '../keep/r-parts.ts';
import type { Results } from '../results/results-view.ts';
import { copyBlock } from './copy-block.ts';
import { notLoaded } from './lazy-pane.ts';

/** Lines of an analysis of the fit `m`. */
export type AnalysisLines = (code: typeof import('../keep/r-analyses.ts'), kind: RKind) => readonly string[];

/** @param model whose response the code is of; null where the analysis needs no model of one response */
export function rBlock(results: Results, model: number | null, lines: AnalysisLines): HTMLElement {
  let made = false;
  const place = element('div', {});
  const host = element(
    'details',
    {
      class: 'more r-code',
      ontoggle: () => {
        if (host.open && !made) make().catch(() => fill(place, notLoaded()));
      },
    },
    element('summary', {}, 'The same in R'),
    place,
  );
  async function make(): Promise<void> {
    const [analyses, { rCode, rKindOf }] = await Promise.all([
      import('../keep/r-analyses.ts'),
      import('../keep/r-code.ts'),
    ]);
    const { settings, summary, outcome } = results;
    const { responses, splits, coefficients } = outcome.table;
    const own = lines(analyses, rKindOf(settings, summary));
    const before =
      model === null
        ? []
        : [
            rCode(
              settings,
              summary,
              responses[model],
              splits?.[model] ?? null,
              coefficients.names,
              rKnown(results, model),
            ),
          ];
    made = true;
    fill(place, copyBlock('R', [...before, ...own].join('\n')));
  }
  return host;
}
