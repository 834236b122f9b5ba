/** Gene sets tested by the coefficients and contrasts of a fit, as a table. */
import type { GeneSet } from '../data/table/gene-sets.ts';
import { isFitError } from '../errors.ts';
import { type GeneSetTestOptions, type TestedGeneSets, testGeneSets } from '../infer/gene-set-tests.ts';
import type { FitTable } from '../types/fit-table.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/** Sets tested by one coefficient or contrast of the genes of one split; `split` is null where nothing splits the data. */
export interface GeneSetRun {
  readonly split: string | null;
  readonly term: string;
  readonly tested: TestedGeneSets;
}

/** Gene sets of a fit. */
export interface FitGeneSets {
  /** See {@link geneSetTable}. */
  readonly table: OutputTable;
  readonly notes: readonly string[];
}

/**
 * Tests gene sets by every contrast and coefficient of a fit but the intercept, in each split by itself; of a moderated fit by
 * its moderated tests.
 *
 * @throws DataError where no gene of any set is known in any split, or none has three genes with a test
 */
export function fitGeneSets(table: FitTable, sets: readonly GeneSet[], options: GeneSetTestOptions = {}): FitGeneSets {
  const runs: GeneSetRun[] = [];
  const notes: string[] = [];
  let first: unknown;
  for (const split of table.splits ? [...new Set(table.splits)] : [null]) {
    const models = Int32Array.from({ length: table.models }, (_, m) => m).filter(
      (m) => split === null || table.splits?.[m] === split,
    );
    for (const term of testedNames(table)) {
      try {
        runs.push({ split, term, tested: testGeneSets(rankedGenes(table, models, term), sets, options) });
      } catch (error) {
        if (!isFitError(error, 'DataError')) throw error;
        first ??= error;
        const where = split === null ? `'${term}'` : `'${term}' in split '${split}'`;
        notes.push(`no gene sets are tested by ${where}: ${error.message}`);
      }
    }
  }
  if (runs.length === 0 && first instanceof Error) throw first;
  if (testedNames(table).length === 0) {
    notes.push(
      'no gene sets are tested: the model has no coefficient but the intercept, and no contrast, that ranks genes',
    );
  }
  const [run] = runs;
  if (run) notes.unshift(...runNotes(run.tested, sets.length, runs.length), ...untestedNotes(runs));
  return { table: geneSetTable(runs), notes };
}

/** What the sets and the genes have in common, in a sentence. */
function runNotes(tested: TestedGeneSets, sets: number, runs: number): string[] {
  const { known, named, ranked, leftOut, correlation } = tested;
  const small = leftOut > 0 ? `; ${leftOut} of ${sets} sets have too few of them and are left out` : '';
  const first = runs > 1 ? ', by the first test' : '';
  return [
    `gene sets: the results have ${known} of the ${named} genes that the sets name, ${ranked} genes are ranked${first}${small}; the correlation between the genes of a set is stated, ${correlation}`,
  ];
}

/** Sets without a test in some run, by reason. */
function untestedNotes(runs: readonly GeneSetRun[]): string[] {
  const byReason = new Map<string, Set<string>>();
  for (const { tested } of runs) {
    for (const [k, message] of tested.tests.messages.entries()) {
      if (message === null) continue;
      const names = byReason.get(message) ?? new Set();
      byReason.set(message, names.add(tested.sets[k].name));
    }
  }
  return [...byReason].map(([message, names]) => {
    const [name] = names;
    const which = names.size === 1 ? `gene set '${name}' is` : `${names.size} gene sets ('${name}' ...) are`;
    return `${which} not tested: ${message}`;
  });
}

/** Contrasts first, then coefficients; the intercept ranks nothing. */
function testedNames({ contrasts, coefficients }: FitTable): string[] {
  return [...contrasts.names, ...coefficients.names.filter((name) => name !== '(Intercept)')];
}

/** The tests of some models by one contrast or coefficient. */
function rankedGenes(table: FitTable, models: Int32Array, term: string) {
  const { contrasts, coefficients, moderation, responses, genes } = table;
  const isContrast = contrasts.names.includes(term);
  const tests = isContrast ? contrasts : coefficients;
  const moderated = isContrast ? moderation?.contrasts : moderation?.coefficients;
  const { log10P } = moderated ?? tests;
  const width = tests.names.length;
  const index = tests.names.indexOf(term);
  const column = (values: Float64Array) => Float64Array.from(models, (m) => values[m * width + index]);
  const named = (list: readonly string[]) => Array.from(models, (m) => list[m]);
  return {
    names: [named(responses), ...(genes ? [named(genes)] : [])],
    estimate: column(tests.estimate),
    log10P: column(log10P),
  };
}

/**
 * Columns `[split] term set genes direction difference statistic df p.value log10p p.adjusted correlation description message`, the
 * smallest p of each test first: genes counts those of the set with a test, difference is their mean z-score less that of
 * all others, p.adjusted is Benjamini and Hochberg's over the sets of the test, correlation what was stated, message why
 * a set has no test.
 */
export function geneSetTable(runs: readonly GeneSetRun[]): OutputTable {
  const rows = runs.reduce((sum, { tested }) => sum + tested.sets.length, 0);
  const builder = new OutputTableBuilder(rows);
  const splits = runs.some(({ split }) => split !== null) ? builder.string('split') : null;
  const terms = builder.string('term');
  const names = builder.string('set');
  const size = builder.integer('genes');
  const direction = builder.string('direction');
  const difference = builder.number('difference');
  const statistic = builder.number('statistic');
  const df = builder.integer('df');
  const pValue = builder.number('p.value');
  const log10P = builder.number('log10p');
  const adjusted = builder.number('p.adjusted');
  const correlations = builder.number('correlation');
  const description = builder.string('description');
  const message = builder.string('message');
  let row = 0;
  for (const { split, term, tested } of runs) {
    const { sets, tests, correlation } = tested;
    for (const [k, set] of sets.entries()) {
      if (splits) splits[row] = split;
      terms[row] = term;
      names[row] = set.name;
      size[row] = tests.size[k];
      direction[row] = directionOf(tests.statistic[k]);
      difference[row] = tests.difference[k];
      statistic[row] = tests.statistic[k];
      df[row] = tests.df;
      pValue[row] = tests.pValue[k];
      log10P[row] = tests.log10P[k];
      adjusted[row] = tests.adjustedP[k];
      correlations[row] = correlation;
      description[row] = set.description === '' ? null : set.description;
      message[row] = tests.messages[k];
      row += 1;
    }
  }
  return builder.finish(rows);
}

function directionOf(statistic: number): 'up' | 'down' | null {
  if (Number.isNaN(statistic)) return null;
  return statistic < 0 ? 'down' : 'up';
}
