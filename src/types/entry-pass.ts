/** Plain data of passes over the entries of a matrix: what to add up, and the sums. Any thread can work with them. */

/** What a pass forms: totals of the rows, or sums of responses by the rows of some designs. */
export type EntryPass = TotalsPass | SumsPass;

/** The sum over all responses of each row. */
export interface TotalsPass {
  readonly kind: 'totals';
  readonly rows: number;
}

export interface SumsPass {
  readonly kind: 'sums';
  /** File and layers of the matrix, for messages. */
  readonly matrix: { readonly path: string; readonly layers: readonly string[] };
  /** Rows of the matrix. */
  readonly rows: number;
  /** Values are log(1 + target x count / total of the row); 0 takes them as they are. */
  readonly target: number;
  /** Total of each row; null where whole rows tell it. */
  readonly totals: Float64Array | null;
  /** Number of responses summed, G, and the place of each response of the file among them, -1 to leave it out. */
  readonly responses: number;
  readonly place: Int32Array;
  /** Design of each row of the matrix, -1 for none, and its row there. */
  readonly partOf: Int16Array;
  readonly rowOf: Int32Array;
  readonly parts: readonly PassPart[];
}

/** How the entries in the rows of one design are summed. */
export type PassPart =
  | {
      /** By stratum (of like rows): sums are strata x G. */
      readonly kind: 'strata';
      readonly strata: number;
      readonly stratum: Int32Array;
      /** Prior weight of each row; null when all are 1. */
      readonly weight: Float64Array | null;
    }
  | {
      /**
       * By products with a basis, by columns of Z or by strata, and with an offset: sums are G x (w y^2, p products,
       * y unless there are strata, y o where there is an offset), and columns of Z, or strata, x G.
       */
      readonly kind: 'rows';
      readonly weight: Float64Array | null;
      /** Columns p of the basis, and its rows, row-major. */
      readonly p: number;
      readonly basis: Float64Array;
      /** Entries of Z in a row, their columns and values times the weight, row-major; columns of Z. */
      readonly width: number;
      readonly columns: Int32Array;
      /** Null where each row is in one stratum, and `columns` says in which. */
      readonly z: Float64Array | null;
      readonly zColumns: number;
      /** Offset times weight; null without. */
      readonly offset: Float64Array | null;
    }
  | {
      /** By pseudo-row of a family (`moments/family-rows.ts`): sums are those of `moments/part-sums.ts`. */
      readonly kind: 'family';
      readonly values: FamilyValues;
      readonly rows: number;
      /** First pseudo-row of each row, and its shares there and in the next ones, at `pointers[i] .. pointers[i + 1]`. */
      readonly first: Int32Array;
      readonly pointers: Int32Array;
      readonly share: Float64Array;
      /** What values are multiplied with in the constant; null for 0. */
      readonly shift: Float64Array | null;
      /** Prior weight of each row; null when all are 1. */
      readonly weight: Float64Array | null;
      /** Nodes that counts are told apart by; 0 where only their sums are wanted. */
      readonly tail: number;
    }
  | {
      /** The values themselves of some responses: `count` of them x n, in the order of `at` (G, -1 to leave out). */
      readonly kind: 'values';
      readonly at: Int32Array;
      readonly count: number;
      readonly n: number;
    };

/** Values that entries of a family can have: counts, or 1. */
export type FamilyValues = 'counts' | 'ones';

/** Sums of one part. All arrays can be added to those of another share of the rows. */
export interface PartSums {
  /** Rows in which each response is not zero, G. */
  readonly expressed: Float64Array;
  /** Sum of weight x y^2, G; of a family the constants. */
  readonly total: Float64Array;
  /** What the kind of the part says. */
  readonly sums: readonly Float64Array[];
}

/** What the values of a matrix look like, from those looked at. */
export interface ValueFacts {
  /** All whole numbers, none negative. */
  counts: boolean;
  largest: number;
  seen: number;
}

/** What a pass over all rows, or a share of them, came to. */
export type PassSums =
  | { readonly kind: 'totals'; readonly totals: Float64Array }
  | {
      readonly kind: 'sums';
      readonly parts: readonly PartSums[];
      readonly facts: ValueFacts;
      /** 1 for the rows of the matrix that have an entry. */
      readonly filled: Uint8Array;
    }
  /** Nothing: totals are wanted of rows that do not come whole. */
  | { readonly kind: 'no totals' };

export interface PassRunOptions {
  /** Threads at most. */
  readonly threads?: number | undefined;
  /** Megabytes that the sums of all threads may take together, where there is a bound. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many more entries were read. */
  readonly onEntries?: ((count: number) => void) | undefined;
}

/** Runs a pass elsewhere than in this thread. */
export type PassRunner = (pass: EntryPass, options: PassRunOptions) => Promise<PassSums>;
