import type { FitPlan } from '../plan/plan.ts';
import { type FitTable, STATUSES } from '../types/fit-table.ts';
import { rateText } from './progress.ts';

/** Batches that --explain lists one by one; the rest are counted. */
const LISTED = 5;

/** The plan in words. */
export function explainPlan(plan: FitPlan, streaming: readonly string[]): string {
  const lines = [
    ...streaming.map((line) => `moments: ${line}`),
    `backend: ${plan.backend}${plan.choice === undefined ? '' : ` (${plan.choice})`}, ${plan.arithmetic}; ${plan.threads} ${plan.threads === 1 ? 'thread' : 'threads'}, ${plan.chunk} ${plan.chunk === 1 ? 'model' : 'models'} a work item`,
  ];
  for (const { path, reason, models, fitCost } of plan.batches.slice(0, LISTED)) {
    lines.push(
      `${path} path for ${models} ${models === 1 ? 'response' : 'responses'}: ${reason} (about ${timeText(fitCost)} a fit)`,
    );
  }
  if (plan.batches.length > LISTED) lines.push(`and ${plan.batches.length - LISTED} more designs, planned likewise`);
  const device = plan.device ?? [];
  lines.push(...device.slice(0, LISTED).map((line) => `device: ${line}`));
  if (device.length > LISTED) lines.push(`device: and ${device.length - LISTED} more searches`);
  return lines.join('\n');
}

function timeText(nanoseconds: number): string {
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(2)} us`;
  return nanoseconds < 1e9 ? `${(nanoseconds / 1e6).toPrecision(2)} ms` : `${(nanoseconds / 1e9).toPrecision(2)} s`;
}

/** The closing line: `fitted 487 of 500 models (73 singular; 13 constant) in 1.2 s, 417 fits/s`. */
export function closingLine(table: FitTable, seconds: number): string {
  return `fitted ${tally(table)} in ${seconds.toFixed(2)} s, ${rateText(table.models / Math.max(seconds, 1e-3))} fits/s`;
}

/** `487 of 500 models (73 singular; 13 constant)`. */
export function tally(table: Pick<FitTable, 'models' | 'status' | 'singular'>): string {
  const counts = STATUSES.map((status, code) => ({ status, count: countOf(table.status, code) }));
  const fitted = counts[0].count;
  const others = counts.slice(1).filter(({ count }) => count > 0);
  const remarks = [
    ...(countOf(table.singular, 1) > 0 ? [`${countOf(table.singular, 1)} singular`] : []),
    ...others.map(({ status, count }) => `${count} ${status.replace('_', ' ')}`),
  ];
  const list = remarks.length > 0 ? ` (${remarks.join(', ')})` : '';
  const models = table.models === 1 ? 'model' : 'models';
  return `${fitted} of ${table.models} ${models}${list}`;
}

/** The commonest reason where no model was fitted, so that an empty table does not stand alone; else null. */
export function commonReason(table: FitTable): string | null {
  if (table.models === 0 || countOf(table.status, 0) > 0) return null;
  const counts = new Map<string, number>();
  for (const message of table.messages) if (message !== null) counts.set(message, (counts.get(message) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first ? `no model was fitted: ${first[0]} (${first[1]} of ${table.models} models)` : null;
}

/** How many responses have an effect, by test; null for what is fitted once. */
export async function discoveriesOf(table: FitTable): Promise<string | null> {
  if (table.models < 2) return null;
  const { discoveryLine } = await import('../result/summary/discoveries.ts');
  return discoveryLine(table);
}

/** Whether every model has an ordinary fit. */
export function allFitted(table: FitTable): boolean {
  return countOf(table.status, 0) === table.models;
}

/**
 * Exit status of a finished run: 3 when models did not converge or failed, or none was fitted at all (any status but ok with
 * `strict`).
 */
export function exitStatus(table: FitTable, strict: boolean): number {
  if (table.models > 0 && countOf(table.status, 0) === 0) return 3;
  const bad = strict ? STATUSES.slice(1) : (['not_converged', 'failed'] as const);
  return bad.some((status) => countOf(table.status, STATUSES.indexOf(status)) > 0) ? 3 : 0;
}

function countOf(values: Uint8Array, value: number): number {
  let count = 0;
  for (const v of values) if (v === value) count++;
  return count;
}
