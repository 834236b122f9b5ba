/**
 * Reads a design before anything is fitted: how the column compared lies within and between donors, which columns name the
 * samples, what each test would rest on, which formulas fit, and what cannot be told apart.
 */
import { textRemark } from '../data/table/stray-text.ts';
import { tableColumn } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import { quotedName } from '../formula/syntax.ts';
import type { Table } from '../types/table.ts';
import { type BaselineRows, baselineRows } from './baseline-rows.ts';
import { areGroups, fewWholeNumbers } from './coded-groups.ts';
import { type Course, courseOf } from './course.ts';
import { type Crosstab, crosstab, isConstantWithin, isNested, type Labelled } from './crosstab.ts';
import { type FormulaChoice, formulaChoices } from './formulas.ts';
import { columnFacts, type DesignLayout, distinctOf, type LabelReader, labelReader, layoutOf } from './layout.ts';
import { type ColumnFacts, guessRoles, isCellType, mayNameUnits } from './roles.ts';
import { namedVisits } from './visit-order.ts';

/** What is asked about. */
export interface DesignQuestion {
  /** The column compared; guessed without it, none where it is empty. */
  readonly condition?: string | undefined;
  /** The column of independent units; guessed without it. */
  readonly donor?: string | undefined;
  /** Measured time within donors, on whose course the condition may act; guessed without it, none where it is empty. */
  readonly time?: string | undefined;
  /** Visits by name, in the place of a measured time; guessed without it, none where it is empty. */
  readonly visits?: string | undefined;
  /** Columns beside the condition in the model. */
  readonly covariates?: readonly string[] | undefined;
  /** Left side of the formulas; empty for a matrix of responses. */
  readonly response?: string | undefined;
  /** Rows looked at; all without it. */
  readonly rows?: Int32Array | undefined;
  /** What a row is called. */
  readonly rowNoun?: string | undefined;
  /** False where numbers stay numbers, as a formula has them; without it those that name groups (arms 1, 2, 3) are levels. */
  readonly codes?: boolean | undefined;
}

/** What a reader of the design should know before a fit. */
export interface DesignRemark {
  readonly severity: 'note' | 'warning';
  readonly text: string;
}

/** What a table says of its design: what lies within what, and which formulas fit. */
export interface DesignReading {
  readonly layout: DesignLayout;
  /** Rows by donor and condition; null without either, and for a condition of measured numbers. */
  readonly crosstab: Crosstab | null;
  /** Recommended first. */
  readonly formulas: readonly FormulaChoice[];
  readonly remarks: readonly DesignRemark[];
  /** How long each row was watched, of counts; absent where no column says so. */
  readonly exposure?: string;
  /** The visit before treatment, where its responses are the values of a covariate; absent for none. */
  readonly baseline?: BaselineRows;
  /** Numbers that are the same in all rows of each unit, of units with several rows: covariates, and no responses of these rows. */
  readonly traits?: readonly string[];
}

/** Most levels of a column that is taken for a factor. */
const MOST_LEVELS = 40;
/** Most visits that means are compared at one by one. */
const MOST_VISITS = 12;
/** Rows of a sample below which its mean says little. */
const FEW_ROWS = 10;
/** Units from which on a variance is known at all. */
const FEW_UNITS = 6;

/**
 * @throws DataError for a column that is not there, and where no column groups the rows
 */
