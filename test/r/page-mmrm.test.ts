/** The R code of the page for mmrm, of CRAN alone: run with its arguments and checks in its place (mmrm-stand-in.R). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';

import { rTermTests } from '../../demo/src/keep/r-analyses.ts';
import { rCode, rKindOf } from '../../demo/src/keep/r-code.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../demo/src/protocol/settings.ts';
import { findR } from '../../scripts/find-r.mjs';
import { STRUCTURES } from '../../src/types/residual.ts';
import { itUnless, lackingInR } from '../requirements.ts';
import { copied, run, summaryOf } from './page-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-page-mmrm-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FORMULA = 'score ~ base + arm * visit';
const STRUCTURED = STRUCTURES.filter((name) => name !== 'diag');
const ENTRIES: readonly Partial<Settings>[] = [
  ...STRUCTURED.flatMap((name) => {
    const visit = name === 'sp_exp' ? 'week' : 'visit';
    return [{ residual: `${name}(${visit} | subject)` }, { residual: `${name}(${visit} | arm / subject)` }];
  }),
  ...(['satterthwaite', 'kenward-roger', 'between-within'] as const).map((ddf) => ({
    residual: 'toep(visit | subject)',
    ddf,
  })),
  { residual: 'adh(week | subject)', method: 'ML' },
  { residual: 'ad(visit | subject)', weights: 'base' },
  { residual: 'us(visit | subject)', offset: 'base' },
  { residual: 'toeph(visit | subject)', formula: 'score ~ arm * visit + offset(log(base))' },
  { residual: 'toep(factor(week) | sex:arm / subject)' },
  { residual: 'us(visit | subject)', contrasts: [{ name: 'last', expression: 'armtreated + armtreated:visitweek12' }] },
  { residual: 'ar1(visit | subject)', contrasts: [{ name: 'arms', expression: 'arm:treated-placebo' }] },
];

itUnless(lackingInR(['nlme', 'emmeans']), 'calls mmrm with arguments that it has, for every structure', async () => {
  copied(folder, ['trial.csv']);
  const summary = await summaryOf(folder, ['trial.csv']);
  const codes = ENTRIES.map((entry) => {
    const settings: Settings = { ...DEFAULT_SETTINGS, formula: FORMULA, ...entry };
    const terms = settings.formula === FORMULA ? 4 : 3;
    expect(rKindOf(settings, summary)).toBe('mmrm');
    const names = ['armtreated', 'armtreated:visitweek12'];
    // Differences of means are emmeans's, which has no methods for what stands in.
    const lines = rCode(settings, summary, 'score', null, names).split('\n');
    const own = lines.filter((line) => !/^(means|level) <- |^contrast\(means/.test(line));
    return [...own, ...rTermTests(settings, summary, 'mmrm', [70, 70, 60, 60].slice(-terms))]
      .map((line) => line.replace(/mmrm::/g, '').replace('library(mmrm)', ''))
      .join('\n');
  });
  const stand = fileURLToPath(new URL('mmrm-stand-in.R', import.meta.url));
  const code = [
    `source(${JSON.stringify(stand)})`,
    'requireNamespace <- function(...) TRUE',
    ...codes.map(
      (own, k) =>
        `tryCatch(local({\n${own}\nstopifnot(inherits(m, "mmrm"), all(is.finite(tests)))\ncat("\\n<fit>", m$structure, m$groups)\n}), error = function(e) cat("\\n<error ${k}>", conditionMessage(e)))`,
    ),
  ].join('\n');
  writeFileSync(join(folder, 'mmrm.R'), code);
  const out = run(folder, findR(['nlme']) ?? 'R', ['--vanilla', '--no-echo', '-f', 'mmrm.R']);
  const errors = [...out.matchAll(/<error (\d+)> (.*)/g)].map(([, k, said]) => `${said}\n${codes[Number(k)]}`);
  expect(errors).toEqual([]);
  const fits = [...out.matchAll(/<fit> (\S+) (\d)/g)].map(([, name, groups]) => `${name} ${groups}`);
  expect(fits.slice(0, 2 * STRUCTURED.length)).toEqual(STRUCTURED.flatMap((name) => [`${name} 1`, `${name} 2`]));
  expect(fits).toHaveLength(ENTRIES.length);
});
