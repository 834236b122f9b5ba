/** The R code that the page shows of its analyses, run by R behind that of the model, against the tables of the command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denominators, rComparison, rGeneSets, rMeans, rTermTests } from '../../demo/src/keep/r-analyses.ts';
import { rCode, rKindOf } from '../../demo/src/keep/r-code.ts';
import type { MeansQuestion } from '../../demo/src/protocol/analysis-protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { findR } from '../../scripts/find-r.mjs';
import { zScores } from '../../src/infer/camera-ranked.ts';
import type { OutputColumn } from '../../src/result/output-table.ts';
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
  readonly lines: (
    settings: Settings,
    summary: Awaited<ReturnType<typeof summaryOf>>,
    ours: ReadonlyMap<string, readonly string[]>,
  ) => readonly string[];
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

/** A number as the command and R write it. */
const numberOf = (text: string): number => Number(text.trim().replace('Inf', 'Infinity').replace('NA', 'NaN'));

const WALD: Analysis['columns'] = [
  ['num.df', 'num'],
  ['den.df', 'den'],
  ['statistic', 'F'],
  ['p.value', 'p'],
];

/** Tests of the terms, with the degrees of freedom of the command's table. */
const termTests: Analysis['lines'] = (settings, summary, ours) => {
  const columns: OutputColumn[] = [
    { name: 'den.df', kind: 'number', values: Float64Array.from(ours.get('den.df') ?? [], numberOf) },
  ];
  const degrees = denominators({ columns, rows: columns[0].values.length }, '', null);
  return rTermTests(settings, summary, rKindOf(settings, summary), degrees);
};

