import { FitError } from '../../errors.ts';
import type { MatrixOptions } from '../input-files.ts';
import { annDataSource } from './anndata.ts';
import type { StoredMatrixSource } from './stored-matrix.ts';
import { isGroup, type StoredTree } from './stored-tree.ts';

/** Whether a tree holds AnnData or MuData. */
export async function isAnnotated(tree: StoredTree): Promise<boolean> {
  return (await tree.find('obs')) !== undefined || (await tree.find('mod')) !== undefined;
}

/**
 * The matrix of AnnData, or that of a modality of MuData. `close` closes the tree.
 *
 * @throws FitError as the two do; `OptionError` for a modality of AnnData
 */
export async function annotatedSource(
  tree: StoredTree,
  options: Pick<MatrixOptions, 'layer' | 'modality'>,
  close: () => void | Promise<void>,
): Promise<StoredMatrixSource> {
  const group = await tree.find('mod');
  if (group !== undefined && isGroup(group)) {
    // Most files are AnnData.
    const { muDataSource } = await import('./mudata.ts');
    return muDataSource(tree, group, options, close);
  }
  if (options.modality === undefined) return annDataSource(tree, options, close);
  const { path } = tree;
  const remedy = 'It is one AnnData, without modalities: leave the option out.';
  throw new FitError('OptionError', `${path} has no modalities`, { path, option: 'modality', remedy });
}
