/** What the page says of results in words: methods, options, captions, singular fits, names of files; R code as text. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chosenOptions } from '../../demo/src/keep/chosen-options.ts';
import { newShelf, wholeCaption } from '../../demo/src/keep/figure-shelf.ts';
import { fileStem, fileWord } from '../../demo/src/keep/file-stem.ts';
import { methodsOf } from '../../demo/src/keep/methods.ts';
import { rCode } from '../../demo/src/keep/r-code.ts';
import { levelDifference, quotedNames } from '../../demo/src/keep/r-contrasts.ts';
import { meansQuestions } from '../../demo/src/keep/terms-report.ts';
import { wrapped } from '../../demo/src/plots/caption.ts';
import { stripKind } from '../../demo/src/plots/distribution.ts';
import type { PlotHandle } from '../../demo/src/plots/index.ts';
import type { MeanFactors } from '../../demo/src/protocol/analysis-protocol.ts';
import type { DataSummary } from '../../demo/src/protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import { sessionAmong } from '../../demo/src/state/session-name.ts';
import { collectNotes } from '../../demo/src/words/collected-notes.ts';
import { singularWords } from '../../demo/src/words/singular-words.ts';
import { splitLabel, splitsText } from '../../demo/src/words/split-words.ts';
import { type FitTable, fit as fitTable, readDelimited } from '../../src/doors/node.ts';
import type { FamilyTable } from '../../src/types/fit-table.ts';

const SUMMARY: DataSummary = {
  kind: 'table',
  name: 'folder/trial data.csv',
  roles: { data: 'folder/trial data.csv', obs: null, weights: null },
  tables: [],
  rows: 12,
  responses: 0,
  rowNoun: 'rows',
  columns: [
    {
      name: 'arm',
      kind: 'factor',
      distinct: 2,
      levels: [
        { label: 'a', count: 6 },
        { label: 'b-c', count: 6 },
      ],
      missing: 0,
      range: null,
    },
  ],
  layers: [],
  looksLikeCounts: null,
  entries: null,
  notes: [],
  reading: null,
};

/** A response without differences between donors: its fit is singular. */
async function fitted(change: Partial<Settings> & Readonly<Record<string, unknown>> = {}): Promise<Results> {
  const lines = Array.from({ length: 24 }, (_, i) => {
    const noise = Math.sin(12.9898 * (i + 1)) * 43758.5453;
    const y = noise - Math.floor(noise);
    return `d${i % 6},${i % 2 === 0 ? 'a' : 'b-c'},${y.toFixed(4)},${(-y).toFixed(4)}`;
  });
  const text = `donor,arm,y,z\n${lines.join('\n')}\n`;
  const table = await readDelimited(new TextEncoder().encode(text));
  const settings = { ...DEFAULT_SETTINGS, formula: 'cbind(y, z) ~ arm + (1 | donor)', ...change } as Settings;
  const { method, ddf, adjust } = settings;
  const result = await fitTable(table, { formula: settings.formula, method, ddf, adjust, backend: 'cpu', threads: 1 });
  return {
    outcome: {
      ...{ table: result.table, notes: [], seconds: { read: 0, fit: 0 }, threads: 1, arithmetic: 'float64' },
      ...{ choice: '', fallback: null },
    },
    settings,
    source: { kind: 'files', names: ['trial data.csv'] },
    summary: SUMMARY,
    fitted: 0,
  };
}

function withTable(results: Results, change: Partial<FitTable>): Results {
  return { ...results, outcome: { ...results.outcome, table: { ...results.outcome.table, ...change } } };
}

