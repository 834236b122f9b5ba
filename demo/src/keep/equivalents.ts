/** The same model elsewhere: the command line, the library; R in `r-code.ts`. */

import { flagWords, type OptionName, shellWord } from 'webgpu-lmm/steps';
import { columnOptions, usedCodings } from '../model/column-options.ts';
import { SIMULATED_CELLS } from '../protocol/examples.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { moderation } from '../worker/run-options.ts';

/** The path that the command takes: a 10x matrix stands for its folder. */
export function dataPath(summary: DataSummary): string {
  const folder = summary.name.lastIndexOf('/');
  return /matrix\.mtx(\.gz)?$/.test(summary.name) && folder > 0 ? summary.name.slice(0, folder) : summary.name;
}

/** The command that makes the cells of the example; empty for other data. */
export function simulationCommand({ kind }: DataSummary, isExample: boolean): string {
  if (!isExample || kind !== 'matrix') return '';
  const { genes, cells, donors, density, seed } = SIMULATED_CELLS;
  return `webgpu-lmm simulate --kind cells --genes ${genes} --cells ${cells} --donors ${donors} --density ${density} --seed ${seed} --out example.h5ad`;
}

export function commandLine(settings: Settings, summary: DataSummary, isExample: boolean): string {
  const counts = summary.kind !== 'table';
  const options: string[] = [];
  const add = (name: OptionName, value: string | number): void => {
    options.push(flagWords(name, String(value)));
  };
  /** Where it is not what the command takes anyway. */
  const addUnlessUsual = (name: keyof Settings & OptionName, applies = true): void => {
    const value = settings[name];
    if (applies && typeof value !== 'object' && value !== DEFAULT_SETTINGS[name]) add(name, String(value));
  };
  const { obs, weights, modality } = summary.roles;
  if (modality) add('modality', modality);
  if (obs !== null) add('obs', obs);
  add('formula', settings.formula);
  const isGaussian = settings.family === 'gaussian';
  addUnlessUsual('family');
  addUnlessUsual('link', !isGaussian);
  addUnlessUsual('trials', settings.family === 'binomial');
  addUnlessUsual('residual');
  addUnlessUsual('dispersion');
  addUnlessUsual('nagq', !isGaussian);
  if (settings.reml && !isGaussian) options.push(flagWords('reml'));
  addUnlessUsual('normalize', counts);
  addUnlessUsual('totals', counts && settings.normalize !== 'none');
  addUnlessUsual('transform', summary.kind !== 'matrix');
  if (settings.zeroIsMissing && summary.kind !== 'matrix') options.push(flagWords('zeroIsMissing'));
  addUnlessUsual('layer', summary.kind === 'matrix');
  addUnlessUsual('where');
  addUnlessUsual('splitBy');
  addUnlessUsual('minCells');
  addUnlessUsual('minCounts', counts);
  if (weights !== null) add('weights', weights);
  addUnlessUsual('weights', weights === null);
  addUnlessUsual('normFactors', settings.weights === 'voom');
  addUnlessUsual('offset');
  addUnlessUsual('responses');
  const { factor, ordered } = columnOptions(settings);
  for (const column of factor) add('factor', column);
  for (const column of ordered) add('ordered', column);
  for (const [column, coding] of Object.entries(usedCodings(settings))) add('coding', `${column}=${coding}`);
  for (const { name, expression } of settings.contrasts) add('contrasts', `${name}=${expression}`);
  addUnlessUsual('method', isGaussian);
  addUnlessUsual('moderate', isGaussian);
  for (const name of ['ddf', 'information', 'na', 'adjust', 'adjustAcross', 'backend', 'bootstrap'] as const)
    addUnlessUsual(name);
  options.push('--out results.tsv');
  const made = simulationCommand(summary, isExample);
  const first = made === '' ? '' : `${made}\n`;
  return `${first}webgpu-lmm fit ${shellWord(dataPath(summary))} ${options.join(' \\\n    ')}`;
}

