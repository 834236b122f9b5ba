/** Gene sets: the sets of a `.gmt` file tested by the ranks of all genes, and the ranked list for other programs. */

import type { TestedGeneSets } from 'webgpu-lmm';
import { adjustLog10P, INTER_GENE_CORRELATION } from 'webgpu-lmm/statistics';
import { element, fill, saveBlob } from '../../element.ts';
import { directionOf, geneSetText, rankedListText } from '../../results/gene-set-file.ts';
import type { ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectNames } from '../../words/effect-words.ts';
import { count, counted, probability, shortNumber } from '../../words/number-text.ts';
import { pageWords } from '../../words/page-words.ts';
import { unitsLine } from '../../words/units-line.ts';
import type { Pane } from '../lazy-pane.ts';
import { rBlock } from '../r-block.ts';
import { tableBox } from '../table-box.ts';

/** Sets that the table shows. */
const SHOWN = 200;
/** Sets with fewer genes are left out unless told. */
const LEAST = 5;

export function geneSetView({ store, client }: Context): Pane {
  let view: ResultsView | null = null;
  let answer: TestedGeneSets | null = null;
  /** log10 of its adjusted p. */
  let adjusted = new Float64Array(0);
  /** What the answer is of. */
  let answered: unknown[] = [];
  let correlation = INTER_GENE_CORRELATION;
  let least = LEAST;
  let latest = 0;
  const problem = element('p', { class: 'note warning', role: 'alert' });
  const facts = element('p', { class: 'facts', role: 'status', id: 'gene-set-facts' });
  const units = element('p', { class: 'hint', id: 'gene-set-units' });
  const picker = element('input', {
    type: 'file',
    accept: '.gmt,.gz',
    class: 'visually-hidden',
    id: 'gene-set-file',
    onchange: () => {
      const [file] = picker.files ?? [];
      if (file) store.set({ geneSets: { name: file.name, file } });
      picker.value = '';
    },
  });
  /** The boxes show what was kept with results. */
  const boxes: (() => void)[] = [];
  /** `change` says what it takes where it does not take a number. */
  const numberBox = (label: string, hint: string, value: () => number, change: (value: number) => string | null) => {
    const box = element('input', { type: 'text', inputmode: 'decimal', class: 'short' });
    const write = (): void => {
      box.value = String(value());
    };
    write();
    boxes.push(write);
    box.addEventListener('change', () => {
      const typed = box.value.trim();
      const refused = change(typed === '' ? Number.NaN : Number(typed.replace(',', '.')));
      if (refused === null) store.choose('sets', { correlation, least });
      write();
      show();
      if (refused !== null) fill(problem, `“${typed}” is not taken: ${refused}.`);
    });
    return element('label', { class: 'field inline', title: hint }, element('span', {}, label), box);
  };
  const search = element('input', {
    type: 'search',
    placeholder: 'Search sets',
    'aria-label': 'Search sets',
    spellcheck: 'false',
    oninput: () => draw(),
  });
  const save = (parts: BlobPart[], name: string): void => saveBlob(new Blob(parts, { type: 'text/plain' }), name);
  const stem = (): string => (view?.test.name ?? 'genes').replace(/[^\p{L}0-9._-]+/gu, '_');
  const rankedList = element(
    'button',
    {
      type: 'button',
      'data-export': 'rnk',
      title: 'Genes with their z-scores, highest first: for GSEA and other programs that rank',
      onclick: () => {
        if (view) save([rankedListText(view)], `${stem()}.rnk`);
      },
    },
    'Ranked list (.rnk)',
  );
  const tableFile = element(
    'button',
    {
      type: 'button',
      'data-export': 'gene-sets tsv',
      disabled: true,
      onclick: () => {
        if (answer && view) save(geneSetText(view, answer), `${stem()}.gene-sets.tsv`);
      },
    },
    'Table (TSV)',
  );
  const table = element('div', {});
  const host = element(
    'div',
    { class: 'sets analysis' },
    element('h3', {}, 'Gene sets'),
    element(
      'p',
      { class: 'hint' },
      'Do the genes of a set stand higher or lower than all others? Genes are ranked by the test on show, each by the z-score of its p with the sign of its effect; a set is compared with the genes outside it, and the correlation between its genes widens the test (CAMERA, as cameraPR of limma). Drop a .gmt file on the page, for example from MSigDB, or choose one. It stays on this computer.',
    ),
    element(
      'div',
      { class: 'row tools' },
      element('label', { class: 'button', for: 'gene-set-file' }, 'Choose a .gmt file'),
      picker,
      numberBox(
        'Correlation of genes',
        'Between the genes of a set, when nothing is tested: 0.01 is usual, 0 takes genes for independent and finds too much',
        () => correlation,
        (value) => {
          if (!(Math.abs(value) < 1)) return 'a correlation lies between −1 and 1';
          correlation = value;
          return null;
        },
      ),
      numberBox(
        'Genes ≥',
        'Sets with fewer genes among the results are left out',
        () => least,
        (value) => {
          if (!(Number.isInteger(value) && value >= 1)) return 'a whole number from 1 on is needed';
          least = value;
          return null;
        },
      ),
      rankedList,
      tableFile,
    ),
    units,
    problem,
    facts,
    element('div', { class: 'row tools' }, search),
    table,
  );

  function draw(): void {
    const own = answer;
    tableFile.disabled = own === null;
    search.hidden = own === null;
    if (!own || !view) {
      fill(table);
      return;
    }
    const wanted = search.value.trim().toLowerCase();
    const found = [...own.sets.keys()].filter((k) => own.sets[k].name.toLowerCase().includes(wanted));
    const { threshold } = store.state;
    const heads = ['Set', 'Genes', 'Direction', 'Difference', 'p', 'adj. p'];
    const hints = [
      '',
      'Genes of the set that were tested',
      '',
      'Mean z-score inside less outside',
      '',
      'Benjamini and Hochberg over the sets',
    ];
    fill(
      table,
      tableBox(
        'Gene sets',
        element(
          'table',
          { id: 'gene-sets-table' },
          element(
            'thead',
            {},
            element(
              'tr',
              {},
              ...heads.map((text, k) =>
                element('th', { scope: 'col', title: hints[k], class: k === 0 || k === 2 ? '' : 'number' }, text),
              ),
            ),
          ),
          element('tbody', {}, ...found.slice(0, SHOWN).map((k) => setRow(own, k, threshold))),
        ),
        'gene-sets',
      ),
      inR(),
      found.length > SHOWN
        ? element('p', { class: 'hint' }, `${counted(found.length - SHOWN, 'sets')} more: search, or save the table.`)
        : null,
    );
  }

  /** Code that takes the ranked list and the sets as files. */
  function inR(): HTMLElement | null {
    const { results, geneSets } = store.state;
    if (!results || !geneSets) return null;
    return rBlock(results, null, (r) => r.rGeneSets(stem(), geneSets.name, correlation, least));
  }

  function setRow({ sets, tests, places }: TestedGeneSets, k: number, threshold: number): HTMLElement {
    const { size, difference, statistic, log10P, adjustedP, messages } = tests;
    const untested = messages[k];
    const numbers = [shortNumber(difference[k]), probability(log10P[k]), probability(adjusted[k])];
    return element(
      'tr',
      { class: adjustedP[k] <= threshold ? 'found' : '' },
      element(
        'th',
        { scope: 'row', title: sets[k].description },
        element(
          'button',
          {
            type: 'button',
            class: 'quiet',
            title: 'Show its genes',
            onclick: () => {
              const list = Array.from(places[k], (at) => view?.symbols[at] ?? '').join('\n');
              store.set({
                filters: { ...store.state.filters, list, listed: true },
                search: '',
                selected: [],
                view: 'genes',
              });
            },
          },
          sets[k].name,
        ),
      ),
      element('td', { class: 'number' }, count(size[k])),
      untested === null
        ? element('td', {}, directionOf(statistic[k]))
        : element('td', { title: untested }, 'not tested'),
      ...numbers.map((text) => element('td', { class: 'number' }, text)),
    );
  }

  async function test(shown: ResultsView, file: NonNullable<State['geneSets']>): Promise<void> {
    const mine = ++latest;
    fill(problem);
    fill(facts, `Testing the sets of ${file.name} …`);
    const { names, symbols, effect, log10P } = shown;
    const { results } = store.state;
    try {
      const found = await client.ask('geneSets', { file, names, labels: symbols, effect, log10P, correlation, least });
      if (mine !== latest) return;
      answer = found;
      adjusted = Float64Array.from(adjustLog10P(found.tests.log10P, 'BH'));
      const { leftOut } = found;
      const { adjustedP, messages } = found.tests;
      const untested = messages.filter((message) => message !== null);
      const passing = adjustedP.reduce((sum, p) => sum + (p <= store.state.threshold ? 1 : 0), 0);
      fill(
        facts,
        `${file.name}: ${count(passing)} of ${counted(found.sets.length - untested.length, untested.length > 0 ? 'tested sets' : 'sets')} at an adjusted p up to ${store.state.threshold}, by ${shown.table.moderation ? 'the moderated tests of ' : ''}“${results ? effectNames(results)(shown.test.name) : shown.test.name}”${shown.split === null ? '' : ` in ${shown.split}`}. ` +
          `${counted(found.ranked, shown.many)} ranked; the results have ${count(found.known)} of the ${count(found.named)} genes that the sets name` +
          `${leftOut > 0 ? `; ${counted(leftOut, 'sets')} with fewer than ${least} of them left out` : ''}` +
          `${untested.length > 0 ? `; ${counted(untested.length, 'sets')} not tested: ${[...new Set(untested)].join(', ')}` : ''}. Correlation ${correlation}.`,
      );
    } catch (error) {
      const { tag, message, remedy } = errorReport(error);
      if (mine !== latest) return;
      answer = null;
      fill(facts);
      if (tag === 'AbortError') answered = [];
      else fill(problem, `${pageWords(message)}${remedy === null ? '' : `. ${pageWords(remedy)}`}`);
    }
    draw();
  }

  function show(): void {
    const { geneSets: file, threshold } = store.state;
    if (!view) return;
    const wanted = [view, file, correlation, least, threshold];
    if (file && wanted.some((value, k) => value !== answered[k])) {
      // Places of an answer are those of its own view.
      if (answered[0] !== view || answered[1] !== file) answer = null;
      answered = wanted;
      draw();
      void test(view, file);
    } else draw();
  }
  return {
    host,
    show(next, { choices }) {
      view = next;
      ({ correlation = correlation, least = least } = choices.sets ?? {});
      for (const write of boxes) write();
      const { results } = store.state;
      const rests = results && unitsLine(results, 'The test that ranks the genes rests', next.test.name);
      units.textContent = rests ?? '';
      show();
    },
  };
}