export function readDesign(table: Table, question: DesignQuestion = {}): DesignReading {
  const { response = '', covariates = [], rowNoun = 'rows' } = question;
  const read = labelReader(table, question.rows);
  const facts = columnFacts(table, question.rows);
  const guess = guessRoles(facts, read.rows, [response]);
  const donor = question.donor ?? guess.donor;
  const condition = question.condition ?? (guess.condition === donor ? '' : guess.condition);
  if (donor === '') {
    throw new FitError('DataError', 'no column names the donors, subjects or other independent units', {
      path: table.path,
      option: 'donor',
      remedy: `Name it with “donor”; the columns are ${[...table.columns.keys()].slice(0, 15).join(', ')}.`,
    });
  }
  const donors = read.levels(donor);
  const units = { codes: donors.codes, rows: question.rows };
  // Of cells and samples no row is watched for a time.
  const counted = rowNoun === 'rows' && (response === '' || isCount(table, response, question.rows));
  const found = courseOf(table, facts, guess.time, units, { counted, response });
  const course = question.time ?? found.time;
  // Asked about as the course of time it is none.
  const exposure = [course, condition, response, ...covariates].includes(found.exposure) ? '' : found.exposure;
  const varies = (name: string): boolean => {
    return name !== '' && name !== condition && !isNested(donors.codes, read.levels(name).codes);
  };
  // Times that were made levels are visits.
  const leveled = course !== '' && tableColumn(table, course).kind === 'factor' ? course : '';
  const time = leveled === '' && varies(course) ? course : '';
  const known = [donor, condition, response, exposure, ...covariates];
  const visits =
    time === '' && condition !== ''
      ? ([leveled, question.visits ?? visitsIn(table, facts, known, donors)].find(varies) ?? '')
      : '';
  const conditions = condition === '' ? null : read.levels(condition);
  const numbers = condition === '' ? null : fewWholeNumbers(table, condition, question.rows);
  const coded = question.codes !== false && numbers !== null && areGroups(condition, numbers);
  const numeric =
    conditions !== null && !coded && tableColumn(table, condition).kind === 'numeric' && distinctOf(conditions) > 2;
  const layout = layoutOf(read, facts, {
    donor,
    condition,
    time,
    visits,
    response,
    covariates,
    rowNoun,
    numeric,
    coded,
    donors,
    conditions,
  });
  const traits = rowNoun === 'rows' && layout.repeated ? traitsOf(table, donors.codes, question.rows) : [];
  const shown = conditions && distinctOf(conditions) <= MOST_LEVELS ? crosstab(donors, conditions) : null;
  const baseline = baselineRows(table, facts, layout, { read, donors: donors.codes, rows: question.rows });
  return {
    layout,
    crosstab: shown,
    formulas: formulaChoices(layout),
    ...(traits.length > 0 ? { traits } : {}),
    remarks: [
      ...(traits.includes(response) ? [traitRemark(layout)] : []),
      ...(rowNoun === 'rows' ? textRemarks(table, layout) : []),
      ...(conditions === null ? [] : layoutRemarks(layout, shown)),
      ...(numbers === null ? [] : numberRemarks(layout, numbers)),
      ...confoundingRemarks(read, facts, layout, donors, conditions),
      ...(exposure === '' ? [] : [exposureRemark(found, donor)]),
      ...(baseline === null ? [] : [baselineRemark(baseline, layout)]),
    ],
    // Of rows that were not watched there is no logarithm.
    ...(exposure === '' || found.unwatched > 0 ? {} : { exposure }),
    ...(baseline === null ? {} : { baseline }),
  };
}

/** The column of visits that donors have in common, by name; empty for none. */
function visitsIn(table: Table, facts: readonly ColumnFacts[], taken: readonly string[], donors: Labelled): string {
  const free = facts.filter(
    ({ name, distinct }) => !taken.includes(name) && !isCellType(name) && distinct <= MOST_VISITS,
  );
  const units = distinctOf(donors);
  return (
    namedVisits(table, free).find((name) => (free.find((fact) => fact.name === name)?.distinct ?? 0) < units) ?? ''
  );
}

/** Columns of numbers that units have and rows do not. */
function traitsOf(table: Table, units: Int32Array, rows: Int32Array | undefined): string[] {
  return [...table.columns].flatMap(([name, column]) => {
    if (column.kind !== 'numeric') return [];
    const values = rows ? Float64Array.from(rows, (row) => column.values[row]) : column.values;
    return values.some((value) => !Number.isNaN(value)) && isConstantWithin(values, units) ? [name] : [];
  });
}