describe('the methods paragraph', () => {
  it('cites what the run used, and nothing else', async () => {
    const { paragraph, references } = methodsOf(await fitted(), '1.2.3');
    expect(paragraph).toContain('cbind(y, z) ~ arm + (1 | donor), by restricted maximum likelihood [1]');
    expect(paragraph).toContain('Kenward and Roger [2]');
    expect(paragraph).toContain('Benjamini and Hochberg [3]');
    expect(paragraph).toContain('webgpu-lmm 1.2.3, in double precision');
    expect(references.map((text) => text.slice(0, 8))).toEqual(['Bates D,', 'Kenward ', 'Benjamin']);
    const other = methodsOf(await fitted({ ddf: 'satterthwaite', method: 'ML', adjust: 'holm' }), '1');
    expect(other.paragraph).toContain("Satterthwaite's degrees of freedom [2, 3]");
    expect(other.paragraph).toContain('by maximum likelihood');
    expect(other.references.some((text) => /Satterthwaite FE \(1946\)/.test(text))).toBe(true);
    expect(other.references.some((text) => /Kuznetsova.*2017/.test(text))).toBe(true);
    expect(other.references.some((text) => /Kenward|Benjamini/.test(text))).toBe(false);
  });

  it('names families, moderation, structures, weights and contrasts', async () => {
    const results = await fitted({
      contrasts: [{ name: 'late', expression: 'arm:b-c-a' }],
      weights: 'voom',
      where: "arm == 'a'",
    });
    const { table } = results.outcome;
    const nothing = new Float64Array(2);
    const tests = { ...table.coefficients, logOdds: nothing };
    const moderation = {
      ...{ robust: true, trend: false, residualDf: nothing, priorDf: nothing, priorVariance: nothing },
      ...{ posteriorVariance: nothing, coefficients: tests, contrasts: tests },
    };
    const contrasts = { ...table.contrasts, names: ['late'] };
    const { paragraph, references } = methodsOf(withTable(results, { moderation, contrasts }), '1');
    expect(paragraph).toMatch(/voom\) \[1\]/);
    expect(paragraph).toMatch(/as in limma \[4\], robustly \[5\]/);
    expect(paragraph).toContain('late (arm:b-c-a); differences of levels are of marginal means [6]');
    expect(references[3]).toMatch(/^Smyth GK \(2004\)/);
    const family: FamilyTable = {
      family: 'nbinom2',
      link: 'log',
      ...{ nodes: 1, parameters: nothing, dispersion: null, thresholds: null },
      ...{ conditionalStandardError: nothing, otherMinimum: nothing },
    };
    const counts = methodsOf(withTable(results, { family, ddf: 'asymptotic', method: 'ML' }), '1');
    expect(counts.paragraph).toContain(
      "negative binomial (variance μ + μ²/size) distribution and the link log, by Laplace's",
    );
    expect(counts.references.some((text) => /glmmTMB/.test(text))).toBe(true);
    expect(counts.references.some((text) => /lme4/.test(text))).toBe(false);
  });
});

describe('a singular fit', () => {
  it('is explained by what p rests on', async () => {
    const { outcome } = await fitted({ ddf: 'satterthwaite' });
    expect(outcome.table.singular[0]).toBe(1);
    const words = singularWords(outcome.table, 0);
    expect(words).toContain('The variance of donor is estimated as zero');
    expect(words).toContain('count rows, not groups');
    expect(singularWords({ ...outcome.table, ddf: 'kenward-roger' }, 0)).toContain(
      "Kenward-Roger's tests hold their level",
    );
    expect(singularWords({ ...outcome.table, singular: new Uint8Array(2) }, 0)).toBeNull();
  });
});

