/**
 * Completion in shells: scripts that know commands, topics, options and the values of those that have choices, written from the
 * table of options. What they do not know, files first of all, is left to the shell's own completion.
 */
import { FitError, nearestName } from '../../errors.ts';
import { entryOf, type OptionName } from '../../options/entries.ts';
import { COMMANDS, type CommandName, flagOf } from '../../options/option.ts';
import { TABLE_NAMES } from '../../result/table-runs.ts';
import { ALL_COMMANDS } from '../commands.ts';
import { namesOf } from '../options.ts';
import { meaningOf } from './option-help.ts';
import { TOPICS } from './topics.ts';

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/**
 * The script of a shell, for its start-up file or its folder of completions.
 *
 * @throws OptionError for another shell
 */
export function completionScript(shell: string): string {
  if (Object.hasOwn(SHELLS, shell)) return SHELLS[shell as keyof typeof SHELLS](); // one of its keys
  const near = nearestName(shell, Object.keys(SHELLS));
  throw new FitError('OptionError', `no completion for the shell '${shell}'`, {
    remedy: near === undefined ? `There are ${Object.keys(SHELLS).join(', ')}.` : `Did you mean '${near}'?`,
  });
}

/** An option of a command as completions have it. */
interface Completed {
  readonly flag: string;
  readonly meaning: string;
  /** Whether a value follows. */
  readonly takesValue: boolean;
  /** Whether the value may be left out. */
  readonly optional: boolean;
  readonly values: readonly string[];
  /** Whether the values stand behind a column and `=`. */
  readonly ofColumns: boolean;
}

function completed(command: CommandName): Completed[] {
  return namesOf(command).map((name) => {
    const entry = entryOf(name);
    return {
      flag: `--${flagOf(name, entry)}`,
      meaning: meaningOf(name, command),
      takesValue: entry.kind !== 'switch',
      optional: entry.optional !== undefined,
      values: entry.kind === 'switch' ? [] : (entry.choices ?? wordsOf(name, command)),
      ofColumns: entry.kind === 'texts' && entry.choices !== undefined,
    };
  });
}

/** Words that options without choices take most often. */
function wordsOf(name: OptionName, command: CommandName): readonly string[] {
  if (name === 'moderate') return ['plain', 'robust', 'trend', 'robust,trend'];
  if (name !== 'format') return [];
  if (command === 'fit' || command === 'gather') return ['summary', ...TABLE_NAMES, 'json'];
  if (command === 'design') return ['text', 'json'];
  if (command === 'compare')
    return ['models', 'tests', 'summary', 'best', 'ranova', 'drop1', 'cv', 'folds', 'path', 'json'];
  return [];
}

/** What may stand behind `help`. */
function helpWords(): string[] {
  return [...Object.keys(ALL_COMMANDS), ...Object.keys(TOPICS)];
}

const HEADING = (
  shell: string,
  install: string,
) => `# Completion of webgpu-lmm in ${shell}, made of its table of options.
# ${install}
`;

function bashScript(): string {
  const values: string[] = [];
  const codings: string[] = [];
  const options = COMMANDS.map((command) => {
    const own = completed(command);
    for (const { flag, values: words, ofColumns } of own) {
      if (words.length > 0)
        (ofColumns ? codings : values).push(`    '${command} ${flag}') words='${words.join(' ')}' ;;`);
    }
    const flags = [...own.map(({ flag }) => flag), '--help'];
    return `    ${command}) words='${flags.join(' ')}' ;;`;
  });
  return `${HEADING('bash', 'In ~/.bashrc: eval "$(webgpu-lmm completion bash)"')}_webgpu_lmm() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" words='' column=''
  COMPREPLY=()
  # bash takes the = of --option=value and of --option column=value for a word.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' && COMP_CWORD -ge 3 ]]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  if [[ $previous != -* && COMP_CWORD -ge 4 ]]; then
    if [[ \${COMP_WORDS[COMP_CWORD]} == '=' ]]; then column="\${COMP_WORDS[COMP_CWORD-2]}"; fi
    if [[ \${COMP_WORDS[COMP_CWORD-1]} == '=' ]]; then column="\${COMP_WORDS[COMP_CWORD-3]}"; fi
  fi
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W '${[...Object.keys(ALL_COMMANDS), '--help', '--version'].join(' ')}' -- "$current"))
    return
  fi
  case "$command $column" in
${codings.join('\n')}
  esac
  if [[ -z $words ]]; then
    case "$command $previous" in
${values.join('\n')}
    'completion completion') words='${Object.keys(SHELLS).join(' ')}' ;;
    'help help') words='${helpWords().join(' ')}' ;;
    esac
  fi
  if [[ -z $words && $current == -* ]]; then
    case "$command" in
${options.join('\n')}
    esac
  fi
  # Without words the shell completes files.
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _webgpu_lmm webgpu-lmm
`;
}

