/** Whether files are those of results: by their names, wherever they came from, and by what is in them. Pure. */

import type { DataSummary, Roles } from '../protocol/protocol.ts';
import type { Results, Source } from '../results/results-view.ts';

/**
 * A file's name without the folders it was dropped in and the number that a browser gives a second copy: chosen one by one or as
 * a folder the files are the same.
 */
export function plainName(name: string): string {
  const base = name.slice(name.lastIndexOf('/') + 1);
  return base.replace(/ ?\(\d+\)(?=\.|$)/g, '');
}

/** Whether two sources have the same names, in any order. */
export function isSameSource(a: Source, b: Source): boolean {
  if (a.kind !== b.kind) return false;
  const [mine, other] = [a, b].map(({ names }) => [...new Set(names.map(plainName))].sort());
  return mine.length === other.length && mine.every((name, i) => name === other[i]);
}

/** Whether files hold all that results are of; others may lie beside them, as in a folder. */
export function holdsDataOf(names: readonly string[], { source, summary }: Results): boolean {
  if (source.kind !== 'files') return false;
  const there = new Set(names.map(plainName));
  const { data, obs, weights } = summary.roles;
  const needed = [data, obs, weights].filter((name) => name !== null).map(plainName);
  // A 10x folder is named by its matrix alone.
  return needed.every((name) => there.has(name));
}

/** The roles of results among the names of files that hold their data. */
export function rolesAmong(names: readonly string[], roles: Roles): Roles {
  const found = (name: string | null): string | null =>
    name === null ? null : (names.find((own) => plainName(own) === plainName(name)) ?? name);
  return { ...roles, data: found(roles.data) ?? roles.data, obs: found(roles.obs), weights: found(roles.weights) };
}

/** Which of the files is what, as far as results depend on it. */
export function rolesText({ kind, roles: { data, obs, weights, modality } }: DataSummary): string {
  const plain = [data, obs, weights].map((name) => (name === null ? null : plainName(name)));
  return JSON.stringify([kind, ...plain, modality ?? null]);
}

/** What tells data of one name from others: how many rows and responses there are, and the columns. */
export function shapeText({ rows, responses, columns }: DataSummary): string {
  return JSON.stringify([rows, responses, columns.map(({ name }) => name)]);
}
