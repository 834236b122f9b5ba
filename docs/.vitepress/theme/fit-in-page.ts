/** What the example of a page does: text of a table and a formula to a table of tests, by the built library. */
import { withBase } from 'vitepress';
import type { FitOptions } from '../../../src/doors/index.ts';

type Library = typeof import('../../../src/doors/index.ts');

/** What a fit in the page is asked for. */
export interface PageQuestion {
  /** A table in CSV. */
  readonly text: string;
  readonly formula: string;
  readonly family: string;
  readonly backend: 'cpu' | 'webgpu';
}

/** A table of tests, cells as text, and what the fit said. */
export interface PageAnswer {
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
  readonly seconds: number;
}

/** Numbers as a reader wants them; p-values keep their size. */
function shown(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'number') return String(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

/** The bundle of scripts/bundle-for-site.mjs, which starts its workers from files beside it. */
async function loadLibrary(): Promise<Library> {
  return (await import(/* @vite-ignore */ withBase('/library/index.js'))) as Library; // its entry is that of the browser
}

/** Fits the model. Rejects with what the library says of a mistake. */
export async function fitInPage({ text, formula, family, backend }: PageQuestion): Promise<PageAnswer> {
  const { fit: fitModels, outputRows, readDelimited, tidy } = await loadLibrary();
  const began = performance.now();
  const options: FitOptions = {
    formula,
    backend,
    ...(family === 'gaussian' ? {} : { family: family as NonNullable<FitOptions['family']> }), // one of the list in the page
  };
  const result = await fitModels(await readDelimited(text), options);
  const rows = [...outputRows(tidy(result))];
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== null && row[name] !== ''));
  return {
    names,
    rows: rows.map((row) => names.map((name) => shown(row[name]))),
    notes: result.notes,
    seconds: (performance.now() - began) / 1000,
  };
}