function zshScript(): string {
  const commands = COMMANDS.map((command) => {
    const specs = completed(command).map(({ flag, meaning, takesValue, optional, values, ofColumns }) => {
      const action = values.length === 0 || ofColumns ? '_files' : `(${values.map(zshWord).join(' ')})`;
      const value = takesValue ? `${optional ? '::' : ':'}value:${action}` : '';
      return `        ${quoted(`*${flag}${takesValue && !optional ? '=' : ''}[${zshText(meaning)}]${value}`)} \\`;
    });
    return `    ${command})
      _arguments -S \\
${specs.join('\n')}
        '--help[help]' \\
        '*:file:_files'
      ;;`;
  });
  const described = Object.entries(ALL_COMMANDS).map(
    ([name, { description }]) => `    ${quoted(`${name}:${description}`)}`,
  );
  return `#compdef webgpu-lmm
${HEADING('zsh', 'In a folder of $fpath as _webgpu-lmm, or in ~/.zshrc behind compinit: eval "$(webgpu-lmm completion zsh)"')}_webgpu_lmm() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${commands.join('\n')}
    completion) _values shell ${Object.keys(SHELLS).join(' ')} ;;
    help) _values topic ${helpWords().join(' ')} ;;
  esac
}
if [[ "$funcstack[1]" == _webgpu-lmm ]]; then _webgpu_lmm "$@"; else compdef _webgpu_lmm webgpu-lmm; fi
`;
}

function fishScript(): string {
  const lines: string[] = [];
  for (const [name, { description }] of Object.entries(ALL_COMMANDS)) {
    lines.push(`complete -c webgpu-lmm -n __fish_use_subcommand -f -a ${name} -d ${quoted(description, 'fish')}`);
  }
  for (const command of COMMANDS) {
    const seen = `-n '__fish_seen_subcommand_from ${command}'`;
    for (const { flag, meaning, takesValue, optional, values, ofColumns } of completed(command)) {
      const words =
        takesValue && !ofColumns && values.length > 0
          ? ` -x -a '${values.join(' ')}'`
          : takesValue && !optional
            ? ' -r'
            : '';
      lines.push(`complete -c webgpu-lmm ${seen} -l ${flag.slice(2)}${words} -d ${quoted(meaning, 'fish')}`);
    }
  }
  lines.push(
    `complete -c webgpu-lmm -n '__fish_seen_subcommand_from completion' -f -a '${Object.keys(SHELLS).join(' ')}'`,
  );
  lines.push(`complete -c webgpu-lmm -n '__fish_seen_subcommand_from help' -f -a '${helpWords().join(' ')}'`);
  return `${HEADING('fish', 'webgpu-lmm completion fish > ~/.config/fish/completions/webgpu-lmm.fish')}${lines.join('\n')}\n`;
}

/** In single quotes, which a shell takes as they stand; in fish a backslash protects what is special in them. */
function quoted(text: string, shell: 'fish' | 'zsh' = 'zsh'): string {
  if (shell === 'fish') return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A description within brackets, and one before a colon. */
function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function zshWord(word: string): string {
  return word.replace(/[\s()"'\\,]/g, '\\$&');
}
