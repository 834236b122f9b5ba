/** The R code that the page shows for structures, families with few units and bounds, run by R, against the command. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { findR } from '../../scripts/find-r.mjs';
import { itUnless, lackingInR } from '../requirements.ts';
import { type Compared, compareAll, expectTheSame, type PageCase } from './page-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LME = 'summary(m)$tTable[, 1:2]';
const TRIAL = 'score ~ base + arm * visit';
/** nlme's standard errors by maximum likelihood, without its factor n / (n - p). */
const ML = `${LME} * rep(c(1, sqrt((nobs(m) - length(coef(m))) / nobs(m))), each = length(coef(m)))`;

function trial(structure: string, settings: PageCase['settings'] = {}, words: readonly string[] = []): PageCase {
  const { formula = TRIAL } = settings;
  return {
    name: `${structure} of ${formula}${words.length > 0 ? `, ${words.join(' ')}` : ''}`,
    packages: ['nlme'],
    files: ['trial.csv'],
    settings: { formula, residual: structure, ...settings },
    response: 'score',
    words: ['--residual', structure, '--ddf', 'asymptotic', ...words],
    table: LME,
  };
}

const beside = (term: string): PageCase['settings'] => ({ formula: `${TRIAL} + ${term}` });

const CASES: readonly PageCase[] = [
  ...['us', 'csh', 'ar1', 'ar1h', 'diag', 'cs'].map((name) => trial(`${name}(visit | subject)`)),
  trial('us(week | subject)', { formula: 'score ~ base + arm * week' }),
  { ...trial('us(visit | subject)', { method: 'ML' }, ['--ml']), table: ML },
  trial('ar1h(visit | subject)', { weights: 'base' }, ['--weights', 'base']),
  trial('ar1h(visit | subject)', { dispersion: '~ sex' }, ['--dispersion', '~ sex']),
  trial('ar1(visit | subject)', { dispersion: '~ week' }, ['--dispersion', '~ week']),
  trial('ar1(visit | subject)', { dispersion: '~ 0 + sex * arm' }, ['--dispersion', '~ 0 + sex * arm']),
  trial('ar1(visit | subject)', { offset: 'week' }, ['--offset', 'week']),
  trial('ar1(visit | subject)', { formula: 'score ~ arm * visit + offset(base)' }),
  // Random effects beside them.
  trial('ar1h(visit | subject)', beside('(1 | subject)')),
  trial('csh(visit | subject)', beside('(1 | subject)')),
  trial('diag(visit | subject)', beside('(1 | subject)')),
  trial('ar1(visit | subject)', beside('(0 + week | subject)')),
  trial('ar1(visit | subject)', beside('(1 | sex)')),
  trial('us(visit | subject)', beside('(1 | sex)')),
  trial('ar1(visit | subject)', beside('(1 | sex) + (1 | subject)')),
  trial('diag(visit | subject)', beside('(1 | sex) + (week | subject)')),
  {
    ...trial('toeph(visit | subject)', beside('(1 | sex)')),
    packages: ['glmmTMB'],
    table: 'cbind(fixef(m)$cond)',
  },
  // Standard deviations that differ, without a structure.
  {
    name: 'weights beside a dispersion',
    packages: ['nlme'],
    files: ['trial.csv'],
    settings: { formula: `${TRIAL} + (1 | subject)`, dispersion: '~ sex', weights: 'base' },
    response: 'score',
    words: ['--dispersion', '~ sex', '--weights', 'base', '--ddf', 'asymptotic'],
    table: LME,
  },
  // The page's tests where the summary of R has others.
  {
    name: 'counts of few patients, by t',
    packages: ['glmmTMB', 'emmeans'],
    files: ['counts.csv'],
    settings: {
      formula: 'attacks ~ visit + arm + (1 | patient)',
      family: 'nbinom2',
      ddf: 'between-within',
      where: "patient %in% c('P01', 'P02', 'P03', 'P04', 'P05', 'P06')",
      contrasts: [{ name: 'half', expression: '0.5 * armtreated' }],
    },
    response: 'attacks',
    words: [
      ...['--family', 'nbinom2', '--ddf', 'between-within'],
      ...['--where', "patient %in% c('P01', 'P02', 'P03', 'P04', 'P05', 'P06')", '--contrast', 'half=0.5 * armtreated'],
    ],
    table: `{
      errors <- sqrt(diag(vcov(m)$cond))
      rbind(cbind(b, errors, df, 2 * pt(-abs(b / errors), df)), half = c(estimate, se, 4, 2 * pt(-abs(estimate / se), 4)))
    }`,
  },
  {
    name: 'a linear model, between and within subjects',
    packages: ['lmerTest'],
    files: ['visits.csv'],
    settings: { formula: 'y ~ time * arm + (1 | subject)', ddf: 'between-within' },
    response: 'y',
    words: ['--ddf', 'between-within'],
    table: 'cbind(b, se, df, 2 * pt(-abs(b / se), df))',
  },
  {
    name: 'a linear model, by z',
    packages: ['lmerTest'],
    files: ['visits.csv'],
    settings: { formula: 'y ~ time * arm + (1 | subject)', ddf: 'asymptotic' },
    response: 'y',
    words: ['--ddf', 'asymptotic'],
    table: 'cbind(b, se, Inf, 2 * pnorm(-abs(b / se)))',
  },
  {
    name: 'a correlation at its bound',
    packages: ['lmerTest', 'pbkrtest'],
    files: ['counts.csv'],
    settings: { formula: 'attacks ~ arm * days + (days | patient)' },
    response: 'attacks',
    words: [],
    table: 'coef(summary(m, ddf = "Kenward-Roger"))[, 1:3]',
  },
];

describe('the R code of the page', () => {
  const r = findR(['lme4']);
  const lacking = new Map(CASES.map((entry) => [entry, lackingInR(['lme4', ...entry.packages])]));
  const here = CASES.filter((entry) => lacking.get(entry) === null);
  let compared: readonly Compared[] = [];
  beforeAll(async () => {
    if (r !== null) compared = await compareAll(folder, here, r);
  }, 600_000);

  for (const entry of CASES) {
    const k = here.indexOf(entry);
    itUnless(lacking.get(entry) ?? null, `has the numbers of the command: ${entry.name}`, () => {
      expectTheSame(compared[k], entry);
    });
  }
});
