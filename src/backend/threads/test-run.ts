import { orAborted, throwIfAborted } from '../../abort.ts';
import { type DesignTests, designTester, emptyTestedModels, type TestedModels } from '../../infer/design-tests.ts';
import type { ModelReader } from '../../lmm/engine.ts';
import { sliceResponses } from '../../moments/evidence.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { FitPlan } from '../../plan/plan.ts';
import type { Progress } from '../../types/fit-result.ts';
import { bundleJobs, type FitJob, openWorkers } from './pool.ts';
import { KEPT_DESIGNS, type TestChunk, type TestItem } from './work.ts';

/** The tests of the models of an item, one behind the other. */
export function testRange(
  reader: ModelReader,
  design: DesignMoments,
  { responses, theta, sigma, fitted, untested, tests, ddf }: Omit<TestItem, 'design'>,
): TestedModels {
  const { p } = design;
  const out = emptyTestedModels(fitted.length, tests);
  const test = designTester({ r: design.r, names: design.coefficients }, tests);
  const batch: MomentBatch = { design, responses, index: new Int32Array(0) };
  const thetas = fitted.length === 0 ? 0 : theta.length / fitted.length;
  for (let k = 0; k < fitted.length; k++) {
    if (fitted[k] === 0) continue;
    const sample = reader.smallSample(batch, k, theta.subarray(k * thetas, (k + 1) * thetas), sigma[k], ddf);
    const without = untested?.subarray(k * p, (k + 1) * p);
    test(without?.includes(1) ? { ...sample, untested: without } : sample, k, out);
  }
  return out;
}

export interface TestRunOptions {
  readonly method: TestItem['method'];
  readonly ddf: TestItem['ddf'];
  readonly information?: TestItem['information'];
  readonly nodes?: TestItem['nodes'];
  /** What is tested of the models of a batch; null for nothing. */
  readonly testsOf: (batch: number) => DesignTests | null;
  /** The models of a batch from one to another, as an item has them. */
  readonly modelsOf: (
    batch: number,
    from: number,
    to: number,
  ) => Pick<TestItem, 'theta' | 'sigma' | 'fitted' | 'untested'>;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tests the models of all batches on threads, as planned; null where the platform has none. Chunks come as they end. */
export async function testOnThreads(
  batches: readonly MomentBatch[],
  plan: Pick<FitPlan, 'batches' | 'threads' | 'chunk'>,
  { method, ddf, information, nodes, testsOf, modelsOf, onProgress, signal }: TestRunOptions,
): Promise<TestChunk[] | null> {
  throwIfAborted(signal);
  const workers = await openWorkers(plan.threads);
  if (!workers) return null;
  const jobs = batches.flatMap(({ responses: { count } }, batch) => {
    const parts: FitJob[] = [];
    if (!testsOf(batch)) return parts;
    for (let from = 0; from < count; from += plan.chunk)
      parts.push({ batch, from, to: Math.min(from + plan.chunk, count) });
    return parts;
  });
  // Workers forget designs when many pass by.
  const kept = batches.length <= KEPT_DESIGNS;
  const itemOf = ({ batch, from, to }: FitJob, has: (batch: number) => boolean): TestItem[] => {
    const { design, responses } = batches[batch];
    const tests = testsOf(batch);
    if (!tests) return [];
    return [
      {
        batch,
        from,
        design: kept && has(batch) ? null : design,
        path: plan.batches[batch].path,
        method,
        ddf,
        information,
        nodes,
        responses: sliceResponses(design, responses, from, to),
        ...modelsOf(batch, from, to),
        tests,
      },
    ];
  };
  const total = jobs.reduce((sum, { from, to }) => sum + to - from, 0);
  let done = 0;
  const chunks: TestChunk[] = [];
  const bundles = bundleJobs(jobs, plan.chunk).map(async (bundle) => {
    chunks.push(...(await workers.test((has) => bundle.flatMap((job) => itemOf(job, has)))));
    done += bundle.reduce((sum, { from, to }) => sum + to - from, 0);
    onProgress?.('fit', done, total);
  });
  try {
    await orAborted(Promise.all(bundles), signal);
    return chunks;
  } finally {
    await workers.close();
  }
}
