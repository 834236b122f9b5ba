/** The formulas that fit a design, the recommended one first, each with what its test rests on. */
import { quotedName } from '../formula/syntax.ts';
import type { DesignLayout } from './layout.ts';

/** A formula that fits a design, with what it takes for granted. */
export interface FormulaChoice {
  readonly formula: string;
  /** Random terms in words: what the model takes for granted, and what the test of the condition rests on. */
  readonly reason: string;
  /** `warning` where the model counts rows as replicates. */
  readonly advice: 'recommended' | 'alternative' | 'warning';
}

/** Levels of a condition up to which slopes by donor have few enough variances. */
const FEW_CONDITIONS = 3;

/** The condition as a formula has it. */
function compared({ condition, coded }: DesignLayout): string {
  return coded ? `factor(${quotedName(condition)})` : quotedName(condition);
}

/** The random terms of a layout, each as a formula has it. */
function randomTerms(layout: DesignLayout) {
  const { condition, donor, time, visits, clusters, libraries, sampleColumn } = layout;
  const intercept = (group: string): string => `(1 | ${quotedName(group)})`;
  const slope = (name: string): string => `(${quotedName(name)} | ${quotedName(donor)})`;
  return {
    byDonor: intercept(donor),
    clusters: clusters.map(({ name }) => intercept(name)),
    libraries: [
      ...(layout.visitSamples ? [`(1 | ${quotedName(donor)}:${quotedName(visits)})`] : []),
      ...libraries.map(intercept),
    ],
    samples: sampleColumn === '' ? `(1 | ${quotedName(donor)}:${quotedName(condition)})` : intercept(sampleColumn),
    slopes: `(${compared(layout)} | ${quotedName(donor)})`,
    course: slope(time),
  };
}

/** Whether a condition between donors acts on their course over time. */
function hasCourse(layout: DesignLayout): boolean {
  return layout.time !== '' && mayHaveCourse(layout);
}

/** Whether rows of donors are repeated, and a condition is compared between them. */
function mayHaveCourse({ condition, comparison, repeated }: DesignLayout): boolean {
  return (comparison === 'none' || comparison === 'between') && repeated && condition !== '';
}

/** The random terms of the formula that is recommended: what a warning of a model without them advises. */
export function recommendedTerms(layout: DesignLayout): readonly string[] {
  const { comparison, numeric, repeated } = layout;
  const { byDonor, clusters, libraries, samples, slopes, course } = randomTerms(layout);
  if (comparison === 'none' || comparison === 'between') {
    if (!repeated) return [byDonor];
    return hasCourse(layout) ? [...clusters, course] : [...clusters, byDonor, ...libraries];
  }
  if (!repeated) return [numeric ? slopes : byDonor];
  return [numeric ? slopes : byDonor, samples, ...libraries];
}

/** The effect of a condition between donors on their course over time: an interaction, with slopes of their own. */
function courseOf(layout: DesignLayout): FormulaChoice {
  const { condition, donor, time, response, covariates, donors, timed } = layout;
  const left = response === '' ? '' : `${quotedName(response)} `;
  const fixed = [`${quotedName(time)} * ${compared(layout)}`, ...covariates.map(quotedName)];
  const terms = [...fixed, ...recommendedTerms(layout)];
  return {
    formula: `${left}~ ${terms.join(' + ')}`,
    reason: `Each '${donor}' has a course of its own over '${time}'; the interaction tests whether '${condition}' changes it, and rests on ${timed < donors ? `${timed} of ${donors}` : donors} levels of '${donor}'${timed < donors ? `: the others have one '${time}' only` : ''}.`,
    advice: 'recommended',
  };
}

/** The same over visits that have names: an interaction with them as they are, without a course of straight lines. */
function visitsOf(layout: DesignLayout): FormulaChoice {
  const { condition, donor, visits, response, covariates, donors, timed } = layout;
  const left = response === '' ? '' : `${quotedName(response)} `;
  const fixed = [`${compared(layout)} * ${quotedName(visits)}`, ...covariates.map(quotedName)];
  const [rests, others] =
    timed < donors ? [`${timed} of ${donors}`, `: the others have one '${visits}' only`] : [donors, ''];
  return {
    formula: `${left}~ ${[...fixed, ...recommendedTerms(layout)].join(' + ')}`,
    reason: `Each level of '${condition}' has a mean at each '${visits}'; the interaction tests whether their difference changes from one '${visits}' to another, and rests on ${rests} levels of '${donor}'${others}.`,
    advice: 'recommended',
  };
}

