/** The same model elsewhere: the command line, the library; R in `r-code.ts`. */

import { flagWords, type OptionName, shellWord } from 'webgpu-lmm/steps';
import { SIMULATED_CELLS } from './examples.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import type { DataSummary } from './worker/protocol.ts';

/** The path that the command takes: a 10x matrix stands for its folder. */
export function dataPath(summary: DataSummary): string {
  const folder = summary.name.lastIndexOf('/');
  return /matrix\.mtx(\.gz)?$/.test(summary.name) && folder > 0 ? summary.name.slice(0, folder) : summary.name;
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
    if (applies && typeof value !== 'object' && value !== DEFAULT_SETTINGS[name]) add(name, value);
  };
  const { obs, weights } = summary.roles;
  if (obs !== null) add('obs', obs);
  add('formula', settings.formula);
  addUnlessUsual('normalize', counts);
  addUnlessUsual('layer', summary.kind === 'matrix');
  addUnlessUsual('where');
  addUnlessUsual('splitBy');
  addUnlessUsual('minCells');
  addUnlessUsual('minCounts', counts);
  if (weights !== null) add('weights', weights);
  addUnlessUsual('weights', weights === null);
  addUnlessUsual('offset');
  addUnlessUsual('responses');
  for (const column of settings.factors) add('factor', column);
  for (const [column, coding] of Object.entries(settings.codings)) add('coding', `${column}=${coding}`);
  for (const { name, expression } of settings.contrasts) add('contrasts', `${name}=${expression}`);
  for (const name of ['method', 'ddf', 'na', 'adjust', 'adjustAcross', 'backend', 'bootstrap'] as const)
    addUnlessUsual(name);
  options.push('--out results.tsv');
  const { genes, cells, donors, density, seed } = SIMULATED_CELLS;
  const simulated = isExample && summary.kind === 'matrix';
  const first = simulated
    ? `webgpu-lmm simulate --kind cells --genes ${genes} --cells ${cells} --donors ${donors} --density ${density} --seed ${seed} --out example.h5ad\n`
    : '';
  return `${first}webgpu-lmm fit ${shellWord(dataPath(summary))} ${options.join(' \\\n    ')}`;
}

export function libraryCall(settings: Settings, summary: DataSummary): string {
  const text = (value: unknown): string => JSON.stringify(value);
  const lines = [`  formula: ${text(settings.formula)},`];
  if (summary.kind !== 'table' && settings.normalize !== 'none') {
    lines.push(`  normalize: ${text(settings.normalize)},`);
  }
  if (settings.weights !== '') lines.push(`  weights: ${text(settings.weights)},`);
  if (settings.offset !== '') lines.push(`  offset: ${text(settings.offset)},`);
  if (settings.na !== 'default') lines.push(`  na: ${text(settings.na)},`);
  if (Object.keys(settings.codings).length > 0) lines.push(`  coding: ${text(settings.codings)},`);
  if (settings.method !== 'REML') lines.push(`  method: ${text(settings.method)},`);
  if (settings.ddf !== DEFAULT_SETTINGS.ddf) lines.push(`  ddf: ${text(settings.ddf)},`);
  if (settings.contrasts.length > 0) {
    const contrasts = Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression]));
    lines.push(`  contrasts: ${text(contrasts)},`);
  }
  if (settings.adjust !== DEFAULT_SETTINGS.adjust) lines.push(`  adjust: ${text(settings.adjust)},`);
  if (settings.backend !== 'auto') lines.push(`  backend: ${text(settings.backend)},`);
  if (settings.bootstrap > 0) lines.push(`  bootstrap: { draws: ${settings.bootstrap}, seed: 1 },`);
  const needsFiles =
    settings.where !== '' ||
    settings.splitBy !== '' ||
    settings.minCells > 0 ||
    settings.minCounts > 0 ||
    settings.responses !== '' ||
    settings.factors.length > 0 ||
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
      settings.factors.length === 0 ? '' : `  factor: ${text(settings.factors)},`,
      settings.layer === '' ? '' : `  layer: ${text(settings.layer)},`,
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
  const isMatrix = summary.kind === 'matrix';
  const obs = summary.roles.obs;
  if (obs !== null) lines.splice(1, 0, `  obs: await readObsTable(${text(obs)}), // joined by barcode`);
  const opener = isMatrix ? 'openMatrix' : 'readTable';
  const layer = isMatrix && settings.layer !== '' ? `, { layer: ${text(settings.layer)} }` : '';
  const names = ['fit', opener, 'outputRows', ...(obs === null ? [] : ['readObsTable']), 'tidy'];
  return [
    `import { ${names.join(', ')} } from 'webgpu-lmm';`,
    '',
    `const data = await ${opener}(${path}${layer});`,
    'const result = await fit(data, {',
    ...lines,
    '});',
    "for (const row of outputRows(tidy(result))) console.log(row.response, row.term, row.estimate, row['p.value']);",
  ].join('\n');
}
