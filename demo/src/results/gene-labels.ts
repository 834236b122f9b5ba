/** What responses are called on the page. */

import type { FitTable } from 'webgpu-lmm';

type Named = Pick<FitTable, 'genes' | 'responses'>;

const known = new WeakMap<Named, readonly string[]>();

/** The symbol of each model's gene, with the name of the response where other responses have the same; names without symbols. */
export function geneLabels(table: Named): readonly string[] {
  const { genes, responses } = table;
  if (!genes) return responses;
  const before = known.get(table);
  if (before) return before;
  const first = new Map<string, string>();
  const shared = new Set<string>();
  genes.forEach((gene, m) => {
    if (!gene) return;
    // The same response in several splits is one.
    if ((first.get(gene) ?? responses[m]) !== responses[m]) shared.add(gene);
    else first.set(gene, responses[m]);
  });
  const labels = genes.map((gene, m) => {
    if (!gene) return responses[m];
    return shared.has(gene) ? `${gene} (${responses[m]})` : gene;
  });
  known.set(table, labels);
  return labels;
}
