/** `--out annotated=FILE.h5ad`: the data that were read, with the results in them. */
import { FitError } from '../errors.ts';
import { splitSpec } from '../result/output-target.ts';
import type { Given } from './options.ts';

/** A copy of the data to be written. */
export interface AnnotatedTarget {
  readonly path: string;
  readonly source: string;
}

/** Parts of the values of `--out`: where the annotated data go, and the tables. */
export function annotatedSpecs(specs: readonly string[]): { readonly paths: string[]; readonly others: string[] } {
  const paths: string[] = [];
  const others: string[] = [];
  for (const spec of specs) {
    const { prefix, path } = splitSpec(spec);
    const isData = /\.h5ad$/i.test(path);
    if (prefix === 'annotated' ? isData : prefix === null && isData) paths.push(path);
    else if (prefix === 'annotated' || isData) {
      throw new FitError('OptionError', 'the data with results in them, and nothing else, go to an .h5ad file', {
        option: 'out',
        source: spec,
        remedy: 'Write “out: annotated=FILE.h5ad”; tables go to .tsv, .csv or .parquet files.',
      });
    } else others.push(spec);
  }
  return { paths, others };
}

/**
 * The one file to be copied, where a copy is asked for.
 *
 * @throws OptionError where the data are no `.h5ad` file, several files, or not read at all
 */
export function annotatedSource(inputs: readonly (string | undefined)[]): string {
  const files = inputs.filter((path) => path !== undefined && /\.h5ad$/i.test(path));
  const [source] = files;
  if (files.length === 1 && source !== undefined && source === inputs[0]) return source;
  throw new FitError('OptionError', 'annotated data are a copy of the one .h5ad file that is read', {
    option: 'out',
    remedy: 'Fit a single .h5ad file, or write tables: tidy=FILE.parquet.',
  });
}

/** Options that say where things go, or stand by themselves in what is kept. */
const LEFT_OUT = ['formula', 'out', 'format', 'quiet', 'save', 'savePart'];

/** The options of a run as facts, by their names in Python. */
export function optionFacts(raw: Given): Record<string, string | number | boolean | readonly string[]> {
  const facts: Record<string, string | number | boolean | readonly string[]> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value === undefined || LEFT_OUT.includes(name)) continue;
    const known = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    facts[known] = Array.isArray(value) ? value.map(String) : (value as string | number | boolean); // all that flags give
  }
  return facts;
}
