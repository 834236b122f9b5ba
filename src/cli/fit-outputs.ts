import type { MomentFit } from '../fit/readable-fit.ts';
import { withTests } from '../fit/tested-fit.ts';
import { writeOutput } from '../result/output.node.ts';
import { SUMMARY } from '../result/output-target.ts';
import type { TableOptions } from '../result/table-runs.ts';
import { jsonOmissions, parseOmit } from '../result/write-json.ts';
import type { FitResult } from '../types/fit-result.ts';
import { intervalsOf, missingLimits } from './confidence.ts';
import { derivedOptions } from './derived-tables.ts';
import type { FitRequest } from './fit-request.ts';
import type { ProgressReport } from './progress.ts';
import { commonReason, exitStatus } from './report.ts';
import type { TellRun } from './run-facts.ts';
import { SOFTWARE } from './software.ts';

/** What a run of fits has beside them. */
export interface FittedRun {
  /** What has been said before the fits, in the order of the result's notes. */
  readonly notes: readonly string[];
  /** What a saved fit says of its data. */
  readonly source: Readonly<Record<string, unknown>>;
  readonly progress: ProgressReport;
  readonly signal: AbortSignal;
  readonly tell: TellRun;
  /** Runs what may fail on files that were edited. */
  readonly guard: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Intervals, the saved fit, tests and tables of fits; returns the exit status. */
export async function writeFits(
  fitted: MomentFit,
  request: FitRequest,
  { notes, source, progress, signal, tell, guard }: FittedRun,
): Promise<number> {
  const { raw, args, targets, derived, note } = request;
  // The notes before the fit have been said.
  for (const line of fitted.notes) note(line);
  const asked = request.intervals;
  const intervals = asked && (await intervalsOf(fitted, asked, args, progress.report, signal));
  progress.stop();
  if (intervals && args.backend === 'webgpu') note('intervals are found on the CPU, in float64');
  const missing = intervals === undefined ? null : missingLimits(fitted.table, intervals);
  if (missing !== null) note(missing);
  const result = { ...fitted, notes: [...new Set([...notes, ...fitted.notes])], intervals };
  tell({ notes: result.notes });
  if (
    args.bootstrap &&
    request.annotated.length === 0 &&
    targets.every(({ table }) => table === 'toptable' || table === 'glance')
  ) {
    note('the bootstrap shows in tidy tables and JSON only');
  }
  if (raw.save !== undefined) {
    const { writeFit } = await import('../fit/saved-fit.node.ts');
    await writeFit(raw.save, result, { software: SOFTWARE, ...source });
  }
  const tested = await withTests(
    result,
    {
      anova: testsTerms(request) ? derived.anovaType : undefined,
      means: derived.marginal,
    },
    { threads: args.threads, signal },
  );
  await guard(() => writeTargets(tested, request, signal));
  const reason = commonReason(result.table);
  if (reason !== null) note(reason);
  return exitStatus(result.table, raw.strict === true);
}

/** Whether F tests of terms go anywhere: a summary shows them where they are asked for. */
function testsTerms({ raw, targets }: FitRequest): boolean {
  return targets.some(({ table }) => table === 'anova' || (table === SUMMARY && raw.anova !== undefined));
}

/** The tests of the gene sets that are asked for. */
async function testedSets(
  { table }: FitResult,
  { geneSets, note }: FitRequest,
): Promise<Pick<TableOptions, 'geneSets'>> {
  if (!geneSets) return {};
  const { fitGeneSets } = await import('../result/gene-set-table.ts');
  const { table: tested, notes } = fitGeneSets(table, geneSets.sets, geneSets.options);
  for (const text of notes) note(text);
  return { geneSets: tested };
}

async function writeTargets(result: FitResult, request: FitRequest, signal: AbortSignal): Promise<void> {
  const { raw, intervals, derived, targets, annotated, note } = request;
  const omit = raw.omit === undefined ? undefined : parseOmit(raw.omit);
  const tables = { ...derivedOptions(result, derived, note), ...(await testedSets(result, request)) };
  for (const target of targets) {
    if (target.table === 'json') {
      const left = jsonOmissions(result.table.models, omit).note;
      if (left !== null) note(left);
    }
    await writeOutput(result, target, {
      software: SOFTWARE,
      signal,
      ...tables,
      ...(target.table === SUMMARY
        ? (await import('./summary-options.ts')).summaryOptions(result, request, tables, target.path)
        : {}),
      ...(omit ? { omit } : {}),
      ...(intervals === undefined ? {} : { confLevel: intervals.level }),
      ...(raw.exponentiate ? { exponentiate: true } : {}),
      ...(raw.sorted ? { sorted: true } : {}),
      ...(raw.columns === undefined ? {} : { columns: raw.columns }),
    });
  }
  for (const target of annotated) {
    const { writeAnnotatedFit } = await import('./write-annotated.ts');
    await writeAnnotatedFit(result, target, request);
  }
}
