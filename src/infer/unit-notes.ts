/** What a run says of the units that its tests rest on: few of them, and degrees of freedom beyond what they carry. */
import { namesSharedUnits } from '../design/replicates.ts';
import { withSubjects } from '../moments/covariance-blocks.ts';
import type { DesignMoments, Moments } from '../moments/moments.ts';
import type { FitTable } from '../types/fit-table.ts';
import { UNITS_OF_TESTS } from '../types/inference.ts';
import { MOSTLY_BETWEEN, type TestUnits, UnitFinder } from './test-units.ts';

/** Fewer units than that, or levels on a side, are said to be few; of a trend over levels twice as many. */
const ENOUGH_LEVELS = 5;
/** Tests whose units a note lists at most. */
const LISTED = 12;

/** Said of models without random terms or subjects, unless a warning names what their rows share, with the term to add. */
const ROWS_ARE_UNITS =
  'no random term: each row counts as a unit of its own; where rows share a donor, a subject or a plate, add (1 | it)';

/** What each test of a run rests on, over its splits: the fewest and the most units. */
interface UnitRange {
  readonly name: string;
  fewest: TestUnits;
  largest: TestUnits;
  readonly split: string;
  least: number;
  most: number;
}

/** One comparison of levels in one batch, with the models that have it. */
interface BatchTest {
  readonly name: string;
  readonly units: Extract<TestUnits, { kind: 'levels' | 'trend' }>;
  readonly design: DesignMoments;
  readonly index: Int32Array;
}

/**
 * A note for each coefficient or contrast that rests on few units (of the splits the one with fewest), warnings of too many
 * degrees of freedom, and one note that says what the others rest on.
 */
export function unitNotes(moments: Moments, table: FitTable): string[] {
  const found = new Map<string, UnitRange>();
  const between: BatchTest[] = [];
  // Designs of responses' own share their coefficients, and with them the rows that are tested.
  const rows = new Map<readonly string[], readonly TestedRow[]>();
  const finder = new UnitFinder();
  for (const { design, index } of moments.batches) {
    if (design.n <= design.p || !index.some((m) => !Number.isNaN(table.sigma[m]))) continue;
    const split = moments.splits?.[index[0]] ?? '';
    const tested = rows.get(design.coefficients) ?? testedRows(design, table);
    rows.set(design.coefficients, tested);
    finder.open(design);
    for (const { name, weights } of tested) {
      const units = finder.units(weights);
      if (!units) continue;
      widen(found, name, units, split);
      if (units.kind === 'levels' || units.kind === 'trend') between.push({ name, units, design, index });
    }
  }
  const all = [...found.values()];
  const few = all.filter(({ fewest }) => isFew(fewest));
  const rest = all.filter((test) => !few.includes(test)).map(describeRange);
  const linear = moments.batches.every(({ design }) => design.terms.length === 0 && !design.blocks?.subjects);
  const notes = [
    ...(linear && all.length > 0 && !moments.notes.some(namesSharedUnits) ? [ROWS_ARE_UNITS] : []),
    ...few.map(({ name, fewest, split }) => fewText(name, fewest, split)),
    ...excessNotes(between, table),
    ...priorNotes(all, table),
  ];
  if (rest.length === 0) return notes;
  const more = rest.length > LISTED ? `; and ${rest.length - LISTED} more` : '';
  return [...notes, `${UNITS_OF_TESTS}${rest.slice(0, LISTED).join('; ')}${more}`];
}

/** Widens the range of a test over the batches, in the order of the tests, by one batch. */
function widen(found: Map<string, UnitRange>, name: string, units: TestUnits, split: string): void {
  const number = unitCount(units);
  const before = found.get(name);
  if (!before || number < before.least) {
    found.set(name, {
      ...{ name, fewest: units, split, least: number },
      ...{ largest: before?.largest ?? units, most: before?.most ?? number },
    });
  } else if (number > before.most) {
    before.most = number;
    before.largest = units;
  }
}

function isFew(units: TestUnits): boolean {
  if (units.kind === 'rows') return false;
  if (units.kind === 'levels' && !units.replicated) return true;
  return unitCount(units) < (units.kind === 'trend' ? 2 : 1) * ENOUGH_LEVELS;
}

function unitCount(units: TestUnits): number {
  return units.kind === 'levels' ? units.sides[0] : units.units;
}

function fewText(name: string, units: TestUnits, split: string): string {
  const where = split === '' ? '' : `${split}: `;
  const fragile = 'its p-value is fragile, and more rows within them do not help';
  switch (units.kind) {
    case 'levels':
      if (!units.replicated) {
        const sides = units.sides[1] === 1 ? `one level of '${units.group}' with one` : `levels of '${units.group}'`;
        return `${where}WARNING: '${name}' compares ${sides}: nothing repeats the comparison, so that there is no test of it (“ddf: kenward-roger” or “ddf: satterthwaite” count rows)`;
      }
      return `${where}'${name}' compares levels of '${units.group}', ${units.sides[0]} against ${units.sides[1]}: with fewer than ${ENOUGH_LEVELS} on a side ${fragile}`;
    case 'trend':
      return `${where}'${name}' is compared between ${levelText(units.units, units.group)}: with fewer than ${2 * ENOUGH_LEVELS} ${fragile}`;
    case 'pairs':
      return `${where}'${name}' compares levels of '${units.samples}' within ${levelText(units.units, units.group)}: with fewer than ${ENOUGH_LEVELS} that have both sides ${fragile}`;
    case 'slopes':
      return `${where}'${name}' is compared within ${levelText(units.units, units.group)}, each with an effect of its own: with fewer than ${ENOUGH_LEVELS} ${fragile}`;
    case 'rows':
      return '';
  }
}

