/** R's fits in `test/reference/fits` and the comparison of a model of ours with one of them. */
import { readdirSync, readFileSync } from 'node:fs';
import type { FitResult } from '../src/types/fit-result.ts';
import { STATUSES } from '../src/types/fit-table.ts';
import { TOLERANCE } from './tolerance.ts';

export const REFERENCE = new URL('./reference/', import.meta.url).pathname;

interface VarCorr {
  group: string;
  terms: string[];
  sd: number[];
  var: number[];
  cov: number[][];
}

export interface ReferenceFit {
  id: string;
  model: string;
  data: string;
  formula: string;
  method: 'REML' | 'ML';
  weights?: string | null;
  contrasts?: Record<string, string> | null;
  n: number;
  p: number;
  coef: {
    names: string[];
    estimate: number[];
    se: number[];
    df_satterthwaite?: (number | null)[];
    p_satterthwaite?: (number | null)[];
    se_kr?: number[] | null;
    df_kr?: number[] | null;
    p_kr?: number[] | null;
  };
  vcov_beta: number[][];
  vcov_beta_kr?: number[][] | null;
  sigma: number;
  criterion: number;
  loglik: number;
  AIC: number;
  BIC: number;
  singular: boolean;
  varcorr: VarCorr[];
  ranef: { group: string; levels: string[]; terms: string[]; blup: number[][]; cond_var_blocks: number[][][][] }[];
  r2_nakagawa?: { marginal: number | null; conditional: number | null };
}

/** All mixed-model fits of the folder. */
export function referenceFits(): ReferenceFit[] {
  return readdirSync(`${REFERENCE}fits`)
    .filter((file) => file.endsWith('.json') && file !== 'lrt.json')
    .map((file) => JSON.parse(readFileSync(`${REFERENCE}fits/${file}`, 'utf8')) as ReferenceFit)
    .filter((fit) => fit.model === 'lmm');
}

const turned = (group: string) => group.split(':').reverse().join(':');

