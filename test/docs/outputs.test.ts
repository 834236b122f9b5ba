/** The page of tables and fields names every column and every field that the command writes, every status and every exit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STATUSES } from '../../src/types/fit-table.ts';
import { example, ROOT, run, temporaryFolder } from '../cli/command.ts';

const page = readFileSync(join(ROOT, 'docs/reference/outputs.md'), 'utf8');
const folder = temporaryFolder();

/** The part of the page under a heading. */
function section(heading: string): string {
  const [, text = ''] = page.split(new RegExp(`^#+ (?:.* and )?${heading}(?: and .*)?$`, 'm'));
  return text.split(/^#{2,3} /m)[0];
}

/** Names in a text that are set as code. */
function named(text: string): Set<string> {
  return new Set([...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
}

const VISITS = ['fit', example('visits.csv'), '--formula', 'y ~ time * arm + age + (1 | subject)'];
const ASKED = [
  '--conf-int',
  '--anova',
  '--emmeans',
  'arm',
  '--moderate',
  '--bootstrap',
  '100',
  '--ddf',
  'satterthwaite',
];
const CLINIC = ['fit', example('clinic.csv'), '--formula', 'well ~ week + (1 | patient)', '--family', 'binomial'];
const COUNTS = ['fit', example('counts.csv'), '--formula', 'attacks ~ arm + (1 | patient)', '--family', 'nbinom2'];
const TABLES = ['tidy', 'glance', 'anova', 'emmeans', 'pairs', 'ranef', 'augment', 'status'];
/** Columns named for what is in the data. */
const OWN = /^(?:arm|n\.groups\..*)$/;

describe('docs/reference/outputs.md', () => {
  it('names every column of every table', async () => {
    const file = (table: string, k: number) => join(folder, `${table}-${k}.tsv`);
    const runs = [
      [...VISITS, ...ASKED, ...TABLES.flatMap((table) => ['--out', `${table}=${file(table, 0)}`])],
      [
        ...CLINIC,
        '--conf-int',
        ...['tidy', 'glance', 'augment'].flatMap((table) => ['--out', `${table}=${file(table, 1)}`]),
      ],
      [...COUNTS, ...['tidy', 'glance'].flatMap((table) => ['--out', `${table}=${file(table, 2)}`])],
    ];
    for (const words of runs) {
      const { status, stderr } = await run(words);
      expect(status, stderr).toBe(0);
    }
    const written = [
      ...TABLES.map((table) => [table, file(table, 0)] as const),
      ...['tidy', 'glance', 'augment'].map((table) => [table, file(table, 1)] as const),
      ...['tidy', 'glance'].map((table) => [table, file(table, 2)] as const),
    ];
    const unnamed = written.flatMap(([table, path]) => {
      const names = named(section(table));
      const columns = readFileSync(path, 'utf8').split('\n')[0].split('\t');
      return columns.filter((column) => !names.has(column) && !OWN.test(column)).map((column) => `${table}: ${column}`);
    });
    expect(unnamed).toEqual([]);
  });

  it('names every field of the JSON', async () => {
    const fields = named(section('JSON'));
    const unnamed = new Set<string>();
    for (const [k, words] of [[...VISITS, ...ASKED], CLINIC, COUNTS].entries()) {
      const path = join(folder, `${k}.json`);
      const { status, stderr } = await run([...words, '--out', path]);
      expect(status, stderr).toBe(0);
      const fit = JSON.parse(readFileSync(path, 'utf8')) as { models: [object] } & object; // one model
      for (const field of [...Object.keys(fit), ...Object.keys(fit.models[0])])
        if (!fields.has(field)) unnamed.add(field);
    }
    expect([...unnamed]).toEqual([]);
  });

  it('explains every status', () => {
    const names = named(section('Statuses'));
    expect(STATUSES.filter((status) => !names.has(status))).toEqual([]);
  });
});
