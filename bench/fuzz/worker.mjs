/**
 * A process that runs attacks one after the other and may die of any of them: its parent tells it which, and learns what
 * is about to be tried before it is, so that a process that hangs or dies leaves the attack known.
 *
 *     parent -> worker  { kind, number }
 *     worker -> parent  { announced: { what, command, folder | files } }, then { outcome }
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attackCommand, COMMAND_KINDS } from './commands.mjs';
import { attackDesign } from './design-attacks.mjs';
import { attackFamily } from './family-attacks.mjs';
import { attackFile } from './file-attacks.mjs';
import { attackLanguage, LANGUAGE_KINDS } from './language-attacks.mjs';
import { attackMethod } from './method-attacks.mjs';
import { FILE_KINDS } from './specimens.mjs';
import { attackStructured } from './structured-attacks.mjs';

const [dist, folder, seed, limit] = process.argv.slice(2);
const doors = ['node', 'steps', 'statistics'].map((door) => import(pathToFileURL(join(dist, `${door}.js`)).href));
const library = Object.assign({}, ...(await Promise.all(doors)));

const context = {
  library,
  cli: join(dist, 'cli.js'),
  folder,
  seed,
  limit: Number(limit),
  announced: {},
  announce(announced) {
    context.announced = announced;
    process.send({ announced });
  },
};

function attackOf(kind) {
  if (FILE_KINDS.includes(kind)) return attackFile;
  if (LANGUAGE_KINDS.includes(kind)) return attackLanguage;
  if (COMMAND_KINDS.includes(kind)) return attackCommand;
  if (kind === 'designs') return attackDesign;
  if (kind === 'structured') return attackStructured;
  if (kind === 'families') return attackFamily;
  if (kind === 'methods') return attackMethod;
  throw new Error(`there is no kind of attack '${kind}'`);
}

/** What escaped while an attack ran or right after it. */
let escaped = null;
for (const event of ['unhandledRejection', 'uncaughtException']) {
  process.on(event, (error) => (escaped ??= `${event}: ${error instanceof Error ? error.stack : error}`));
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

process.on('message', async ({ kind, number }) => {
  escaped = null;
  let outcome;
  try {
    outcome = await attackOf(kind)(kind, number, context);
  } catch (error) {
    // A mistake of the campaign itself, which must not pass for a good end.
    outcome = {
      verdict: 'crash',
      message: `the campaign failed: ${error instanceof Error ? error.stack : error}`,
      restart: true,
    };
  }
  for (let k = 0; k < 3; k++) await turn();
  if (escaped !== null) outcome = { verdict: 'crash', message: escaped, restart: true };
  process.send({ outcome });
});
process.send({ ready: true });
