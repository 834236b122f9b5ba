import { FitError, nearestName } from '../../errors.ts';
import { uniqueNames } from '../unique-names.ts';

/** Rows of a features file (10x) or of the `features` group of a CellRanger file. */
export interface Features {
  readonly ids: readonly string[];
  /** Symbols, where there is a second column. */
  readonly genes?: readonly string[];
  /** Feature types, where there is a third column. */
  readonly types?: readonly string[];
}

/** The features that are read as responses. */
export interface FeatureSelection {
  /** Ids of the selected features, unique. */
  readonly names: readonly string[];
  readonly genes?: readonly string[];
  /** Per feature of the file its index among `names`, -1 for a dropped one; absent when all are read. */
  readonly position?: Int32Array;
  readonly notes: readonly string[];
}

/** The type that is read when a file holds several. */
export const DEFAULT_FEATURE_TYPE = 'Gene Expression';

/**
 * Picks the features of one type and makes their ids unique. Without `featureType` those of type `Gene Expression` are
 * read when the file holds several types, and all of them when it holds one.
 *
 * @throws FitError `OptionError` when no feature has the type that was asked for.
 */
export function selectFeatures(features: Features, path: string, featureType?: string): FeatureSelection {
  const { ids, genes, types } = features;
  const present = [...new Set(types ?? [])];
  const wanted = featureType ?? (present.length > 1 ? DEFAULT_FEATURE_TYPE : undefined);
  if (wanted === undefined) {
    const { names, note } = uniqueNames(ids, 'feature names');
    return { names, ...(genes && { genes }), notes: note === null ? [] : [note] };
  }
  if (!present.includes(wanted)) {
    const near = nearestName(wanted, present);
    throw new FitError('OptionError', `no feature of ${path} has the type '${wanted}'`, {
      path,
      option: 'featureType',
      remedy:
        present.length === 0
          ? 'the file has no column of feature types: leave the option out'
          : `${near === undefined ? '' : `did you mean '${near}'? `}the file has ${present.map((t) => `'${t}'`).join(', ')}`,
    });
  }
  const position = new Int32Array(ids.length).fill(-1);
  const kept: number[] = [];
  for (let j = 0; j < ids.length; j++) {
    if (types?.[j] !== wanted) continue;
    position[j] = kept.length;
    kept.push(j);
  }
  const { names, note } = uniqueNames(
    kept.map((j) => ids[j]),
    'feature names',
  );
  const notes = note === null ? [] : [note];
  const dropped = ids.length - kept.length;
  const others = present.filter((type) => type !== wanted);
  return {
    names,
    ...(genes && { genes: kept.map((j) => genes[j]) }),
    ...(dropped > 0 && { position }),
    notes:
      dropped === 0
        ? notes
        : [
            `features of other types (${others.join(', ')}) were left out: ${dropped} of ${ids.length}; '${wanted}' was read`,
            ...notes,
          ],
  };
}

/** Whether a list of names has one twice. */
export function hasRepeats(names: readonly string[]): boolean {
  return new Set(names).size < names.length;
}

/**
 * Refuses repeated barcodes.
 *
 * @throws FitError `DataError` naming the first one.
 */
export function checkBarcodes(barcodes: readonly string[], path: string, remedy: string): void {
  const seen = new Set<string>();
  for (let i = 0; i < barcodes.length; i++) {
    if (seen.has(barcodes[i])) {
      const before = barcodes.indexOf(barcodes[i]);
      throw new FitError(
        'DataError',
        `barcode '${barcodes[i]}' is repeated (cells ${before + 1} and ${i + 1}) in ${path}`,
        {
          path,
          remedy,
        },
      );
    }
    seen.add(barcodes[i]);
  }
}

/** Rows of a `features.tsv` or `genes.tsv`: id, symbol, type; later columns are ignored. */
export function parseFeatures(text: string, path: string): Features {
  const rows = lines(text).map((line) => line.split('\t'));
  const width = rows.length === 0 ? 0 : rows[0].length;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i][0] === '' || rows[i].length < Math.min(width, 3)) {
      throw new FitError(
        'DataError',
        `line ${i + 1} of ${path} has ${rows[i].length} columns, the first has ${width}`,
        {
          path,
          line: i + 1,
          unreadable: true,
          remedy: 'write the file again: an id, a symbol and a type a line, separated by tabs',
        },
      );
    }
  }
  return {
    ids: rows.map((row) => row[0]),
    ...(width > 1 && { genes: rows.map((row) => row[1]) }),
    ...(width > 2 && { types: rows.map((row) => row[2]) }),
  };
}

/** Barcodes of a `barcodes.tsv`: the first column. */
export function parseBarcodes(text: string): string[] {
  return lines(text).map((line) => {
    const tab = line.indexOf('\t');
    return tab < 0 ? line : line.slice(0, tab);
  });
}

/** Lines without their ends; the empty rest after the last line end is none. */
function lines(text: string): string[] {
  const parts = text.split(/\r?\n/);
  while (parts.length > 0 && parts[parts.length - 1] === '') parts.pop();
  return parts;
}
