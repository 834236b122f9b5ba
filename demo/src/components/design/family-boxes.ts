/** Step 2: the kind of response, with what its values ask for. */

import { checkBox, element, selectBox } from '../../element.ts';
import { exposureOf, withExposure } from '../../model/exposure.ts';
import { FAMILY_WORDS, familyNoun, isCountFamily, LINK_WORDS, linksOf, withFamily } from '../../model/families.ts';
import { type FamilyProposal, familyOfResponse, familyProposal, responseName } from '../../model/family-proposal.ts';
import type { ColumnSummary, DataSummary } from '../../protocol/protocol.ts';
import type { FamilyName, LinkName, Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { boxLabel } from '../../words/page-words.ts';
import { columnChoices, keyed } from '../keyed.ts';

/** Nodes of quadrature that are offered; 1 is Laplace's approximation. */
const NODES = [1, 5, 9, 15, 25];

/** @param scalar whether the model has one random effect a level, as quadrature needs */
export function familyBoxes(summary: DataSummary, settings: Settings, scalar: boolean, { store }: Context): Node[] {
  const { family, link } = settings;
  const choose = (next: FamilyName): void => store.setting(withFamily(next, settings, summary));
  const boxes: Node[] = [
    keyed(
      'family',
      selectBox(
        boxLabel('family'),
        (Object.keys(FAMILY_WORDS) as FamilyName[]).map((name) => [name, FAMILY_WORDS[name]] as const), // its own keys
        family,
        (next) => choose(next as FamilyName), // one of the choices
        'The distribution of the response around its mean.',
      ),
    ),
  ];
  const links = linksOf(family);
  if (links.length > 1) {
    boxes.push(
      keyed(
        'link',
        selectBox(
          boxLabel('link'),
          links.map((name) => [name, LINK_WORDS[name]] as const),
          link === '' ? links[0] : link,
          (next) => store.setting({ link: next === links[0] ? '' : (next as LinkName) }), // one of the choices
        ),
      ),
    );
  }
  const numbers = summary.columns.filter(({ kind }) => kind === 'numeric').map(({ name }) => name);
  if (family === 'binomial' && summary.kind === 'table') {
    boxes.push(
      keyed(
        'trials',
        selectBox(
          boxLabel('trials'),
          columnChoices(numbers, 'one a row'),
          settings.trials,
          (trials) => store.setting({ trials }),
          'The response then counts the successes among these trials.',
        ),
      ),
    );
  }
  if (isCountFamily(family) && summary.kind === 'table') {
    // Rows of 0 may be left out.
    const positive = summary.columns.filter(
      ({ kind, range, distinct }) => kind === 'numeric' && range && (range[0] > 0 || (range[0] === 0 && distinct > 2)),
    );
    boxes.push(
      keyed(
        'exposure',
        selectBox(
          'Exposure',
          columnChoices(
            positive.map(({ name }) => name),
            'the same for all rows',
          ),
          exposureOf(settings.formula),
          (column) => store.setting({ formula: withExposure(settings.formula, column) }),
          'What a row was watched for, such as days: its logarithm is added to that of the mean, so that rates are compared.',
        ),
      ),
    );
  }
  if (family !== 'gaussian') boxes.push(...approximationBoxes(settings, scalar, store));
  const response = responseName(settings.formula);
  const proposal = familyProposal(summary, response, settings.levels);
  const own = summary.columns.find(({ name }) => name === response);
  const isOther = summary.kind === 'table' && own !== undefined && goesBeyond(own, settings, proposal);
  const note = isOther
    ? keptNote(own, settings, familyOfResponse(own), choose)
    : proposal
      ? proposalNote(proposal, family, choose)
      : null;
  return [
    element('div', { class: 'grid' }, ...boxes),
    ...(note ? [note] : []),
    ...(isCountFamily(family) && summary.kind !== 'table' ? [offsetHint(settings.offset)] : []),
  ];
}

/** The offset of counts of many responses, which is among the options. */
function offsetHint(offset: string): HTMLElement {
  const words =
    offset === 'library'
      ? 'The offset is the log of the counts of each row: rows with more counts in all have more of each.'
      : offset === ''
        ? 'There is no offset: rows with more counts in all have more of each. Options have one.'
        : `The offset is ${offset}.`;
  return element('p', { class: 'hint', id: 'offset-hint' }, words);
}

/** How the random effects are integrated out. */
function approximationBoxes(settings: Settings, scalar: boolean, store: Context['store']): Node[] {
  const { nagq, reml } = settings;
  const boxes: Node[] = [];
  if ((scalar && !reml) || nagq > 1) {
    const nodes = NODES.includes(nagq) ? NODES : [...NODES, nagq].sort((a, b) => a - b);
    boxes.push(
      keyed(
        'nagq',
        selectBox(
          boxLabel('nagq'),
          nodes.map((k) => [String(k), k === 1 ? 'Laplace’s approximation' : `${k} nodes`] as const),
          String(nagq),
          (k) => store.setting({ nagq: Number(k) }),
          'Of use with few rows a level: the integral over its random effect by so many nodes.',
        ),
      ),
    );
  }
  if (nagq === 1) {
    boxes.push(
      keyed(
        'reml',
        checkBox('Restricted (variances not too small with few levels)', reml, (on) => store.setting({ reml: on })),
      ),
    );
  }
  return boxes;
}

/** Whether a family was chosen that the values of a response do not ask for. */
function goesBeyond(
  { range, meant }: ColumnSummary,
  { family, trials }: Settings,
  proposal: FamilyProposal | null,
): boolean {
  if (family === 'gaussian' || family === proposal?.family || meant !== undefined || trials !== '') return false;
  if (isCountFamily(family)) return proposal?.family !== 'nbinom2';
  return !(family === 'Gamma' && range !== null && range[0] > 0);
}

/** A kind of response that was chosen stays where the response changes; it says so, with a way back to the usual one. */
function keptNote(
  { name }: ColumnSummary,
  { family }: Settings,
  usual: FamilyName,
  choose: (family: FamilyName) => void,
): HTMLElement {
  return takeNote(
    `The kind of response is as it was chosen: ${familyNoun(family)}. By its values '${name}' is usually taken as ${familyNoun(usual)}.`,
    usual,
    'note proposal',
    choose,
  );
}

function takeNote(
  words: string,
  family: FamilyName,
  className: string,
  choose: (family: FamilyName) => void,
): HTMLElement {
  return element(
    'div',
    { class: className, id: 'family-proposal' },
    element('span', {}, words),
    element(
      'button',
      { type: 'button', class: 'quiet', id: 'take-family', onclick: () => choose(family) },
      `Take ${FAMILY_WORDS[family].replace(/ \(.*/, '')}`,
    ),
  );
}

/** What the values are, with a button where another family is chosen. */
function proposalNote(
  { family, words, taken, only }: FamilyProposal,
  chosen: FamilyName,
  choose: (family: FamilyName) => void,
): HTMLElement | null {
  const counts = family === 'nbinom2' && (chosen === 'poisson' || chosen === 'nbinom1');
  if (chosen === family || counts) return element('p', { class: 'hint', id: 'family-proposal' }, words);
  if (chosen !== 'gaussian') return null;
  return takeNote(taken, family, only ? 'note warning proposal' : 'note proposal', choose);
}
