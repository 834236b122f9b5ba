import { expect, it } from 'vitest';
import { openMatrix } from '../../src/doors/node.ts';
import { twoSidedP } from '../../src/numeric/distributions/student-t.ts';
import { rowsOf, succeed, textOf } from '../cli/command.ts';
import { readDense } from '../data/matrix/collect.ts';
import { describeUnless, realData } from '../requirements.ts';
import { CP10K, expectClose } from './cases.ts';
import { CASE_TOLERANCE } from './tolerance.ts';

/** 300 genes of 5,000 cells: five patients with and without panobinostat, 500 cells each. A clone lacks them. */
const { path: DATA, lacking } = realData('glioblastoma_subset');

/** p-values of Benjamini and Hochberg. */
function adjusted(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b] - p[a]);
  const result = [...p];
  let least = 1;
  order.forEach((i, k) => {
    least = Math.min(least, (p[i] * p.length) / (p.length - k));
    result[i] = least;
  });
  return result;
}

/** A paired t test of each gene: the mean of a patient's treated cells less that of the others. */
async function pairedTests(): Promise<{ gene: string; p: number; adjusted: number }[]> {
  const source = await openMatrix(DATA);
  const counts = await readDense(source);
  await source.close();
  const cells = new Map(rowsOf(textOf(`${DATA}/obs.tsv`)).map((row) => [row['barcode'], row]));
  const names = await source.rowNames();
  const sums = new Map<string, { treated: number; n: number; sums: Float64Array }[]>();
  counts.forEach((row, i) => {
    const cell = cells.get(names[i])!;
    const total = row.reduce((sum, count) => sum + count, 0);
    const treated = cell['condition'] === 'panobinostat' ? 1 : 0;
    const pair =
      sums.get(cell['patient']) ?? [0, 1].map((treated) => ({ treated, n: 0, sums: new Float64Array(row.length) }));
    sums.set(cell['patient'], pair);
    pair[treated].n++;
    row.forEach((count, g) => {
      pair[treated].sums[g] += total > 0 ? Math.log1p((count / total) * 1e4) : 0;
    });
  });
  expect(sums.size).toBe(5);
  const p = source.names.map((_, g) => {
    const differences = [...sums.values()].map(([a, b]) => b.sums[g] / b.n - a.sums[g] / a.n);
    const mean = differences.reduce((sum, d) => sum + d, 0) / 5;
    const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 4;
    return twoSidedP(mean / Math.sqrt(variance / 5), 4);
  });
  const all = adjusted(p);
  return source.names.map((gene, g) => ({ gene, p: p[g], adjusted: all[g] }));
}

describeUnless(lacking, 'five patients with 1,000 cells each', () => {
  const h5ad = `${DATA}.h5ad`;
  const recommended = async () => {
    const { stdout } = await succeed('design', h5ad, '--condition', 'condition', '--format', 'json');
    const { formulas } = JSON.parse(stdout) as { formulas: { formula: string; advice: string }[] };
    return formulas;
  };

  it('design recommends the samples as replicates, and nothing else', async () => {
    const formulas = await recommended();
    expect(formulas[0]).toMatchObject({
      formula: '~ condition + (1 | patient) + (1 | sample)',
      advice: 'recommended',
    });
    expect(formulas.filter(({ advice }) => advice === 'recommended')).toHaveLength(1);
    expect(formulas.find(({ formula }) => formula === '~ condition + (1 | patient)')?.advice).toBe('warning');
    const { stdout } = await succeed('design', h5ad);
    expect(stdout).toMatch(/rests on 5 of them, not on the cells/);
  });

  it('the formula recommended finds what a paired t test finds: 2 of 300 genes', async () => {
    const [{ formula }] = await recommended();
    const [{ stdout }, paired] = await Promise.all([
      succeed('fit', h5ad, '--formula', formula, ...CP10K),
      pairedTests(),
    ]);
    const rows = rowsOf(stdout).filter((row) => row['term'] === 'conditionpanobinostat');
    expect(rows).toHaveLength(300);
    const found = rows.filter((row) => Number(row['p.adjusted']) < 0.05).map((row) => row['response']);
    expect(found).toHaveLength(2);
    expect(found).toEqual(paired.filter((test) => test.adjusted < 0.05).map(({ gene }) => gene));
    // Balanced: the same test, wherever patients and samples both differ.
    const byGene = new Map(paired.map((test) => [test.gene, test.p]));
    const sd = (group: string) =>
      new Map(
        rowsOf(stdout)
          .filter((row) => row['group'] === group)
          .map((row) => [row['response'], Number(row['estimate'])]),
      );
    const [patients, samples] = [sd('patient'), sd('sample')];
    const differ = (sds: ReadonlyMap<string, number>, gene: string) => sds.get(gene)! > CASE_TOLERANCE.zeroSd;
    const same = rows.filter(({ response }) => differ(patients, response) && differ(samples, response));
    expect(same.length).toBeGreaterThan(150);
    for (const row of same) {
      expect(row['df.method']).toBe('kenward-roger');
      expectClose(row['p.value'], byGene.get(row['response'])!, CASE_TOLERANCE.balanced, row['response']);
    }
  });

  it('a model of patients alone finds most genes, and says why that is wrong', async () => {
    const outcome = await succeed('fit', h5ad, '--formula', '~ condition + (1 | patient)', ...CP10K);
    expect(outcome.stderr).toMatch(/WARNING: 'condition' varies within 'patient'/);
    expect(outcome.stderr).toContain('(1 | sample)');
    const rows = rowsOf(outcome.stdout).filter((row) => row['term'] === 'conditionpanobinostat');
    expect(rows.filter((row) => Number(row['p.adjusted']) < 0.05).length).toBeGreaterThan(200);
  });
});