describe('what is kept', () => {
  it('has names that file systems take', () => {
    expect(fileStem({ summary: { name: 'a/b/trial data.csv.gz' } } as Results)).toBe('trial data');
    expect(fileStem(null)).toBe('results');
    expect(fileWord('gene/1:x.effects.donor.(Intercept)')).toBe('gene-1-x.effects.donor.-Intercept');
    expect(fileWord('../..')).toBe('figure');
  });

  it('has the options that are not as usual', () => {
    const chosen = chosenOptions({
      ...{ ...DEFAULT_SETTINGS, formula: 'y ~ a', factors: ['week'], codings: { a: 'sum' }, minCells: 3000 },
      ...{ family: 'nbinom2', link: 'log', nagq: 9, reml: true, offset: 'library', bootstrap: 1000 },
      contrasts: [{ name: 'late', expression: 'a:2-1' }],
    });
    expect(chosen.map(([, value]) => value)).toEqual([
      ...['y ~ a', 'counts that vary more (negative binomial, variance μ + μ²/size)', 'log mean', '9 nodes', 'yes'],
      ...['late = a:2-1', '3,000', 'log of the counts of each row', '1,000 draws'],
    ]);
    expect(chosen.every(([name]) => name.length > 0)).toBe(true);
    // Choices of lists have words of their own, none that are typed in a command.
    for (const [key, choices] of [
      ['normalize', ['log1p-cpm', 'log1p-cp10k']],
      ['moderate', ['plain', 'robust', 'trend', 'robust,trend']],
      ['ddf', ['kenward-roger', 'satterthwaite', 'between-within', 'asymptotic']],
      ['na', ['omit', 'per-response', 'fail']],
      ['adjust', ['holm', 'bonferroni', 'storey']],
      ['family', ['binomial', 'poisson', 'nbinom1', 'nbinom2', 'Gamma', 'beta', 'cumulative']],
      ['link', ['logit', 'probit', 'cloglog', 'log']],
      ['information', ['expected', 'observed']],
      ['weights', ['voom']],
      ['normFactors', ['tmm']],
      ['backend', ['cpu', 'webgpu']],
    ] as const) {
      for (const choice of choices) {
        const [[, text]] = chosenOptions({ ...DEFAULT_SETTINGS, [key]: choice });
        expect(text, `${key} ${choice}`).not.toBe(choice);
        expect(text).not.toMatch(/-cp|nbinom\d|robust,trend|per-response/);
      }
    }
    // Names of columns and files are what they are.
    const [[, column]] = chosenOptions({ ...DEFAULT_SETTINGS, weights: 'constructor' });
    expect(column).toBe('constructor');
  });

  it('has captions that say what they belong to, in lines', async () => {
    const results = await fitted();
    const make = (): PlotHandle => {
      throw new Error('not drawn');
    };
    const figure = { id: 'x', kind: 'x', title: 'y over time', caption: 'Lines.', make };
    const caption = wholeCaption(figure, results);
    expect(caption).toMatch(/^y over time\. Lines\. folder\/trial data\.csv; cbind\(y, z\) ~ arm/);
    const measure = (text: string): number => 7 * text.length;
    const lines = wrapped(`${caption} ${'x'.repeat(100)}`, 210, measure);
    expect(lines.every((line) => measure(line) <= 210)).toBe(true);
    expect(lines.join('').replaceAll(' ', '')).toBe(`${caption}${'x'.repeat(100)}`.replaceAll(' ', ''));
    const shelf = newShelf();
    shelf.put(results, 'values', [figure]);
    shelf.put(results, 'effects', [{ ...figure, id: 'e' }]);
    shelf.put(results, 'values', [{ ...figure, id: 'v' }]);
    expect(shelf.figures(results).map(({ id }) => id)).toEqual(['v', 'e']);
    expect(shelf.figures(await fitted())).toEqual([]);
    shelf.put(results, 'effects', []);
    expect(shelf.figures(results)).toHaveLength(1);
  });

  it('is drawn alike, by how many values most strips have', () => {
    expect(stripKind([3, 4, 200])).toBe('points');
    expect(stripKind([20, 30, 400])).toBe('points and box');
    expect(stripKind([20, 300, 400])).toBe('violin and box');
  });

  it('is known as a session by what is in it', async () => {
    const text = '{"format":"webgpu-lmm session","version":1,"settings":{},"results":null}';
    const packed = new Blob([new Uint8Array(gzipSync(text))]);
    for (const [name, file] of [
      ['download', packed],
      ['results (2).gz', packed],
      ['results.session.json', new Blob([text])],
      ['unpacked.json', new Blob([text])],
    ] as const) {
      expect((await sessionAmong([{ name, file }]))?.name, name).toBe(name);
    }
    const others = [
      { name: 'a.csv', file: new Blob([text]) },
      { name: 'b.json', file: new Blob(['{"other":1}']) },
      { name: 'c.gz', file: new Blob([new Uint8Array([0x1f, 0x8b, 1, 2, 3])]) },
      { name: 'empty', file: new Blob([]) },
    ];
    expect(await sessionAmong(others)).toBeNull();
  });
});

