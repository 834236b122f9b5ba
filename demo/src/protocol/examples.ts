/** The examples on the first screen. */

import visitsUrl from '../../../examples/visits.csv?url';

/** What `webgpu-lmm simulate --kind cells` is asked for to make the same cells. */
export const SIMULATED_CELLS = { genes: 2000, cells: 2400, donors: 12, density: 0.1, seed: 4 };

export interface Example {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** Files that the page fetches from its own server. */
  readonly files: readonly { readonly name: string; readonly url: string }[];
}

const { genes, cells, donors } = SIMULATED_CELLS;

export const EXAMPLES: readonly Example[] = [
  {
    id: 'cells',
    title: 'Single cells',
    text: `${genes.toLocaleString('en')} genes, ${cells.toLocaleString('en')} cells of ${donors} donors, each stimulated and not. Simulated in this page.`,
    files: [],
  },
  {
    id: 'visits',
    title: 'Repeated measures',
    text: 'A trial: 60 subjects in two arms, seen six times. One response with random intercepts and slopes.',
    files: [{ name: 'visits.csv', url: visitsUrl }],
  },
];
