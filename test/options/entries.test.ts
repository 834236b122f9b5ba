import { describe, expect, it } from 'vitest';
import { entryOf, levelOf, numberIfGiven, OPTIONS, type OptionName } from '../../src/options/entries.ts';
import { COMMANDS, choiceOf, flagOf, numberOf } from '../../src/options/option.ts';
import { inFlags, isOption, withOptionNames } from '../../src/options/words.ts';
import { readText, sourceFiles, withoutComments } from '../structure/source-files.ts';

const NAMES = Object.keys(OPTIONS) as OptionName[];

describe('the entries', () => {
  it.each(COMMANDS)('give each flag of %s once', (command) => {
    const flags = NAMES.filter((name) => entryOf(name).in.includes(command)).map((name) => flagOf(name, entryOf(name)));
    expect(new Set(flags).size).toBe(flags.length);
  });

  it('name other entries of the same commands in what they need and exclude', () => {
    for (const name of NAMES) {
      const { needs, excludes = [], in: commands } = entryOf(name);
      for (const other of [...excludes, ...(needs ? [needs.option] : [])]) {
        expect(isOption(other), `${name}: ${other}`).toBe(true);
        for (const command of commands) expect(entryOf(other as OptionName).in, `${name}: ${other}`).toContain(command);
      }
      const wanted = needs?.value;
      const choices = needs && entryOf(needs.option as OptionName).choices;
      if (wanted !== undefined && choices !== undefined) expect(choices).toContain(wanted);
    }
  });

  it('have a default that their own checks take, and one choice at least', () => {
    for (const name of NAMES) {
      const entry = entryOf(name);
      if (entry.kind === 'choice') expect(entry.choices?.length, name).toBeGreaterThan(0);
      if (entry.fallback === undefined) continue;
      if (entry.kind === 'choice')
        expect(choiceOf(name, String(entry.fallback), entry.choices ?? [])).toBe(entry.fallback);
      else if (entry.kind === 'text') expect(entry.fallback, name).toBeTypeOf('string');
      else expect(numberOf(name, entry.fallback, entry)).toBe(entry.fallback);
    }
  });
});

describe('checks', () => {
  it('refuse numbers out of bounds, and say what is needed', () => {
    expect(() => numberIfGiven('bootstrap', 50)).toThrow(
      '“bootstrap: 50”: a whole number from 100 to 1000000 is needed',
    );
    expect(() => numberIfGiven('threads', 1.5)).toThrow('a whole number of at least 1');
    expect(() => numberIfGiven('alpha', 1)).toThrow('a number between 0 and 1');
    expect(() => numberIfGiven('missing', 1)).toThrow('a number from 0 to below 1');
    expect(() => levelOf(Number.NaN)).toThrow('“level: NaN”');
    expect(levelOf(undefined)).toBe(0.95);
    expect(() => numberOf('seed', ' ', OPTIONS.seed)).toThrow('a whole number of at least 0');
  });

  it('know what people write for a choice', () => {
    expect(() => choiceOf('ddf', 'kr', OPTIONS.ddf.choices)).toThrow('“ddf: kr”: there is no such choice');
    const refusal = { fields: { option: 'ddf', remedy: expect.stringContaining("did you mean 'kenward-roger'") } };
    expect(() => choiceOf('ddf', 'kr', OPTIONS.ddf.choices)).toThrow(expect.objectContaining(refusal));
  });
});

describe('words', () => {
  it.each([
    ['Lower “minCells”.', 'Lower --min-cells.'],
    ['Leave “method: ML” out', 'Leave --ml out'],
    ['“normalize: log1p-cpm” gives it', '--normalize log1p-cpm gives it'],
    ['add “naStrings: #N/A” here', "add --na-strings '#N/A' here"],
    ['“contrasts: a=b-c” and “coding: f=sum”', '--contrast a=b-c and --coding f=sum'],
    ['“nothing” stays', '“nothing” stays'],
  ])('%s', (text, flags) => {
    expect(inFlags(text)).toBe(flags);
  });

  it('may be any', () => {
    expect(withOptionNames('see “where”', (name) => name.toUpperCase())).toBe('see WHERE');
  });
});

describe('messages', () => {
  const files = sourceFiles().filter((path) => !path.startsWith('src/cli/') && !path.endsWith('.gen.ts'));

  it('outside the command name options, not flags', () => {
    const named = files.filter((path) => /['"`\s(]--[a-z$][\w${}.-]*/.test(withoutComments(readText(path))));
    // The room of options makes flags out of names.
    expect(named.filter((path) => !path.startsWith('src/options/'))).toEqual([]);
  });

  it('name options that there are', () => {
    const unknown = files.flatMap((path) =>
      [...withoutComments(readText(path)).matchAll(/“(\w+)(?:: ?[^”]*)?”/g)]
        .filter(([, name]) => !isOption(name))
        .map(([marked]) => `${path}: ${marked}`),
    );
    expect(unknown).toEqual([]);
  });
});