describe('notes', () => {
  it('stand once, those that differ in a number with how many there are', () => {
    const lost = (fold: number): string => `fold ${fold} of y ~ x cannot be scored: no fit of y without its rows`;
    const folds = Array.from({ length: 15 }, (_, k) => lost(k + 1));
    const notes = collectNotes(['left out 2 rows', ...folds, 'left out 2 rows', 'WARNING: few units'], (note) =>
      note.replace(/^WARNING: /, ''),
    );
    const numbers = Array.from({ length: 14 }, (_, k) => k + 1).join(', ');
    expect(notes).toEqual([
      { text: 'few units', isWarning: true, all: [] },
      { text: 'left out 2 rows (2 times)', isWarning: false, all: [] },
      { text: lost(1).replace('fold 1', `folds ${numbers} and 15`), isWarning: false, all: [] },
    ]);
  });

  it('keep every number where several differ', () => {
    const many = [1, 2, 3, 4].map((fold) => `fold ${fold}: no fit of ${10 * fold} responses, of gene${fold}`);
    const [note] = collectNotes(many, (text) => text);
    expect(note.text).toBe('fold 1: no fit of 10 responses, of gene1 (and 3 more like it)');
    expect(note.all).toEqual(many);
    // Two are no list.
    expect(collectNotes(many.slice(0, 2), (text) => text)).toHaveLength(2);
  });
});

describe('levels of a split', () => {
  it('are called as their column is', () => {
    expect([splitsText(3, 'cell_type'), splitsText(1, 'cell_type')]).toEqual(['3 cell types', '1 cell type']);
    expect([splitsText(2, 'site_id'), splitsText(2, 'batch'), splitsText(2, 'tissue')]).toEqual([
      ...['2 levels of site_id', '2 batches', '2 tissues'],
    ]);
    expect([splitLabel('B', 'cell_type'), splitLabel('liver', 'tissue'), splitLabel(null, '')]).toEqual([
      'cell type B',
      'tissue liver',
      '',
    ]);
  });

  it('are in the methods with what was fitted in them', async () => {
    const results = await fitted({ splitBy: 'cell_type' });
    const ofCells: Results = { ...results, summary: { ...results.summary, kind: 'matrix' } };
    const { table } = ofCells.outcome;
    const split = withTable(ofCells, { splits: ['A', 'B'], responses: ['y', 'y'], models: table.models });
    const { paragraph } = methodsOf(split, '1');
    expect(paragraph).toContain('Each of 1 gene in each of 2 cell types was fitted by');
    expect(paragraph).toContain('adjusted over the genes of each cell type by');
  });
});

describe('means in a report', () => {
  const factors = [
    { name: 'arm', levels: ['a', 'b'] },
    { name: 'visit', levels: ['1', '2'] },
  ];
  const of = (found: Partial<MeanFactors>, condition = '') =>
    meansQuestions(
      { factors, covariates: [{ name: 'time', values: [0, 1.5, 3] }], together: [], linked: false, ...found },
      { settings: { ...DEFAULT_SETTINGS, condition }, summary: SUMMARY },
    ).map(({ over, by, at, slopes }) => ({ over, by, at, slopes }));

  it('are of the condition within each visit', () => {
    expect(of({ together: [['arm', 'visit']] })).toEqual([{ over: ['arm'], by: ['visit'], at: {}, slopes: '' }]);
    expect(of({ together: [['arm', 'visit']] }, 'visit')[0]).toMatchObject({ over: ['visit'], by: ['arm'] });
    expect(of({})).toEqual([{ over: ['arm'], by: [], at: {}, slopes: '' }]);
    expect(of({ factors: [] })).toEqual([]);
  });

  it('are at some values of a covariate that it goes with, whose slopes are beside them', () => {
    expect(of({ together: [['time', 'arm']] })).toEqual([
      { over: ['arm'], by: ['time'], at: { time: ['0', '1.5', '3'] }, slopes: '' },
      { over: ['arm'], by: [], at: {}, slopes: 'time' },
    ]);
  });
});