function traitRemark({ response, donor, rows, donors }: DesignLayout): DesignRemark {
  return {
    severity: 'warning',
    text: `'${response}' is the same in all rows of each level of '${donor}': it was measured ${donors} times, not ${rows}, and no model of these rows is one of it. Take a table with one row for each '${donor}'.`,
  };
}

/** Columns that are text although they mean numbers: the response, and others that could have been it. */
function textRemarks(table: Table, { donor, condition, response }: DesignLayout): DesignRemark[] {
  return [...table.columns].flatMap(([name, column]): DesignRemark[] => {
    const text = name === donor || name === condition || mayNameUnits(name) ? null : textRemark(name, column);
    return text === null ? [] : [{ severity: name === response ? 'warning' : 'note', text }];
  });
}

function exposureRemark({ exposure, visits, unwatched, constant }: Course, donor: string): DesignRemark {
  const said = constant
    ? `'${exposure}' is the same in all rows of each level of '${donor}'`
    : visits === ''
      ? `'${exposure}' is by its name how long each row was watched`
      : `'${exposure}' goes back from one row of a unit to the next of '${visits}'`;
  const is =
    visits === '' && !constant ? 'It is no course of time' : 'it is how long each was watched, and no course of time';
  const [name, rows] = [quotedName(exposure), unwatched === 1 ? '1 row has' : `${unwatched} rows have`];
  const left =
    unwatched === 0 ? '' : ` ${rows} none (0), of which there is no logarithm: leave these out, “${name} > 0”.`;
  return {
    severity: 'note',
    text: `${said}${visits === '' && !constant ? '. ' : ': '}${is}. Of counts it is the exposure, offset(log(${name})).${left}`,
  };
}

/** What is made of a condition that has few whole numbers: groups, or a straight line over them. */
function numberRemarks(
  { condition, coded, numeric, comparison }: DesignLayout,
  numbers: readonly number[],
): DesignRemark[] {
  const name = quotedName(condition);
  const text = coded
    ? `The numbers of '${condition}' (${numbers.join(', ')}) are taken for names of groups, each with a mean of its own: factor(${name}) in a formula, where ${name} alone is a straight line over them.`
    : `'${condition}' is taken as a number, by a straight line over ${numbers.join(', ')}: where these name groups, factor(${name}) in a formula has a mean for each.`;
  return coded || (numeric && comparison === 'between') ? [{ severity: 'note', text }] : [];
}

function baselineRemark({ column, visit, level, filter }: BaselineRows, layout: DesignLayout): DesignRemark {
  const { response, covariates } = layout;
  return {
    severity: covariates.includes(column) ? 'warning' : 'note',
    text: `The rows of '${visit}' ${level} hold the same values as '${response}' and as '${column}': with '${column}' as a covariate they would be fitted by their own values. Leave them out of such a model, “${filter}”, or leave '${column}' out.`,
  };
}

/** Whether a response has the values of counts. */
function isCount(table: Table, response: string, rows: Int32Array | undefined): boolean {
  const column = response === '' ? undefined : table.columns.get(response);
  if (column?.kind !== 'numeric') return false;
  const own = rows ? Float64Array.from(rows, (row) => column.values[row]) : column.values;
  return own.every((value) => Number.isNaN(value) || (value >= 0 && value % 1 === 0)) && own.some((value) => value > 1);
}

