/** Text in lines of a terminal's width. */

/** Lines are no longer than this on a wide terminal: long ones are hard to read. */
const WIDEST = 100;
const NARROWEST = 40;

/** Columns of the terminal, 80 where there is none. */
export function textWidth(): number {
  return Math.max(NARROWEST, Math.min(WIDEST, process.stdout.columns ?? 80));
}

/** Words, and what stands in quotes as one of them: a formula is not torn apart. */
const WORDS = /(?<![^\s(])'[^']{1,40}'\S*|\S+/g;

/** A paragraph in lines, each with an indent. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [word] of text.matchAll(WORDS)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}

/** Names with what they mean beside them; long names have a line of their own. */
export function columns(rows: readonly (readonly [string, string])[], width: number): string[] {
  const most = Math.floor(width * 0.4);
  const first = Math.min(most, Math.max(...rows.map(([name]) => name.length)));
  const indent = ' '.repeat(first + 4);
  return rows.flatMap(([name, meaning]) => {
    const [head = '', ...rest] = wrap(meaning, width, indent);
    if (name.length > first) return [`  ${name}`, head, ...rest].filter((line) => line !== '');
    return [`  ${name.padEnd(first)}  ${head.slice(indent.length)}`.trimEnd(), ...rest];
  });
}

/** A command line over several lines where it is long, cut before options. */
export function commandLines(line: string, width: number): string[] {
  if (line.length + 2 <= width) return [`  ${line}`];
  const parts = line.split(/ (?=--[a-z])/);
  const lines: string[] = [];
  let current = '';
  for (const part of parts) {
    // Two blanks before, and a blank with the backslash behind.
    const indent = lines.length === 0 ? 2 : 6;
    if (current !== '' && indent + current.length + 1 + part.length + 2 > width) {
      lines.push(current);
      current = part;
    } else current = current === '' ? part : `${current} ${part}`;
  }
  lines.push(current);
  return lines.map((text, k) => `${k === 0 ? '  ' : '      '}${text}${k < lines.length - 1 ? ' \\' : ''}`);
}
