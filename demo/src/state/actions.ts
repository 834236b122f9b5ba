/** What the user can set going: opening data, checking a design, fitting. The store holds what comes of it. */

import { familyOfResponse, responseName } from '../model/family-proposal.ts';
import { formulaNames, leftOf } from '../model/formula-names.ts';
import { codedFactors, proposedLevels } from '../model/level-proposal.ts';
import { EXAMPLES } from '../protocol/examples.ts';
import { type NamedFile, withStores } from '../protocol/named-files.ts';
import type { DataSummary, FitOutcome, Roles } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { chooseTest } from '../results/results-view.ts';
import { startOfActivity } from './activity-start.ts';
import { type Client, errorReport, type Pending } from './client.ts';
import { filtersFor } from './fresh-filters.ts';
import { nextRun, readForResults, takeRun } from './reopening.ts';
import { holdsDataOf, isSameSource, rolesAmong } from './same-data.ts';
import { otherData } from './stale.ts';
import type { Store, Tried } from './store.ts';

export { errorReport };

/** Milliseconds of quiet after which a changed design is checked. */
const CHECK_AFTER = 250;

/** Words of formulas that are no columns: functions, their arguments, and numbers with a name. */
const LANGUAGE = new Set(
  `I poly ns bs log log2 log10 log1p sqrt exp abs sign floor ceiling round sin cos tan asin acos atan tanh sinpi cospi
   pmin pmax ifelse cut interaction scale factor ordered relevel within between offset cbind c
   df knots degree intercept Boundary.knots breaks labels levels right include.lowest sep ref base raw center
   TRUE FALSE NA Inf pi`.split(/\s+/),
);

export interface Actions {
  openFiles(files: readonly NamedFile[], roles?: Roles): Promise<void>;
  openExample(id: string): Promise<void>;
  /** Shows a saved session, and opens its data where they come along or are an example. */
  openSession(session: NamedFile, data: readonly NamedFile[]): Promise<void>;
  /** Reads the open data for the results on show, without fitting, where that is not done. */
  read(): Promise<void>;
  run(): Promise<void>;
  cancel(): void;
}

/** Models of a run that the test of interest finds. */
function foundCount({ table }: FitOutcome, condition: string, threshold: number): Omit<Tried, 'formula'> {
  const { tests, index, name } = chooseTest(table, '', condition);
  const width = tests.names.length;
  let [found, tested] = [0, 0];
  for (let m = 0; m < table.models; m++) {
    const adjusted = tests.adjustedP[m * width + index];
    if (adjusted <= threshold) found += 1;
    if (!Number.isNaN(adjusted)) tested += 1;
  }
  return { found, tested, test: name, threshold };
}

