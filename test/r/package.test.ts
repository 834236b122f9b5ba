/** The R package: `R CMD check` with its own tests against the build, its page, and the options that it is to know. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { R_OPTIONS, rOptions } from '../../scripts/package-options.mjs';
import { OPTIONS } from '../../src/options/entries.ts';
import { COMMAND, ROOT, runProcess } from '../cli/command.ts';
import { describeUnless, findTestR } from '../requirements.ts';

const { r, lacking } = findTestR();
/** Some hundred runs of the command, and loading Bioconductor. */
const MINUTES = 15;
const PACKAGE = join(ROOT, 'r');
const VERSION = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;

describe('r/', () => {
  it('has the options that scripts/package-options.mjs makes', () => {
    expect(readFileSync(R_OPTIONS, 'utf8')).toBe(rOptions(OPTIONS));
  });

  it('has the version and the licence of the repository', () => {
    const description = readFileSync(join(PACKAGE, 'DESCRIPTION'), 'utf8');
    expect(description).toMatch(new RegExp(`^Version: ${VERSION}$`, 'm'));
    const [, year, holder] = /Copyright \(c\) (\d+) (.*)/.exec(readFileSync(join(ROOT, 'LICENSE'), 'utf8')) ?? [];
    expect(readFileSync(join(PACKAGE, 'LICENSE'), 'utf8')).toBe(`YEAR: ${year}\nCOPYRIGHT HOLDER: ${holder}\n`);
  });
});

describeUnless(lacking, 'the R package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-r-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const checked = join(folder, 'webgpulmm.Rcheck');

  it(
    'passes R CMD check, and its own tests there',
    async () => {
      const built = await runR(['CMD', 'build', '--no-build-vignettes', PACKAGE]);
      expect(built.status, built.said).toBe(0);
      const { status, said } = await runR(['CMD', 'check', '--no-manual', `webgpulmm_${VERSION}.tar.gz`]);
      const failed = readdirSync(checked, { recursive: true, encoding: 'utf8' }).filter((name) => /\.fail$/.test(name));
      const why = failed.map((name) => readFileSync(join(checked, name), 'utf8')).join('\n');
      expect(status, `${said}\n${why}`).toBe(0);
      // A note lists suggested packages that are not here.
      expect(said).toMatch(/^Status: (OK|1 NOTE)$/m);
      if (said.includes('1 NOTE')) expect(said).toMatch(/suggested but not available/);
      const outputs = readdirSync(join(checked, 'tests')).filter((name) => name.endsWith('.Rout'));
      expect(outputs.sort()).toEqual(['frames.Rout', 'genes.Rout', 'runs.Rout']);
      for (const name of outputs) {
        const output = readFileSync(join(checked, 'tests', name), 'utf8');
        expect(output.match(/^passed: /gm)?.length, output).toBeGreaterThanOrEqual(5);
      }
    },
    MINUTES * 60_000,
  );

  it(
    'prints what docs/r.md shows',
    async () => {
      const page = readFileSync(join(ROOT, 'docs/r.md'), 'utf8');
      for (const [, words] of page.matchAll(/^ {4}webgpu-lmm (.*)$/gm)) {
        const { status, stderr } = await runProcess([...words.split(' ').slice(0, -1), join(folder, 'cells')]);
        expect(status, stderr).toBe(0);
      }
      const blocks = [...page.matchAll(/^```r\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms)];
      const code = blocks.map(([, code], k) => `cat("\\n<block ${k}>\\n")\n${code}`).join('\n');
      writeFileSync(join(folder, 'page.R'), code);
      const { status, said, stdout } = await runR(['--vanilla', '--no-echo', '-f', 'page.R'], { R_LIBS: checked });
      expect(status, said).toBe(0);
      const printed = stdout.split(/<block \d+>\n/).slice(1);
      const words = (text: string) => text.split(/\s+/).filter((word) => word !== '');
      const shown = blocks.flatMap(([, code, output], k) => (output === undefined ? [] : [{ code, output, k }]));
      expect(shown.length).toBeGreaterThanOrEqual(4);
      for (const { code, output, k } of shown) expect(words(printed[k]), code).toEqual(words(output));
    },
    MINUTES * 60_000,
  );

  function runR(
    words: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number | null; said: string; stdout: string }> {
    const child = spawn(r ?? '', words, {
      cwd: folder,
      env: {
        ...process.env,
        ...{ WEBGPU_LMM: COMMAND, LANGUAGE: 'en', _R_CHECK_FORCE_SUGGESTS_: 'false', _R_CHECK_SYSTEM_CLOCK_: '0' },
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    let stdout = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece: Buffer) => {
        said += piece.toString();
        if (stream === child.stdout) stdout += piece.toString();
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, said, stdout }));
    });
  }
});
