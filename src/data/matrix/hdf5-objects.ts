/** Objects of an HDF5 file as they are used here, of the HDF5 library's (h5wasm) or of a plain file's. */
import { TYPE_CLASS } from '../hdf5-storage/datatype.ts';
import { exactDoubles, NUMBER_KINDS, type NumberKind } from '../hdf5-storage/numbers.ts';
import type { TextVisitor } from '../hdf5-storage/texts.ts';

/** What is asked of a group. */
export interface Group {
  readonly type: string;
  readonly path: string;
  readonly attrs: Attributes;
  keys(): string[];
  /** A member; null, or something else, where there is none. */
  get(name: string): unknown;
}

/** What is asked of a dataset. */
export interface Dataset {
  readonly type: string;
  readonly path: string;
  readonly attrs: Attributes;
  readonly shape: number[] | null;
  readonly metadata: Metadata;
  readonly filters: readonly { readonly id: number; readonly name: string }[];
  slice(ranges: [number, number][]): unknown;
  /** Shows the bytes of texts where it need not make them. */
  visitTexts?(range: readonly [number, number], visitor: TextVisitor): void;
  /** Address of its header; else a reference to it tells. */
  readonly address?: number;
  create_reference?(): { readonly ref_data: ArrayLike<number> };
}

export interface Metadata {
  /** Class of the type, see {@link TYPE_CLASS}. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly shape: number[] | null;
  readonly chunks: number[] | null;
  readonly enum_type?: { readonly members: Readonly<Record<string, number>> } | undefined;
  readonly virtual_sources?: readonly { readonly file_name: string }[] | undefined;
}

type Attributes = Readonly<Record<string, { readonly shape: number[] | null; readonly value: unknown }>>;

/** By the tag, not by `instanceof`: Node's and the browser's build of the library have classes of their own. */
export function isGroupOrDataset(entity: unknown): entity is Group | Dataset {
  if (typeof entity !== 'object' || entity === null || !('type' in entity)) return false;
  return entity.type === 'Group' || entity.type === 'Dataset';
}

export function isGroup(entity: Group | Dataset): entity is Group {
  return entity.type === 'Group';
}

/** Address of a dataset's header: a reference to it is that, 8 bytes. */
export function headerAddress(dataset: Dataset): number | undefined {
  if (dataset.address !== undefined) return dataset.address;
  const bytes = dataset.create_reference?.().ref_data;
  return bytes?.length === 8 ? exactDoubles(new BigUint64Array(Uint8Array.from(bytes).buffer))[0] : undefined;
}

/** Name of a dataset as the user would write it. */
export function label(entity: Group | Dataset): string {
  return entity.path.replace(/^\//, '');
}

/** Kind of little-endian whole or floating numbers; null for others. */
export function numberKind({ type, size, signed, littleEndian }: Metadata): NumberKind | null {
  const letter = type === TYPE_CLASS.float ? 'f' : type !== TYPE_CLASS.integer ? null : signed ? 'i' : 'u';
  const kinds: readonly string[] = NUMBER_KINDS;
  const kind = `${letter}${size}`;
  return (littleEndian || size === 1) && kinds.includes(kind) ? (kind as NumberKind) : null; // it is one of the list
}
