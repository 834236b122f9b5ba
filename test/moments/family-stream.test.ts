import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { deserialiseMoments } from '../../src/moments/deserialise.ts';
import { gatherResponses, sliceResponses } from '../../src/moments/evidence.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import type { ResponseFamily } from '../../src/moments/family-rows.ts';
import { streamFamily, streamsFamily } from '../../src/moments/family-stream.ts';
import { mergeMoments } from '../../src/moments/merge.ts';
import type { MomentBatch, ResponseMoments } from '../../src/moments/moments.ts';
import { serialiseMoments } from '../../src/moments/serialise.ts';
import type { Design } from '../../src/types/design.ts';
import type { PassOptions } from '../../src/types/responses.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { evidenceLogLikelihood } from './family-likelihood.ts';
import { memorySource } from './memory-source.ts';

const CELLS = 960;
const GENES = 24;

/** Cells of 6 donors with totals; counts of genes, some never seen, some large. */
function cells(seed: number) {
  const random = new TestRandom(seed);
  const donor = Array.from({ length: CELLS }, (_, i) => label('d', Math.floor(i / 160)));
  const stim = Array.from({ length: CELLS }, (_, i) => (i % 3 === 2 ? 'stim' : 'ctrl'));
  const age = Array.from({ length: CELLS }, () => random.integer(3));
  const w = Array.from({ length: CELLS }, (_, i) => 1 + (i % 4));
  const o = Array.from({ length: CELLS }, () => 0.4 * random.normal());
  const x = Array.from({ length: CELLS }, () => random.normal());
  const counts = Array.from({ length: GENES }, (_, g) =>
    Array.from({ length: CELLS }, () =>
      g === 3 || random.uniform() > 0.05 + 0.04 * g ? 0 : Math.floor(Math.exp((g / 4) * random.uniform())),
    ),
  );
  return { random, table: frame({ donor, stim, age, w, o, x }), counts };
}

const asDense = (values: readonly ArrayLike<number>[]) => dense(Object.fromEntries(values.map((y, g) => [`G${g}`, y])));

const POISSON = { family: 'poisson', link: 'log' } as const;
const NBINOM2 = { family: 'nbinom2', link: 'log' } as const;
const BINOMIAL = { family: 'binomial', link: 'logit' } as const;

const LAYOUTS = [
  ['by row, whole', { major: 'row', whole: true, entries: 100 }],
  ['by response, in pieces', { major: 'response', whole: false, entries: 11 }],
] as const;

const MODELS = [
  ['categories and offsets', '~ stim + (1 | donor)', { offset: 'o' }],
  ['weights and a slope', '~ stim + age + (age | donor)', { offset: 'o', weights: 'w' }],
  ['no offset', '~ stim + (1 | donor)', {}],
  ['a covariate of its own in every cell', '~ stim + x + (1 | donor)', { offset: 'o' }],
] as const;

/** The same evidence in the same order, and the same numbers. */
function expectSame(a: Pick<MomentBatch, 'design' | 'responses'>, b: Pick<MomentBatch, 'design' | 'responses'>): void {
  expect(a.design.family).toEqual(b.design.family);
  expect([...a.responses.constant]).toEqual([...b.responses.constant]);
  expect([...a.responses.expressed]).toEqual([...b.responses.expressed]);
  const numbers = (responses: ResponseMoments) => [...(responses.family ?? []), ...responses.mean];
  const other = numbers(b.responses);
  numbers(a.responses).forEach((value, k) => {
    const difference = Math.abs(value - other[k]) / (1 + Math.abs(other[k]));
    if (!(difference < TOLERANCE.familyRows)) throw new Error(`number ${k}: ${value} and ${other[k]}`);
  });
}

describe.each([POISSON, NBINOM2, BINOMIAL])('streamed responses of $family', (family: ResponseFamily) => {
  it.each(
    MODELS.flatMap(([what, formula, options]) =>
      LAYOUTS.map(([how, layout]) => ({ what, formula, options, how, layout })),
    ),
  )('are those in memory: $what, $how', async ({ formula, options, layout }) => {
    const { table, counts, random } = cells(formula.length);
    const values = family.family === 'binomial' ? counts.map((y) => y.map((v) => Math.min(v, 1))) : counts;
    const design = buildDesign(formula, table, options);
    const source = memorySource(values, { ...layout, shuffle: (count) => random.permutation(count) });
    const { parts, plan } = await streamFamily(source, [{ design, matrixRows: design.rows }], family, {});
    expectSame(parts[0], familyMoments(design, asDense(values), family).batches[0]);
    expect(plan[0]).toContain(`${CELLS} rows are ${parts[0].design.family?.rows} of family ${family.family}`);
    expect(parts[0].responses.constant[3]).toBe(1);
  });
});

