/** What the points of a plot are called: genes unless told. */

/** Part of the data of a plot of many models. */
export interface NamedPoints {
  /** `genes`, `responses`. */
  readonly many?: string;
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
