/** Help, completion and the manual page, all of the one table of options. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { optionGroups } from '../../src/cli/help/option-help.ts';
import { EXAMPLES, TOPICS } from '../../src/cli/help/topics.ts';
import { namesOf } from '../../src/cli/options.ts';
import { entryOf } from '../../src/options/entries.ts';
import { COMMANDS, flagOf } from '../../src/options/option.ts';
import { itUnless } from '../requirements.ts';
import { expectRefusal, ROOT, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();

/** Flags of a command, with the one that all have. */
const flagsOf = (command: (typeof COMMANDS)[number]) =>
  namesOf(command).map((name) => `--${flagOf(name, entryOf(name))}`);

describe('help', () => {
  it('is short of the program, and lists options of a command in groups', async () => {
    const { stdout: short } = await succeed('--help');
    expect(short.split('\n').length).toBeLessThan(60);
    for (const command of COMMANDS) {
      expect(short).toMatch(new RegExp(`^  ${command} `, 'm'));
      const { stdout } = await succeed(command, '--help');
      for (const flag of flagsOf(command)) expect(stdout, command).toMatch(new RegExp(`^  ${flag}\\b`, 'm'));
      for (const { title } of optionGroups(command)) expect(stdout).toMatch(new RegExp(`^${title}$`, 'm'));
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    }
    expect((await succeed('help', 'fit')).stdout).toBe((await succeed('fit', '-h')).stdout);
  });

  it.each(Object.keys(TOPICS))('has the topic %s, whose page is there', async (topic) => {
    const { stdout } = await succeed('help', topic);
    expect(stdout.startsWith(`${topic}: ${TOPICS[topic].title}\n`)).toBe(true);
    for (const name of TOPICS[topic].options) expect(stdout).toContain(`--${flagOf(name, entryOf(name))}`);
    expect(stdout).not.toMatch(/[“”]|undefined/);
    expect(existsSync(join(ROOT, `docs/${TOPICS[topic].page}.md`))).toBe(true);
  });

  it('shows examples whose options there are', () => {
    const lines = [...Object.values(TOPICS).flatMap(({ examples }) => examples), ...Object.values(EXAMPLES).flat()];
    for (const line of lines) {
      const command = COMMANDS.find((name) => line.includes(`webgpu-lmm ${name} `));
      for (const [flag] of command ? line.matchAll(/(?<= )--[a-z-]+/g) : []) {
        expect(command && flagsOf(command), line).toContain(flag);
      }
    }
    expect(lines.length).toBeGreaterThan(30);
  });

  it('is about one option, by its flag, its former flag or its name in the library', async () => {
    const [flag, former, name] = await Promise.all(
      ['--coding', 'contrasts', 'contrastCodings'].map((word) => succeed('help', word)),
    );
    expect(flag.stdout).toMatch(
      /^--coding <col=coding>\n {2}Coding of a factor: treatment, sum, helmert or poly; may be repeated; formerly\n/,
    );
    expect(name.stdout).toBe(flag.stdout);
    // In the library “contrasts” are combinations of coefficients.
    expect(former.stdout).toContain('--coding <');
    expect(former.stdout).toContain('--contrast <');
  });

  it('suggests the nearest word', async () => {
    expectRefusal(await run(['help', 'residuals']), 2, /no help on 'residuals'/, /Did you mean 'residual'/);
    expectRefusal(await run(['help', 'famlies']), 2, /Did you mean 'families'/);
    expectRefusal(await run(['fti', '--help']), 2, /unknown command 'fti'/, /Did you mean 'fit'/);
    expectRefusal(await run(['help', 'predict', '--formula']), 2, /predict has no option '--formula'/);
  });
});

describe('the manual page', () => {
  const page = join(ROOT, 'man/webgpu-lmm.1');

  it('is what the build makes of the table (node scripts/man-page.mjs)', async () => {
    expect(textOf(page)).toBe((await succeed('help', '--man')).stdout);
  });

  const groff = spawnSync('groff', ['--version']).status === 0 ? null : 'groff is not there';
  itUnless(groff, 'has nothing that groff warns of, and all options', () => {
    const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-cbou', page], { encoding: 'utf8' });
    expect(stderr).toBe('');
    for (const command of COMMANDS) {
      for (const flag of flagsOf(command)) expect(stdout).toMatch(new RegExp(`^ +${flag}\\b`, 'm'));
    }
  });
});

describe('completion', () => {
  /** What bash offers at the end of a line, its words as bash cuts them. */
  async function offered(words: readonly string[]): Promise<string[]> {
    const { stdout: script } = await succeed('completion', 'bash');
    const list = words.map((word) => `'${word}'`).join(' ');
    const ask = `${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _webgpu_lmm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', ask], { encoding: 'utf8', cwd: folder });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('is registered in bash', async () => {
    const { stdout: script } = await succeed('completion', 'bash');
    const { stdout } = spawnSync('bash', ['-c', `${script}\ncomplete -p webgpu-lmm`], { encoding: 'utf8' });
    expect(stdout).toBe('complete -o default -F _webgpu_lmm webgpu-lmm\n');
  });

  it.each([
    [['webgpu-lmm', 'mo'], ['moments']],
    [['webgpu-lmm', 'fit', 'a.csv', '--ddf', 'k'], ['kenward-roger']],
    [['webgpu-lmm', 'fit', 'a.csv', '--ddf', '=', 'b'], ['between-within']],
    [['webgpu-lmm', 'fit', '--emm'], ['--emmeans']],
    [
      ['webgpu-lmm', 'simulate', '--condition', ''],
      ['within', 'between'],
    ],
    [['webgpu-lmm', 'fit', '--coding', 'arm', '=', 's'], ['sum']],
    [['webgpu-lmm', 'fit', '--format', 'su'], ['summary']],
    [['webgpu-lmm', 'help', 'resid'], ['residual']],
    [['webgpu-lmm', 'completion', 'f'], ['fish']],
    // Files are bash's own.
    [['webgpu-lmm', 'fit', 'vis'], []],
    [['webgpu-lmm', 'fit', '--obs', ''], []],
  ])('%s', async (words, wanted) => {
    expect(await offered(words)).toEqual(wanted);
  });

  it('knows all options of all commands', async () => {
    for (const command of COMMANDS) {
      expect(await offered(['webgpu-lmm', command, '--'])).toEqual([...flagsOf(command), '--help']);
    }
  });

  for (const shell of ['zsh', 'fish']) {
    const there = spawnSync(shell, ['--version']).status === 0 ? null : `${shell} is not there`;
    itUnless(there, `is a script of ${shell}`, async () => {
      const path = join(folder, `completion.${shell}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path, (await succeed('completion', shell)).stdout);
      const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
      expect(stderr).toBe('');
      expect(status).toBe(0);
    });
  }

  it('refuses other shells', async () => {
    expectRefusal(await run(['completion', 'bsh']), 2, /no completion for the shell 'bsh'/, /Did you mean 'bash'/);
  });
});
