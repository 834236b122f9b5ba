/** Settings of the page as the options that the library's steps take. */

import type { InputOptions, MomentFitOptions } from 'webgpu-lmm';
import type { Settings } from '../settings.ts';
import type { Roles } from './protocol.ts';

const given = (text: string): string | undefined => (text.trim() === '' ? undefined : text);

/** What shapes designs and moments. */
export function prepareOptions(settings: Settings, roles: Roles, isMatrix: boolean): InputOptions {
  const weights = roles.weights ?? given(settings.weights);
  return {
    formula: settings.formula,
    obs: roles.obs ?? undefined,
    weights,
    weightsFile: roles.weights !== null,
    offset: given(settings.offset),
    splitBy: given(settings.splitBy),
    where: given(settings.where),
    responses: given(settings.responses),
    factor: settings.factors,
    coding: settings.codings,
    normalize: isMatrix || roles.obs !== null ? settings.normalize : undefined,
    layer: isMatrix ? given(settings.layer) : undefined,
    na: settings.na === 'default' ? undefined : settings.na,
    minCells: settings.minCells,
    minCounts: isMatrix || roles.obs !== null ? settings.minCounts : undefined,
  };
}

/** What shapes the fits of given moments. */
export function fitOptions(settings: Settings): MomentFitOptions {
  return {
    method: settings.method,
    ddf: settings.ddf,
    contrasts: Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression])),
    adjust: settings.adjust,
    adjustAcross: settings.adjustAcross,
    backend: settings.backend,
    ...(settings.threads > 0 ? { threads: settings.threads } : {}),
    ...(settings.bootstrap > 0 ? { bootstrap: { draws: settings.bootstrap, seed: 1 } } : {}),
  };
}
