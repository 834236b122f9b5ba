/**
 * Attacks on files: a specimen is damaged, written, and read as a run reads it, from the file to the tests. Where a
 * checksum covers the damage, the result has to be the undamaged one or a refusal.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { editMoments } from './damaged-moments.mjs';
import { brokenFits } from './invariants.mjs';
import { damageBytes, damageText } from './mutations.mjs';
import { randomStream } from './random.mjs';
import { packed, specimensOf, unpacked } from './specimens.mjs';
import { judgeError, worst } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };

/** Short text for any plain data, typed arrays and maps included. */
function digest(value) {
  const hash = createHash('sha1');
  const add = (part) => {
    if (ArrayBuffer.isView(part)) hash.update(`${part.constructor.name}${Array.from(part).join()}`);
    else if (part instanceof Map) add([...part]);
    else if (Array.isArray(part)) part.forEach(add);
    else if (part !== null && typeof part === 'object') add(Object.entries(part));
    else hash.update(`${typeof part}${String(part)};`);
  };
  add(value);
  return hash.digest('hex');
}

const fitsDigest = ({ table }) => {
  const { responses, status, coefficients, criterion, theta, nobs } = table;
  return digest([
    responses,
    status,
    coefficients.names,
    coefficients.estimate,
    coefficients.standardError,
    criterion,
    theta,
    nobs,
  ]);
};

/** Reads input, forms moments, fits: what the command does. */
async function fitInput(library, path, options) {
  const input = await library.readInput(path, options, library.diskFiles);
  try {
    const { moments } = await library.prepareMoments(input, { ...options });
    return await library.fitMoments(moments, FIT);
  } finally {
    await input.close();
  }
}

/** One pass over the entries of a matrix. */
async function allEntries(source) {
  const parts = [];
  for await (const block of source.blocks({ maxEntries: 500 })) parts.push(block.pointers, block.indices, block.values);
  return parts;
}

/** A pass that finds cells out of order has to be started again, once. */
function again(error, source) {
  if (error?.name !== 'UnorderedMatrixError') throw error;
  return allEntries(source);
}

const STEPS = {
  table: [
    async ({ library, path }) => {
      const { rows, columns, rowNames } = await library.readTable(path);
      return { digest: digest([rows, columns, rowNames]) };
    },
    async ({ library, path, options }) => ({ fit: await fitInput(library, path, options) }),
  ],
  bulk: [
    async ({ library, path, options }) => ({ fit: await fitInput(library, path, { ...options, weightsFile: true }) }),
  ],
  matrix: [
    async ({ library, path, options }) => {
      const source = await library.openMatrix(path, options.layer === undefined ? {} : { layer: options.layer });
      try {
        const parts = [source.rows, source.names, source.genes, await source.rowNames()];
        if (source.obsColumns.length > 0) parts.push((await source.readObs()).columns);
        parts.push(await allEntries(source).catch((error) => again(error, source)));
        return { digest: digest(parts) };
      } finally {
        await source.close();
      }
    },
    async ({ library, path, options }) => ({
      fit: await fitInput(library, path, { ...options }),
    }),
  ],
  moments: [
    async ({ library, path }) => {
      const { moments } = await library.readMoments(path);
      return { fit: await library.fitMoments(moments, FIT) };
    },
    async ({ library, path }) => {
      const { moments } = await library.readMoments(path);
      return { fit: await library.fitMoments(moments, { ...FIT, ddf: 'kenward-roger' }) };
    },
  ],
  fit: [
    async ({ library, path, folder }) => {
      const { fit } = await library.readFit(path);
      const table = await library.readTable(join(folder, 'new.csv'));
      const predicted = library.predict(fit, table, { interval: 'prediction', standardErrors: true });
      const marginal = library.predict(fit, table, { randomEffects: 'none', interval: 'confidence' });
      return { digest: digest([predicted, marginal, library.tidy(fit), library.glance(fit), library.ranef(fit)]) };
    },
    async ({ library, path, folder }) => {
      const { fit } = await library.readFit(path);
      const table = await library.readTable(join(folder, 'new.csv'));
      return { digest: digest([...library.simulateResponses(fit, table, { nsim: 2 })]) };
    },
    async ({ library, path }) => {
      const { fit } = await library.readFit(path);
      return { digest: digest([library.anovaTable(fit), library.variance(fit), [...library.jsonText(fit)]]) };
    },
  ],
};

/** Reads a specimen: one outcome a step, with a digest of the result. */
async function readAll(specimen, folder, { library }) {
  const { data, options, read } = specimen;
  const path = join(folder, data);
  const inside = (name) => (name === undefined ? {} : join(folder, name));
  const placed = { ...options };
  for (const key of ['obs', 'weights']) if (specimen.files[options[key]]) placed[key] = inside(options[key]);
  const outcomes = [];
  for (const step of STEPS[read]) {
    try {
      const { fit, digest: found } = await step({ library, path, folder, options: placed });
      const broken = fit ? brokenFits(fit) : [];
      outcomes.push(
        broken.length > 0
          ? { verdict: 'wrong', message: broken[0], digest: fitsDigest(fit) }
          : { verdict: 'ok', message: '', digest: found ?? fitsDigest(fit) },
      );
    } catch (error) {
      const outcome = judgeError(error, library.isFitError, [
        ...Object.keys(specimen.files),
        ...(data === '.' ? [folder] : [data]),
      ]);
      outcomes.push({ ...outcome, digest: null });
    }
  }
  return outcomes;
}

