/** The structure and the standard deviations of residuals on the rows of a frame. */
import { FitError } from '../errors.ts';
import type { DispersionRows, ResidualRows, RowFactor, StructureName } from '../types/residual.ts';
import { gatherCodes, gatherMatrix, gatherNumbers } from './columns.ts';
import type { ContrastCoding } from './contrasts.ts';
import { type Frame, frameVariable, groupingOf } from './frame.ts';
import { fullRank } from './full-rank.ts';
import type { TermStructure } from './functions.ts';
import { dropUnused, type GroupingFactor } from './grouping.ts';
import { modelMatrix } from './model-matrix.ts';
import { type DispersionFormula, type ResidualFormula, residualSource, residualVariables } from './residual.ts';
import { sourceError } from './source.ts';
import { bareName } from './syntax.ts';

/** Median rows of a subject at a visit above which they are replicates with a model of their own, no repeated entries. */
const MANY_ROWS = 3;

/**
 * The structure on the rows of a frame without missing values. Only levels in use.
 *
 * Throws FormulaError for visits and times that are of the wrong kind.
 */
export function residualRows(residual: ResidualFormula, frame: Frame): ResidualRows {
  const { structure, visit, subject, by, source } = residual;
  for (const { label, expression } of residualVariables(residual)) {
    const variable = frameVariable(frame, label);
    if (variable.kind === 'factor' || variable.suffixes.length === 1) continue;
    throw sourceError(residualSource(source), expression.position, `${label} is no single column`, 'Name a column.');
  }
  const variable = frameVariable(frame, visit.label);
  const name = bareName(visit.label);
  const rest = {
    structure,
    text: source,
    subject: factorOf(subject, frame),
    by: by === null ? null : factorOf(by, frame),
  };
  if (structure === 'sp_exp') {
    if (variable.kind === 'numeric') return { ...rest, visit: null, time: { name, values: variable.values } };
    throw sourceError(
      residualSource(source),
      visit.expression.position,
      `the times of sp_exp are numbers, '${visit.label}' is ${variable.logical ? 'logical' : 'a factor (text)'}`,
      `Name a numeric column; for visits in order write ar1(${visit.label} | ${subject.name}).`,
    );
  }
  if (variable.kind === 'numeric' && !variable.values.every(Number.isInteger)) {
    throw sourceError(
      residualSource(source),
      visit.expression.position,
      `the visits '${visit.label}' are numbers with decimals`,
      `For times write sp_exp(${visit.label} | ${subject.name}), for visits factor(${visit.label}).`,
    );
  }
  return { ...rest, visit: factorOf({ name, variables: [visit] }, frame), time: null };
}

function factorOf(group: GroupingFactor, frame: Frame): RowFactor {
  const { levels, codes } = groupingOf(group, frame);
  return { name: group.name, levels, codes };
}

/**
 * Refuses what no structure can mean: one visit for all rows, a subject in two groups, two rows of a subject at a visit.
 *
 * @throws DataError
 */
export function checkResidual(rows: ResidualRows, path: string | undefined): void {
  const { subject, by, visit, time } = rows;
  const name = visit?.name ?? time?.name ?? '';
  const refuse = (message: string, remedy: string) =>
    new FitError('DataError', message, { option: 'residual', source: rows.text, remedy, path });
  const places = visit ?? rankedTimes(time?.values ?? new Float64Array(0));
  if (places.levels.length < 2) {
    throw refuse(
      `'${name}' of “residual” is the same in all rows: ${places.levels[0]}`,
      `Name the column that tells the rows of a subject apart; without one, leave “residual” out.`,
    );
  }
  if (by !== null) {
    const group = new Int32Array(subject.levels.length).fill(-1);
    subject.codes.forEach((code, i) => {
      if (group[code] < 0) group[code] = by.codes[i];
      if (group[code] === by.codes[i]) return;
      const [one, other] = [by.levels[group[code]], by.levels[by.codes[i]]];
      throw refuse(
        `'${subject.name}' '${subject.levels[code]}' is in two groups of '${by.name}', '${one}' and '${other}'`,
        `Where names of subjects repeat between groups, write ${by.name} / ${by.name}:${subject.name}.`,
      );
    });
  }
  const repeats = repeatedCells(subject, places);
  if (repeats === null) return;
  const { level, place, rows: count, cells, median } = repeats;
  const others = cells === 1 ? '' : `; ${cells} pairs of '${subject.name}' and '${name}' have several rows`;
  throw refuse(
    `'${subject.name}' '${subject.levels[level]}' has ${count} rows at '${name}' ${places.levels[place]}${others}`,
    median > MANY_ROWS ? randomRemedy(rows, name, median) : repeatRemedy(rows, name),
  );
}

/** Structures in which the lag between two visits counts. */
const BY_LAG: ReadonlySet<StructureName> = new Set(['ar1', 'ar1h', 'toep', 'toeph']);
/** Gaps between times whose ratio stays below 1 + this are equal. */
const EQUAL_GAPS = 1e-9;

