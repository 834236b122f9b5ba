/** Moments of any number of responses of a case of `device-cases.mjs`, and what their fits cost at least. */
import { accumulateMoments, buildDesign, planFit } from '../dist/steps.js';
import { CASES } from './device-cases.mjs';
import { openModel } from './device-models.mjs';
import { labels, openRandom } from './random.mjs';

/** Responses whose rows are held at a time: a million times 3,000 rows would fill any memory. */
const SLICE = 2048;
/** Columns of moments of responses; `blocks` of structured residuals alone. */
const COLUMNS = ['qty', 'ztr', 'rss', 'mean', 'constant', 'expressed', 'blocks'];

/** The cases that benches time. */
export const TIMED = CASES.filter(({ timed }) => timed);

/** Opens a case: its design, and moments of as many responses as asked for, the same at every size. */
export async function openCase(given) {
  const model = openModel(given, buildDesign);
  const form = async (count, random) => {
    const { within, dense } = model.draw(count, random);
    const moments = await accumulateMoments(model.design, dense);
    return { ...moments, batches: moments.batches.map((batch) => model.spread(batch, within)) };
  };
  const probe = await form(4, openRandom(7)); // shows what one response takes
  const shape = probe.batches[0].design;
  const own = given.weights === 'response' || given.missing !== undefined;
  return {
    design: shape,
    estimate: (responses) => estimate(probe, shape, responses, own),
    async moments(responses) {
      const random = openRandom(7);
      let all = null;
      for (let done = 0; done < responses; done += SLICE) {
        const part = await form(Math.min(SLICE, responses - done), random);
        all ??= { ...part, names: labels('g', responses), batches: [] };
        if (own) {
          for (const batch of part.batches) all.batches.push({ ...batch, index: batch.index.map((k) => done + k) });
        } else append(all.batches, part.batches[0], done, responses);
      }
      return all;
    },
  };
}

/** Adds a slice's responses to the one batch of all. */
function append(batches, { design, responses }, done, total) {
  if (batches.length === 0) {
    const empty = { count: total };
    for (const key of COLUMNS.filter((name) => responses[name])) {
      const values = responses[key];
      empty[key] = new values.constructor((values.length / responses.count) * total);
    }
    batches.push({ design, responses: empty, index: Int32Array.from({ length: total }, (_, k) => k) });
  }
  const target = batches[0].responses;
  for (const key of COLUMNS.filter((name) => responses[name])) {
    const values = responses[key];
    target[key].set(values, (values.length / responses.count) * done);
  }
}

/** Seconds that one thread would need by the library's own plan, and bytes of moments and of two tables of results. */
function estimate(probe, design, responses, own) {
  const { p, q: columns, factors } = design;
  const batches = [{ design, responses: { count: own ? 1 : responses } }];
  const [{ fitCost, setUpCost }] = planFit({ ...probe, batches }, { method: 'REML', threads: 1 }).batches;
  const seconds = (responses * fitCost + (own ? responses : 1) * setUpCost) / 1e9;
  const ofDesign = factors.reduce((sum, { q, levels }) => sum + 8 * levels.length * q * (q + p), 3000);
  const ofModel = 8 * (p + columns + 3) + 4 * 8 * (25 + 8 * p) + (own ? ofDesign : 0);
  return { seconds, bytes: responses * ofModel };
}

/**
 * Floating-point operations of one evaluation on the device, about: all terms of the sums over levels once (spectral),
 * or elimination of every level and of the border with the derivatives, eight for each multiplication of the former.
 */
export function operationsPerEvaluation(kernel, { p, q: columns, factors }) {
  if (kernel === 'spectral search') return 16 * columns;
  const most = factors.reduce((a, b) => (b.levels.length > a.levels.length ? b : a));
  const random = columns - most.levels.length * most.q;
  return 8 * (most.levels.length * most.q * (most.q + random + p) ** 2 + random * (random + p) ** 2);
}