describe('streamed responses of a family', () => {
  const { table, counts } = cells(8);
  const design = buildDesign('~ stim + (1 | donor)', table, { offset: 'o' });
  const part = (own: Design) => ({ design: own, matrixRows: own.rows });
  const source = (values = counts) => memorySource(values, { major: 'row', whole: true, entries: 300 });

  it('are the same in several passes, for some responses, under several designs', async () => {
    const [whole] = (await streamFamily(source(), [part(design)], NBINOM2, {})).parts;
    const matrix = source();
    const short = await streamFamily(matrix, [part(design)], NBINOM2, { memory: 0.1 });
    expect(matrix.passes).toBeGreaterThan(1);
    expect(short.plan[0]).toMatch(/; \d+ passes over the file/);
    expect(short.parts[0].responses).toEqual(whole.responses);
    const select = Int32Array.of(2, 7, 23);
    const [some] = (await streamFamily(source(), [part(design)], NBINOM2, { select })).parts;
    const few = asDense(Array.from(select, (g) => counts[g]));
    expect([...some.responses.expressed]).toEqual(Array.from(select, (g) => whole.responses.expressed[g]));
    for (let k = 0; k < select.length; k++) {
      const a = evidenceLogLikelihood(some.design, some.responses, k);
      const b = evidenceLogLikelihood(whole.design, whole.responses, select[k]);
      const { batches } = familyMoments(design, few, NBINOM2);
      const c = evidenceLogLikelihood(batches[0].design, batches[0].responses, k);
      expect(Math.abs(a - c) / Math.abs(c)).toBeLessThan(TOLERANCE.offsetNodes);
      expect(Math.abs(b - c) / Math.abs(c)).toBeLessThan(TOLERANCE.offsetNodes);
    }
    const halves = [0, 1].map((half) =>
      buildDesign('~ stim + (1 | donor)', table, {
        offset: 'o',
        rows: Int32Array.from({ length: CELLS / 2 }, (_, i) => 2 * i + half),
      }),
    );
    const split = await streamFamily(source(), halves.map(part), NBINOM2, {});
    split.parts.forEach((streamed, s) => {
      expectSame(streamed, familyMoments(halves[s], asDense(counts), NBINOM2).batches[0]);
    });
  });

  it('add up over shares of the cells', async () => {
    const thirds = [0, 1, 2].map((part) => {
      const within = (i: number) => Math.floor((3 * i) / CELLS) === part;
      return source(counts.map((y) => y.map((value, i) => (within(i) ? value : 0))));
    });
    const divided = {
      ...source(),
      divisible: true,
      entries: 3 * 2 ** 22, // so many that a pass is cut
      blocks: ({ share = { part: 0, of: 1 } }: PassOptions = {}) => thirds[share.part].blocks(),
    };
    const [parts] = (await streamFamily(divided, [part(design)], NBINOM2, {})).parts;
    expect(thirds.map(({ passes }) => passes)).toEqual([1, 1, 1]);
    expectSame(parts, familyMoments(design, asDense(counts), NBINOM2).batches[0]);
  });

  it('come with no advice to normalise, and refuse to be normalised', async () => {
    expect((await streamFamily(source(), [part(design)], POISSON, {})).notes).toEqual([]);
    const normalised = streamFamily(source(), [part(design)], POISSON, { normalize: 'log1p-cp10k' });
    await expect(normalised).rejects.toMatchObject({
      tag: 'OptionError',
      fields: { option: 'normalize', remedy: expect.stringContaining('offset(log(total))') },
    });
  });

  it.each([
    ['negative', POISSON, -2],
    ['not whole', NBINOM2, 1.25],
    ['too large', NBINOM2, 1e12],
    ['no 0 or 1', BINOMIAL, 3],
  ] as const)('are refused by name and row: %s', async (_, family, value) => {
    const binary = counts.map((y) => y.map((v) => Math.min(v, 1)));
    const values = (family === BINOMIAL ? binary : counts).map((y) => [...y]);
    values[5][77] = value;
    await expect(streamFamily(source(values), [part(design)], family, {})).rejects.toMatchObject({
      tag: 'DataError',
      message: expect.stringContaining(`'G5' has the value ${value} in row 'cell77'`),
    });
  });

  it('are refused with an offset that is not finite', async () => {
    const offset = Float64Array.from({ length: CELLS }, (_, i) => (i === 4 ? Number.NEGATIVE_INFINITY : 0));
    const streamed = streamFamily(source(), [part({ ...design, offset })], POISSON, {});
    await expect(streamed).rejects.toThrow(/offset is -Infinity in row 'cell4'/);
  });

  it('are refused where they do not fit into memory', async () => {
    const select = new Int32Array(5e7); // of twelve pseudo-rows each
    await expect(streamFamily(source(), [part(design)], POISSON, { select })).rejects.toMatchObject({
      tag: 'OptionError',
      fields: { option: 'memory' },
    });
  });

  it('are summed entry by entry where zeros are nothing to add', () => {
    expect([POISSON, NBINOM2, BINOMIAL].map(streamsFamily)).toEqual([true, true, true]);
    expect(streamsFamily({ ...BINOMIAL, trials: new Float64Array(3) })).toBe(false);
    for (const family of ['nbinom1', 'Gamma', 'beta', 'cumulative'] as const) {
      expect(streamsFamily({ family, link: 'log' })).toBe(false);
    }
  });
});