/** Every way in which model `m` of a result differs from R's by more than the bounds. */
export function differences(fit: ReferenceFit, result: FitResult, m = 0): string[] {
  const bad: string[] = [];
  const { table } = result;
  const near = (what: string, got: number, reference: number, bound: number) => {
    if (!(Math.abs(got - reference) <= bound)) bad.push(`${what}: got ${got}, R ${reference}`);
  };
  const loose = (t: { absolute: number; relative: number }, value: number) =>
    Math.max(t.absolute, t.relative * Math.abs(value));
  if (STATUSES[table.status[m]] !== 'ok') bad.push(`status ${STATUSES[table.status[m]]}: ${table.messages[m]}`);
  if (table.converged[m] !== 1) bad.push(`not converged, decrement ${table.gradient[m]}`);
  near('gradient', table.gradient[m], 0, TOLERANCE.gradient);
  near('n', table.nobs[m], fit.n, 0);
  near('p', table.rank[m], fit.p, 0);
  near('criterion', table.criterion[m], fit.criterion, loose(TOLERANCE.criterion, fit.criterion));
  near('logLik', table.logLik[m], fit.loglik, loose(TOLERANCE.criterion, fit.loglik));
  near('AIC', table.AIC[m], fit.AIC, loose(TOLERANCE.informationCriterion, fit.AIC));
  near('BIC', table.BIC[m], fit.BIC, loose(TOLERANCE.informationCriterion, fit.BIC));
  near('singular', table.singular[m], fit.singular ? 1 : 0, 0);
  near('sigma', table.sigma[m], fit.sigma, TOLERANCE.sigma * fit.sigma);
  const names = table.coefficients.names;
  fit.coef.names.forEach((name, i) => {
    const k = m * names.length + names.indexOf(name);
    if (!names.includes(name)) {
      bad.push(`no coefficient ${name}`);
      return;
    }
    const se = fit.coef.se[i];
    near(name, table.coefficients.estimate[k], fit.coef.estimate[i], TOLERANCE.coefficient * se);
    near(`se ${name}`, table.coefficients.standardError[k], se, TOLERANCE.standardError * se);
    const df = fit.coef.df_satterthwaite?.[i];
    if (df != null) near(`df ${name}`, table.coefficients.df[k], df, TOLERANCE.df * df);
    const p = fit.coef.p_satterthwaite?.[i];
    // R's pt() has no digits left below 1e-300.
    if (p != null && p > 1e-290) {
      const got = table.coefficients.pValue[k];
      const inTail = Math.abs(Math.log(got) / Math.log(p) - 1) <= TOLERANCE.pValue;
      if (!inTail) near(`p ${name}`, got, p, TOLERANCE.pValue * p);
    }
  });
  const covariance = result.covarianceOfCoefficients(m);
  fit.vcov_beta?.forEach((row, i) => {
    row.forEach((value, j) => {
      const a = covariance?.names.indexOf(fit.coef.names[i]) ?? -1;
      const b = covariance?.names.indexOf(fit.coef.names[j]) ?? -1;
      const got = covariance?.values[a * (covariance?.names.length ?? 0) + b] ?? Number.NaN;
      near(`vcov ${i},${j}`, got, value, TOLERANCE.coefficientCovariance * fit.coef.se[i] * fit.coef.se[j]);
    });
  });
  const total = fit.sigma ** 2 + fit.varcorr.reduce((s, v) => s + v.var.reduce((x, y) => x + y, 0), 0);
  for (const v of fit.varcorr) {
    const term = table.terms.find(
      (t) => (t.group === v.group || t.group === turned(v.group)) && t.names.join() === v.terms.join(),
    );
    if (!term) {
      bad.push(`no term ${v.terms} | ${v.group}`);
      continue;
    }
    const q = v.terms.length;
    const width = table.covariance.length / table.models;
    v.cov.forEach((row, i) => {
      row.forEach((value, j) => {
        const scale = Math.sqrt(Math.max(v.var[i], 0) * Math.max(v.var[j], 0));
        const bound = Math.max(TOLERANCE.variance.relative * scale, TOLERANCE.variance.ofTotal * total);
        const got = table.covariance[m * width + term.covarianceOffset + i * q + j];
        near(`cov ${v.group} ${i},${j}`, got, value, bound);
      });
    });
  }
  const effects = result.randomEffects(m);
  for (const r of fit.ranef ?? []) {
    let block = 0;
    let within = 0;
    r.terms.forEach((name, j) => {
      while (within === r.cond_var_blocks[block][0].length) {
        block++;
        within = 0;
      }
      const entry = effects.find((e) => (e.group === r.group || e.group === turned(r.group)) && e.names.includes(name));
      if (!entry) {
        bad.push(`no random effects ${name} | ${r.group}`);
        return;
      }
      const column = entry.names.indexOf(name);
      const q = entry.names.length;
      const v = fit.varcorr.find((x) => x.group === r.group && x.terms.includes(name));
      const unit = Math.max(fit.sigma, v ? v.sd[v.terms.indexOf(name)] : 0);
      r.levels.forEach((level, i) => {
        const k = entry.levels.indexOf(entry.group === r.group ? level : turned(level));
        near(`mode ${level}.${name}`, entry.estimate[k * q + column], r.blup[i][j], TOLERANCE.randomEffect * unit);
        const sd = Math.sqrt(Math.max(r.cond_var_blocks[block][i][within][within], 0));
        near(`sd ${level}.${name}`, entry.standardError[k * q + column], sd, TOLERANCE.randomEffect * unit);
      });
      within++;
    });
  }
  const { marginal, conditional } = fit.r2_nakagawa ?? { marginal: null, conditional: null };
  if (marginal !== null) near('marginal R2', table.r2Marginal[m], marginal, TOLERANCE.r2);
  if (conditional !== null) near('conditional R2', table.r2Conditional[m], conditional, TOLERANCE.r2);
  return bad;
}

/** Every way in which Kenward-Roger tests of model `m` differ from pbkrtest's by more than the bounds. */
export function kenwardRogerDifferences({ coef, vcov_beta_kr }: ReferenceFit, result: FitResult, m = 0): string[] {
  const bad: string[] = [];
  const near = (what: string, got: number, reference: number, bound: number) => {
    if (!(Math.abs(got - reference) <= bound)) bad.push(`${what}: got ${got}, R ${reference}`);
  };
  const { names, df, standardError, pValue } = result.table.coefficients;
  const covariance = result.covarianceOfCoefficients(m);
  const { se_kr, df_kr, p_kr } = coef;
  if (!se_kr || !df_kr || !p_kr || !covariance) return ['no reference'];
  coef.names.forEach((name, i) => {
    const k = m * names.length + names.indexOf(name);
    near(`se ${name}`, standardError[k], se_kr[i], TOLERANCE.kenwardRoger.standardError * se_kr[i]);
    near(`df ${name}`, df[k], df_kr[i], TOLERANCE.df * df_kr[i]);
    const inTail = Math.abs(Math.log(pValue[k]) / Math.log(Math.max(p_kr[i], 1e-290)) - 1) <= TOLERANCE.pValue;
    if (!inTail) near(`p ${name}`, pValue[k], p_kr[i], TOLERANCE.pValue * p_kr[i]);
    vcov_beta_kr?.[i].forEach((value, j) => {
      const at = covariance.names.indexOf(name) * names.length + covariance.names.indexOf(coef.names[j]);
      near(`vcov ${i},${j}`, covariance.values[at], value, TOLERANCE.kenwardRoger.covariance * se_kr[i] * se_kr[j]);
    });
  });
  return bad;
}
