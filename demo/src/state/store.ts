/** The state of the page: one object, changed in one place, watched by key. */

import type { ExpressedBy } from '../protocol/analysis-protocol.ts';
import type { NamedFile } from '../protocol/named-files.ts';
import type { DataSummary, ErrorReport, Inspection, ProgressReport } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { type GeneFilters, NO_FILTERS } from '../results/gene-filters.ts';
import type { KeptAnswers } from '../results/kept-answers.ts';
import type { KeptChoices } from '../results/kept-choices.ts';
import type { Results, Source } from '../results/results-view.ts';

export const VIEWS = [
  'overview',
  'genes',
  'models',
  'means',
  'sets',
  'diagnostics',
  'gene',
  'keep',
  'compare',
] as const;
export type View = (typeof VIEWS)[number];

/** A formula that was fitted to the open data, and how many models its test found. */
export interface Tried {
  readonly formula: string;
  readonly test: string;
  readonly found: number;
  /** Models with this test. */
  readonly tested: number;
  readonly threshold: number;
}

/** An error with the step of the page that it belongs to. */
export type PlacedError = ErrorReport & { readonly step?: 1 | 3 };

/** The browser's WebGPU, and its threads. */
export interface DeviceReport {
  readonly available: boolean;
  readonly name: string;
  readonly software: boolean;
  readonly reason: string;
  readonly threads: number;
}

export interface Activity {
  readonly label: string;
  readonly started: number;
  readonly progress: ProgressReport | null;
  cancel(): void;
}

export interface State {
  readonly theme: 'auto' | 'light' | 'dark';
  readonly view: View;
  /** The view that was left for the one where results are kept: what a session opens with. */
  readonly leftView: View;
  readonly source: Source | null;
  readonly summary: DataSummary | null;
  readonly settings: Settings;
  readonly inspection: Inspection | null;
  readonly designError: ErrorReport | null;
  readonly activity: Activity | null;
  readonly error: PlacedError | null;
  /** Formulas fitted to the open data so far. */
  readonly tried: readonly Tried[];
  readonly device: DeviceReport | null;
  readonly results: Results | null;
  /** True while the worker holds the fits of `results`, so that genes, files and BLUPs can be had. */
  readonly live: boolean;
  /** Why the worker would not have the open data for these results; null where it was not asked, and where it took them. */
  readonly refusal: string | null;
  /** The design that came with the results of a session, for when their data are opened. */
  readonly design: Settings | null;
  /** Name of the coefficient or contrast that plots and table show; empty for the first of interest. */
  readonly test: string;
  /** Level of the split on show; empty for the first. */
  readonly split: string;
  readonly search: string;
  /** Models selected in a plot; empty for all. */
  readonly selected: readonly number[];
  /** Model on the gene page. */
  readonly gene: number | null;
  /** Adjusted p up to which a gene counts as found. */
  readonly threshold: number;
  readonly filters: GeneFilters;
  /** Of the results on show, by level of the condition; null until that is asked for. */
  readonly expressedBy: ExpressedBy | null;
  /** What was chosen in analyses beside these results, and what they found. */
  readonly choices: KeptChoices;
  readonly answers: KeptAnswers;
  /** A file of gene sets, to be tested by the results on show. */
  readonly geneSets: NamedFile | null;
  /** Whether settings and results may stay in this browser. */
  readonly storing: boolean;
  /** Whether the results on show are in a file or stored, so that leaving loses nothing. */
  readonly saved: boolean;
  /** The results that were last saved as a file. */
  readonly filed: Results | null;
}

export const INITIAL: State = {
  theme: 'auto',
  view: 'genes',
  leftView: 'genes',
  source: null,
  summary: null,
  settings: DEFAULT_SETTINGS,
  inspection: null,
  designError: null,
  activity: null,
  error: null,
  tried: [],
  device: null,
  results: null,
  live: false,
  refusal: null,
  design: null,
  test: '',
  split: '',
  search: '',
  selected: [],
  gene: null,
  threshold: 0.05,
  filters: NO_FILTERS,
  expressedBy: null,
  choices: {},
  answers: {},
  geneSets: null,
  storing: true,
  saved: true,
  filed: null,
};

type Watcher = (state: State, before: State) => void;

export class Store {
  #state: State = INITIAL;
  readonly #watchers: { readonly keys: readonly (keyof State)[]; readonly watcher: Watcher }[] = [];

  get state(): State {
    return this.#state;
  }

  set(change: Partial<State>): void {
    const before = this.#state;
    // What was counted of other results is none of these.
    const isOther = change.results !== undefined && change.results !== before.results;
    const counts = isOther ? { expressedBy: null, choices: {}, answers: {}, refusal: null, design: null } : {};
    const left = change.view === 'keep' && before.view !== 'keep' ? { leftView: before.view } : {};
    this.#state = { ...before, ...left, ...counts, ...change };
    const changed = (Object.keys(change) as (keyof State)[]).filter((key) => before[key] !== this.#state[key]);
    if (changed.length === 0) return;
    for (const { keys, watcher } of this.#watchers) {
      if (keys.some((key) => changed.includes(key))) watcher(this.#state, before);
    }
  }

  /** Calls back now, and whenever one of the keys changes. */
  watch(keys: readonly (keyof State)[], watcher: Watcher): void {
    this.#watchers.push({ keys, watcher });
    watcher(this.#state, this.#state);
  }

  filter(change: Partial<GeneFilters>): void {
    this.set({ filters: { ...this.#state.filters, ...change } });
  }

  /** Keeps a choice of an analysis with the results on show. */
  choose<P extends keyof KeptChoices>(part: P, change: NonNullable<KeptChoices[P]>): void {
    const { choices } = this.#state;
    this.set({ choices: { ...choices, [part]: { ...choices[part], ...change } } });
  }

  /** Keeps what an analysis found with the results on show. */
  answer(found: KeptAnswers): void {
    // Kept with the results, they are lost with them.
    this.set({ answers: { ...this.#state.answers, ...found }, saved: false });
  }

  setting(change: Partial<Settings>): void {
    this.set({ settings: { ...this.#state.settings, ...change } });
  }
}
