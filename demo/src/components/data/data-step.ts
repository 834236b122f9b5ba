/** Step 1: open files or an example, and see what is in them. */

import { checkBox, element, fill, selectBox } from '../../element.ts';
import { EXAMPLES } from '../../protocol/examples.ts';
import type { NamedFile } from '../../protocol/named-files.ts';
import type { ColumnSummary, DataSummary } from '../../protocol/protocol.ts';
import type { Context } from '../../state/context.ts';
import { droppedFiles, isGeneSetName, pickedFiles } from '../../state/dropped-files.ts';
import { sessionAmong } from '../../state/session-name.ts';
import { count, counted, shortNumber } from '../../words/number-text.ts';
import { isWarningNote, pageWords } from '../../words/page-words.ts';
import { step } from '../step.ts';
import { errorLines } from './run-step.ts';

/** Levels that a column shows. */
const SHOWN_LEVELS = 12;
/** Columns that the list of them shows. */
const SHOWN_COLUMNS = 200;

export function dataStep(context: Context): HTMLElement {
  const { store, actions } = context;
  let last: readonly NamedFile[] = [];
  const open = async (files: readonly NamedFile[]): Promise<void> => {
    const sets = files.find(({ name }) => isGeneSetName(name));
    if (sets) {
      // What is opened along with them says first what they can be tested by.
      const others = files.filter((file) => file !== sets);
      await open(others);
      if (others.length === 0 || store.state.error === null) takeGeneSets(store, sets);
      return;
    }
    if (files.length === 0) return;
    const session = await sessionAmong(files);
    if (session) {
      const data = files.filter((file) => file !== session);
      if (data.length > 0) last = data;
      await actions.openSession(session, data);
      return;
    }
    // Files that come after others join them, such as an annotation for the matrix before.
    const joins = store.state.source?.kind === 'files' && files.length === 1 && wantsAnnotation(store.state.summary);
    last = joins ? [...last, ...files] : files;
    await actions.openFiles(last);
  };
  const picker = element('input', {
    type: 'file',
    multiple: true,
    class: 'visually-hidden',
    id: 'files',
    onchange: () => {
      if (picker.files) void open(pickedFiles(picker.files));
      picker.value = '';
    },
  });
  const folder = element('input', {
    type: 'file',
    webkitdirectory: true,
    class: 'visually-hidden',
    id: 'folder',
    onchange: () => {
      if (folder.files) void open(pickedFiles(folder.files));
      folder.value = '';
    },
  });
  const zone = element(
    'div',
    { class: 'dropzone' },
    element('p', {}, element('strong', {}, 'Drop files here'), ', or '),
    element(
      'div',
      { class: 'row' },
      element('label', { class: 'button', for: 'files' }, 'Choose files'),
      element('label', { class: 'button quiet', for: 'folder' }, 'or a folder'),
    ),
    picker,
    folder,
    element(
      'p',
      { class: 'hint' },
      '.h5ad, .h5mu, .zarr, CellRanger .h5, 10x folders, .csv, .tsv, .parquet; a table of the cells beside a matrix; gene sets (.gmt); a saved session. Files are read on this computer, sent nowhere and not stored.',
    ),
  );
  const storing = storageBox(context);
  const over = (event: DragEvent, on: boolean): void => {
    event.preventDefault();
    zone.classList.toggle('over', on);
  };
  document.addEventListener('dragover', (event) => over(event, true));
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) over(event, false);
  });
  document.addEventListener('drop', (event) => {
    over(event, false);
    if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(open);
  });
  const examples = element(
    'div',
    { class: 'examples' },
    ...EXAMPLES.map(({ id, title, text }) =>
      element(
        'button',
        { type: 'button', class: 'card', 'data-example': id, onclick: () => void actions.openExample(id) },
        element('strong', {}, title),
        element('span', {}, text),
      ),
    ),
  );
  const found = element('div', { class: 'found' });
  const problem = element('div', { class: 'problem', role: 'alert' });
  const section = step(
    1,
    'Data',
    zone,
    element('p', { class: 'hint examples-hint' }, 'No data at hand? Try an example:'),
    examples,
    storing,
    problem,
    found,
  );
  store.watch(['error'], ({ error }) => {
    fill(problem, ...(error?.step === 1 ? errorLines(error) : []));
    if (error?.step !== 1) return;
    section.open = true;
    problem.scrollIntoView({ block: 'nearest' });
  });
  store.watch(['summary', 'source'], ({ summary, source, results }) => {
    section.classList.toggle('opened', summary !== null);
    if (summary) {
      fill(
        found,
        foundData(summary, (roles) => void actions.openFiles(last, roles)),
      );
    } else if (source?.kind === 'files' && results) {
      fill(
        found,
        element(
          'p',
          { class: 'note' },
          `The results are of ${source.names.join(', ')}. Open the files again for values and new fits.`,
        ),
      );
    } else fill(found);
  });
  return section;
}

