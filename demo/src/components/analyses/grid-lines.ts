/** How the columns of a table stand: beside each other, or over several lines of a row where there is no room. Pure. */

/** Pixels of a row of one line, and of each line where there are several. */
export const LINE = 32;
const INNER_LINE = 22;
/** Room around the lines of a row. */
const AROUND = 10;
/** Least width in rem: of a column of texts, and of numbers, which is that of a place where there are several lines. */
const TEXT = 5;
const PLACE = 4.4;
const GAP = 0.5;
/** Before the first and after the last column. */
const EDGES = 1;

export interface GridColumn {
  /** Part of the width that it gets. */
  readonly wide: number;
  readonly numeric: boolean;
}

export interface GridLines {
  readonly lines: number;
  /** `grid-template-columns` of each row. */
  readonly template: string;
  /** Places that each column takes. */
  readonly spans: readonly number[];
  /** Pixels of a row. */
  readonly height: number;
}

/** @param room width in rem; 0 where it is not known yet */
export function gridLines(columns: readonly GridColumn[], room: number): GridLines {
  const least = columns.map(({ wide, numeric }) => (numeric ? PLACE : TEXT) * wide);
  const needed = least.reduce((sum, own) => sum + own + GAP, EDGES - GAP);
  if (needed <= room || room === 0) {
    const widths = columns.map(({ wide }, k) => `minmax(${least[k]}rem, ${wide}fr)`);
    return { lines: 1, template: widths.join(' '), spans: columns.map(() => 1), height: LINE };
  }
  let places = Math.max(1, Math.floor((room - EDGES + GAP) / (PLACE + GAP)));
  let found = placed(columns, places);
  // The lines are alike: none holds what is left over.
  for (; places > 1; places--) {
    const narrower = placed(columns, places - 1);
    if (narrower.lines > found.lines) break;
    found = narrower;
  }
  const { lines, spans } = found;
  return { lines, template: `repeat(${places}, minmax(0, 1fr))`, spans, height: lines * INNER_LINE + AROUND };
}

/** The columns one after the other, in lines of so many places. */
function placed(columns: readonly GridColumn[], places: number): { readonly lines: number; readonly spans: number[] } {
  const spans = columns.map(({ wide, numeric }) => Math.min(places, numeric ? 1 : Math.ceil(wide)));
  let lines = 1;
  let taken = 0;
  for (const [k, span] of spans.entries()) {
    if (taken + span > places) {
      // What is left of a line belongs to its last text.
      if (!columns[k - 1].numeric) spans[k - 1] += places - taken;
      lines += 1;
      taken = 0;
    }
    taken += span;
  }
  return { lines, spans };
}
