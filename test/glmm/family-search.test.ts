import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { familyCovariance } from '../../src/glmm/family-covariance.ts';
import { FamilyNewton } from '../../src/glmm/family-newton.ts';
import { FamilySearch } from '../../src/glmm/family-search.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import type { FamilyEvidence } from '../../src/moments/family-evidence.ts';
import { FAMILIES, LINKS_OF } from '../../src/types/family.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { randomRows } from './random-rows.ts';
import { type FamilyRowsOf, rowEvidence } from './row-evidence.ts';

interface Strata {
  readonly rows: readonly { donor: number; stim: number; exposure: number }[];
  readonly genes: readonly {
    name: string;
    status: string;
    sums: number[];
    constant: number;
    criterion: number;
    beta: number[];
    se: number[];
    variance: number;
  }[];
}

const { rows, genes }: Strata = JSON.parse(
  readFileSync(new URL('../reference/glmm/batches/sim_counts_strata.json', import.meta.url), 'utf8'),
);
const counts: FamilyEvidence = {
  ...{ family: 'poisson', link: 'log', rows: rows.length, statistics: 1, width: rows.length + 1 },
  x: Float64Array.from(rows.flatMap(({ stim }) => [1, stim])),
  offset: Float64Array.from(rows, ({ exposure }) => Math.log(exposure)),
  mass: new Float64Array(rows.length).fill(1),
  effects: [{ z: new Float64Array(rows.length).fill(1), codes: Int32Array.from(rows, ({ donor }) => donor) }],
  ...{ counts: new Float64Array(0), categories: [] },
};

function searchOf(evidence: FamilyEvidence): FamilySearch {
  return new FamilySearch(evidence, (own, kernel) => new ScalarObjective(own, kernel));
}

function fitRows(of: FamilyRowsOf) {
  const { evidence, values } = rowEvidence(of);
  const search = searchOf(evidence);
  return { optimum: search.fit(values, 0), search };
}

describe('a batch of counts', () => {
  const search = searchOf(counts);
  // The constant is that at exp(eta) = S.
  const saturated = (S: number) => (S > 0 ? S * Math.log(S) - S : 0);
  const values = Float64Array.from(
    genes.flatMap(({ sums, constant }) => [...sums, sums.reduce((total, S) => total + saturated(S), constant)]),
  );
  const optima = genes.map((gene, k) => {
    const optimum = search.fit(values, k * counts.width);
    return { gene, optimum, covariance: familyCovariance(search.objective, 'poisson', optimum.parameters) };
  });
  const of = (name: string) => optima[genes.findIndex((gene) => gene.name === name)].optimum;

  it('has the optima of an independent program', () => {
    let compared = 0;
    for (const { gene, optimum, covariance } of optima) {
      if (gene.status !== 'ok') continue;
      compared++;
      const { absolute, relative } = TOLERANCE.criterion;
      expect(optimum.converged).toBe(true);
      expect(Math.abs(optimum.value - gene.criterion)).toBeLessThan(Math.max(absolute, relative * optimum.value));
      gene.beta.forEach((estimate, k) => {
        expect(Math.abs(optimum.parameters[k] - estimate) / gene.se[k]).toBeLessThan(TOLERANCE.coefficient);
        expect(Math.abs(covariance.standardErrors[k] / gene.se[k] - 1)).toBeLessThan(
          TOLERANCE.generalised.standardError,
        );
      });
      const variance = Math.abs(optimum.parameters[2] - gene.variance);
      expect(variance).toBeLessThan(TOLERANCE.generalised.deviation * (gene.variance + 0.01));
      expect(optimum.separated).toEqual([]);
    }
    expect(compared).toBeGreaterThan(40);
  });

  it('has the lower of two minima, and tells the other', () => {
    // One count in all: a minimum without donors' variance, and a lower one with a variance of 3.5.
    const { value, multimodal, parameters } = of('C0012');
    expect(value).toBeCloseTo(16.6416, 4);
    expect(multimodal).toBeCloseTo(16.8239, 4);
    expect(parameters[2]).toBeCloseTo(3.516, 3);
  });

  it('names coefficients without a finite estimate', () => {
    expect(of('C0014').separated).toEqual([1]);
    expect(of('C0014').converged).toBe(true);
    expect(Math.abs(of('C0014').value - 2341.994976546)).toBeLessThan(TOLERANCE.infimum);
  });
});

const families = FAMILIES.flatMap((family) => LINKS_OF[family].map((link) => ({ family, link })));