export function libraryCall(settings: Settings, summary: DataSummary): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const lines = [`  formula: ${text(settings.formula)},`];
  const line = (name: string, value: unknown): void => {
    lines.push(`  ${name}: ${text(value)},`);
  };
  const isGaussian = settings.family === 'gaussian';
  const isMatrix = summary.kind === 'matrix';
  /** Where it is not what the library takes anyway. */
  const unlessUsual = (name: keyof Settings, applies = true): void => {
    if (applies && settings[name] !== DEFAULT_SETTINGS[name]) line(name, settings[name]);
  };
  unlessUsual('family');
  unlessUsual('link', !isGaussian);
  unlessUsual('trials', settings.family === 'binomial');
  for (const name of ['residual', 'dispersion'] as const) unlessUsual(name);
  for (const name of ['nagq', 'reml'] as const) unlessUsual(name, !isGaussian);
  unlessUsual('normalize', summary.kind !== 'table');
  unlessUsual('totals', summary.kind !== 'table' && settings.normalize !== 'none');
  for (const name of ['transform', 'zeroIsMissing'] as const) unlessUsual(name, !isMatrix);
  unlessUsual('weights');
  unlessUsual('normFactors', settings.weights === 'voom');
  for (const name of ['offset', 'na'] as const) unlessUsual(name);
  const { factor, ordered } = columnOptions(settings);
  if (factor.length > 0) line('factor', factor);
  if (ordered.length > 0) line('ordered', ordered);
  const coding = usedCodings(settings);
  if (Object.keys(coding).length > 0) line('coding', coding);
  unlessUsual('method', isGaussian);
  unlessUsual('ddf');
  unlessUsual('information');
  const moderate = moderation(settings.moderate);
  if (moderate && isGaussian) line('moderate', moderate);
  if (settings.contrasts.length > 0) {
    line('contrasts', Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression])));
  }
  unlessUsual('adjust');
  unlessUsual('backend');
  if (settings.bootstrap > 0) lines.push(`  bootstrap: { draws: ${settings.bootstrap}, seed: 1 },`);
  const needsFiles =
    settings.where !== '' ||
    settings.splitBy !== '' ||
    settings.minCells > 0 ||
    settings.minCounts > 0 ||
    settings.responses !== '' ||
    settings.adjustAcross !== 'within' ||
    summary.kind === 'bulk';
  const path = text(dataPath(summary));
  if (needsFiles) {
    const extra = [
      summary.roles.obs === null ? '' : `  obs: ${text(summary.roles.obs)},`,
      summary.roles.weights === null ? '' : `  weights: ${text(summary.roles.weights)}, weightsFile: true,`,
      settings.where === '' ? '' : `  where: ${text(settings.where)},`,
      settings.splitBy === '' ? '' : `  splitBy: ${text(settings.splitBy)},`,
      settings.minCells === 0 ? '' : `  minCells: ${settings.minCells},`,
      settings.minCounts === 0 ? '' : `  minCounts: ${settings.minCounts},`,
      settings.responses === '' ? '' : `  responses: ${text(settings.responses)},`,
      settings.adjustAcross === 'within' ? '' : `  adjustAcross: ${text(settings.adjustAcross)},`,
      settings.layer === '' ? '' : `  layer: ${text(settings.layer)},`,
      summary.roles.modality ? `  modality: ${text(summary.roles.modality)},` : '',
    ].filter((line) => line !== '');
    return [
      "import { diskFiles, fitMoments, outputRows, prepareMoments, readInput, tidy } from 'webgpu-lmm';",
      '',
      'const options = {',
      ...lines,
      ...extra,
      '};',
      `const input = await readInput(${path}, options, diskFiles);`,
      'const { moments } = await prepareMoments(input, options);',
      'const result = await fitMoments(moments, options);',
      "for (const row of outputRows(tidy(result))) console.log(row.response, row.term, row.estimate, row['p.value']);",
    ].join('\n');
  }
  const obs = summary.roles.obs;
  if (obs !== null) lines.splice(1, 0, `  obs: await readObsTable(${text(obs)}), // joined by barcode`);
  const opener = isMatrix ? 'openMatrix' : 'readTable';
  const { modality } = summary.roles;
  const which = [
    settings.layer === '' ? '' : `layer: ${text(settings.layer)}`,
    modality ? `modality: ${text(modality)}` : '',
  ].filter((part) => part !== '');
  const matrixOptions = isMatrix && which.length > 0 ? `, { ${which.join(', ')} }` : '';
  const names = ['fit', opener, 'outputRows', ...(obs === null ? [] : ['readObsTable']), 'tidy'];
  return [
    `import { ${names.join(', ')} } from 'webgpu-lmm';`,
    '',
    `const data = await ${opener}(${path}${matrixOptions});`,
    'const result = await fit(data, {',
    ...lines,
    '});',
    "for (const row of outputRows(tidy(result))) console.log(row.response, row.term, row.estimate, row['p.value']);",
  ].join('\n');
}
