/** What comparisons of models read, and the options that they share. */

import { type Input, joinFormulas, readInput } from 'webgpu-lmm/steps';
import { quoteName } from '../model/builder.ts';
import type { ComparedModels, RatioChoice } from '../protocol/analysis-protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { dataOptions, fitPlace } from './analysis-options.ts';
import type { DataSet } from './data-set.ts';
import { fitOptions, prepareOptions } from './run-options.ts';

/** The seed of what is drawn, as the command has it. */
const SEED = 1;

/**
 * Reads the columns of all formulas at once; a row counts where it is complete for all of them.
 *
 * @param group a column more, whose levels are held out whole; empty for none
 */
export async function comparisonInput(
  data: DataSet,
  settings: Settings,
  { formulas, structures, families }: ComparedModels,
  group = '',
): Promise<{ readonly input: Input; readonly options: ReturnType<typeof dataOptions> & ListedModels }> {
  const joined: Settings = { ...settings, formula: joinFormulas(formulas) };
  const listed: ListedModels = {
    ...(structures.trim() === '' ? {} : { structures }),
    ...(families === '' ? {} : { families, family: undefined, link: undefined }),
  };
  const column = group === '' ? '' : ` + (1 | ${quoteName(group)})`;
  const reading = { ...prepareOptions(joined, data.roles, data.isMatrix), formula: `${joined.formula}${column}` };
  const input = await readInput(
    data.roles.data,
    structures.trim() === '' ? reading : { ...reading, structures },
    data.files,
  );
  return { input, options: { ...dataOptions(joined, data), ...listed } };
}

interface ListedModels {
  readonly structures?: string | undefined;
  readonly families?: string | undefined;
}

/** What comparisons take of the settings beyond the data. */
export function comparisonOptions(settings: Settings) {
  const { adjust, adjustAcross, nagq } = fitOptions(settings);
  return { adjust, adjustAcross, nagq, ...fitPlace(settings) };
}

/** How likelihood ratios are tested. */
export function ratioOptions({ plain, draws }: RatioChoice) {
  return { boundary: !plain, ...(draws > 0 ? { bootstrap: { draws, seed: SEED } } : {}) };
}
