/** An HDF5 file as the tree that AnnData is read from. */
import { TYPE_CLASS } from '../hdf5-storage/datatype.ts';
import { type Dataset, type Group, isGroup } from './hdf5-objects.ts';
import { openRows } from './hdf5-rows.ts';
import type { Hdf5Tree } from './hdf5-tree.ts';
import { storedDense, storedSparse } from './stored-matrix.ts';
import type { ElementKind, StoredTree, TreeEntity } from './stored-tree.ts';

/** Objects come back from the tree as they came out of it. */
export function hdf5StoredTree(tree: Hdf5Tree): StoredTree {
  const object = (entity: TreeEntity) => entity as Group | Dataset;
  const group = (entity: TreeEntity) => entity as Group;
  const dataset = (entity: TreeEntity) => entity as Dataset;
  return {
    path: tree.path,
    find: (name) => (name === '' ? tree.root : tree.find(name)),
    dataset: (name) => tree.dataset(name),
    keys: (entity) => tree.keys(group(entity)),
    attribute: (entity, name) => tree.attribute(object(entity), name),
    text: (entity, name) => tree.text(object(entity), name),
    shape: (entity) => (isGroup(object(entity)) ? null : tree.guard(entity.path, () => dataset(entity).shape)),
    element: (entity) => elementOf(tree, dataset(entity)),
    length: (entity) => tree.length(dataset(entity)),
    numbers: (entity, from, to) => tree.numbers(dataset(entity), from, to),
    strings: (entity) => tree.strings(dataset(entity)),
    visitStrings: (entity, visitor) => tree.visitStrings(dataset(entity), visitor),
    visitTextBytes: (entity, visitor) => tree.visitTextBytes(dataset(entity), visitor),
    openRows: (entity) => openRows(tree, dataset(entity)),
    storedMatrix: (matrix) => (typeof matrix === 'string' ? storedDense(tree, matrix) : storedSparse(tree, matrix)),
    corrupt: (message, remedy) => tree.corrupt(message, remedy),
  };
}

function elementOf(tree: Hdf5Tree, dataset: Dataset): ElementKind {
  const { type, enum_type } = tree.guard(dataset.path, () => dataset.metadata);
  switch (type) {
    case TYPE_CLASS.integer:
      return 'integer';
    case TYPE_CLASS.float:
      return 'float';
    case TYPE_CLASS.string:
      return 'text';
    case TYPE_CLASS.enumeration:
      // h5py's form of truth values.
      return enum_type?.members['FALSE'] === 0 && enum_type.members['TRUE'] === 1 ? 'boolean' : 'enumeration';
    default:
      return 'other';
  }
}
