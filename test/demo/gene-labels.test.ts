/** Genes with one symbol are told apart by their ids, in the table and in every figure. */
import { expect, it } from 'vitest';
import { geneLabels } from '../../demo/src/results/gene-labels.ts';

it('are symbols, with ids where two genes share one, in all splits alike', () => {
  const responses = ['E1', 'E2', 'E3', 'E4', 'E1', 'E2', 'E3', 'E4'];
  const genes = ['HLA-A', 'HLA-A', 'B', '', 'HLA-A', 'HLA-A', 'B', ''];
  const once = ['HLA-A (E1)', 'HLA-A (E2)', 'B', 'E4'];
  expect(geneLabels({ responses, genes })).toEqual([...once, ...once]);
  expect(geneLabels({ responses, genes: null })).toBe(responses);
});