describe('R code', () => {
  it('has contrasts with names that R reads', () => {
    const names = ['(Intercept)', 'time', 'armb-c', 'time:armb-c', 'age'];
    expect(quotedNames('armb-c + 2 * time:armb-c - age', names)).toBe('`armb-c` + 2 * `time:armb-c` - `age`');
    expect(quotedNames('`armb-c` / 2', names)).toBe('`armb-c` / 2');
    expect(quotedNames('times + time', names)).toBe('times + `time`');
    expect(levelDifference('arm:b-c-a', SUMMARY)).toEqual({ factor: 'arm', first: 'b-c', second: 'a' });
    expect(levelDifference('armb-c', SUMMARY)).toBeNull();
  });

  it('quotes what comes from the data', () => {
    const summary = {
      ...SUMMARY,
      kind: 'bulk',
      name: 'a"b.csv',
      roles: { data: 'a"b.csv', obs: 'o.csv', weights: null },
    } as const;
    const code = rCode({ ...DEFAULT_SETTINGS, formula: '~ arm + (1 | g)' }, summary, '");system("x', null);
    expect(code).toContain('read.csv("a\\"b.csv"');
    expect(code).toContain('values["\\");system(\\"x", rownames(d)]');
  });

  it('reads a 10x matrix where its files lie', () => {
    const of = (name: string): string => {
      const roles = { data: name, obs: 'obs.tsv', weights: null };
      return rCode(
        { ...DEFAULT_SETTINGS, formula: '~ arm + (1 | g)' },
        { ...SUMMARY, kind: 'matrix', name, roles },
        'y',
        null,
      );
    };
    expect(of('cells/matrix.mtx.gz')).toContain('folder <- "cells"');
    // Chosen one by one they have no folder, and the name of a file is none.
    expect(of('matrix.mtx.gz')).toContain('folder <- "."');
  });

  it('takes the package that has the model', () => {
    const of = (change: Readonly<Record<string, unknown>>, formula = 'y ~ arm + (1 | g)'): string =>
      rCode({ ...DEFAULT_SETTINGS, formula, ...change } as Settings, SUMMARY, 'y', null);
    expect(of({})).toContain("summary(m, ddf = 'Kenward-Roger')");
    expect(of({ weights: 'w' })).toContain("pbkrtest's Kenward-Roger leaves weights out");
    expect(of({}, 'y ~ arm')).toContain('lm(y ~ arm, d)');
    expect(of({ family: 'beta' })).toContain('glmmTMB(y ~ arm + (1 | g), d, family = beta_family())');
    expect(of({ family: 'binomial', link: 'probit' })).toContain(
      'glmer(y ~ arm + (1 | g), d, family = binomial(probit))',
    );
    expect(of({ family: 'poisson', reml: true })).toContain('REML = TRUE');
    expect(of({ residual: 'toep(v | g)' }, 'y ~ arm')).toContain(
      'mmrm(y ~ arm + toep(v | g), d, method = "Kenward-Roger", vcov = "Kenward-Roger-Linear")',
    );
    expect(of({ residual: 'ar1h(v | g)' }, 'y ~ arm')).toContain('corAR1(form = ~ visit_ | g)');
    expect(of({ residual: 'ar1(v | g)' })).toContain(
      'lme(y ~ arm, d, random = ~ 1 | g, correlation = corAR1(form = ~ visit_ | g)',
    );
    expect(of({ dispersion: '~ arm + v' })).toContain('dispformula = ~ arm + v');
    expect(of({ levels: { arm: ['b-c', 'a'] } })).toContain('factor(d[["arm"]], c("b-c", "a"))');
    expect(of({}, 'y ~ ns(time, 3) + (1 | g)')).toContain('library(splines)');
  });
});
