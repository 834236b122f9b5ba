import { selectBackwardOf } from '../compare/backward-selection.ts';
import { type ComparisonOptions, compareData } from '../compare/compare.ts';
import { comparedModels, withFamilies } from '../compare/compared-models.ts';
import { crossValidateOf } from '../compare/cross-validation.ts';
import type { ModelFits } from '../compare/model-fits.ts';
import { joinFormulas } from '../compare/reduced-formulas.ts';
import { fixedTermTestsOf, randomTermTestsOf } from '../compare/term-ratio-tests.ts';
import { FitError } from '../errors.ts';
import { choosesStructure } from '../formula/residual.ts';
import { quotedName } from '../formula/syntax.ts';
import { OPTIONS } from '../options/entries.ts';
import { readInput } from '../prepare/read-input.ts';
import { prepare, type Run } from '../prepare/run.ts';
import { diskFiles } from '../reading/input-files.node.ts';
import type { OutputTable } from '../result/output-table.ts';
import { STATUSES } from '../types/fit-table.ts';
import { checkArguments, type FitArguments } from './arguments.ts';
import { comparisonTargets, writeComparison } from './comparison-output.ts';
import { bestLines, modelLines, selectionLines, testLines } from './comparison-summary.ts';
import { dataPaths } from './data-paths.ts';
import { noteWriter } from './notes.ts';
import { type FromCommander, type Given, readOptions } from './options.ts';
import { keepInputs, requireFolders } from './output-targets.ts';
import { type ProgressReport, startProgress } from './progress.ts';
import { type FitCounts, fitCounts, type TellRun } from './run-facts.ts';
import { storedPath } from './stored.ts';

/** What a comparison says: tables by name, lines for stderr, and the fits whose statuses decide the exit status. */
interface Said {
  readonly tables: Readonly<Record<string, OutputTable>>;
  readonly method: string;
  readonly notes: readonly string[];
  readonly lines: readonly string[];
  readonly fits: readonly ModelFits[];
  /** Whether one good fit of each response is enough. */
  readonly choice?: boolean;
}

/** Tables of each kind of comparison; the first is what goes to standard output. */
const TABLES = {
  models: ['models', 'tests', 'summary', 'best'],
  ranova: ['ranova'],
  drop1: ['drop1'],
  cv: ['cv', 'folds'],
  select: ['path'],
} as const;

/** `webgpu-lmm compare DATA --formula F1 --formula F2 ...`: returns the exit status. */
export async function compareCommand(
  data: readonly string[],
  words: FromCommander,
  signal: AbortSignal,
  tell: TellRun,
): Promise<number> {
  const paths = await dataPaths(data);
  const raw = readOptions('compare', withFamilyList(withStructures(words)));
  const quiet = raw.quiet === true;
  const note = noteWriter(raw);
  const formulas = ([] as string[]).concat((words['formula'] as string[] | undefined) ?? []); // commander collects them
  const kind = checkKind(raw, formulas);
  const joined = joinFormulas(formulas);
  const args = checkArguments({ ...raw, formula: joined });
  const targets = comparisonTargets(raw.out, raw.format, TABLES[kind]);
  const files = targets.flatMap((target) => (target.path === null ? [] : [target.path]));
  requireFolders(files);
  keepInputs([...paths, raw.obs, raw.weights], files);
  const path = await storedPath(paths);
  if (path !== null) {
    throw new FitError(
      'DataError',
      `${path} holds the moments of one model; a comparison forms those of all its models`,
      {
        path,
        remedy: 'Give the data that the moments were formed from.',
      },
    );
  }
  const progress = await startProgress(quiet);
  tell({ phase: 'read' });
  try {
    // The column of whole groups has to be read as well.
    const groups = raw.cvBy === undefined || raw.cvBy === 'rows' ? '' : ` + (1 | ${quotedName(raw.cvBy)})`;
    const input = await readInput(paths, { ...args, formula: `${joined}${groups}` }, diskFiles);
    try {
      const prepared = await prepare(input, args, progress.report, signal);
      const started = performance.now();
      tell({ phase: 'fit' });
      const said = await runComparison(kind, prepared, formulas, args, raw, progress, signal);
      progress.stop();
      for (const line of said.notes) note(line);
      const { fits, notes } = said;
      tell({ fits: fits.map(countsOf), responses: fits[0]?.models, notes, phase: 'write' });
      await writeComparison(targets, said.tables, { command: 'compare', method: said.method }, signal);
      for (const line of said.lines) note(line);
      if (!quiet) note(`compared in ${((performance.now() - started) / 1000).toFixed(2)} s`);
      return exitStatusOf(said, raw.strict === true);
    } finally {
      await input.close();
    }
  } finally {
    progress.stop();
  }
}

/** Several structures of residuals are a list of structures. */
function withStructures(words: FromCommander): FromCommander {
  const residuals = words['residual'] as string[] | undefined; // commander collects them
  if (residuals === undefined) return words;
  if (residuals.length === 1) return { ...words, residual: residuals[0] };
  if (words['structures'] !== undefined) {
    throw new FitError('OptionError', '“structures” and several of “residual” both list structures', {
      option: 'structures',
      remedy: 'Put all of them into “structures”.',
    });
  }
  return { ...words, residual: undefined, structures: residuals.join(', ') };
}