/** @param loadDesign loads the step that data lead to, so that it is there as soon as they are */
export function createActions(store: Store, client: Client, loadDesign: () => Promise<unknown>): Actions {
  let files: readonly NamedFile[] = [];

  async function open(
    label: string,
    source: NonNullable<typeof store.state.source>,
    work: () => Promise<Pending<DataSummary>>,
  ): Promise<void> {
    store.state.activity?.cancel();
    const started = startOfActivity();
    let cancelled = false;
    const show = (cancel: () => void): void => {
      store.set({ error: null, activity: { label, started, progress: null, cancel } });
    };
    show(() => {
      cancelled = true;
    });
    const own = (): boolean => store.state.activity?.started === started;
    try {
      const pending = await work();
      if (cancelled) pending.cancel();
      else show(() => pending.cancel());
      const [summary] = await Promise.all([pending.done, loadDesign()]);
      const { state } = store;
      const { source: before, results, design } = state;
      const same = before !== null && isSameSource(before, source);
      // Results that stood without their data bring their design along.
      const theirs = !same && results !== null && otherData({ ...state, source, summary, refusal: null }) === null;
      const wanted = theirs ? (design ?? results.settings) : state.settings;
      store.set({
        source,
        summary,
        live: false,
        refusal: null,
        activity: null,
        inspection: null,
        designError: null,
        settings: fittingSettings(wanted, summary, same || theirs),
        ...(same ? {} : { tried: [] }),
      });
    } catch (error) {
      const report = errorReport(error);
      if (!own()) return; // something else was opened meanwhile
      store.set({ activity: null, error: report.tag === 'AbortError' ? null : { ...report, step: 1 } });
      return;
    }
    await readForResults(store, client);
  }

  /** The settings of the same data stay where they make sense for the data, so that a session can go on after a reload. */
  function fittingSettings(settings: Settings, summary: DataSummary, same: boolean): Settings {
    const names = summary.columns.map(({ name }) => name);
    const known = (name: string): boolean => name === '' || names.includes(name);
    const fits = [...formulaNames(settings.formula)].every((word) => names.includes(word) || LANGUAGE.has(word));
    const leftSide = leftOf(settings.formula) !== '';
    if (same && settings.formula !== '' && fits && leftSide === (summary.kind === 'table') && known(settings.splitBy)) {
      return settings;
    }
    // Normalisation, layer, filters and splits of other data would be mistakes here.
    const { reading } = summary;
    const formula = reading?.formulas[0]?.formula ?? '';
    const response = summary.columns.find(({ name }) => name === responseName(formula));
    return {
      ...DEFAULT_SETTINGS,
      backend: settings.backend,
      formula,
      // What alone fits a response of texts; the design step says so.
      family: familyOfResponse(response),
      condition: reading?.layout.condition ?? '',
      levels: proposedLevels(summary),
      factors: codedFactors(reading, []),
      normalize: summary.looksLikeCounts === true ? 'log1p-cp10k' : 'none',
    };
  }

  let timer = 0;
  let latest = 0;
  store.watch(['settings', 'summary'], ({ settings, summary }) => {
    window.clearTimeout(timer);
    // What is still being looked at is of another design.
    const mine = ++latest;
    if (!summary || settings.formula.trim() === '') {
      store.set({ inspection: null, designError: null });
      return;
    }
    timer = window.setTimeout(() => {
      client.ask('inspect', { settings }).then(
        (inspection) => {
          if (mine === latest) store.set({ inspection, designError: null });
        },
        (error: unknown) => {
          if (mine === latest) store.set({ inspection: null, designError: errorReport(error) });
        },
      );
    }, CHECK_AFTER);
  });

  const actions: Actions = {
    openFiles: (named, roles) => {
      files = named;
      const names = withStores(named.map(({ name }) => name));
      const { results } = store.state;
      // What was which of the files of these results is what it is again.
      const known = results && isSameSource({ kind: 'files', names }, results.source);
      return open(`Reading ${names[0] ?? ''}`, { kind: 'files', names }, async () =>
        client.start('open', { files, roles: roles ?? (known ? rolesAmong(names, results.summary.roles) : null) }),
      );
    },
    async openSession(session, data) {
      const code = await import('./session-file.ts').catch((error: unknown) => {
        store.set({ error: { ...errorReport(error), step: 1 } });
        return null;
      });
      if (!(await code?.showSession(session.file, store))) return;
      if (data.length > 0) return actions.openFiles(data);
      const { results, source, summary } = store.state;
      if (!results) return;
      if (otherData(store.state) === null && summary) return actions.read();
      if (results.source.kind === 'example') return actions.openExample(results.source.names[0]);
      const names = withStores(files.map(({ name }) => name));
      // Its files are open in other roles.
      if (source?.kind === 'files' && summary && holdsDataOf(names, results))
        await actions.openFiles(files, rolesAmong(names, results.summary.roles));
    },
    read: () => readForResults(store, client),
    openExample: (id) => {
      const example = EXAMPLES.find((candidate) => candidate.id === id) ?? EXAMPLES[0];
      return open(`Opening ${example.title}`, { kind: 'example', names: [id] }, async () => {
        const fetched = await Promise.all(
          example.files.map(async ({ name, url }): Promise<NamedFile> => {
            const response = await fetch(url);
            if (!response.ok) throw new Error(`${name} is not on this server (${response.status})`);
            return { name, file: await response.blob() };
          }),
        );
        return client.start('example', { id, files: fetched });
      });
    },
    async run() {
      const { settings, summary, source } = store.state;
      if (!summary || !source) return;
      store.state.activity?.cancel();
      const started = startOfActivity();
      const run = nextRun();
      const pending = client.start('fit', { settings, run }, (progress) => {
        const { activity } = store.state;
        if (activity?.started === started) store.set({ activity: { ...activity, progress } });
      });
      store.set({
        error: null,
        activity: { label: 'Fitting', started, progress: null, cancel: () => pending.cancel() },
      });
      const own = (): boolean => store.state.activity?.started === started;
      try {
        const outcome = await pending.done;
        // Other data, a session or another fit have taken its place: the worker that holds it may be gone.
        if (!own()) return;
        takeRun(client, store, run);
        const kept = filtersFor(store.state, source, summary);
        const found = foundCount(outcome, settings.condition, kept.threshold);
        const others = store.state.tried.filter(({ formula }) => formula !== settings.formula);
        store.set({
          activity: null,
          tried: [...others, { formula: settings.formula, ...found }],
          results: { outcome, settings, source, summary, fitted: Date.now() },
          saved: false,
          ...kept,
          live: true,
          selected: [],
          search: '',
          split: '',
          gene: outcome.table.models === 1 ? 0 : null,
          view: outcome.table.models === 1 ? 'gene' : 'genes',
        });
      } catch (error) {
        const report = errorReport(error);
        if (!own()) return;
        store.set({
          activity: null,
          ...(report.tag === 'AbortError' ? {} : { error: { ...report, step: 3 } }),
        });
      }
    },
    cancel() {
      store.state.activity?.cancel();
    },
  };
  return actions;
}