function levelText(count: number, group: string): string {
  return `${count} ${count === 1 ? 'level' : 'levels'} of '${group}'`;
}

function describeRange({ name, fewest, largest, least, most }: UnitRange): string {
  if (nounOf(fewest) === nounOf(largest)) return `'${name}' ${rangeText(fewest, least, most)}`;
  // Levels in one response and rows in another are no range of either.
  return `'${name}' ${unitsText(fewest)} up to ${unitsText(largest)}`;
}

/** What the number of units counts. */
function nounOf(units: TestUnits): string {
  return units.kind === 'rows' ? 'rows' : `levels ${units.group}`;
}

/** What a test rests on, in words: `levels of 'donor', 6 against 6`. */
export function unitsText(units: TestUnits): string {
  const count = unitCount(units);
  return rangeText(units, count, count);
}

/** Said of levels that have rows of a comparison, where others have none. */
const TO_COMPARE = ' with rows to compare';

function rangeText(fewest: TestUnits, least: number, most: number): string {
  const range = least === most ? `${least}` : `${least} to ${most}`;
  switch (fewest.kind) {
    case 'levels': {
      if (least !== most) return `levels of '${fewest.group}', ${range} or more a side`;
      const { sides, of } = fewest;
      const all = of ? `${TO_COMPARE}, of ${of[0]} against ${of[1]}` : '';
      return `levels of '${fewest.group}', ${sides[0]} against ${sides[1]}${all}`;
    }
    case 'pairs':
      return `${range} levels of '${fewest.group}' with both sides`;
    case 'trend':
      return `${range} levels of '${fewest.group}'`;
    case 'slopes': {
      const { of, group } = fewest;
      return of ? `${range} of ${of} levels of '${group}'${TO_COMPARE}` : `${range} levels of '${group}'`;
    }
    case 'rows': {
      const { within } = fewest;
      if (!within) return `${range} rows`;
      const several = within.several === undefined ? '' : `, ${within.several} with several`;
      return `${range} rows of ${levelText(within.levels, within.group)}${several}`;
    }
  }
}

/** Degrees of freedom beyond so many times what the units carry are said to be too many. */
const TOO_MANY_DF = 2;

/**
 * Notes on tests whose degrees of freedom are those of rows although levels are compared: where the rows go with the
 * comparison (one side has ten times as many) Kenward and Roger's can be far too many, and small p-values too small.
 */
function excessNotes(all: readonly BatchTest[], table: FitTable): string[] {
  const notes: string[] = [];
  const told = new Set<string>();
  for (const { name, units, design, index } of all) {
    if (told.has(name)) continue;
    if ((units.kind === 'levels' && !units.replicated) || units.held < MOSTLY_BETWEEN) continue;
    const tests = table.coefficients.names.includes(name) ? table.coefficients : table.contrasts;
    const column = tests.names.indexOf(name);
    const own = Array.from(index, (m) => tests.df[m * tests.names.length + column]).filter(Number.isFinite);
    // Levels that are not compared tell of the variance between levels all the same.
    const levels = withSubjects(design).factors.find(({ group }) => group === units.group)?.levels.length ?? 0;
    const excess = own.filter((df) => df > TOO_MANY_DF * (levels - 1)).length;
    if (2 * excess <= own.length) continue;
    told.add(name);
    notes.push(
      `WARNING: '${name}' has more degrees of freedom than ${levels} levels of '${units.group}' carry, in ${excess} of ${own.length} fits: where rows go with what is compared, or the variance between levels is estimated as zero, its p-values are too small`,
    );
  }
  return notes;
}

/** Units below which prior degrees of freedom change what a comparison of them says. */
const ENOUGH_FOR_PRIOR = 10;

/** A note on moderated tests of few units: the prior of the residual variance is added to their degrees of freedom. */
function priorNotes(all: readonly UnitRange[], table: FitTable): string[] {
  const { moderation } = table;
  if (!moderation) return [];
  const priors = moderation.priorDf.filter((df) => !Number.isNaN(df)).sort();
  const prior = priors[priors.length >> 1];
  const tests = all.filter(({ fewest, least }) => fewest.kind !== 'rows' && least < ENOUGH_FOR_PRIOR);
  if (!(prior > 0) || tests.length === 0) return [];
  const listed = tests.slice(0, LISTED).map(({ name }) => `'${name}'`);
  return [
    `moderation adds ${prior === Number.POSITIVE_INFINITY ? 'infinitely many' : prior.toPrecision(3)} degrees of freedom of the residual variance to tests that rest on fewer than ${ENOUGH_FOR_PRIOR} units (${listed.join(', ')}): prefer their plain p-values`,
  ];
}

interface TestedRow {
  readonly name: string;
  /** Over the coefficients of the design. */
  readonly weights: Float64Array;
}

/** Coefficients but the intercept, and the contrasts that the design has, as weights over its coefficients. */
function testedRows(design: DesignMoments, table: FitTable): TestedRow[] {
  const width = table.coefficients.names.length;
  const rows = design.coefficients.flatMap((name, k) => {
    if (name === '(Intercept)') return [];
    const weights = new Float64Array(design.p);
    weights[k] = 1;
    return [{ name, weights }];
  });
  const at = design.coefficients.map((coefficient) => table.coefficients.names.indexOf(coefficient));
  table.contrasts.names.forEach((name, c) => {
    const all = table.contrastWeights?.subarray(c * width, (c + 1) * width);
    if (!all) return;
    const missing = table.coefficients.names.some(
      (coefficient, k) => all[k] !== 0 && !design.coefficients.includes(coefficient),
    );
    if (!missing) rows.push({ name, weights: Float64Array.from(at, (k) => all[k]) });
  });
  return rows;
}
