/** Where each page stands. `test/docs` asks that every page of docs/ does. */
import type { DefaultTheme } from 'vitepress';
import { COMMANDS } from './options.ts';
import { readRecords } from './records.ts';

/** Doors of the package and their pages in docs/api, which typedoc names by the modules of src/doors. */
export const DOORS = [
  ['webgpu-lmm', 'webgpu-lmm'],
  ['webgpu-lmm in Node', 'webgpu-lmm-in-Node'],
  ['webgpu-lmm/steps', 'webgpu-lmm/steps'],
  ['webgpu-lmm/parts', 'webgpu-lmm/parts'],
  ['webgpu-lmm/statistics', 'webgpu-lmm/statistics'],
] as const;

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

/** The sidebar of all pages: tasks first, then what is looked up. */
export function sidebar(): DefaultTheme.SidebarItem[] {
  return [
    {
      text: 'Start',
      items: [
        page('First fit', '/guides/first-fit'),
        page('Which random effects?', '/random-effects'),
        page('Formulas', '/formulas'),
        page('In the browser', '/guides/browser'),
        page('Coming from R', '/guides/coming-from-r'),
      ],
    },
    {
      text: 'Single cell',
      items: [
        page('Cells are no replicates', '/guides/single-cell'),
        page('Genes: moderation, q, voom', '/genomics'),
        page('Single-cell counts', '/single-cell-counts'),
        page('Pseudobulk', '/pseudobulk'),
        page('Calibration', '/calibration'),
      ],
    },
    {
      text: 'Repeated measures',
      items: [
        page('Repeated measures', '/repeated-measures'),
        page('Unequal variances', '/unequal-variances'),
        page('Couples', '/couples'),
        page('Structured residuals', '/residuals'),
      ],
    },
    { text: 'Counts, yes or no, grades', items: [page('Families', '/families')] },
    { text: 'Proteomics', items: [page('Proteins of paired samples', '/guides/proteomics')] },
    { text: 'EEG and reading times', items: [page('Subjects and items', '/guides/eeg')] },
    {
      text: 'Large data',
      items: [
        page('From one file to a cluster', '/guides/large-data'),
        page('Many files', '/many-files'),
        page('Clusters', '/clusters'),
        page('A workflow for cohorts', '/workflow'),
        page('The log of a run', '/run-log'),
        page('Moments on a device', '/device-moments'),
      ],
    },
    {
      text: 'Inference',
      items: [
        page('Tests of fixed effects', '/inference'),
        page('Intervals', '/intervals'),
        page('Comparing models', '/comparing-models'),
        page('Prediction and influence', '/prediction'),
      ],
    },
    {
      text: 'Other languages and the page',
      items: [page('Python', '/python'), page('R', '/r'), page('The browser application', '/demo')],
    },
    {
      text: 'Reference',
      items: [
        {
          text: 'Options',
          collapsed: true,
          items: COMMANDS.map((command) => page(command, `/reference/options/${command}`)),
        },
        page('Formats', '/formats'),
        page('Tables, JSON, statuses, exits', '/reference/outputs'),
        page('Mathematics', '/reference/mathematics'),
        {
          text: 'Library',
          link: '/api/',
          collapsed: true,
          items: DOORS.map(([text, link]) => page(text, `/api/${link}`)),
        },
        {
          text: 'Benchmarks',
          link: '/benchmarks/',
          collapsed: true,
          items: readRecords().map(({ name }) => page(name, `/benchmarks/${name}`)),
        },
      ],
    },
  ];
}
