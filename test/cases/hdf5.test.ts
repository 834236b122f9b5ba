import { describe, expect, it } from 'vitest';
import { expectRefusal, run, succeed } from '../cli/command.ts';
import { CP10K, expectBase, expectRow, F1, fixed, input, SATTERTHWAITE } from './cases.ts';

const GENE = ['--responses', 'ENSG00001.1'];

describe.concurrent('.h5ad files of all writers give the same numbers', () => {
  it.each([
    ['plain strings', 'h5ad-nullable-index/right_same_data.h5ad'],
    ['obs/_index as a nullable-string-array (anndata 0.13, pandas 3)', 'h5ad-nullable-index/idx_null.h5ad'],
    ['var/_index as a nullable-string-array', 'h5ad-nullable-index/varidx_null.h5ad'],
    ['categories as a nullable-string-array', 'h5ad-nullable-index/cats_null.h5ad'],
    ['LZF', 'h5ad-lzf/csr_lzf.h5ad'],
    ['float16 counts, sparse', 'h5ad-float16/csr_f16.h5ad'],
    ['float16 counts, dense', 'h5ad-float16/dense_f16.h5ad'],
  ])('%s', async (_, path) => {
    expectBase(await succeed('fit', input(path), ...F1, ...CP10K, ...GENE));
  });

  it('a float16 covariate, whose NaN are missing', async () => {
    const path = input('h5ad-float16/obs_f2_column.h5ad');
    const outcome = await succeed('fit', path, '--formula', '~ f2 + (1 | donor)', ...SATTERTHWAITE, ...GENE);
    expect(outcome.stderr).toMatch(/20 of 200 rows with missing values \(f2 20\)/);
    expectRow(fixed(outcome, 'ENSG00001.1', 'f2'), {
      estimate: -0.0757202325,
      standardError: 0.119921107,
      df: 172.78927714,
      p: 0.52860227949,
    });
  });

  it.each([[[]], [['--na', 'per-response']]])('NaN among dense values are missing (%j)', async (option) => {
    const outcome = await succeed('fit', input('h5ad-missing-values/protein_nan.h5ad'), ...F1, ...option);
    expect(outcome.stderr).toMatch(/protein_nan\.h5ad has missing values/);
    expectRow(fixed(outcome, 'ENSG00001.1', 'condstim'), {
      estimate: 0.92294,
      standardError: 0.808037,
      df: 6.0026,
      p: 0.29688,
    });
  });

  it('barcodes that repeat', async () => {
    const outcome = await succeed('fit', input('repeated-barcodes/dupcells.h5ad'), ...F1, ...CP10K, ...GENE);
    expect(outcome.stderr).toMatch(/barcodes repeat in .*dupcells\.h5ad/);
    expectBase(outcome);
  });
});

describe.concurrent('cells without counts', () => {
  const half = ['fit', input('empty-cells/empty_half.h5ad'), ...F1, ...CP10K, ...GENE];

  it('are counted, with the remedy', async () => {
    const outcome = await succeed(...half);
    expect(outcome.stderr).toMatch(/WARNING: 100 of 200 rows of the matrix have no counts .*--min-counts 1 .*--where/);
    expectRow(fixed(outcome, 'ENSG00001.1', 'condstim'), {
      estimate: 0.138955022,
      standardError: 0.525273967,
      df: 6,
      p: 0.800217812,
    });
  });

  it('are left out by it', async () => {
    const outcome = await succeed(...half, '--min-counts', '1');
    expect(outcome.stderr).toMatch(/left out 100 of 200 rows/);
    expect(outcome.stderr).not.toMatch(/no counts/);
    expectRow(fixed(outcome, 'ENSG00001.1', 'condstim'), {
      estimate: 0.685331426,
      standardError: 0.88232564,
      df: 6.14321697,
      p: 0.466162684,
    });
  });
});

describe.concurrent('a file with several matrices', () => {
  it('names the layer that holds counts where X does not', async () => {
    const layers = ['fit', input('empty-cells/layers_raw.h5ad'), ...F1, ...CP10K, ...GENE];
    expectRefusal(await run(layers), 2, /layers_raw\.h5ad holds the negative value/, /--layer counts/);
    expectBase(await succeed(...layers, '--layer', 'counts'));
    expectBase(await succeed(...layers, '--layer', 'raw'));
  });

  it('names its genomes, and reads the one that is named', async () => {
    const several = ['fit', input('several-genomes/multi.h5'), '--obs', input('several-genomes/cobs.csv'), ...F1];
    expectRefusal(await run([...several, ...CP10K]), 2, /several genomes/, /--genome GRCh38/, /--genome mm10/);
    expectRefusal(await run([...several, '--genome', 'hg19']), 2, /'hg19'/, /GRCh38, mm10/);
    expectBase(await succeed(...several, ...CP10K, '--genome', 'GRCh38'));
  });
});
