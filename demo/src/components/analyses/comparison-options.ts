/** How models are compared: what ranks them, their likelihood, structures and families beside each formula, and how ratios are tested. */

import { element, fill, selectBox, textBox } from '../../element.ts';
import { comparableFamilies } from '../../model/compared-families.ts';
import type { ComparedModels, ComparisonQuestion, RatioChoice } from '../../protocol/analysis-protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { ModelChoice } from '../../results/kept-choices.ts';
import { drawsBox } from './draws-box.ts';

const RANKINGS = ['AIC', 'AICc', 'BIC'] as const;

export interface ComparisonOptions {
  readonly host: HTMLElement;
  /** What is chosen, for some formulas. */
  models(formulas: readonly string[]): ComparedModels;
  rankBy(): ComparisonQuestion['rankBy'];
  ratios(): RatioChoice;
  /** Whether one formula makes several models. */
  several(): boolean;
  /** What is chosen, to be kept. */
  chosen(): Omit<ModelChoice, 'formulas' | 'beside'>;
  /** Begins anew for a fit with these settings, with what was kept of it. */
  reset(settings: Settings, kept: Partial<ModelChoice>): void;
}

export function comparisonOptions(onChange: () => void): ComparisonOptions {
  let rankBy: ComparisonQuestion['rankBy'] = 'AIC';
  let method: Settings['method'] = 'REML';
  let structures = '';
  let families = '';
  let plain = false;
  let draws = 0;
  const host = element('div', { class: 'row analysis-options' });

  function draw(settings: Settings): void {
    const lists = comparableFamilies(settings.family);
    const isGaussian = settings.family === 'gaussian';
    fill(
      host,
      selectBox(
        'Ranked by',
        RANKINGS.map((name) => [name, name]),
        rankBy,
        (name) => {
          rankBy = RANKINGS.find((one) => one === name) ?? 'AIC';
          onChange();
        },
        'AICc counts small numbers of rows; BIC prefers smaller models.',
      ),
      isGaussian
        ? selectBox(
            'Likelihood',
            [
              ['REML', 'restricted where it can be (REML)'],
              ['ML', 'maximum (ML)'],
            ],
            method,
            (name) => {
              method = name === 'ML' ? 'ML' : 'REML';
              onChange();
            },
            'Restricted likelihoods can be compared where all models have the same fixed effects; else maximum likelihood is taken.',
          )
        : null,
      isGaussian ? structureBox(settings) : null,
      ...(isGaussian ? [offeredList(settings)] : []),
      lists.length === 0
        ? null
        : withId(
            'compared-families',
            selectBox(
              'Kinds of response',
              [['', 'as fitted'], ...lists],
              families,
              (list) => {
                families = list;
                onChange();
              },
              'Each formula under each of them, on the same values: their likelihoods are of the same thing.',
            ),
          ),
      selectBox(
        'Ratios of variances held against',
        [
          ['mixture', 'mixtures of χ²'],
          ['chisq', 'plain χ², as in R'],
        ],
        plain ? 'chisq' : 'mixture',
        (name) => {
          plain = name === 'chisq';
          onChange();
        },
        'A variance cannot be below zero: where it is zero, half of the ratios are, too. Plain χ² finds too little.',
      ),
      drawsBox(
        'Bootstrap of the ratios',
        draws,
        (wanted) => {
          draws = wanted;
          draw(settings);
          onChange();
        },
        [
          'Responses drawn from each smaller model',
          ': with few units χ² finds too much, and the draws say how much. p is never below 1 / (draws + 1).',
        ],
        { id: 'ratio-draws', placeholder: 'none' },
      ),
    );
  }

  function structureBox(settings: Settings): HTMLElement {
    return textBox(
      'Structures of the residuals',
      structures,
      (text) => {
        structures = text;
        onChange();
      },
      {
        placeholder: 'us, csh, ar1(visit | subject)',
        title: `Covariances of the residuals of each subject over its visits, to compare beside each formula${settings.formula.includes('|') ? '; “none” for independent ones' : ''}; “auto(visit | subject)” takes the best of all.`,
        id: 'structures',
        list: 'structures-offered',
      },
    );
  }

  return {
    host,
    models: (formulas) => ({ formulas, structures, families, method }),
    rankBy: () => rankBy,
    ratios: () => ({ plain, draws }),
    several: () => structures.trim() !== '' || families !== '',
    chosen: () => ({ rankBy, method, structures, families, plain, draws }),
    reset(settings, kept) {
      const isGaussian = settings.family === 'gaussian';
      // Those of the last fit stay where nothing else was kept.
      ({ rankBy = rankBy, plain = plain, draws = draws, method = settings.method } = kept);
      structures = isGaussian ? (kept.structures ?? '') : '';
      families = comparableFamilies(settings.family).find(([list]) => list === kept.families)?.[0] ?? '';
      draw(settings);
    },
  };
}

function withId(id: string, label: HTMLLabelElement): HTMLLabelElement {
  label.querySelector('select')?.setAttribute('id', id);
  return label;
}

/** Lists of structures over the visits that the fit itself has a structure of. */
function offeredList({ residual }: Settings): HTMLElement {
  const visits = /\(.*\)$/.exec(residual.trim())?.[0];
  const lists = visits === undefined ? [] : [`auto${visits}`, `us,csh,cs,toep,ar1${visits}`, `us,ar1${visits}, none`];
  return element('datalist', { id: 'structures-offered' }, ...lists.map((value) => element('option', { value })));
}
