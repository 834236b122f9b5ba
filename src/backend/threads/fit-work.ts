/**
 * What a worker thread of the CPU backend does: gets designs and responses as plain data, answers with fits, or the tests of
 * fits. The engine or the reader of a design is kept while the design stays in use.
 */

import type { Engine, FitChunk, ModelReader } from '../../lmm/engine.ts';
import { loadReaders, type OpenReader } from '../../lmm/model-reader.ts';
import { type Engines, loadEngines } from '../../lmm/open-engine.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { FitSpace, fitRows } from './run.ts';
import { testRange } from './test-run.ts';
import {
  KEPT_DESIGNS,
  type TestChunk,
  type TestItem,
  type WorkItem,
  type WorkReply,
  type WorkRequest,
} from './work.ts';

const engines = new Map<number, { engine: Engine; design: DesignMoments }>();

const readers = new Map<number, { reader: ModelReader; design: DesignMoments }>();

async function work({ id, items, tests }: WorkRequest): Promise<WorkReply> {
  const loaded = await loadEngines(items);
  const openReader = await loadReaders(tests.flatMap(({ design }) => design ?? []));
  return { id, chunks: fitItems(items, loaded), tested: tests.map((item) => test(item, openReader)) };
}

function fitItems(items: readonly WorkItem[], loaded: Engines): FitChunk[] {
  const space = new FitSpace(items.reduce((sum, { responses }) => sum + responses.count, 0));
  return items.map(({ batch, from, design, path, options, responses, starts }) => {
    let entry = engines.get(batch);
    if (!entry) {
      if (!design) throw new Error(`the design of batch ${batch} has not been sent`);
      if (engines.size >= KEPT_DESIGNS) engines.clear();
      entry = { engine: loaded.open(design, path, options), design };
      engines.set(batch, entry);
    }
    const whole: MomentBatch = { design: entry.design, responses, index: new Int32Array(0) };
    const rows = space.take(entry.design, options, responses.count);
    return { batch, from, ...fitRows(entry.engine, whole, 0, responses.count, rows, starts) };
  });
}

function test(item: TestItem, openReader: OpenReader): TestChunk {
  const { batch, from, design, path, method, information, nodes } = item;
  let entry = readers.get(batch);
  if (!entry) {
    if (!design) throw new Error(`the design of batch ${batch} has not been sent`);
    if (readers.size >= KEPT_DESIGNS) readers.clear();
    entry = { reader: openReader(design, method, path, information, nodes), design };
    readers.set(batch, entry);
  }
  return { batch, from, tested: testRange(entry.reader, entry.design, item) };
}

/** The reply to a request, also where the work throws: a thread that dies is another matter, its work goes to others. */
export async function reply(request: WorkRequest): Promise<WorkReply> {
  try {
    return await work(request);
  } catch (error) {
    return { id: request.id, chunks: [], tested: [], error: error instanceof Error ? error.message : String(error) };
  }
}
