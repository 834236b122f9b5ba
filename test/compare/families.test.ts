/** Families against each other, and nested generalised models: values of R, limits, what cannot be compared. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/compare/compare.ts';
import { compare } from '../../src/compare/comparisons.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { FAMILY_LINKS } from '../glmm/families/pseudo-rows.ts';
import { type FamilyFit, FITS, tableOfFit } from '../glmm/reference-fits.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { memorySource } from '../moments/memory-source.ts';
import { TOLERANCE } from '../tolerance.ts';

interface RatioReference {
  readonly reduced: string;
  readonly full: string;
  readonly chisq: number;
  readonly df: number;
  readonly p: number;
  readonly p_mixture: number | null;
}

const ratios: RatioReference[] = JSON.parse(readFileSync(`${FITS}lrt.json`, 'utf8'));
const fitOf = (id: string): FamilyFit & { readonly n_parameters: number; readonly loglik: number } =>
  JSON.parse(readFileSync(`${FITS}${id}.json`, 'utf8'));

const one = { backend: 'cpu', threads: 1 } as const;

/** A ratio is a difference of two criteria. */
function expectRatio(got: unknown, reference: number, criterion: number): void {
  const { absolute, relative } = TOLERANCE.criterion;
  expect(Math.abs(Number(got) - reference)).toBeLessThan(2 * Math.max(absolute, relative * Math.abs(criterion)));
}

function expectP(log10P: unknown, reference: number): void {
  const log = Math.log(reference);
  expect(Math.abs(Number(log10P) * Math.LN10 - log)).toBeLessThan(TOLERANCE.pValue * Math.max(1, -log));
}

describe("R's likelihood-ratio tests of generalised models", () => {
  it.each(ratios.map((ratio) => [`${ratio.reduced} in ${ratio.full}`, ratio] as const))('%s', async (_, ratio) => {
    const [small, large] = [fitOf(ratio.reduced), fitOf(ratio.full)];
    const models =
      small.family === large.family
        ? { formulas: [small.formula, large.formula], family: small.family, link: small.link }
        : { formulas: [small.formula], families: `${small.family},${large.family}` };
    const table = tableOfFit(small.data);
    const found = await compare(table, { ...one, ...models });
    const [row] = outputRows(found.tests);
    expect([found.tests.rows, row['small'], row['large'], row['df']]).toEqual([1, 1, 2, ratio.df]);
    expectRatio(row['chisq'], ratio.chisq, small.criterion);
    const expected = ratio.p_mixture ?? ratio.p;
    if (expected > 0) expectP(row['log10p'], expected);
    else expect(Number(row['log10p'])).toBeLessThan(-300);
    const mixture = `0.5 chisq(${ratio.df - 1}) + 0.5 chisq(${ratio.df})`;
    expect(row['reference']).toBe(ratio.p_mixture === null ? `chisq(${ratio.df})` : mixture);
    for (const line of outputRows(found.models)) {
      const { n_parameters, loglik, criterion } = line['model'] === 1 ? small : large;
      expect(line['npar']).toBe(n_parameters);
      expectRatio(line['logLik'], loglik, criterion);
    }
  });
});

const epil = tableOfFit('epil.csv');
const EPIL = fitOf('glmm_epil_nb2').formula;
const cells = tableOfFit('gsim_cells.csv');

function linesOf({ models }: Comparison) {
  return new Map([...outputRows(models)].map((row) => [String(row['family']), row]));
}