describe('evidence of a family', () => {
  const { table, counts } = cells(11);
  const design = buildDesign('~ stim + (1 | donor)', table, { offset: 'o' });
  const moments = familyMoments(design, asDense(counts), NBINOM2);
  const [batch] = moments.batches;
  const width = batch.design.family?.width ?? 0;
  const numbersOf = ({ family }: ResponseMoments, k: number) => [
    ...(family?.subarray(k * width, (k + 1) * width) ?? []),
  ];
  const bytes = (run: typeof moments) => {
    const pieces = [...serialiseMoments(run)];
    const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    pieces.reduce((at, piece) => {
      out.set(piece, at);
      return at + piece.length;
    }, 0);
    return out;
  };

  it('is cut and picked with its responses', () => {
    const slice = sliceResponses(batch.design, batch.responses, 4, 9);
    expect(numbersOf(slice, 2)).toEqual(numbersOf(batch.responses, 6));
    const picked = gatherResponses(batch.design, batch.responses, [20, 1]);
    expect(numbersOf(picked, 1)).toEqual(numbersOf(batch.responses, 1));
    expect(picked.rss.length + picked.qty.length + picked.ztr.length).toBe(0);
    const keep = Int32Array.of(2, 5);
    const merged = mergeMoments([
      { split: 'a', moments, keep },
      { split: 'b', moments, keep: Int32Array.of(5) },
    ]).moments;
    expect(merged.names).toEqual(['G2', 'G5', 'G5']);
    expect(numbersOf(merged.batches[1].responses, 0)).toEqual(numbersOf(batch.responses, 5));
  });

  it('comes back from a file, and is refused when it was changed', () => {
    const back = deserialiseMoments(bytes(moments)).moments.batches[0];
    expect(back.design).toEqual(batch.design);
    expect(back.responses).toEqual(batch.responses);
    const { family } = batch.design;
    if (!family) throw new Error('no family');
    const changes = [
      { rows: family.rows + 1 },
      { width: family.width - 1 },
      { link: 'logit' as const },
      { family: 'poisson' as const },
      { counts: family.counts.slice().reverse() },
      { mass: family.mass.map((value, i) => (i === 3 ? Number.NaN : value)) },
      { categories: ['a'] },
      { effects: family.effects.map((effect) => ({ ...effect, codes: effect.codes.map((code) => code + 1) })) },
      { effects: [] },
    ];
    for (const change of changes) {
      const damaged = {
        ...moments,
        batches: [{ ...batch, design: { ...batch.design, family: { ...family, ...change } } }],
      };
      expect(() => deserialiseMoments(bytes(damaged)), Object.keys(change)[0]).toThrow(/family is damaged/);
    }
    const responses = { ...batch.responses, family: new Float64Array(3) };
    expect(() => deserialiseMoments(bytes({ ...moments, batches: [{ ...batch, responses }] }))).toThrow(/size/);
  });
});