/** Gene sets are tested where there are results of many, else after the next fit. */
function takeGeneSets(store: Context['store'], geneSets: NamedFile): void {
  const { results, summary } = store.state;
  const ofData = results !== null && (!summary || results.summary.name === summary.name);
  const ofOne = ofData ? results.outcome.table.models === 1 : summary?.kind === 'table';
  const ready = ofData && !ofOne;
  const message = ofOne
    ? `${geneSets.name} holds gene sets, which the ranks of many genes test: there is one response here`
    : `${geneSets.name} holds gene sets, which are tested once there are results of the open data`;
  const remedy = ofOne
    ? 'Open a matrix of cells or samples, or a table with a row for each gene, and fit; the sets are then under Gene sets.'
    : 'Fit; the sets are then under Gene sets.';
  const error = { tag: 'DataError', message, remedy, position: null, source: null, option: null, step: 1 } as const;
  store.set({ geneSets, ...(ready ? { view: 'sets' as const, error: null } : { error }) });
}

/** The choice whether anything may be stored. */
export function storageBox({ store }: Context): HTMLElement {
  const label = checkBox(
    'Keep settings and results in this browser, with the names of files, responses, units and columns in them but no values, until they are forgotten under Keep',
    true,
    (storing) => store.set({ storing }),
  );
  label.classList.add('storage');
  store.watch(['storing'], ({ storing }) => {
    for (const box of label.querySelectorAll('input')) box.checked = storing;
  });
  return label;
}

function wantsAnnotation(summary: DataSummary | null): boolean {
  return summary?.kind === 'matrix' && summary.columns.length === 0;
}

function foundData(summary: DataSummary, choose: (roles: DataSummary['roles']) => void): HTMLElement {
  const { kind, rows, rowNoun, responses, columns, layers, entries, roles, tables, looksLikeCounts } = summary;
  const facts: string[] = [];
  if (kind !== 'table') facts.push(counted(responses, kind === 'matrix' ? 'genes' : 'responses'));
  facts.push(counted(rows, rowNoun));
  facts.push(counted(columns.length, kind === 'table' ? 'columns' : 'annotation columns'));
  if (entries !== null) facts.push(`${count(entries)} entries`);
  if (looksLikeCounts === true) facts.push('counts');
  if (looksLikeCounts === false) facts.push('values that are no counts');
  if (layers.length > 0) facts.push(`layers ${layers.join(', ')}`);
  const parts: Node[] = [
    element('p', { class: 'file' }, element('strong', {}, summary.name)),
    element('p', { class: 'facts' }, facts.join(' · ')),
  ];
  if (tables.length > (kind === 'table' ? 1 : 0) && tables.length > 0) {
    const none = [['', 'none']] as const;
    const others = tables.filter((name) => name !== roles.data).map((name) => [name, name] as const);
    parts.push(
      selectBox('Annotation', [...none, ...others], roles.obs ?? '', (value) =>
        choose({ ...roles, obs: value === '' ? null : value }),
      ),
    );
  }
  const { modalities = [] } = summary;
  if (modalities.length > 0) {
    const names = modalities.map((name) => [name, name] as const);
    parts.push(selectBox('Modality', names, roles.modality ?? '', (modality) => choose({ ...roles, modality })));
  }
  if (kind === 'bulk' && tables.length > 2) {
    const data = tables.filter((name) => name !== roles.obs).map((name) => [name, name] as const);
    const weights = tables
      .filter((name) => name !== roles.data && name !== roles.obs)
      .map((name) => [name, name] as const);
    parts.push(
      selectBox('Values', data, roles.data, (value) =>
        choose({ ...roles, data: value, weights: roles.weights === value ? null : roles.weights }),
      ),
      selectBox('Weights by value', [['', 'none'], ...weights], roles.weights ?? '', (value) =>
        choose({ ...roles, weights: value === '' ? null : value }),
      ),
    );
    if (roles.weights !== null) {
      parts.push(element('p', { class: 'note' }, `Each value has the weight that ${roles.weights} gives it.`));
    }
  }
  for (const note of summary.notes)
    parts.push(element('p', { class: isWarningNote(note) ? 'note warning' : 'note' }, pageWords(note)));
  if (columns.length > 0) {
    parts.push(
      element(
        'details',
        { class: 'columns' },
        element(
          'summary',
          {},
          `${counted(columns.length, 'columns')}: ${columns
            .slice(0, 6)
            .map(({ name }) => name)
            .join(', ')}${columns.length > 6 ? ', …' : ''}`,
        ),
        // It scrolls by keyboard, too.
        element(
          'div',
          { class: 'column-list', tabindex: 0, role: 'region', 'aria-label': 'Columns' },
          element('dl', {}, ...columns.slice(0, SHOWN_COLUMNS).flatMap(columnEntry)),
        ),
      ),
    );
  }
  return element('div', { class: 'panel' }, ...parts);
}

function columnEntry({ name, kind, levels, distinct, range, missing, meant }: ColumnSummary): HTMLElement[] {
  const shown = levels.slice(0, SHOWN_LEVELS).map(({ label, count: rows }) => `${label} (${count(rows)})`);
  const text =
    levels.length === 0
      ? range && Number.isFinite(range[0])
        ? `${shortNumber(range[0])} to ${shortNumber(range[1])}`
        : 'no values'
      : `${shown.join(', ')}${distinct > shown.length ? `, … ${count(distinct)} levels` : ''}`;
  const lack = missing > 0 ? `; ${count(missing)} missing` : '';
  return [element('dt', {}, name, element('small', {}, kind)), element('dd', {}, meant ?? text + lack)];
}