/** Several families, by `--family` or as a list, with the first as that of the run. */
function withFamilyList(words: FromCommander): FromCommander {
  const families = words['family'] as string[] | undefined; // commander collects them
  if (families === undefined || families.length === 1) {
    return withFamilies({ ...words, family: families?.[0], families: words['families'] as string | undefined });
  }
  if (words['families'] !== undefined) {
    throw new FitError('OptionError', '“families” and several of “family” both list families', {
      option: 'families',
      remedy: 'Put all of them into “families”.',
    });
  }
  return withFamilies({ ...words, family: undefined, families: families.join(',') });
}

/** Which comparison is asked for, with the number of formulas that it takes. */
function checkKind(raw: Given, formulas: readonly string[]): keyof typeof TABLES {
  const asked = (['tests', 'cv', 'select'] as const).filter((name) => raw[name] !== undefined);
  if (raw.bootstrap !== undefined && (raw.cv !== undefined || raw.select !== undefined)) {
    throw new FitError('OptionError', `--bootstrap draws likelihood ratios, which --${asked[0]} does not report`, {
      option: 'bootstrap',
      remedy: 'Leave it out.',
    });
  }
  const kind = raw.tests ?? (raw.cv !== undefined ? 'cv' : raw.select !== undefined ? 'select' : 'models');
  const need = kind === 'models' ? 'at least two formulas' : kind === 'cv' ? 'at least one formula' : 'one formula';
  const models = comparedModels(formulas, raw).length;
  const right = kind === 'models' ? models >= 2 : kind === 'cv' ? formulas.length >= 1 : formulas.length === 1;
  if (!right) {
    throw new FitError(
      'OptionError',
      `${formulas.length} ${formulas.length === 1 ? 'formula' : 'formulas'} given: ${kind === 'models' ? 'compare' : `--${asked[0]}`} needs ${need}`,
      {
        option: 'formula',
        remedy:
          kind === 'models'
            ? 'Write each with its own --formula; for one formula there are --structures (or several --residual), --families (or several --family), --tests, --cv and --select.'
            : 'Write it with --formula.',
      },
    );
  }
  return kind;
}

async function runComparison(
  kind: keyof typeof TABLES,
  data: Run,
  formulas: readonly string[],
  args: FitArguments,
  raw: Given,
  progress: ProgressReport,
  signal: AbortSignal,
): Promise<Said> {
  const options: ComparisonOptions = {
    ...args,
    rankBy: raw.rankBy,
    boundary: raw.reference !== 'chisq',
    onProgress: progress.report,
    signal,
  };
  const seed = raw.seed ?? OPTIONS.seed.fallback;
  if (kind === 'ranova' || kind === 'drop1') {
    const testTerms = kind === 'ranova' ? randomTermTestsOf : fixedTermTestsOf;
    const { table, fits, pairs, notes, method: fitted } = await testTerms(data, formulas[0], options);
    return { tables: { [kind]: table }, method: fitted, notes, lines: testLines(fits, pairs, table), fits };
  }
  if (kind === 'cv') {
    const folds = raw.cv;
    const {
      scores,
      folds: each,
      notes,
    } = await crossValidateOf(data, formulas, { ...options, folds, by: raw.cvBy, seed });
    return { tables: { cv: scores, folds: each }, method: args.method, notes, lines: [], fits: [] };
  }
  if (kind === 'select') {
    const { select: by, alpha } = raw;
    const { path, selected, notes } = await selectBackwardOf(data, formulas[0], {
      ...options,
      by,
      alpha,
      random: raw.selectRandom,
    });
    return {
      tables: { path },
      method: by === 'aic' ? 'ML' : args.method,
      notes,
      lines: selectionLines(selected),
      fits: [],
    };
  }
  const compared = await compareData(data, formulas, options);
  const { models, tests, summary, best, fits, pairs, notes, method: fitted, rankBy } = compared;
  const auto = choosesStructure(raw.structures);
  const lines = [
    ...modelLines(summary, rankBy, fits),
    ...testLines(fits, pairs),
    ...(auto ? bestLines(best, rankBy) : []),
  ];
  return { tables: { models, tests, summary, best }, method: fitted, notes, lines, fits, choice: auto };
}

function countsOf({ formula, method, family, residual, ...table }: ModelFits): FitCounts {
  return fitCounts(table, { formula, method, family: family?.family ?? null, residual });
}

/** 3 when models did not converge or failed (any status but ok with `strict`); of a choice, when all models of a response did. */
function exitStatusOf({ fits, choice }: Said, strict: boolean): number {
  const bad = strict ? STATUSES.slice(1) : (['not_converged', 'failed'] as const);
  const codes = new Set(bad.map((status) => STATUSES.indexOf(status)));
  const isBad = (m: number) => {
    const of = fits.map(({ status }) => codes.has(status[m]));
    return choice ? of.every(Boolean) : of.some(Boolean);
  };
  return fits.length > 0 && fits[0].status.some((_, m) => isBad(m)) ? 3 : 0;
}
