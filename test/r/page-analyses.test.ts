/** The R code that the page shows of its analyses, run by R behind that of the model, against the tables of the command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rComparison, rGeneSets, rMeans, rTermTests } from '../../demo/src/keep/r-analyses.ts';
import { rCode, rKindOf } from '../../demo/src/keep/r-code.ts';
import type { MeansQuestion } from '../../demo/src/protocol/analysis-protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { findR } from '../../scripts/find-r.mjs';
import { zScores } from '../../src/infer/camera-ranked.ts';
import { COMMAND, example } from '../cli/command.ts';
import { itUnless, lackingInR } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { copied, run, summaryOf } from './page-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-analyses-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Analysis {
  readonly name: string;
  readonly packages: readonly string[];
  readonly file: string;
  readonly settings: Partial<Settings>;
  readonly lines: (settings: Settings, summary: Awaited<ReturnType<typeof summaryOf>>) => readonly string[];
  /** Words of the command, and its table. */
  readonly words: readonly string[];
  readonly table: string;
  /** Columns of the command and of R, in pairs. */
  readonly columns: readonly (readonly [string, string])[];
}

const MEANS: MeansQuestion = {
  over: ['visit'],
  by: ['arm'],
  at: {},
  slopes: '',
  level: 0.95,
  adjust: 'tukey',
  type: 'link',
  reverse: true,
};
const TRIAL = { formula: 'score ~ base + arm * visit + (1 | subject)' };

const of = (settings: Partial<Settings>): string[] => ['--formula', settings.formula ?? ''];

const CASES: readonly Analysis[] = [
  {
    name: 'F tests of a linear mixed model',
    packages: ['lmerTest', 'pbkrtest'],
    file: 'visits.csv',
    settings: { formula: 'y ~ time * arm + age + (time | subject)' },
    lines: (settings, summary) => rTermTests(settings, summary, rKindOf(settings, summary)),
    words: ['--anova'],
    table: 'anova',
    columns: [
      ['statistic', 'F value'],
      ['den.df', 'DenDF'],
      ['p.value', 'Pr(>F)'],
    ],
  },
  {
    name: 'F tests beside structured residuals, by z',
    packages: ['nlme', 'emmeans'],
    file: 'trial.csv',
    settings: { formula: 'score ~ base + arm * visit', residual: 'ar1(visit | subject)', ddf: 'asymptotic' },
    lines: (settings, summary) => rTermTests(settings, summary, rKindOf(settings, summary)),
    words: ['--residual', 'ar1(visit | subject)', '--ddf', 'asymptotic', '--anova'],
    table: 'anova',
    columns: [['statistic', 'F.ratio']],
  },
  {
    name: 'comparisons of means by Tukey, within arms',
    packages: ['lmerTest', 'emmeans', 'pbkrtest'],
    file: 'trial.csv',
    settings: TRIAL,
    lines: (settings, summary) => rMeans(MEANS, settings, summary, rKindOf(settings, summary)),
    words: ['--emmeans', 'visit | arm', '--pairs-reverse'],
    table: 'pairs',
    columns: [
      ['estimate', 'estimate'],
      ['std.error', 'SE'],
      ['df', 'df'],
      ['p.adjusted', 'p.value'],
    ],
  },
  {
    name: 'rates at no offset',
    packages: ['lme4', 'emmeans'],
    file: 'counts.csv',
    settings: { formula: 'attacks ~ arm + (1 | patient) + offset(log(days))', family: 'poisson', ddf: 'asymptotic' },
    lines: (settings, summary) =>
      rMeans(
        { ...MEANS, over: ['arm'], by: [], type: 'response' },
        settings,
        summary,
        rKindOf(settings, summary),
      ).slice(0, 3),
    words: ['--family', 'poisson', '--ddf', 'asymptotic', '--emmeans', 'arm', '--type', 'response'],
    table: 'emmeans',
    columns: [
      ['rate', 'rate'],
      ['std.error', 'SE'],
    ],
  },
  {
    name: 'likelihood ratios of fixed effects',
    packages: ['lmerTest'],
    file: 'trial.csv',
    settings: TRIAL,
    lines: (settings, summary) => [
      ...rComparison(
        {
          formulas: [TRIAL.formula, 'score ~ base + arm + visit + (1 | subject)'],
          ...{ structures: '', families: '', method: 'ML', plain: false, draws: 0, rankBy: 'AIC' },
        },
        settings,
        rKindOf(settings, summary),
      ),
    ],
    words: ['--formula', 'score ~ base + arm + visit + (1 | subject)'],
    table: 'tests',
    columns: [
      ['chisq', 'Chisq'],
      ['p.value', 'Pr(>Chisq)'],
    ],
  },
];

const R = findR(['lme4']);