/** What there is to say of visits that are numbers unequally far apart, in a structure that takes neighbours as equally near. */
export function spacingNotes({ structure, visit, subject }: ResidualRows): string[] {
  if (visit === null || !BY_LAG.has(structure) || visit.levels.some((level) => level.trim() === '')) return [];
  const times = visit.levels.map(Number);
  const gaps = times.slice(1).map((time, k) => time - times[k]);
  // Names of visits, or numbers out of order, are no times.
  if (!gaps.every((gap) => gap > 0) || Math.max(...gaps) <= Math.min(...gaps) * (1 + EQUAL_GAPS)) return [];
  const shown = visit.levels.length > 8 ? [...visit.levels.slice(0, 7), '...'] : visit.levels;
  return [
    `${structure} counts visits, and '${visit.name}' is unequally spaced (${shown.join(', ')}): for a correlation that falls with time write sp_exp(${visit.name} | ${subject.name})`,
  ];
}

function repeatRemedy({ structure, subject }: ResidualRows, name: string): string {
  const sd = structure === 'diag' ? `For a standard deviation by visit alone write “dispersion: ~ 0 + ${name}”. ` : '';
  return `${sd}Aggregate them to one row, or give them a random effect in the formula, + (1 | ${subject.name}:${name}).`;
}

/** Random effects come in these structures only. */
const RANDOM_STRUCTURE: Partial<Record<StructureName, TermStructure>> = { us: 'us', cs: 'cs', csh: 'cs', diag: 'diag' };

/** With many rows a visit it is their common part that goes on from visit to visit. */
function randomRemedy({ structure, visit, subject }: ResidualRows, name: string, median: number): string {
  const own = RANDOM_STRUCTURE[structure] ?? 'ar1';
  const numbers =
    visit === null ||
    (!name.startsWith('factor(') && visit.levels.every((level) => level !== '' && !Number.isNaN(Number(level))));
  const factor = numbers ? `factor(${name})` : name;
  return `With a median of ${median} rows at a visit the structure belongs to the random effects: + ${own}(0 + ${factor} | ${subject.name}) in the formula, without “residual”.`;
}

/** Times as levels in order. */
function rankedTimes(values: Float64Array): Pick<RowFactor, 'levels' | 'codes'> {
  const sorted = Float64Array.from(new Set(values)).sort();
  const rank = new Map<number, number>();
  for (const value of sorted) rank.set(value, rank.size);
  return { levels: Array.from(sorted, String), codes: Int32Array.from(values, (value) => rank.get(value) ?? -1) };
}

/** The first subject and place with several rows, how many such pairs there are, and the median of rows a pair. */
function repeatedCells(
  subject: RowFactor,
  places: Pick<RowFactor, 'levels' | 'codes'>,
): { level: number; place: number; rows: number; cells: number; median: number } | null {
  const width = places.levels.length;
  const keys = Float64Array.from(subject.codes, (code, i) => code * width + places.codes[i]).sort();
  const counts: number[] = [];
  let first = -1;
  for (let i = 0, start = 0; i < keys.length; i++) {
    if (i + 1 < keys.length && keys[i + 1] === keys[i]) continue;
    const count = i + 1 - start;
    if (count > 1 && first < 0) first = counts.length;
    counts.push(count);
    start = i + 1;
  }
  if (first < 0) return null;
  const key = keys[first]; // the pairs before it have a row each
  const sorted = Int32Array.from(counts).sort();
  return {
    level: Math.floor(key / width),
    place: key % width,
    rows: counts[first],
    cells: counts.filter((count) => count > 1).length,
    median: sorted[sorted.length >> 1],
  };
}

/** The structure on some of its rows; levels that lose all their rows disappear. */
export function subsetResidual(rows: ResidualRows, keep: Int32Array): ResidualRows {
  const factor = ({ name, levels, codes }: RowFactor): RowFactor => ({
    name,
    ...dropUnused({ levels, codes: gatherCodes(codes, keep) }),
  });
  const { visit, time, subject, by } = rows;
  return {
    ...rows,
    visit: visit === null ? null : factor(visit),
    time: time === null ? null : { name: time.name, values: gatherNumbers(time.values, keep) },
    subject: factor(subject),
    by: by === null ? null : factor(by),
  };
}

/** Columns of the standard deviations, and those left out. */
export interface DispersionColumns {
  readonly rows: DispersionRows;
  readonly dropped: readonly string[];
}

/** Columns of a frame without missing values and unused levels; `strict` refuses a factor with one level. */
export function dispersionRows(
  { source, terms }: DispersionFormula,
  frame: Frame,
  codings: ReadonlyMap<string, ContrastCoding>,
  strict: boolean,
): DispersionColumns {
  const { names, values } = modelMatrix(terms, frame, { codings, strict });
  return rankedColumns({ text: source, names, x: values }, frame.n);
}

/** The columns on some rows, where the variables behind them are not known. */
export function subsetDispersion(rows: DispersionRows, n: number, keep: Int32Array): DispersionColumns {
  return rankedColumns({ ...rows, x: gatherMatrix(rows.x, n, keep) }, keep.length);
}

function rankedColumns({ text, names, x }: DispersionRows, n: number): DispersionColumns {
  const kept = fullRank(n, { names, assign: names.map(() => 0), termLabels: [], x, dropped: [] });
  return { rows: { text, names: kept.names, x: kept.x }, dropped: kept.dropped };
}
