/** What columns of an annotation are for, guessed from their names and how many values they have. */

/** What is known of a column without its values. */
export interface ColumnFacts {
  readonly name: string;
  readonly kind: 'numeric' | 'logical' | 'factor';
  /** Distinct values, counted up to some thousands. */
  readonly distinct: number;
  /** False for measured numbers, whose values are no levels. */
  readonly discrete: boolean;
}

/** Roles of the columns of a design; empty where no column has one. */
export interface DesignRoles {
  /** What is compared. */
  readonly condition: string;
  /** What is independent: donors, subjects, animals. */
  readonly donor: string;
  /** Measured time, in a table of repeated measures. */
  readonly time: string;
}

/** Words of units that are independent of each other, the most telling first. */
const DONOR =
  /donor|subject|patient|individual|participant|person|mouse|animal|case_?id|^id$|^ind$|sample|orig.?ident|pool|batch/i;
const UNIT_NUMBER =
  /(?:^id|^ind|donor|subject|patient|individual|participant|person|mouse|animal|sample|batch|plate|pool|slice|section|slide|dish|organoid|biopsy|specimen)[_.]?(?:id|no|nr|num|number)?$/i;
/** Words of what is compared. */
const CONDITION =
  /stim|condition|^cond|treat|disease|diagnos|status|arm|group|phenotype|perturb|drug|time|visit|genotype|sex|gender|age/i;
const TIME = /^(time|days?|weeks?|months?|hours?|minutes?|years?|visit(no|num(ber)?)?)$/i;
/** Columns that sort rows by what they are, not by where they come from. */
const CELL_TYPE = /cell.?type|celltype|cluster|annotation|leiden|louvain|^cell$|^ident$|phase/i;
/** Columns that may name what was processed together: samples, libraries, batches, and pieces of tissue or of culture. */
const SAMPLE =
  /sample|library|batch|channel|lane|pool|well$|orig.?ident|replicate|^run|chip|plate|gem|chemistry|site|slice|section|slide|dish$|cover.?slip|organoid|biopsy|explant|specimen/i;

/** Most levels of a column that is compared. */
const MOST_CONDITIONS = 12;

export function isTime(name: string): boolean {
  return TIME.test(name);
}

/** Whether a column of that name holds types of cells. */
export function isCellType(name: string): boolean {
  return CELL_TYPE.test(name);
}

/** Whether a column may name samples, libraries or batches: a run reads such columns beside those that it needs. */
export function mayNameSamples(name: string): boolean {
  return SAMPLE.test(name) && !CELL_TYPE.test(name);
}

/** Whether a column may name what is independent of each other: donors, subjects, samples. */
export function mayNameUnits(name: string): boolean {
  return (DONOR.test(name) || mayNameSamples(name)) && !CELL_TYPE.test(name);
}

/** Whether a column of numbers numbers units: `subject`, `donor_id`, `plate_no`, but not `sample_age`. */
export function numbersUnits(name: string): boolean {
  return UNIT_NUMBER.test(name);
}

/** The columns that can group rows: two levels or more, fewer than rows. Numbers of units are, however few rows each has. */
export function groupingColumns<T extends ColumnFacts>(columns: readonly T[], rows: number): T[] {
  return columns.filter(
    ({ name, distinct, kind, discrete }) =>
      distinct >= 2 && (kind === 'factor' || (kind === 'numeric' && numbersUnits(name)) ? distinct < rows : discrete),
  );
}

/** A first guess at donor and condition; `taken` are columns with another role (the response). */
export function guessRoles(columns: readonly ColumnFacts[], rows: number, taken: readonly string[] = []): DesignRoles {
  const free = columns.filter(({ name }) => !CELL_TYPE.test(name) && !taken.includes(name));
  const donor = firstBy(groupingColumns(free, rows), DONOR);
  const compared = free.filter(
    ({ name, distinct, discrete }) => name !== donor && distinct >= 2 && distinct <= MOST_CONDITIONS && discrete,
  );
  const times = free.filter(({ name, kind, distinct }) => kind === 'numeric' && distinct > 2 && TIME.test(name));
  // Of a number of visits and the time of each the time says more.
  const time = (times.find(({ name }) => !/^visit/i.test(name)) ?? times[0])?.name ?? '';
  const condition = firstBy(
    compared.filter(({ name }) => name !== time),
    CONDITION,
  );
  return { donor, condition: condition === '' ? time : condition, time: condition === '' ? '' : time };
}

/** The column that the most telling word finds. */
function firstBy(columns: readonly ColumnFacts[], pattern: RegExp): string {
  for (const word of pattern.source.split('|')) {
    const found = columns.find(({ name }) => new RegExp(word, 'i').test(name));
    if (found) return found.name;
  }
  return '';
}
