/** The manual page, in the macros of man(7): commands, options and topics of the same tables as the help. */
import type { OptionName } from '../../options/entries.ts';
import { COMMANDS, type CommandName } from '../../options/option.ts';
import { inFlags } from '../../options/words.ts';
import { ALL_COMMANDS } from '../commands.ts';
import { SOFTWARE } from '../software.ts';
import { allGroups, commandsOf, companyOf, flagText, meaningOf } from './option-help.ts';
import { EXAMPLES, TOPICS } from './topics.ts';

/** The page as roff. */
export function manPage(): string {
  const lines = [
    `.TH WEBGPU\\-LMM 1 "" "webgpu\\-lmm ${asRoff(SOFTWARE.version)}" "User Commands"`,
    '.SH NAME',
    'webgpu\\-lmm \\- linear and generalised linear mixed models by the thousand',
    '.SH SYNOPSIS',
    '.B webgpu\\-lmm',
    '.I COMMAND',
    '.RI [ DATA ...]',
    '.RI [ OPTIONS ]',
    '.SH DESCRIPTION',
    ...paragraph(
      'Fits one mixed model per response: per gene of a single-cell matrix, per protein, per column of a table. Numbers are those of lme4, lmerTest and glmmTMB, in float64 on all processors or searched on a device by WebGPU.',
    ),
    '.PP',
    ...paragraph(
      'On a terminal fit prints a rounded summary; pipes and files get tables with all digits. webgpu-lmm help TOPIC and webgpu-lmm COMMAND --help show parts of this page.',
    ),
    '.SH COMMANDS',
    ...Object.entries(ALL_COMMANDS).flatMap(([name, { place, description }]) => [
      '.TP',
      `.B ${asRoff(`${name} ${place}`.trim())}`,
      ...paragraph(`${description[0].toUpperCase()}${description.slice(1)}.`),
    ]),
    '.SH OPTIONS',
    ...paragraph('The commands that have an option stand behind it.'),
    ...allGroups().flatMap(({ title, names }) => [`.SS ${asRoff(title)}`, ...names.flatMap(optionLines)]),
    '.SH TOPICS',
    ...Object.entries(TOPICS).flatMap(([name, { title, text, examples }]) => [
      `.SS ${asRoff(`${name}: ${title}`)}`,
      ...text.flatMap((part, k) => [
        ...(k === 0 ? [] : ['.PP']),
        ...(typeof part === 'string' ? paragraph(part) : part.flatMap((row) => rowLines(row))),
      ]),
      ...exampleLines(examples),
    ]),
    '.SH EXIT STATUS',
    ...paragraph('See the topic exit-codes: 0 done, 1 unreadable input, 2 misuse, 3 models without a fit.'),
    '.SH ENVIRONMENT',
    ...rowLines(['WEBGPU_LMM_ERRORS=json', 'an error is one line of JSON on standard error']),
    ...rowLines(['NO_COLOR', 'no colours in messages']),
    '.SH EXAMPLES',
    ...COMMANDS.flatMap((command: CommandName) => exampleLines(EXAMPLES[command] ?? [])),
    '.SH SEE ALSO',
    '.BR R (1)',
    '.PP',
    ...paragraph('README.md and docs/ of the package.'),
  ];
  return `${lines.join('\n')}\n`;
}

function optionLines(name: OptionName): string[] {
  const meaning = [`${meaningOf(name)}.`, ...companyOf(name)].join(' ');
  return [
    '.TP',
    `.B ${asRoff(flagText(name))}`,
    ...paragraph(meaning),
    `\\fI${asRoff(commandsOf(name).join(', '))}\\fR`,
  ];
}

function rowLines([name, meaning]: readonly [string, string]): string[] {
  return ['.TP', `.B ${asRoff(name)}`, ...paragraph(meaning)];
}

function exampleLines(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['.PP', '.nf', '.RS', ...lines.map((line) => protect(asRoff(line))), '.RE', '.fi'];
}

/** A paragraph, a sentence a line. */
function paragraph(text: string): string[] {
  return inFlags(text)
    .split(/(?<=[.;]) (?=[A-Z`-])/)
    .map((sentence) => protect(asRoff(sentence)));
}

/** Characters that roff takes for its own. */
function asRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('"', '\\(dq');
}

/** A line that begins with a full stop would be a request. */
function protect(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line;
}