const CASES: readonly Analysis[] = [
  {
    name: 'F tests of a linear mixed model',
    packages: ['lmerTest', 'pbkrtest'],
    file: 'visits.csv',
    settings: { formula: 'y ~ time * arm + age + (time | subject)' },
    lines: termTests,
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
    packages: ['nlme'],
    file: 'trial.csv',
    settings: { formula: 'score ~ base + arm * visit', residual: 'ar1(visit | subject)', ddf: 'asymptotic' },
    lines: termTests,
    words: ['--residual', 'ar1(visit | subject)', '--ddf', 'asymptotic', '--anova'],
    table: 'anova',
    columns: WALD,
  },
  ...[
    {
      name: 'F tests of a covariate beside arms, of binary responses',
      packages: [],
      file: 'clinic.csv',
      settings: { formula: 'well ~ week * arm + severity + (1 | patient)', family: 'binomial' as const },
      words: ['--family', 'binomial'],
    },
    {
      name: 'F tests of grades',
      packages: ['ordinal'],
      file: 'grades.csv',
      settings: { formula: 'grade ~ week * arm + (1 | patient)', family: 'cumulative' as const },
      words: ['--family', 'cumulative'],
    },
    {
      name: 'F tests of counts of few patients, by t',
      packages: ['glmmTMB'],
      file: 'counts.csv',
      settings: {
        formula: 'attacks ~ base * arm + visit + (1 | patient)',
        family: 'nbinom2' as const,
        ddf: 'between-within' as const,
      },
      words: ['--family', 'nbinom2', '--ddf', 'between-within'],
    },
    {
      name: 'F tests of least squares, in the coding of Helmert',
      packages: [],
      file: 'trial.csv',
      settings: { formula: 'score ~ base * visit + arm:visit', codings: { visit: 'helmert' as const } },
      words: ['--coding', 'visit=helmert'],
    },
    {
      name: 'F tests between and within subjects',
      packages: ['lmerTest'],
      file: 'trial.csv',
      settings: { formula: 'score ~ base * visit + arm * sex + (1 | subject)', ddf: 'between-within' as const },
      words: ['--ddf', 'between-within'],
    },
    {
      name: 'F tests beside structured residuals, by Satterthwaite',
      packages: ['nlme'],
      file: 'trial.csv',
      settings: {
        formula: 'score ~ base * arm + arm * visit',
        residual: 'ar1h(visit | subject)',
        ddf: 'satterthwaite' as const,
      },
      words: ['--residual', 'ar1h(visit | subject)', '--ddf', 'satterthwaite'],
    },
  ].map(
    ({ words, ...own }): Analysis => ({
      ...own,
      lines: termTests,
      words: [...words, '--anova'],
      table: 'anova',
      columns: WALD,
    }),
  ),
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

/** Numbers of a data frame by column, or what R said. */
type Found = ReadonlyMap<string, number[]> | string;

/** What each code ends with, a data frame: all in one R, whose packages take seconds to load. */
function inR(codes: readonly (readonly string[])[]): Found[] {
  const lines = codes.map((code, k) =>
    [
      'tryCatch(local({',
      'requireNamespace <- function(package, ...) package != "mmrm" && base::requireNamespace(package, ...)',
      ...code.slice(0, -1),
      `found <- as.data.frame(${code[code.length - 1]})`,
      `for (name in names(found)) cat("\\n<column ${k}>", name, format(as.numeric(found[[name]]), digits = 15), sep = "\\t")`,
      `}), error = function(e) cat("\\n<error ${k}>\\t", conditionMessage(e)))`,
    ].join('\n'),
  );
  writeFileSync(join(folder, 'analysis.R'), lines.join('\n'));
  const out = run(folder, R ?? 'R', ['--vanilla', '--no-echo', '-f', 'analysis.R']);
  return codes.map((_, k) => {
    const error = new RegExp(`<error ${k}>\\t(.*)`).exec(out);
    if (error) return error[1];
    return new Map(
      [...out.matchAll(new RegExp(`<column ${k}>\\t([^\\t]*)\\t([^\\n]*)`, 'g'))].map(([, name, values]) => [
        name,
        values
          .split('\t')
          .map(numberOf)
          .filter((value) => !Number.isNaN(value)),
      ]),
    );
  });
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
  const lacking = new Map(CASES.map((entry) => [entry, lackingInR(['lme4', ...entry.packages])]));
  const here = CASES.filter((entry) => lacking.get(entry) === null);
  const commands: ReadonlyMap<string, string[]>[] = [];
  const codes: string[][] = [];
  let found: readonly Found[] = [];
  beforeAll(async () => {
    for (const { file, settings, lines, words, table } of here) {
      copied(folder, [file]);
      const summary = await summaryOf(folder, [file]);
      const given: Settings = { ...DEFAULT_SETTINGS, ...settings };
      const ours = ofCommand([table === 'tests' ? 'compare' : 'fit', file, ...of(settings), ...words], table);
      commands.push(ours);
      codes.push([...rCode(given, summary, '', null).split('\n'), ...lines(given, summary, ours)]);
    }
    if (R !== null) found = inR(codes);
  }, 600_000);

  for (const entry of CASES) {
    const k = here.indexOf(entry);
    itUnless(lacking.get(entry) ?? null, `has the numbers of the command: ${entry.name}`, () => {
      const ours = commands[k];
      const theirs = found[k];
      if (typeof theirs === 'string') throw new Error(`${theirs}\n${codes[k].join('\n')}`);
      for (const [own, their] of entry.columns) {
        const a = inOrder(ours.get(own)?.map(numberOf), ours.get('estimate')?.map(numberOf));
        const b = inOrder(theirs.get(their), theirs.get('estimate'));
        expect(a.length, own).toBeGreaterThan(0);
        expect(b.length, `${own}: ${[...theirs.keys()].join(', ')}`).toBe(a.length);
        for (const [i, value] of a.entries()) {
          if (value === b[i]) continue;
          // F of nearly nothing has the searches' error in its first digits.
          const scale = Math.max(Math.abs(b[i]), own === 'p.adjusted' || their === 'F' ? 1 : 1e-12);
          expect(Math.abs(value - b[i]) / scale, `${own}: ${value} and ${b[i]}`).toBeLessThan(
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
      const [theirs] = inR([rGeneSets('stimstim', 'sets.gmt', 0.01, 5)]);
      if (typeof theirs === 'string') throw new Error(theirs);
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
