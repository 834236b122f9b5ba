/** How results were made, as a paragraph for a paper: what the run used, with the works it rests on. Pure. */

import type { FitTable } from 'webgpu-lmm';
import type { Settings } from '../protocol/settings.ts';
import type { Results } from '../results/results-view.ts';
import { counted } from '../words/number-text.ts';
import { splitsText, splitWords } from '../words/split-words.ts';
import { NORMALISED } from '../words/value-words.ts';
import { type Cite, foundSentences, isLinear, NO_FINDS, type ReportFinds } from './methods-found.ts';
import { WORKS, type Work } from './references.ts';

export interface Methods {
  readonly paragraph: string;
  /** In the order in which they are cited. */
  readonly references: readonly string[];
}

const FAMILIES: Readonly<Record<string, string>> = {
  binomial: 'binomial',
  poisson: 'Poisson',
  nbinom2: 'negative binomial (variance μ + μ²/size)',
  nbinom1: 'negative binomial (variance proportional to the mean)',
  Gamma: 'Gamma',
  beta: 'beta',
  cumulative: 'cumulative (ordinal)',
};

const ADJUSTMENTS: Readonly<Record<string, readonly [string, Work | null]>> = {
  BH: ['by the procedure of Benjamini and Hochberg', 'benjaminiHochberg'],
  holm: ["by Holm's procedure", 'holm'],
  bonferroni: ["by Bonferroni's inequality", null],
  storey: ["as Storey's q-values", 'storey'],
};

/** @param finds what the report has beside the tables of the fit */
export function methodsOf(
  { outcome, settings, summary }: Results,
  version: string,
  finds: ReportFinds = NO_FINDS,
): Methods {
  const cited: Work[] = [];
  const cite = (...works: readonly Work[]): string => {
    const numbers = works.map((work) => {
      if (!cited.includes(work)) cited.push(work);
      return cited.indexOf(work) + 1;
    });
    return ` [${numbers.join(', ')}]`;
  };
  const { table } = outcome;
  const sentences = [
    valuesSentence(settings, summary.kind, cite),
    modelSentence(table, settings, summary.kind, cite),
    ...structureSentences(table, settings, cite),
    testSentence(table, cite),
    ...moderationSentence(table, cite),
    ...contrastSentence(table, settings, cite),
    ...bootstrapSentence(table, cite),
    adjustmentSentence(table, settings, summary.kind, cite),
    ...foundSentences(finds, table, cite),
    `Computations were made with webgpu-lmm ${version}, ${
      table.backend === 'webgpu'
        ? `searched on a graphics device (${table.device ?? 'WebGPU'}) and finished in double precision`
        : 'in double precision'
    }.`,
  ];
  return {
    paragraph: sentences.filter((sentence) => sentence !== '').join(' '),
    references: cited.map((work) => WORKS[work]),
  };
}

function valuesSentence(settings: Settings, kind: string, cite: Cite): string {
  const { normalize, layer, where, minCells, minCounts, splitBy } = settings;
  const parts: string[] = [];
  if (settings.weights === 'voom') {
    const factors =
      Reflect.get(settings, 'normFactors') === 'tmm' ? `, library sizes scaled by trimmed means${cite('tmm')}` : '';
    parts.push(
      `Counts were turned into log2 counts per million with precision weights from the trend of their variances (voom)${cite('voom')}${factors}.`,
    );
  } else if (kind !== 'table' && normalize !== 'none') {
    parts.push(`Responses were ${NORMALISED[normalize] ?? normalize}${layer === '' ? '' : ` of the layer ${layer}`}.`);
  }
  const kept = [
    where === '' ? '' : `rows with ${where}`,
    minCounts > 0 ? `rows with at least ${minCounts} counts` : '',
    minCells > 0 ? `responses seen in at least ${counted(minCells, 'rows')}` : '',
  ].filter((part) => part !== '');
  if (kept.length > 0) parts.push(`The analysis was of ${kept.join(', ')}.`);
  if (splitBy !== '') parts.push(`Each level of ${splitBy} was analysed by itself.`);
  return parts.join(' ');
}

/** What the models are of: each gene of each cell type. */
function subjectOf({ models, responses, splits }: FitTable, { splitBy }: Settings, kind: string): string {
  if (models === 1) return 'The response';
  const many = kind === 'matrix' ? 'genes' : 'responses';
  if (splits === null) return `Each of ${counted(models, many)}`;
  const [own, levels] = [new Set(responses).size, new Set(splits).size];
  const all = models === own * levels ? '' : `, ${counted(models, 'models')} in all,`;
  return `Each of ${counted(own, many)} in each of ${splitsText(levels, splitBy)}${all}`;
}

