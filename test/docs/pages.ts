/** The pages of docs/ and README, and the blocks of code in them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, textOf } from '../cli/command.ts';

/** Pages by their paths from the root of the repository; generated ones are not among them. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !/^docs\/(?:\.vitepress|api)\//.test(path))
    .sort(),
];

/** A block of commands. */
export interface ShellBlock {
  readonly page: string;
  /** Of the page, from 1. */
  readonly line: number;
  readonly code: string;
  /** Why it is not run, from a comment `<!-- not run: REASON -->` before it; null where it is. */
  readonly notRun: string | null;
  /** Lines that the page shows as what the block prints: code without a language that stands right behind it. */
  readonly prints: readonly string[];
  /** What stands for the values of options that would take long, from `<!-- run with: --simulations 200 -->`. */
  readonly instead: string | null;
}

/** How commands begin: what else is indented or fenced is output, a formula or another language. */
const COMMAND =
  /^(?:#!\/|\(|(?:webgpu-lmm|npm|npx|node|pip|python3?|R|Rscript|awk|sed|cat|head|printf|for|sbatch|srun|curl|git|\.ci\/run|export|mkdir|docker|snakemake|nextflow)\s)/;
const MARK = /^<!-- (not run|run with): (.*) -->$/;

/** The blocks of a page whose first line is a command, in order. */
export function shellBlocks(page: string): ShellBlock[] {
  const lines = textOf(join(ROOT, page)).split('\n');
  const blocks: ShellBlock[] = [];
  let mark: RegExpExecArray | null = null;
  for (let i = 0; i < lines.length; i++) {
    if (MARK.test(lines[i])) mark = MARK.exec(lines[i]);
    const fence = /^```(\w*)$/.exec(lines[i]);
    const indented = lines[i].startsWith('    ') && (lines[i - 1] ?? '') === '';
    if (!fence && !indented) {
      if (lines[i] !== '' && !MARK.test(lines[i])) mark = null;
      continue;
    }
    const begin = i;
    const code: string[] = [];
    if (fence) {
      for (i++; i < lines.length && lines[i] !== '```'; i++) code.push(lines[i]);
    } else {
      for (; i < lines.length && lines[i].startsWith('    '); i++) code.push(lines[i].slice(4));
    }
    const isShell = fence ? /^(?:sh|bash|shell|console)$/.test(fence[1]) : COMMAND.test(code[0]);
    if (isShell) {
      blocks.push({
        page,
        line: begin + 1,
        code: `${code.join('\n')}\n`,
        prints: printedAfter(lines, fence ? i + 1 : i),
        notRun: mark?.[1] === 'not run' ? mark[2] : null,
        instead: mark?.[1] === 'run with' ? mark[2] : null,
      });
    }
    mark = null;
  }
  return blocks;
}

/** Indented lines from line `from` on up to text, another command or a prompt. */
function printedAfter(lines: readonly string[], from: number): string[] {
  const printed: string[] = [];
  for (const line of lines.slice(from)) {
    if (line === '') continue;
    const code = line.slice(4);
    if (!line.startsWith('    ') || COMMAND.test(code) || code.startsWith('$ ')) break;
    printed.push(code);
  }
  return printed;
}

/** The code of a block with other values of options, `--simulations 200`. */
export function shortened({ code, instead }: ShellBlock): string {
  const pairs = [...(instead ?? '').matchAll(/(--[\w-]+) (\S+)/g)];
  return pairs.reduce((text, [, flag, value]) => {
    const changed = text.replaceAll(new RegExp(`(${flag}) \\S+`, 'g'), `$1 ${value}`);
    if (changed === text) throw new Error(`the block has no ${flag}`);
    return changed;
  }, code);
}

/** The blocks of TypeScript and JavaScript of a page. */
export function snippets(page: string): string[] {
  return [...textOf(join(ROOT, page)).matchAll(/^```(?:ts|js|typescript|javascript)\n([\s\S]*?)^```/gm)].map(
    ([, code]) => code,
  );
}
