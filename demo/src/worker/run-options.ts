/** Settings of the page as the options that the library's steps take. */

import type { InputOptions, MomentFitOptions } from 'webgpu-lmm';
import { columnOptions, usedCodings } from '../model/column-options.ts';
import type { Roles } from '../protocol/protocol.ts';
import type { Moderation, Settings } from '../protocol/settings.ts';

const given = (text: string): string | undefined => (text.trim() === '' ? undefined : text);

/** What shapes designs and moments. */
export function prepareOptions(settings: Settings, roles: Roles, isMatrix: boolean): InputOptions {
  const weights = roles.weights ?? given(settings.weights);
  const counts = isMatrix || roles.obs !== null;
  const { factor, ordered } = columnOptions(settings);
  return {
    formula: settings.formula,
    ...familyOptions(settings),
    residual: given(settings.residual),
    dispersion: given(settings.dispersion),
    normFactors: weights === 'voom' && settings.normFactors !== 'none' ? settings.normFactors : undefined,
    totals: counts && settings.normalize !== 'none' ? given(settings.totals) : undefined,
    transform: isMatrix || settings.transform === 'none' ? undefined : settings.transform,
    zeroIsMissing: !isMatrix && settings.zeroIsMissing ? true : undefined,
    obs: roles.obs ?? undefined,
    weights,
    weightsFile: roles.weights !== null,
    offset: given(settings.offset),
    splitBy: given(settings.splitBy),
    where: given(settings.where),
    responses: given(settings.responses),
    factor,
    ordered,
    coding: usedCodings(settings),
    normalize: counts ? settings.normalize : undefined,
    layer: isMatrix ? given(settings.layer) : undefined,
    na: settings.na === 'default' ? undefined : settings.na,
    minCells: settings.minCells,
    minCounts: counts ? settings.minCounts : undefined,
  };
}

/** The family with its link; nothing for gaussian responses. */
function familyOptions({ family, link, trials }: Settings): Pick<InputOptions, 'family' | 'link' | 'trials'> {
  if (family === 'gaussian') return {};
  return { family, link: link === '' ? undefined : link, trials: family === 'binomial' ? given(trials) : undefined };
}

/** `robust,trend` as the library takes it. */
export function moderation(words: Moderation): MomentFitOptions['moderate'] {
  if (words === '') return undefined;
  return { robust: words.includes('robust'), trend: words.includes('trend') };
}

/** What shapes the fits of given moments. */
export function fitOptions(settings: Settings): MomentFitOptions {
  const { family, nagq, reml, information } = settings;
  const own =
    family === 'gaussian'
      ? { method: settings.method, moderate: moderation(settings.moderate) }
      : { nagq: nagq > 1 ? nagq : undefined, reml: reml ? true : undefined };
  return {
    ...own,
    information: information === 'default' ? undefined : information,
    ddf: settings.ddf,
    contrasts: Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression])),
    adjust: settings.adjust,
    adjustAcross: settings.adjustAcross,
    backend: settings.backend,
    ...(settings.threads > 0 ? { threads: settings.threads } : {}),
    ...(settings.bootstrap > 0 ? { bootstrap: { draws: settings.bootstrap, seed: 1 } } : {}),
  };
}