function layoutRemarks(layout: DesignLayout, shown: Crosstab | null): DesignRemark[] {
  const { condition, donor, donors, comparison, paired, sides, repeated, rowNoun, numeric, clusters } = layout;
  const remarks: DesignRemark[] = [];
  const warn = (text: string) => remarks.push({ severity: 'warning', text });
  const note = (text: string) => remarks.push({ severity: 'note', text });
  if (donors < 2) {
    warn(`'${donor}' has one level: nothing can be said beyond it.`);
    return remarks;
  }
  if (comparison === 'within') {
    note(
      `Every level of '${donor}' has ${numeric ? 'several values' : 'two levels or more'} of '${condition}': it is compared within '${donor}', and the test rests on ${donors} of them, not on the ${rowNoun}.`,
    );
  } else if (comparison === 'partly') {
    note(
      `${paired} of ${donors} levels of '${donor}' have several levels of '${condition}': it is compared within them, and between the others.`,
    );
  } else if (!numeric) {
    note(
      `Each level of '${donor}' has one level of '${condition}': it is compared between them, ${sides.join(' against ')}, so they count, not ${rowNoun}.`,
    );
  } else
    note(
      `'${condition}' is constant within '${donor}': the test rests on ${donors} levels of it, not on the ${rowNoun}.`,
    );
  for (const { name, levels } of clusters) {
    warn(
      `'${condition}' does not vary within '${name}' (${levels} levels): whatever was done by '${name}' makes these the units, not '${donor}'.`,
    );
  }
  const units = comparison === 'between' ? donors : paired;
  if (units < FEW_UNITS) {
    const which = comparison === 'between' ? '' : `with several levels of '${condition}' `;
    const left =
      units < 3
        ? `too few. Next to no degrees of freedom are left, and what is found is of ${units === 1 ? 'this one' : 'these two'} alone`
        : 'few degrees of freedom are left';
    warn(`Only ${units} ${units === 1 ? 'level' : 'levels'} of '${donor}' ${which}tell about it: ${left}.`);
  }
  if (comparison === 'between' && !numeric && sides.length > 0 && sides[0] < 3) {
    warn(
      `A level of '${condition}' is seen in ${sides[0]} ${sides[0] === 1 ? 'level' : 'levels'} of '${donor}' only: its difference from the others is hardly told from a difference between them.`,
    );
  }
  if (!shown || !repeated || rowNoun !== 'cells') return remarks;
  const empty = shown.counts.filter((value) => value === 0).length;
  const thin = shown.counts.filter((value) => value > 0 && value < FEW_ROWS).length;
  if (comparison !== 'between' && empty > 0)
    note(
      `${empty} ${empty === 1 ? 'combination' : 'combinations'} of '${donor}' and '${condition}' without ${rowNoun}.`,
    );
  if (thin > 0)
    note(
      `${thin} ${thin === 1 ? 'combination' : 'combinations'} of '${donor}' and '${condition}' with fewer than ${FEW_ROWS} ${rowNoun}.`,
    );
  return remarks;
}

/** Columns that run along with the condition. */
function confoundingRemarks(
  read: LabelReader,
  facts: readonly ColumnFacts[],
  { condition, donor, response, covariates, sampleColumn, libraries, clusters, comparison }: DesignLayout,
  donors: Labelled,
  conditions: Labelled | null,
): DesignRemark[] {
  if (!conditions) return [];
  const taken = [condition, donor, response, sampleColumn, ...libraries, ...clusters.map(({ name }) => name)];
  const known = new Set(taken);
  return facts.flatMap(({ name, distinct, discrete }): DesignRemark[] => {
    if (known.has(name) || !discrete || distinct < 2 || distinct > MOST_LEVELS || isCellType(name)) return [];
    const other = read.levels(name);
    if (!isNested(other.codes, conditions.codes)) return [];
    const same = isNested(conditions.codes, other.codes);
    if (same) {
      return [
        {
          severity: covariates.includes(name) ? 'warning' : 'note',
          text: `'${name}' and '${condition}' have the same rows in each level: no model can tell them apart.`,
        },
      ];
    }
    // A trait of donors runs along with a condition between them, and a finer column lies within the samples.
    if (comparison === 'between' && isNested(donors.codes, other.codes)) return [];
    if (isNested(other.codes, donors.codes)) return [];
    return [
      {
        severity: 'warning',
        text: `Each level of '${name}' has one level of '${condition}' only: differences between levels of '${name}' count as '${condition}' unless (1 | ${name}) is in the model.`,
      },
    ];
  });
}
