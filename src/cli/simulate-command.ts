import { dirname } from 'node:path';
import { h5adFile } from '../data/matrix/write-h5ad.node.ts';
import { tenxFiles } from '../data/matrix/write-tenx.node.ts';
import { inFolder, type Replacement, replaceFiles } from '../data/replace-file.node.ts';
import { FitError } from '../errors.ts';
import { piecesFile } from '../result/output.node.ts';
import type { OutputTable } from '../result/output-table.ts';
import { delimitedText } from '../result/write-delimited.ts';
import { simulateCells } from '../simulate/cells.ts';
import { simulateVisits } from '../simulate/visits.ts';
import { wholeNumber } from './arguments.ts';
import { outputTable } from './table-columns.ts';

export interface SimulateOptions {
  readonly kind?: string;
  readonly genes?: string;
  readonly cells?: string;
  readonly donors?: string;
  readonly density?: string;
  readonly condition?: string;
  readonly subjects?: string;
  readonly visits?: string;
  readonly responses?: string;
  readonly missing?: string;
  readonly seed?: string;
  readonly out?: string;
  readonly sampleSd?: string;
  readonly quiet?: boolean;
  readonly from?: string;
  readonly nsim?: string;
  readonly useRandomEffects?: boolean;
}

/** Options that mean nothing for a kind, and what to use instead. */
const FOREIGN: Readonly<Record<string, Readonly<Partial<Record<keyof SimulateOptions, string>>>>> = {
  cells: {
    subjects: 'Use --donors.',
    visits: 'Use --cells.',
    responses: 'Use --genes.',
    missing: 'Leave it out.',
  },
  visits: {
    genes: 'Use --responses.',
    cells: 'Use --subjects and --visits.',
    donors: 'Use --subjects.',
    density: 'Leave it out.',
    condition: 'Leave it out.',
    sampleSd: 'Leave it out.',
  },
};

/** `webgpu-lmm simulate --kind cells|visits ... --out PLACE`: data with known truth; returns the exit status. */
export async function simulateCommand(options: SimulateOptions): Promise<number> {
  const { kind = 'cells', out } = options;
  for (const name of ['nsim', 'useRandomEffects'] as const) {
    if (options[name] === undefined) continue;
    const option = name === 'nsim' ? 'nsim' : 'use-random-effects';
    throw new FitError('OptionError', `--${option} belongs to --from, which is not given`, { option });
  }
  if (out === undefined) {
    throw new FitError('OptionError', 'simulate needs --out', {
      option: 'out',
      remedy: 'Write --out FOLDER (10x), FILE.h5ad, or FILE.csv for --kind visits.',
    });
  }
  const foreign = Object.entries(FOREIGN[kind] ?? {}).find(
    ([key]) => options[key as keyof SimulateOptions] !== undefined,
  );
  if (foreign) {
    const option = foreign[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new FitError('OptionError', `--${option} does not belong to --kind ${kind}`, {
      option,
      remedy: foreign[1],
    });
  }
  const seed = wholeNumber('seed', options.seed, 0) ?? 1;
  let truthPath: string;
  let truth: OutputTable;
  let said: string;
  let folder: string;
  let files: Replacement[];
  if (kind === 'cells') {
    const cells = wholeNumber('cells', options.cells, 1) ?? 3000;
    const simulated = simulateCells({
      genes: wholeNumber('genes', options.genes, 1) ?? 500,
      cells,
      donors: wholeNumber('donors', options.donors, 1) ?? 12,
      seed,
      ...(options.density === undefined ? {} : { density: share('density', options.density) }),
      ...(options.sampleSd === undefined ? {} : { sampleSd: deviation('sample-sd', options.sampleSd) }),
      ...(options.condition === undefined ? {} : { condition: conditionOf(options.condition) }),
    });
    const { names, rowNames, obs } = simulated;
    truth = outputTable(simulated.truth, 'gene', names);
    const matrix = { rows: cells, names, rowNames, obs, blocks: simulated.blocks() };
    if (/\.h5ad$/i.test(out)) {
      folder = dirname(out);
      files = [h5adFile(out, matrix)];
      truthPath = out.replace(/\.h5ad$/i, '.truth.tsv');
    } else {
      if (/\.\w+$/.test(out)) {
        throw new FitError('OptionError', `--out ${out}: cells are written to a folder or an .h5ad file`, {
          option: 'out',
          remedy: 'Give a name without extension, or one that ends in .h5ad.',
        });
      }
      folder = out;
      files = tenxFiles(out, matrix);
      truthPath = `${out}/truth.tsv`;
    }
    said = `${names.length} genes x ${cells} cells`;
  } else if (kind === 'visits') {
    const table = /\.(csv|tsv)(\.gz)?$/i.exec(out);
    if (!table) {
      throw new FitError('OptionError', `--out ${out}: visits are written to a .csv or .tsv file (also .gz)`, {
        option: 'out',
        remedy: 'Give the file one of those extensions.',
      });
    }
    const simulated = simulateVisits({
      subjects: wholeNumber('subjects', options.subjects, 2) ?? 40,
      visits: wholeNumber('visits', options.visits, 1) ?? 6,
      responses: wholeNumber('responses', options.responses, 1) ?? 1,
      missing: options.missing === undefined ? 0 : share('missing', options.missing),
      seed,
    });
    truth = outputTable(simulated.truth, 'response', [...simulated.table.columns.keys()].slice(-simulated.truth.rows));
    folder = dirname(out);
    const separator = table[1].toLowerCase() === 'csv' ? ',' : '\t';
    const text = delimitedText([outputTable(simulated.table)], separator);
    files = [piecesFile(out, text, { gzip: table[2] !== undefined })];
    truthPath = out.replace(/\.(csv|tsv)(\.gz)?$/i, '.truth.tsv');
    said = `${simulated.table.rows} visits`;
  } else {
    throw new FitError('OptionError', `--kind ${kind}: there is no such kind`, {
      option: 'kind',
      remedy: 'Use cells or visits.',
    });
  }
  await inFolder(folder, () => replaceFiles([...files, piecesFile(truthPath, delimitedText([truth], '\t'))]));
  if (!options.quiet) process.stderr.write(`wrote ${said} to ${out}, the truth to ${truthPath}\n`);
  return 0;
}

function share(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new FitError('OptionError', `--${option} ${text}: a share from 0 to 1 is needed`, { option });
}

function deviation(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 10) return value;
  throw new FitError('OptionError', `--${option} ${text}: a standard deviation from 0 to 10 is needed`, { option });
}

function conditionOf(text: string): 'within' | 'between' {
  if (text === 'within' || text === 'between') return text;
  throw new FitError('OptionError', `--condition ${text}: there is no such choice`, {
    option: 'condition',
    remedy: 'Use within (each donor in both conditions) or between.',
  });
}