/** All formulas worth a look. */
export function formulaChoices(layout: DesignLayout): FormulaChoice[] {
  const { condition, donor, response, covariates, comparison, repeated, numeric, rowNoun, donors, paired } = layout;
  const fixed = [
    ...(condition === '' ? [] : [compared(layout)]),
    ...covariates.filter((name) => name !== '').map(quotedName),
  ];
  const left = `${response === '' ? '' : `${quotedName(response)} `}~ ${(fixed.length > 0 ? fixed : ['1']).join(' + ')}`;
  const { byDonor, libraries, clusters, samples, slopes } = randomTerms(layout);
  const withTerms = (...terms: readonly string[]) => [left, ...terms].join(' + ');
  const recommended = withTerms(...recommendedTerms(layout));
  if (comparison === 'none' || comparison === 'between') {
    const units =
      layout.clusters.length > 0
        ? layout.clusters.map(({ name, levels }) => `${levels} levels of '${name}'`).join(', ')
        : `${donors} levels of '${donor}'`;
    if (!repeated) {
      return [
        {
          formula: recommended,
          reason: `Each level of '${donor}' has one row: no mixed model is needed, nor can one be fitted. Linear regression on these rows tests '${condition}'.`,
          advice: 'warning',
        },
      ];
    }
    const course = hasCourse(layout)
      ? [courseOf(layout)]
      : layout.visits !== '' && mayHaveCourse(layout)
        ? [visitsOf(layout)]
        : [];
    return [
      ...course,
      {
        formula: withTerms(...clusters, byDonor, ...libraries),
        reason: `${condition === '' ? 'The mean' : `'${condition}'`} rests on ${units}; ${rowNoun} of one level are repeats of it${libraries.length > 0 ? `, and those of one ${layout.libraries.join(', ')} more alike still` : ''}.`,
        advice: course.length > 0 ? 'alternative' : 'recommended',
      },
    ];
  }
  const rests = `${paired} levels of '${donor}' that have both sides of a comparison`;
  if (!repeated) {
    const intercepts: FormulaChoice = {
      formula: withTerms(byDonor),
      reason: `Each '${donor}' has about one row for each ${numeric ? 'value' : 'level'} of '${condition}', so rows are the samples and the residual holds their differences.`,
      advice: numeric ? 'alternative' : 'recommended',
    };
    const random: FormulaChoice = {
      formula: withTerms(slopes),
      reason: `The effect of '${condition}' differs from one '${donor}' to another: the test rests on ${paired} of them.`,
      advice: numeric ? 'recommended' : 'alternative',
    };
    if (numeric) return [random, intercepts];
    // A slope for every level needs more rows than one a sample.
    return [intercepts];
  }
  const replicates: FormulaChoice = {
    formula: withTerms(byDonor, samples, ...libraries),
    reason: `${rowNoun} of one sample (${donor} x ${condition}) share its deviation, so samples are the replicates: the test of '${condition}' rests on ${rests}.`,
    advice: 'recommended',
  };
  const varying: FormulaChoice = {
    formula: withTerms(slopes, ...libraries),
    reason: `The effect of '${condition}' differs from one '${donor}' to another; the test rests on the same ${paired}. ${layout.conditions > FEW_CONDITIONS && !numeric ? `With ${layout.conditions} levels it has ${(layout.conditions * (layout.conditions + 1)) / 2} variances and covariances to estimate.` : 'Differences in the variance of the levels are allowed for.'}`,
    advice: 'alternative',
  };
  const rowsOnly: FormulaChoice = {
    formula: withTerms(byDonor),
    reason: `Right only where ${rowNoun} of one sample are no more alike than ${rowNoun} of different samples of a '${donor}': every one of the ${layout.rows} ${rowNoun} counts as a replicate of '${condition}', and p-values are far too small otherwise.`,
    advice: 'warning',
  };
  return numeric
    ? [{ ...varying, formula: recommended, advice: 'recommended' }, { ...replicates, advice: 'alternative' }, rowsOnly]
    : [replicates, varying, rowsOnly];
}
