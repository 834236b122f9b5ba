/**
 * The code of README and docs runs as it stands: the commands of a page one after another as a shell takes them, then its
 * TypeScript, in a folder that has examples/ and the files that pages take for given. What a page shows behind commands is what
 * they print. A block of commands that is not run says why in a comment before it. test/structure/snippets.test.ts compiles the
 * TypeScript.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../cli/command.ts';
import { describeUnless } from '../requirements.ts';
import { pageFolder, prepareFolder, runIn } from './page-folder.ts';
import { PAGES, shellBlocks, shortened, snippets } from './pages.ts';

const folder = temporaryFolder();
const blocks = PAGES.flatMap(shellBlocks);
const run = blocks.filter(({ notRun }) => notRun === null);
const codes = new Map(PAGES.map((page) => [page, snippets(page)]));
const pages = PAGES.filter((page) => run.some((block) => block.page === page) || codes.get(page)?.length);
/** Minutes that a page may take on a busy machine; all of them take one on two idle processors. */
const MINUTES = 10;
/** Digits in which tests agree on all machines. */
const SAME_DIGITS = 6;
const NO_BASH = process.platform === 'win32' ? 'the commands are those of a Unix shell' : null;

/** What snippets have from the text around them, as in snippets.test.ts. */
const PRELUDE = `import { openMatrix as open, pseudobulk as bulk, readObsTable as annotation } from 'webgpu-lmm';
const obs0 = await annotation('examples/cells/obs.tsv');
const summed = await bulk(await open('examples/cells'), { obs: obs0, by: ['donor', 'stim'] });
Object.assign(globalThis, { cells: await open('cells.h5ad') });
Object.assign(globalThis, { samples: summed.samples, counts: summed.responses });
`;

/** Whether a snippet has its data from the text around it. */
const takesGiven = (code: string): boolean =>
  /\b(?:cells|samples|counts)\b/.test(code) && !/const (?:\w+, )*(?:cells|counts|\{ samples)\b/.test(code);

/** Numbers with all digits as far as all machines agree, no times, single spaces. */
function plain(text: string): string {
  return text
    .replaceAll(/ in [\d.]+ s\b(?:, [\d,.]+ fits\/s)?/g, '')
    .replaceAll(/-?\d+\.\d{8,}(?:e[-+]?\d+)?/g, (number) => Number(number).toPrecision(SAME_DIGITS))
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** Whether a program printed a line, however it was broken; an ellipsis stands for anything, and tables may lack columns here. */
function says(said: string, line: string): boolean {
  const printed = plain(said);
  if (line.split('...').every((part) => printed.includes(plain(part)))) return true;
  const cells = line.trim().split(/ {2,}/).map(plain);
  return said.split('\n').some((row) => {
    const fields = row.split('\t').map(plain);
    let at = -1;
    return cells.every((cell) => (at = fields.indexOf(cell, at + 1)) >= 0);
  });
}

/** A snippet as JavaScript. */
function asModule(code: string): string {
  const target = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(code, { compilerOptions: target }).outputText;
}

describe('commands that are not run', () => {
  it('say why', () => {
    expect(blocks.filter(({ notRun }) => notRun !== null && !/\w+ \w+/.test(notRun))).toEqual([]);
  });

  it('are few', () => {
    expect(blocks.length - run.length).toBeLessThan(blocks.length / 8);
  });
});

describeUnless(NO_BASH, 'the code of', () => {
  beforeAll(() => prepareFolder(folder));

  it.concurrent.each(pages)('%s runs', { timeout: MINUTES * 60_000 }, async (page) => {
    const own = run.filter((block) => block.page === page);
    const written = codes.get(page) ?? [];
    const needed = written.some(takesGiven) ? 'cells.h5ad' : '';
    const place = pageFolder(folder, page, [...own.map(({ code }) => code), ...written, needed].join(''));
    const missing: string[] = [];
    for (const block of own) {
      // A page shows what a terminal does.
      const format = block.prints.includes('Random effects:') ? ' --format summary' : '';
      const script = `${shortened(block).trimEnd()}${format}\n`;
      const { failure, said } = await runIn(folder, place, ['bash', '-euo', 'pipefail', '-c', script]);
      expect(failure, `${page}:${block.line}`).toBe('');
      if (block.instead === null) missing.push(...block.prints.filter((line) => !says(said, line)));
    }
    expect(missing, 'lines of the page that its commands do not print').toEqual([]);
    for (const [k, code] of written.entries()) {
      const given = takesGiven(code);
      if (given) writeFileSync(join(place, 'given.mjs'), PRELUDE);
      writeFileSync(join(place, `snippet-${k}.mjs`), `${given ? "import './given.mjs';\n" : ''}${asModule(code)}`);
      const { failure } = await runIn(folder, place, [process.execPath, `snippet-${k}.mjs`]);
      expect(failure, code).toBe('');
    }
  });
});