/** Numbers of the data frame that the code ends with, by column. */
function inR(code: readonly string[]): Map<string, number[]> {
  const last = code[code.length - 1];
  const lines = [
    'requireNamespace <- function(package, ...) package != "mmrm" && base::requireNamespace(package, ...)',
    ...code.slice(0, -1),
    `found <- as.data.frame(${last})`,
    'for (name in names(found)) cat("\\n<column>", name, format(as.numeric(found[[name]]), digits = 15), sep = "\\t")',
  ];
  writeFileSync(join(folder, 'analysis.R'), lines.join('\n'));
  const out = run(folder, R ?? 'R', ['--vanilla', '--no-echo', '-f', 'analysis.R']);
  return new Map(
    [...out.matchAll(/<column>\t([^\t]*)\t([^\n]*)/g)].map(([, name, values]) => [
      name,
      values
        .split('\t')
        .map((value) => Number(value.trim() === 'NA' ? Number.NaN : value))
        .filter((value) => !Number.isNaN(value)),
    ]),
  );
}

function ofCommand(words: readonly string[], table: string): Map<string, string[]> {
  const path = join(folder, 'of-command.tsv');
  run(folder, process.execPath, [COMMAND, ...words, '--out', `${table}=${path}`, '--quiet', '--no-notes']);
  const [head, ...lines] = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  return new Map(head.map((name, k) => [name, lines.map((line) => line[k])]));
}

/** Values in the order of the estimates: comparisons are listed in another order by R. */
function inOrder(values: readonly number[] = [], estimates?: readonly number[]): readonly number[] {
  if (!estimates) return values;
  return [...values.keys()].sort((i, j) => estimates[i] - estimates[j]).map((k) => values[k]);
}

describe('the R code of an analysis', () => {
  for (const entry of CASES) {
    const { name, packages, file, settings, lines, words, table, columns } = entry;
    itUnless(lackingInR(['lme4', ...packages]), `has the numbers of the command: ${name}`, async () => {
      copied(folder, [file]);
      const summary = await summaryOf(folder, [file]);
      const given: Settings = { ...DEFAULT_SETTINGS, ...settings };
      const theirs = inR([...rCode(given, summary, '', null).split('\n'), ...lines(given, summary)]);
      const ours = ofCommand([table === 'tests' ? 'compare' : 'fit', file, ...of(settings), ...words], table);
      for (const [own, their] of columns) {
        const a = inOrder(ours.get(own)?.map(Number), ours.get('estimate')?.map(Number));
        const b = inOrder(theirs.get(their), theirs.get('estimate'));
        expect(a.length, own).toBeGreaterThan(0);
        expect(b.length, `${own}: ${[...theirs.keys()].join(', ')}`).toBe(a.length);
        for (const [k, value] of a.entries()) {
          const scale = Math.max(Math.abs(b[k]), own === 'p.adjusted' ? 1 : 1e-12);
          expect(Math.abs(value - b[k]) / scale, `${own}: ${value} and ${b[k]}`).toBeLessThan(
            TOLERANCE.demo.reference.df,
          );
        }
      }
    });
  }

  describe('of gene sets', () => {
    let ours = new Map<string, string[]>();
    beforeAll(() => {
      const words = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k'];
      const model = ['--formula', '~ stim + (1 | donor)'];
      const names = (from: number): string =>
        Array.from({ length: 30 }, (_, k) => `GENE${String(from + k).padStart(3, '0')}`).join('\t');
      writeFileSync(join(folder, 'sets.gmt'), `first\tnone\t${names(1)}\nsecond\tnone\t${names(100)}\n`);
      const fitted = ofCommand([...words, ...model], 'tidy');
      const column = (name: string): string[] => fitted.get(name) ?? [];
      const rows = [...column('term').keys()].filter(
        (k) => column('term')[k] === 'stimstim' && column('p.value')[k] !== 'NA',
      );
      const numbers = (name: string): Float64Array => Float64Array.from(rows, (k) => Number(column(name)[k]));
      const scores = zScores(numbers('estimate'), numbers('log10p'));
      writeFileSync(join(folder, 'stimstim.rnk'), rows.map((k, i) => `${column('gene')[k]}\t${scores[i]}\n`).join(''));
      ours = ofCommand([...words, ...model, '--gene-sets', 'sets.gmt'], 'genesets');
    }, 120_000);

    itUnless(lackingInR(['limma']), 'has the numbers of the command: cameraPR on the ranked list', () => {
      const theirs = inR(rGeneSets('stimstim', 'sets.gmt', 0.01, 5));
      const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
      const p = sorted((ours.get('p.value') ?? []).filter((_, k) => ours.get('term')?.[k] === 'stimstim').map(Number));
      expect(p).toHaveLength(2);
      for (const [k, value] of sorted(theirs.get('PValue') ?? []).entries()) expect(value / p[k]).toBeCloseTo(1, 6);
    });
  });

  it('is none where R has no function for it', () => {
    const question = {
      formulas: [''],
      structures: 'us,ar1',
      families: '',
      method: 'REML',
      plain: true,
      draws: 0,
      rankBy: 'AIC',
    } as const;
    expect(rComparison(question, DEFAULT_SETTINGS, 'gls')[0]).toMatch(/^# fit each/);
  });
});