function modelSentence(table: FitTable, settings: Settings, kind: string, cite: Cite): string {
  const what = subjectOf(table, settings, kind);
  const weights =
    settings.weights === '' || settings.weights === 'voom' ? '' : ` with the prior weights ${settings.weights}`;
  const offset =
    settings.offset === ''
      ? ''
      : `, with the offset ${settings.offset === 'library' ? 'log(counts of the row)' : settings.offset}`;
  const { family } = table;
  if (!family) {
    const kind = table.terms.length === 0 ? 'linear model' : 'linear mixed model';
    const likelihood = table.method === 'REML' ? 'restricted maximum likelihood' : 'maximum likelihood';
    const works = table.terms.length === 0 ? '' : cite('lme4');
    return `${what} was fitted by the ${kind} ${settings.formula}${weights}${offset}, by ${likelihood}${works}.`;
  }
  const restricted = table.method === 'REML' ? 'restricted likelihood, the coefficients integrated out too, by ' : '';
  // In the order in which they stand in the sentence.
  const ordinal = family.family === 'cumulative' ? cite('ordinal') : '';
  const nodes =
    family.nodes > 1
      ? `adaptive Gauss-Hermite quadrature with ${family.nodes} nodes${cite('quadrature')}`
      : `Laplace's approximation${cite('glmmTMB')}`;
  return `${what} was fitted by the generalised linear mixed model ${settings.formula}${weights}${offset}, with a ${FAMILIES[family.family] ?? family.family} distribution${ordinal} and the link ${family.link}, by ${restricted}${nodes}.`;
}

function structureSentences({ structured }: FitTable, settings: Settings, cite: Cite): string[] {
  if (!structured) return [];
  const parts = [
    structured.residual === '' ? '' : `the covariance ${structured.residual}`,
    structured.dispersionFormula === '' ? '' : `the log standard deviation ${structured.dispersionFormula}`,
  ].filter((part) => part !== '');
  if (parts.length === 0)
    return [`Random effects have the structures that the formula ${settings.formula} names${cite('structures')}.`];
  return [`Residuals had ${parts.join(' and ')}${cite('structures')}.`];
}

function testSentence(table: FitTable, cite: Cite): string {
  if (isLinear(table)) return 'Coefficients were tested by t statistics with the residual degrees of freedom.';
  const words: Readonly<Record<string, () => string>> = {
    'kenward-roger': () =>
      `Coefficients were tested by t statistics with the adjusted covariance and the degrees of freedom of Kenward and Roger${cite('kenwardRoger')}.`,
    satterthwaite: () =>
      `Coefficients were tested by t statistics with Satterthwaite's degrees of freedom${cite('satterthwaite', 'lmerTest')}.`,
    'between-within': () =>
      `Coefficients were tested by t statistics with degrees of freedom counted at the level of the grouping at which each varies (between-within)${cite('structures')}.`,
    asymptotic: () => 'Coefficients were tested by z statistics.',
  };
  return words[table.ddf]?.() ?? '';
}

function moderationSentence({ moderation }: FitTable, cite: Cite): string[] {
  if (!moderation) return [];
  const first = cite('smyth');
  const ways = [
    moderation.robust ? `robustly${cite('phipson')}` : '',
    moderation.trend ? 'along a trend with the mean' : '',
  ];
  const how = ways.filter((way) => way !== '').join(' and ');
  return [
    `Residual variances were moderated over the responses by empirical Bayes as in limma${first}${how === '' ? '' : `, ${how}`}.`,
  ];
}

function contrastSentence({ contrasts }: FitTable, settings: Settings, cite: Cite): string[] {
  if (contrasts.names.length === 0) return [];
  const marginal = settings.contrasts.some(({ expression }) => /^[^()+*]+:[^:]+-[^:]+$/.test(expression));
  const list = settings.contrasts.map(({ name, expression }) =>
    name === expression ? name : `${name} (${expression})`,
  );
  return [
    `Contrasts: ${list.join('; ')}${marginal ? `; differences of levels are of marginal means${cite('means')}` : ''}.`,
  ];
}

function bootstrapSentence({ bootstrap }: FitTable, cite: Cite): string[] {
  if (!bootstrap) return [];
  return [`Further p-values are of a parametric bootstrap with ${bootstrap.draws} draws${cite('bootstrap')}.`];
}

function adjustmentSentence(
  { adjust, adjustAcross, models, splits }: FitTable,
  { splitBy }: Settings,
  kind: string,
  cite: Cite,
): string {
  if (models === 1 || adjust === 'none') return '';
  const [words, work] = ADJUSTMENTS[adjust] ?? [adjust, null];
  const many = kind === 'matrix' ? 'genes' : 'responses';
  const kinds = splitWords(splitBy);
  const over =
    splits === null
      ? `over the ${many}`
      : adjustAcross === 'all'
        ? `over the ${many} of all ${kinds.many}`
        : `over the ${many} of each ${kinds.one}`;
  return `p-values of each coefficient were adjusted ${over} ${words}${work === null ? '' : cite(work)}.`;
}