/** Damages one file; `covered` tells whether a checksum must notice. */
function damage(specimen, target, random) {
  const bytes = specimen.files[target];
  const covered = specimen.covered?.[target] ?? [];
  const { edit } = specimen;
  if (edit === 'moments') return { ...editMoments(bytes, random, damageText), covered: false };
  // The content behind gzip can be damaged as well; then its checksum is right.
  if (edit === 'gzip' && random.chance(0.4)) {
    const { text, what } = damageText(unpacked(bytes), random);
    return { bytes: packed(text), what: `content: ${what}`, covered: false };
  }
  if (edit === 'text' && random.chance(0.8)) {
    const { text, what } = damageText(Buffer.from(bytes).toString(), random);
    return { bytes: new Uint8Array(Buffer.from(text)), what, covered: false };
  }
  const { bytes: damaged, what, moved, ranges } = damageBytes(bytes, random, specimen.hot?.[target] ?? []);
  const within = ([from, to]) => covered.some(([start, end]) => from >= start && to <= end);
  return {
    bytes: damaged,
    what,
    covered: covered === 'whole' || (!moved && covered.length > 0 && ranges.every(within)),
  };
}

function writeAll(files, folder) {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

/** The command that does the same, with the folder's files by name. */
export function commandOf({ data, options, read }) {
  if (read === 'fit') return ['predict', data, 'new.csv', '--se', '--interval', 'prediction'];
  const named = Object.entries(options).flatMap(([key, value]) => [
    `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
    value,
  ]);
  return ['fit', data, ...named];
}

/** A damaged specimen in a folder, for whoever reads it. */
export async function placeDamage(kind, number, context) {
  const random = randomStream(context.seed, kind, number);
  const specimen = random.pick(await specimensOf(kind, context));
  const target = random.pick(specimen.targets);
  const folder = join(context.folder, 'attack');
  rmSync(folder, { recursive: true, force: true });
  const made = damage(specimen, target, random);
  writeAll({ ...specimen.files, [target]: made.bytes }, folder);
  const what = `${specimen.name}: ${target}: ${made.what}`;
  context.announce({ what, folder, command: commandOf(specimen) });
  return { specimen, target, folder, what, covered: made.covered };
}

/** What reading the undamaged specimens of a kind comes to, by name: all of it has to be good. */
export async function readUndamaged(kind, context) {
  const found = {};
  for (const specimen of await specimensOf(kind, context)) {
    const folder = placeUndamaged(specimen, context);
    found[specimen.name] = (await readAll(specimen, folder, context)).map(({ verdict, message }) =>
      `${verdict} ${message}`.trim(),
    );
  }
  return found;
}

/** Attack `number` of a kind of files. */
export async function attackFile(kind, number, context) {
  const { specimen, target, folder, what, covered } = await placeDamage(kind, number, context);
  const outcomes = await readAll(specimen, folder, context);
  if (covered && outcomes.every(({ verdict }) => verdict === 'ok')) {
    specimen.digests ??= await undamaged(specimen, context);
    const other = outcomes.findIndex(({ digest: found }, step) => found !== specimen.digests[step]);
    if (other >= 0)
      outcomes.push({
        verdict: 'silent',
        message: `another result, though a checksum covers the damage (step ${other + 1})`,
      });
  }
  const { verdict, message, frames } = worst(outcomes);
  const after =
    verdict === 'hang' || specimen.read === 'bulk' ? null : await goodAfterwards(specimen, target, folder, context);
  if (after !== null && verdict !== 'crash') {
    return {
      verdict: 'crash',
      message: `the good file fails afterwards (${after}; before: ${message})`,
      what,
      restart: true,
    };
  }
  return { verdict, message, frames, what, ...(after === null ? {} : { restart: true }) };
}

/** The undamaged files of a specimen, in a folder. */
export function placeUndamaged(specimen, context) {
  const folder = join(context.folder, 'undamaged');
  rmSync(folder, { recursive: true, force: true });
  writeAll(specimen.files, folder);
  return folder;
}

async function undamaged(specimen, context) {
  return (await readAll(specimen, placeUndamaged(specimen, context), context)).map(({ digest: found }) => found);
}

/** What a reader says of the good file at the same path after the damaged one; null when all is well. */
async function goodAfterwards(specimen, target, folder, context) {
  specimen.digests ??= await undamaged(specimen, context);
  if (!/\.(?:h5ad|h5|parquet)$/.test(target)) return null;
  const damaged = join(folder, target);
  const kept = readFileSync(damaged);
  writeFileSync(damaged, specimen.files[target]);
  const [first] = await readAll(specimen, folder, context);
  writeFileSync(damaged, kept);
  if (first.digest === specimen.digests[0]) return null;
  return first.message === '' ? 'another result' : first.message;
}
