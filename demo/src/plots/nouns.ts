/** What the points of a plot are called: genes unless told; and the kinds that they are of. */

/** Part of the data of a plot of many models. */
export interface NamedPoints {
  /** `genes`, `responses`. */
  readonly many?: string;
}

/** What kinds of fits there are side by side: cell types unless told. */
export interface NamedKinds {
  readonly kinds?: { readonly one: string; readonly many: string };
}

export interface PointNouns {
  readonly many: string;
  readonly one: string;
  /** As an axis has it. */
  readonly title: string;
}

export function nounsOf({ many = 'genes' }: NamedPoints): PointNouns {
  return { many, one: many.replace(/s$/, ''), title: many.replace(/^./, (letter) => letter.toUpperCase()) };
}

export function kindsOf({ kinds = { one: 'cell type', many: 'cell types' } }: NamedKinds): {
  readonly one: string;
  readonly many: string;
} {
  return kinds;
}