describe('families of the same counts', () => {
  it('are ranked by criteria, with poisson tested inside both negative binomials', async () => {
    const found = await compare(epil, { ...one, formulas: [EPIL], families: 'poisson, nbinom2,nbinom1' });
    const lines = linesOf(found);
    expect([...lines.keys()]).toEqual(['nbinom2', 'nbinom1', 'poisson']);
    for (const id of ['nb2', 'nb1']) {
      const { family, loglik, criterion, n_parameters: k } = fitOf(`glmm_epil_${id}`);
      const line = lines.get(family);
      expectRatio(line?.['logLik'], loglik, criterion);
      expectRatio(line?.['AIC'], 2 * k - 2 * loglik, criterion);
      expectRatio(line?.['AICc'], 2 * k - 2 * loglik + (2 * k * (k + 1)) / (epil.rows - k - 1), criterion);
    }
    expect(found.method).toBe('ML');
    expect(
      [...outputRows(found.tests)].map((row) => [row['small'], row['large'], row['df'], row['reference']]),
    ).toEqual([
      [1, 2, 1, '0.5 chisq(0) + 0.5 chisq(1)'],
      [1, 3, 1, '0.5 chisq(0) + 0.5 chisq(1)'],
    ]);
    expect(
      [...outputRows(found.summary)].map((row) => [row['family'], row['first'], row['share'], row['first.BIC']]),
    ).toEqual([
      ['poisson', 0, 0, 0],
      ['nbinom2', 1, 1, 1],
      ['nbinom1', 0, 0, 0],
    ]);
    expect(found.notes.join('\n')).toMatch(/poisson lies inside nbinom2 and nbinom1/);
  });

  it('are one model at the Poisson limit: a ratio of zero, and p = 1', async () => {
    // Counts that vary less than Poisson's.
    const y = Float64Array.from({ length: 60 }, (_, i) => 3 + (i % 3));
    const g = Array.from(y, (_, i) => label('g', i % 10));
    const x = Array.from(y, (_, i) => Math.sin(i));
    const found = await compare(frame({ y, g, x }), {
      ...{ ...one, families: 'poisson,nbinom2,nbinom1' },
      formulas: ['y ~ x + (1 | g)'],
    });
    expect(found.notes.join('\n')).toMatch(/vary no more than Poisson's/);
    expect(found.tests.rows).toBe(2);
    for (const row of outputRows(found.tests)) expect([row['chisq'], row['p.value'], row['df']]).toEqual([0, 1, 1]);
    const limit = await compare(cells, {
      ...{ ...one, families: 'poisson,nbinom2' },
      formulas: ['pois ~ arm + state + offset(ltotal) + (1 | donor)'],
    });
    expect([limit.pairs[0].chisq[0], limit.pairs[0].pValue[0]]).toEqual([0, 1]);
  });

  it('with fewer fixed effects lie inside as well, at the edge of one dispersion', async () => {
    const formulas = [EPIL, 'y ~ lbase + trt + lage + V4 + (1 | subject)'];
    const { tests, pairs } = await compare(epil, { ...one, formulas, families: 'poisson,nbinom2' });
    const named = [...outputRows(tests)].map((row) => `${row['small']} in ${row['large']}: ${row['reference']}`);
    expect(named).toEqual([
      '1 in 2: 0.5 chisq(0) + 0.5 chisq(1)',
      '3 in 1: chisq(1)',
      '3 in 4: 0.5 chisq(0) + 0.5 chisq(1)',
      '4 in 2: chisq(1)',
    ]);
    expect(pairs.every(({ chisq }) => chisq[0] >= 0)).toBe(true);
    const without = await compare(epil, {
      ...one,
      formulas: [EPIL, 'y ~ lbase + trt + lage + V4'],
      families: 'poisson,nbinom2',
    });
    expect(without.pairs.map(({ reference }) => reference[0])).toContain('0.5 chisq(0) + 0.5 chisq(1)');
  });

  it('are links of one family', async () => {
    const table = tableOfFit('cbpp_glmm.csv');
    const formulas = [fitOf('glmm_cbpp_logit').formula];
    const families = 'binomial, binomial(probit),binomial(link = "cloglog")';
    const lines = linesOf(await compare(table, { ...one, formulas, families }));
    for (const [name, id] of [
      ['binomial', 'logit'],
      ['binomial(probit)', 'probit'],
      ['binomial(cloglog)', 'cloglog'],
    ]) {
      const { loglik, criterion } = fitOf(`glmm_cbpp_${id}`);
      expectRatio(lines.get(name)?.['logLik'], loglik, criterion);
    }
  });

  it('are gaussian and Gamma densities of the same values', async () => {
    const formula = fitOf('glmm_sim_gamma').formula;
    const table = tableOfFit('gsim_positive.csv');
    const found = await compare(table, { ...one, formulas: [formula], families: 'gaussian,Gamma' });
    const alone = await fitTable(table, { ...one, formula, method: 'ML' });
    expect(found.method).toBe('ML');
    expect(found.tests.rows).toBe(0);
    expect(linesOf(found).get('gaussian')?.['logLik']).toBe(alone.table.logLik[0]);
    const gamma = fitOf('glmm_sim_gamma');
    expectRatio(linesOf(found).get('Gamma')?.['logLik'], gamma.loglik, gamma.criterion);
  });

  it('are refused where likelihoods are of different things, with the reason', async () => {
    const refusals = [
      [
        { families: 'gaussian,poisson' },
        'families',
        /densities of values .* probabilities of counts; of the logarithms/,
      ],
      [
        { families: 'binomial,poisson' },
        'families',
        /successes among trials, those of poisson probabilities of counts/,
      ],
      [{ families: 'Gamma,cumulative' }, 'families', /cannot be compared/],
      [{ families: 'poisson,nbinom3' }, 'family', /no such choice/],
      [{ families: 'poisson,' }, 'families', /'' is no family/],
      [{ families: 'poisson(probit)' }, 'link', /none of the family/],
      [{ families: 'gaussian(log),Gamma' }, 'families', /is no family/],
      [{ families: 'poisson,nbinom2', family: 'poisson' }, 'family', /given beside it/],
      [{ families: 'gaussian,Gamma', weights: 'age' }, 'weights', /precisions/],
      [{ families: 'poisson,nbinom2', residual: 'us(period | subject)' }, 'residual', /added to the linear predictor/],
      [{ families: 'poisson' }, 'formula', /at least two models/],
    ] as const;
    for (const [options, option, message] of refusals) {
      const refused = compare(epil, { ...one, formulas: [EPIL], ...options });
      await expect(refused, JSON.stringify(options)).rejects.toMatchObject({
        tag: 'OptionError',
        fields: { option },
        message: expect.stringMatching(message),
      });
    }
    await expect(
      compare(epil, { ...one, formulas: [EPIL, 'age ~ trt'], families: 'poisson,nbinom2' }),
    ).rejects.toMatchObject({
      tag: 'FormulaError',
      message: expect.stringContaining('different responses'),
    });
  });
});

/** Counts, shares and grades of twelve groups, each with a covariate, a factor and an offset. */
function responsesOf(seed: number) {
  const random = new TestRandom(seed);
  const n = 120;
  const of = (value: (i: number) => number) => Float64Array.from({ length: n }, (_, i) => value(i));
  const g = Array.from({ length: n }, (_, i) => label('g', i % 12));
  const f = Array.from({ length: n }, (_, i) => label('f', Math.floor(i / 12) % 3));
  const level = random.normals(12);
  const x = random.normals(n);
  const o = of(() => 0.3 * random.normal());
  const eta = of((i) => 0.4 * x[i] + 0.5 * level[i % 12] + 0.6 * random.normal());
  return frame({
    ...{ g, f, x, o },
    counts: eta.map((value) => Math.floor(Math.exp(1 + value) * -Math.log(random.uniform()))),
    binary: eta.map((value) => (value > 0.8 * random.normal() ? 1 : 0)),
    positive: eta.map((value) => Math.exp(value)),
    share: eta.map((value) => 1 / (1 + Math.exp(-value))),
    grade: eta.map((value) => Math.min(3, Math.max(0, Math.round(value + 1)))),
  });
}

const RESPONSE = {
  ...{ poisson: 'counts', nbinom2: 'counts', nbinom1: 'counts', binomial: 'binary', Gamma: 'positive' },
  ...{ beta: 'share', cumulative: 'grade' },
} as const;

describe('submodels of one pass', () => {
  it.each(FAMILY_LINKS)(
    'have the likelihoods of fits alone, and larger ones no smaller: %s, %s',
    async (family, link) => {
      const table = responsesOf(3);
      const y = RESPONSE[family];
      const offset = family === 'Gamma' || family === 'beta' || family === 'cumulative' ? '' : ' + offset(o)';
      const formulas = ['x + f + (x | g)', 'x + f + (1 | g)', 'f + (1 | g)', 'poly(x, 2) + (1 | g)', 'x + f'].map(
        (right) => `${y} ~ ${right}${offset}`,
      );
      const { fits, pairs } = await compare(table, { ...one, formulas, family, link });
      for (const [k, formula] of formulas.entries()) {
        const alone = await fitTable(table, { ...one, formula, family, link });
        const bound = TOLERANCE.criterion.absolute + TOLERANCE.criterion.relative * Math.abs(alone.table.criterion[0]);
        expect(Math.abs(fits[k].criterion[0] - alone.table.criterion[0]), formula).toBeLessThan(bound);
      }
      expect(pairs.length).toBeGreaterThan(2);
      for (const { small, large, chisq, pValue } of pairs) {
        expect(fits[small].criterion[0]).toBeGreaterThan(fits[large].criterion[0] - TOLERANCE.criterion.absolute);
        expect(chisq[0]).toBeGreaterThanOrEqual(0);
        expect(pValue[0]).toBeLessThanOrEqual(1);
      }
    },
  );

  it('read a matrix once for all formulas, and once for poisson beside nbinom2', async () => {
    const random = new TestRandom(8);
    const n = 400;
    const donor = Array.from({ length: n }, (_, i) => label('d', i % 8));
    const stim = Array.from({ length: n }, (_, i) => (Math.floor(i / 8) % 2 === 0 ? 'ctrl' : 'stim'));
    const o = Array.from({ length: n }, () => 0.4 * random.normal());
    const obs = frame({ donor, stim, o });
    const counts = Array.from({ length: 12 }, (_, k) =>
      o.map((offset) => Math.floor(Math.exp(0.1 * k - 0.8 + offset) * -Math.log(random.uniform()))),
    );
    const options = { ...one, obs, offset: 'o', formulas: ['~ stim + (1 | donor)', '~ (1 | donor)', '~ stim'] };
    const source = memorySource(counts, { major: 'row', whole: true, entries: 500 });
    const streamed = await compare(source, { ...options, families: 'poisson,nbinom2' });
    expect(source.passes).toBe(1);
    const responses = dense(Object.fromEntries(counts.map((y, k) => [source.names[k], y])));
    for (const [k, family] of (['poisson', 'nbinom2'] as const).entries()) {
      const held = await compare(responses, { ...options, family });
      options.formulas.forEach((_, f) => {
        const [a, b] = [streamed.fits[2 * f + k].criterion, held.fits[f].criterion];
        a.forEach((value, m) => {
          expect(Math.abs(value - b[m])).toBeLessThan(TOLERANCE.streamedFit * (1 + Math.abs(value)));
        });
      });
    }
    const firsts = [...outputRows(streamed.summary)].map((row) => Number(row['first']));
    expect(firsts.reduce((sum, count) => sum + count, 0)).toBe(12);
    // What is not summed entry by entry is held in memory.
    const linear = await compare(source, {
      ...options,
      families: 'nbinom2,nbinom1',
      formulas: options.formulas.slice(0, 1),
    });
    const alone = await compare(responses, { ...options, family: 'nbinom1' });
    linear.fits[1].criterion.forEach((value, m) => {
      expect(Math.abs(value - alone.fits[0].criterion[m])).toBeLessThan(TOLERANCE.streamedFit * (1 + Math.abs(value)));
    });
  });

  it('are integrated by the nodes that are asked for, and exactly without random effects', async () => {
    const table = tableOfFit('cbpp_glmm.csv');
    const { formula, criterion } = fitOf('glmm_cbpp_logit_agq15');
    const formulas = [formula, formula.replace(/ \+ \(1 \| herd\)/, '')];
    const { fits } = await compare(table, { ...one, formulas, family: 'binomial', nagq: 15 });
    expectRatio(fits[0].criterion[0], criterion, criterion);
    expect(fits.map(({ nodes }) => nodes)).toEqual([15, 1]);
  });
});
