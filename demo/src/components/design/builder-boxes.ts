/** Step 2: the formula put together from columns. */

import { checkBox, element, selectBox } from '../../element.ts';
import { type Builder, builtFormula, conditionColumns, groupingColumns, parsedBuilder } from '../../model/builder.ts';
import { exposureOf, withExposure, withoutExposure } from '../../model/exposure.ts';
import { withFamily } from '../../model/families.ts';
import { familyOfResponse, responseColumns } from '../../model/family-proposal.ts';
import { residualChoice } from '../../model/residual-structures.ts';
import { capitalised, unitWord, withArticle } from '../../model/unit-words.ts';
import type { DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { columnChoices, keyed } from '../keyed.ts';

/** Covariates that the builder offers at most. */
const MOST_COVARIATES = 40;

export function builderBoxes(summary: DataSummary, settings: Settings, { store }: Context): Node[] {
  const exposure = exposureOf(settings.formula);
  const read = parsedBuilder(withoutExposure(settings.formula));
  // Of the two sides of an interaction the condition is the one that the page compares.
  const turned = read !== null && read.interaction !== '' && read.interaction === settings.condition;
  const parsed = turned ? { ...read, condition: read.interaction, interaction: read.condition } : read;
  const current: Builder = parsed ?? {
    response: '',
    condition: '',
    covariates: [],
    donor: '',
    slope: '',
    sample: '',
    interaction: '',
  };
  const change = (part: Partial<Builder>): void => {
    const next = { ...current, ...part };
    if (next.slope !== '' && (next.donor === '' || ![next.condition, next.interaction].includes(next.slope)))
      next.slope = '';
    if (next.condition === next.interaction) next.interaction = '';
    // What names the samples belongs to one donor and condition.
    if (part.condition !== undefined || part.donor !== undefined) next.sample = '';
    const family = familyOfResponse(summary.columns.find(({ name }) => name === next.response));
    const other = next.response !== current.response && family !== settings.family;
    store.setting({
      ...(other ? withFamily(family, settings, summary) : {}),
      formula: withExposure(builtFormula(next), other ? '' : exposure),
      ...(part.condition === undefined ? {} : { condition: part.condition }),
    });
  };
  const named = columnChoices;
  const tied = residualChoice(settings.residual)?.subject ?? '';
  const unit = unitWord(
    current.donor || tied || (summary.reading?.layout.donor ?? ''),
    summary.kind === 'matrix' ? 'donor' : 'subject',
  );
  const groups = groupingColumns(summary).map(({ name }) => name);
  const conditions = [
    ...conditionColumns(summary).map(({ name }) => name),
    ...summary.columns.filter(({ kind, levels }) => kind === 'numeric' && levels.length === 0).map(({ name }) => name),
  ].filter((name, i, all) => all.indexOf(name) === i);
  const boxes: Node[] = [];
  if (!parsed)
    boxes.push(
      element(
        'p',
        { class: 'hint' },
        settings.formula.trim() === ''
          ? 'Choose what is measured, what is compared and who is measured, or write a formula.'
          : 'This formula is beyond the boxes below; changing one of them starts anew.',
      ),
    );
  const grid: Node[] = [];
  if (summary.kind === 'table') {
    grid.push(
      keyed(
        'response',
        selectBox('Response', named(responseColumns(summary), 'choose'), current.response, (response) =>
          change({ response }),
        ),
      ),
    );
  }
  grid.push(
    keyed(
      'condition',
      selectBox('Condition', named(conditions, 'none'), current.condition, (condition) => change({ condition })),
    ),
    keyed(
      'donor',
      selectBox(
        `${capitalised(unit)} (random)`,
        named(groups, tied === '' ? 'choose' : `none beside the residuals of ${tied}`),
        current.donor,
        (donor) => change({ donor }),
      ),
    ),
    keyed(
      'interaction',
      selectBox(
        'Its effect depends on',
        named(
          conditions.filter((name) => name !== current.condition && name !== current.donor),
          'nothing',
        ),
        current.interaction,
        (interaction) => change({ interaction }),
      ),
    ),
    keyed(
      'slope',
      selectBox(
        `By ${unit} vary`,
        [
          ['', 'the level'],
          ...[current.condition, current.interaction]
            .filter(Boolean)
            .map((name) => [name, `level and effect of ${name}`] as const),
        ],
        current.slope,
        (slope) => change({ slope }),
        'Random intercepts, or random intercepts and slopes.',
      ),
    ),
    keyed(
      'sample',
      selectBox(
        `Alike within ${withArticle(unit)}`,
        [['', 'nothing else'], ...sampleChoices(summary, current).map((name) => [name, name] as const)],
        current.sample,
        (sample) => change({ sample }),
        `Rows of one sample (${withArticle(unit)} under one condition) share its deviation: without it each row counts as a replicate.`,
      ),
    ),
    keyed(
      'split',
      selectBox(
        'One fit for each',
        named(
          conditionColumns(summary).map(({ name }) => name),
          'no split',
        ),
        settings.splitBy,
        (splitBy) => store.setting({ splitBy }),
        summary.kind === 'table'
          ? 'A model of its own for each level.'
          : summary.kind === 'matrix'
            ? 'Such as the cell type: every gene is fitted within each level.'
            : 'Every response is fitted within each level.',
      ),
    ),
  );
  boxes.push(element('div', { class: 'grid' }, ...grid));
  const used = [current.condition, current.donor, current.interaction, current.response];
  const others = summary.columns
    .filter(({ name, distinct, kind, levels }) => {
      return !used.includes(name) && distinct >= 2 && (distinct < 62 || (kind === 'numeric' && levels.length === 0));
    })
    .slice(0, MOST_COVARIATES);
  if (others.length > 0) {
    const chosen = current.covariates;
    boxes.push(
      element(
        'details',
        { class: 'covariates', open: chosen.length > 0 },
        element('summary', {}, chosen.length === 0 ? 'Covariates: none' : `Covariates: ${chosen.join(', ')}`),
        element(
          'div',
          { class: 'checks' },
          ...others.map(({ name }) =>
            keyed(
              `covariate ${name}`,
              checkBox(name, chosen.includes(name), (on) =>
                change({ covariates: on ? [...chosen, name] : chosen.filter((other) => other !== name) }),
              ),
            ),
          ),
        ),
      ),
    );
  }
  return boxes;
}

/** What may name the samples: a column of the data, or donor and condition together. */
function sampleChoices({ reading, columns }: DataSummary, { donor, condition, sample }: Builder): string[] {
  const found = [reading?.layout.sampleColumn ?? '', ...(reading?.layout.libraries ?? [])];
  const grouped = columns.some(({ name, levels }) => name === condition && levels.length > 0);
  const both = donor !== '' && grouped ? [`${donor}:${condition}`] : [];
  return [...new Set([...found, ...both, sample])].filter((name) => name !== '' && name !== donor);
}