describe.each(families)('the search: $family, $link', ({ family, link }) => {
  it.each([1, 2, 3])('ends at a certified minimum that other starts do not better (design %d)', (seed) => {
    const random = new TestRandom(seed);
    const deviation = [0, 0.4, 1.2][seed - 1];
    const of = randomRows(random, { family, link, levels: 9, perLevel: 8, deviation, plain: seed === 2 });
    const { optimum, search } = fitRows(of);
    const { objective } = search;
    expect(optimum.converged).toBe(true);
    expect(optimum.decrement).toBeLessThanOrEqual(TOLERANCE.gradient);
    expect(optimum.separated).toEqual([]);
    const standing = objective.gradient.slice();
    const value = objective.evaluate(optimum.parameters, 2);
    expect(Math.abs(value - optimum.value)).toBeLessThan(TOLERANCE.objectives * (1 + Math.abs(value)));
    const size = standing.reduce((most, g) => Math.max(most, Math.abs(g)), 1);
    objective.gradient.forEach((g, j) => {
      expect(Math.abs(g - standing[j])).toBeLessThan(TOLERANCE.generalised.gradient * size);
    });
    const newton = new FamilyNewton(objective);
    const { p } = objective;
    for (const variance of [0, 0.02, 0.5, 4]) {
      const start = optimum.parameters.slice();
      start[p] = variance;
      for (let k = 0; k < p; k++) start[k] += 0.5 * random.normal();
      const end = newton.minimise(start);
      expect(end.value).toBeGreaterThan(optimum.value - TOLERANCE.criterion.absolute);
    }
  });
});

describe('what has no maximum', () => {
  it.each(['binomial', 'poisson', 'nbinom2', 'nbinom1'] as const)('is told of %s: a group without events', (family) => {
    const random = new TestRandom(4);
    const [link] = LINKS_OF[family];
    const of = randomRows(random, { family, link, levels: 8, perLevel: 10, plain: true });
    // The factor is the third column of X.
    const y = Float64Array.from(of.y, (value, i) => (of.x[i * 3 + 2] === 1 ? 0 : value));
    const { optimum } = fitRows({ ...of, y });
    expect(optimum.separated).toEqual([2]);
    expect(optimum.converged).toBe(true);
    // The infimum is the criterion of the rows that have events: those without add nothing.
    const kept = Array.from(y.keys()).filter((i) => of.x[i * 3 + 2] === 0);
    const rest = fitRows({
      ...{ family, link, y: kept.map((i) => y[i]), trials: kept.map((i) => of.trials?.[i] ?? 1) },
      x: Float64Array.from(kept.flatMap((i) => [1, of.x[i * 3 + 1]])),
      z: new Float64Array(kept.length).fill(1),
      codes: Int32Array.from(kept, (i) => of.codes?.[i] ?? 0),
    });
    expect(Math.abs(optimum.value - rest.optimum.value)).toBeLessThan(TOLERANCE.infimum);
  });

  it('is told where the base of a contrast has no events', () => {
    const random = new TestRandom(6);
    const of = randomRows(random, { family: 'poisson', link: 'log', levels: 8, perLevel: 10, plain: true });
    const y = Float64Array.from(of.y, (value, i) => (of.x[i * 3 + 2] === 0 ? 0 : value));
    expect(fitRows({ ...of, y }).optimum.separated).toEqual([0, 2]);
  });
});

describe('limits', () => {
  it('are the Poisson family where counts vary less than that', () => {
    const random = new TestRandom(9);
    const of = randomRows(random, { family: 'poisson', link: 'log', levels: 10, perLevel: 12, plain: true });
    const y = Float64Array.from(of.y, () => 3);
    const poisson = fitRows({ ...of, y });
    const negative = fitRows({ ...of, y, family: 'nbinom2' });
    expect(poisson.optimum.poissonLimit).toBe(false);
    expect(negative.optimum.poissonLimit).toBe(true);
    expect(negative.optimum.atBound.slice(-2)).toEqual([true, true]);
    expect(negative.optimum.value).toBeCloseTo(poisson.optimum.value, 8);
    const covariance = familyCovariance(negative.search.objective, 'nbinom2', negative.optimum.parameters);
    expect(covariance.thetaErrors[0]).toBeNaN();
    expect(covariance.extraErrors[0]).toBeNaN();
    covariance.standardErrors.forEach((error, k) => {
      const other = familyCovariance(poisson.search.objective, 'poisson', poisson.optimum.parameters);
      expect(Math.abs(error / other.standardErrors[k] - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
    });
  });

  it('end a variance that has none', () => {
    // All events in one level, none elsewhere.
    const levels = 6;
    const y = Float64Array.from({ length: levels * 4 }, (_, i) => (i % levels === 0 ? 1 : 0));
    const codes = Int32Array.from(y, (_, i) => i % levels);
    const ones = new Float64Array(y.length).fill(1);
    const { optimum, search } = fitRows({ family: 'binomial', link: 'logit', y, x: ones, z: ones, codes });
    expect(Number.isFinite(optimum.value)).toBe(true);
    expect(search.objective.theta(optimum.parameters)[0]).toBeLessThanOrEqual(30);
  });

  it('are there without random effects too', () => {
    const random = new TestRandom(12);
    const of = randomRows(random, { family: 'binomial', link: 'logit', levels: 8, perLevel: 10, plain: true });
    const { optimum } = fitRows({ ...of, z: undefined, codes: undefined });
    const fixed = fitRows(of).search.objective.evaluate(Float64Array.from([...optimum.parameters, 0]), 0);
    expect(optimum.converged).toBe(true);
    expect(Math.abs(optimum.value - fixed)).toBeLessThan(TOLERANCE.objectives * (1 + fixed));
  });
});
