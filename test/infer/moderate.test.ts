import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { matchBulk } from '../../src/data/table/match-bulk.ts';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { moderatedFTests } from '../../src/infer/moderation/moderated-f.ts';
import { readBulk, readTable } from '../../src/reading/tables.node.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { REFERENCE } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Moderated {
  readonly df_prior: number[];
  readonly s2_post: number[];
  readonly t: number[][];
  readonly df: number[][];
  readonly p: number[][];
  readonly lods: number[][];
  readonly F: number[];
  readonly F_p: number[];
}

interface DreamSteps {
  readonly coefs: string[];
  readonly genes: string[];
  readonly rdf: number[];
  readonly plain: Moderated;
  readonly robust: Moderated;
  readonly trend: Moderated;
}

const STEPS = JSON.parse(readFileSync(new URL('r/dream-steps.json', import.meta.url), 'utf8')) as Record<
  'weighted' | 'slopes',
  DreamSteps
>; // ours

async function batch(name: string, formula: string, count: number, weighted: boolean) {
  const folder = `${REFERENCE}batches/`;
  const obs = await readTable(`${folder}${name}.obs.tsv`);
  const first = [...obs.columns.values()][0];
  if (first.kind !== 'factor') throw new Error('no names of samples');
  const names = Array.from(first.codes, (code) => first.levels[code]);
  const weights = weighted ? await readBulk(`${folder}${name}.w.tsv`) : undefined;
  const { responses } = matchBulk(await readBulk(`${folder}${name}.y.tsv`), names, weights);
  const cut: DenseResponses = {
    ...responses,
    names: responses.names.slice(0, count),
    values: responses.values.subarray(0, count * responses.rows),
    ...(responses.weights ? { weights: responses.weights.subarray(0, count * responses.rows) } : {}),
  };
  return { design: buildDesign(formula, obs), responses: cut };
}

/** R has no digits left below 1e-300. */
const logP = (p: number) => Math.log(Math.max(p, 1e-290));

/** Every number of a moderated fit against the steps of dream in R. */
function expectSteps(result: FitResult, steps: DreamSteps, expected: Moderated): void {
  const { moderation, coefficients } = result.table;
  if (!moderation) throw new Error('not moderated');
  expect(result.table.responses).toEqual(steps.genes);
  const near = (found: number, reference: number, bound: number) => {
    expect(Math.abs(found - reference)).toBeLessThanOrEqual(bound * Math.max(Math.abs(reference), 1e-3));
  };
  const tests = moderatedFTests(result, steps.coefs);
  const width = coefficients.names.length;
  steps.genes.forEach((_, g) => {
    near(moderation.residualDf[g], steps.rdf[g], TOLERANCE.dreamSteps.residualDf);
    near(moderation.priorDf[g], expected.df_prior[g], TOLERANCE.dreamSteps.prior);
    near(moderation.posteriorVariance[g], expected.s2_post[g], TOLERANCE.dreamSteps.statistic);
    for (let k = 0; k < width; k++) {
      const at = g * width + k;
      near(moderation.coefficients.statistic[at], expected.t[g][k], TOLERANCE.dreamSteps.statistic);
      near(moderation.coefficients.df[at], expected.df[g][k], TOLERANCE.df);
      near(logP(moderation.coefficients.pValue[at]), logP(expected.p[g][k]), TOLERANCE.pValue);
      const odds = Math.abs(moderation.coefficients.logOdds[at] - expected.lods[g][k]);
      expect(odds).toBeLessThan(TOLERANCE.dreamSteps.odds * (1 + Math.abs(expected.lods[g][k])));
    }
    near(tests.statistic[g], expected.F[g], TOLERANCE.dreamSteps.statistic);
    near(logP(tests.pValue[g]), logP(expected.F_p[g]), TOLERANCE.pValue);
  });
}

describe('moderated tests as the steps of dream in R', () => {
  const kinds = [
    ['plain', true],
    ['robust', { robust: true }],
    ['trend', { trend: true }],
  ] as const;

  it.each(kinds)('random intercepts with weights of their own, %s', async (kind, moderate) => {
    const { design, responses } = await batch('sim_weighted', '~ visit + age + (1 | individual)', 40, true);
    const result = await fitDesign(design, responses, { threads: 1, ddf: 'satterthwaite', moderate });
    expectSteps(result, STEPS.weighted, STEPS.weighted[kind]);
  });

  it.each(kinds)('random slopes, %s', async (kind, moderate) => {
    const { design, responses } = await batch('sim_slopes', '~ time + (time | subject)', 40, false);
    const result = await fitDesign(design, responses, { threads: 1, ddf: 'satterthwaite', moderate });
    expectSteps(result, STEPS.slopes, STEPS.slopes[kind]);
  });
});

describe('moderation', () => {
  it('reaches contrasts, keeps what it does not change, and says what it found', async () => {
    const { design, responses } = await batch('sim_slopes', '~ time + (time | subject)', 30, false);
    const options = { threads: 1, contrasts: { again: '2 * time' } };
    const plain = await fitDesign(design, responses, options);
    const result = await fitDesign(design, responses, { ...options, moderate: true });
    expect(result.table.coefficients.pValue).toEqual(plain.table.coefficients.pValue);
    const { moderation } = result.table;
    if (!moderation) throw new Error('not moderated');
    for (let m = 0; m < 30; m++) {
      expect(moderation.contrasts.statistic[m]).toBeCloseTo(moderation.coefficients.statistic[2 * m + 1], 6);
      const ratio = result.table.sigma[m] / Math.sqrt(moderation.posteriorVariance[m]);
      const t = plain.table.coefficients.statistic[2 * m + 1] * ratio;
      expect(moderation.coefficients.statistic[2 * m + 1]).toBeCloseTo(t, 9);
    }
    expect(result.notes.some((note) => /^moderated variances of 30 models: /.test(note))).toBe(true);
    // F of one coefficient is its t squared; of a coefficient and its double, the same.
    const one = moderatedFTests(result, ['time']);
    const both = moderatedFTests(result, ['time', 'again']);
    for (let m = 0; m < 30; m++) {
      expect(one.statistic[m]).toBeCloseTo(moderation.coefficients.statistic[2 * m + 1] ** 2, 8);
      expect(both.numeratorDf[m]).toBe(1);
      expect(both.statistic[m] / one.statistic[m]).toBeCloseTo(1, 6);
    }
  });
});
