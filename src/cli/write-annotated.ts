import { writeAnnotated } from '../data/matrix/annotate-h5ad.node.ts';
import { geneColumns } from '../result/gene-columns.ts';
import type { FitResult } from '../types/fit-result.ts';
import { STATUSES } from '../types/fit-table.ts';
import { type AnnotatedTarget, optionFacts } from './annotated-output.ts';
import type { FitRequest } from './fit-request.ts';
import { SOFTWARE } from './software.ts';

/** Under this name results stand in `varm` and `uns`, as the Python package has it. */
const KEY = 'webgpu_lmm';

/** Writes the annotated copy; see {@link writeAnnotated}. */
export async function writeAnnotatedFit(
  result: FitResult,
  { path, source }: AnnotatedTarget,
  { raw, intervals, note }: Pick<FitRequest, 'raw' | 'intervals' | 'note'>,
): Promise<void> {
  const { table } = result;
  const statuses: Record<string, number> = {};
  for (const code of table.status) statuses[STATUSES[code]] = (statuses[STATUSES[code]] ?? 0) + 1;
  const options = {
    ...(intervals === undefined ? {} : { confLevel: intervals.level }),
    ...(raw.exponentiate ? { exponentiate: true } : {}),
  };
  const key = await writeAnnotated(path, source, {
    key: KEY,
    columns: (genes) => geneColumns(result, genes, options),
    facts: {
      formula: table.formula,
      options: optionFacts(raw),
      statuses,
      notes: result.notes,
      version: SOFTWARE.version,
    },
  });
  if (key !== KEY) note(`${source} has results of an earlier run: these are '${key}' in varm and uns of ${path}`);
}
