import { FitError } from '../errors.ts';
import type { AnovaType } from '../infer/hypotheses.ts';
import type { MarginalOptions } from '../infer/marginal-rows.ts';
import { OPTIONS } from '../options/entries.ts';
import { marginalMeans } from '../result/marginal-means.ts';
import { splitSpec } from '../result/output-target.ts';
import type { TableOptions } from '../result/table-runs.ts';
import type { FitResult } from '../types/fit-result.ts';
import type { Given } from './options.ts';

/** What `--anova`, `--emmeans` and their kin ask for. */
export interface DerivedTables {
  readonly anovaType: AnovaType;
  readonly marginal: MarginalOptions | undefined;
  /** The table that goes to outputs without a name (standard output where there is none) where `--format` does not say. */
  readonly format: string | undefined;
}

/** @throws OptionError for an unknown type or adjustment, and for options that need `--emmeans` */
export function derivedTables(raw: Given, level: number | undefined): DerivedTables {
  const anovaType = raw.anova ?? 'III';
  const format = formatOf(raw);
  if (raw.emmeans === undefined) return { anovaType, marginal: undefined, format };
  const [over = '', by = '', ...more] = splitOutside(raw.emmeans, '|');
  const names = (text: string) =>
    splitOutside(text, '*+,').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  if (names(over).length === 0 || more.length > 0) {
    throw new FitError('OptionError', `“emmeans: ${raw.emmeans}”: factors are needed`, {
      option: 'emmeans',
      remedy: "Write 'condition', 'condition * time', or 'condition | time' for comparisons within each time.",
    });
  }
  const adjust = raw.pairsAdjust ?? OPTIONS.pairsAdjust.fallback;
  return {
    anovaType,
    marginal: {
      ...{ over: names(over), by: names(by), at: valuesAt(raw.at ?? []), slopes: raw.slopes },
      ...{ level, adjust, reverse: raw.pairsReverse, type: raw.meansType, exponentiate: raw.exponentiate },
    },
    format,
  };
}

/** The first table that an option asks for and no `--out` names; undefined where that is none, so that the table is tidy. */
function formatOf({ emmeans, anova, geneSets, columns, out = [] }: Given): string | undefined {
  const named = out.map((spec) => splitSpec(spec).prefix?.split(':', 1)[0]);
  const asked = { emmeans, anova, genesets: geneSets, toptable: columns };
  return Object.entries(asked).find(([table, option]) => option !== undefined && !named.includes(table))?.[0];
}

/** A text cut at some characters, save those within parentheses, quotes or back-ticks: `cut(x, 3) * a` has two parts. */
function splitOutside(text: string, separators: string): string[] {
  const parts = [''];
  let depth = 0;
  let quote = '';
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote;
    else if ('"\'`'.includes(character)) quote = character;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (depth === 0 && separators.includes(character)) {
      parts.push('');
      continue;
    }
    parts[parts.length - 1] += character;
  }
  return parts;
}

/** `NAME=V1,V2`. */
function valuesAt(specs: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(
    specs.map((spec): [string, string[]] => {
      const equals = spec.lastIndexOf('=');
      if (equals > 0 && equals < spec.length - 1) {
        return [
          spec.slice(0, equals).trim(),
          spec
            .slice(equals + 1)
            .split(',')
            .map((value) => value.trim()),
        ];
      }
      throw new FitError('OptionError', `“at: ${spec}”: it needs a name and values`, {
        option: 'at',
        remedy: 'Write NAME=VALUE, or NAME=V1,V2 for an axis of “emmeans”.',
      });
    }),
  );
}

/** What the tables of a result need beside it. */
export function derivedOptions(
  result: FitResult,
  { anovaType, marginal }: DerivedTables,
  note: (text: string) => void,
): Pick<TableOptions, 'anovaType' | 'marginal'> {
  const means = marginal && marginalMeans(result, marginal);
  for (const text of means?.notes ?? []) note(text);
  return { anovaType, marginal: means };
}
