/** What the workflow makes of its configuration, without running more than it must. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryOf, OPTIONS, type OptionName } from '../../src/options/entries.ts';
import { type CommandName, flagOf } from '../../src/options/option.ts';
import { sampleNames } from '../../src/prepare/stacked-files.ts';
import { COMMAND, ROOT, rowsOf, temporaryFolder, textOf } from '../cli/command.ts';
import { cellsOf, partOf, range, writeCells } from '../prepare/cell-files.ts';
import { describeUnless, findTestSlurm } from '../requirements.ts';
import { OURS, RESOURCES, snakemake, WORKFLOW, writeConfig } from './snakemake.ts';

const { lacking } = findTestSlurm();
const DRY = ['--dry-run', '--cores', '1', '--quiet'];
/** Milliseconds: Snakemake takes its time on a busy machine. */
const PATIENCE = 600_000;

/** YAML, read by what Snakemake reads it with. */
function yaml(path: string) {
  const read = 'import json, sys, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))';
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', read, path], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout)[0];
}

describeUnless(lacking, 'the workflow', () => {
  const folder = temporaryFolder();
  const file = (name: string) => join(folder, name);
  const cells = cellsOf();
  const samples = ['s1', 's2', 's3', 's4'];
  const config = {
    ...{ samples: 'samples.tsv', command: `"${process.execPath}" "${COMMAND}"`, resources: RESOURCES, shards: 2 },
    design: { formula: '~ disease + (1 | sample)', obs: 'samples' },
    families: { linear: { design: { family: 'gaussian', normalize: 'log1p-cp10k' } }, nbinom2: null },
  };

  beforeAll(async () => {
    // Files of the same name, as CellRanger leaves them.
    const lines = samples.map((name, k) => `${name}\t${name}/outs/matrix\t${k < 2 ? 'yes' : 'no'}\n`);
    writeFileSync(file('samples.tsv'), `sample\tpath\tdisease\n${lines.join('')}`);
    for (const [k, name] of samples.entries()) {
      mkdirSync(file(`${name}/outs`), { recursive: true });
      await writeCells(file(`${name}/outs/matrix`), partOf(cells, range(60 * k, 60 * (k + 1))));
    }
    writeConfig(folder, config);
  });

  it(
    'annotates cells by the table of samples, from folders of the same name to a table of tests',
    async () => {
      const { status, said } = await snakemake(folder, [...OURS, '--cores', '2', 'results/linear/tables/tidy.tsv']);
      expect(status, said).toBe(0);
      const names = rowsOf(textOf(file('results/linear/annotation.tsv'))).map((row) => row['file']);
      expect(names).toEqual(sampleNames(samples.map((name) => `${name}/outs/matrix`)));
      const tests = rowsOf(textOf(file('results/linear/tables/tidy.tsv')));
      expect(new Set(tests.map(({ term }) => term))).toContain('diseaseyes');
      expect(JSON.parse(textOf(file('results/linear/logs/gather.json')))).toMatchObject({
        normalisation: 'log1p-cp10k',
      });
    },
    PATIENCE,
  );

  it.each([
    ['an option that is none', { design: { ...config.design, formulla: '~ 1' } }, /formulla/],
    ['no formula', { design: { obs: 'samples' } }, /'formula' is a required property/],
    ['no family', { families: {} }, /Error validating config file/],
    ['a table that the report needs', { tables: ['glance'] }, /Error validating config file/],
    ['a table of samples with a sample twice', { samples: 'twice.tsv' }, /sample s1 is there twice/],
  ])(
    'refuses %s',
    async (_, change, says) => {
      writeFileSync(file('twice.tsv'), 'sample\tpath\ns1\ta\ns1\tb\n');
      writeFileSync(file('changed.json'), JSON.stringify({ ...config, ...change }));
      const elsewhere = temporaryFolderOf(file('elsewhere'), file('twice.tsv'));
      const { status, said } = await snakemake(elsewhere, [...OURS, ...DRY, '--configfile', file('changed.json')]);
      expect(status).not.toBe(0);
      expect(said).toMatch(says);
    },
    PATIENCE,
  );

  it(
    'is imported as a module',
    async () => {
      const own = file('module');
      mkdirSync(own, { recursive: true });
      const text = `config = ${JSON.stringify({ ...config, samples: '../samples.tsv', results: 'cohort' }).replaceAll('null', 'None')}
module cohort:
    snakefile: "${join(WORKFLOW, 'Snakefile')}"
    config: config
use rule * from cohort as cohort_*
rule everything:
    default_target: True
    input: rules.cohort_all.input
`;
      writeFileSync(join(own, 'Snakefile'), text);
      // Its paths are those of the samples' folder.
      for (const name of samples) spawnSync('ln', ['-sfn', file(name), join(own, name)]);
      const { status, said } = await snakemake(own, DRY);
      expect(status, said).toBe(0);
      for (const [rule, jobs] of [
        ['moments', 8],
        ['fit', 4],
        ['report', 2],
      ] as const) {
        expect(said).toMatch(new RegExp(`cohort_${rule} +${jobs} `));
      }
    },
    PATIENCE,
  );

  it(
    'has an example of a configuration that its schema takes',
    async () => {
      const own = file('example');
      mkdirSync(join(own, 'data'), { recursive: true });
      for (const { path } of rowsOf(textOf(join(WORKFLOW, 'config/samples.tsv')))) writeFileSync(join(own, path), '');
      spawnSync('cp', ['-r', join(WORKFLOW, 'config'), own]);
      const { status, said } = await snakemake(own, [...OURS, ...DRY]);
      expect(status, said).toBe(0);
      expect(said).toMatch(/moments +8 /);
    },
    PATIENCE,
  );

  it('knows options that the commands have', () => {
    const { definitions } = yaml(join(WORKFLOW, 'schemas/config.schema.yaml'));
    for (const command of ['design', 'fit', 'gather'] as const satisfies readonly CommandName[]) {
      const names = (Object.keys(OPTIONS) as OptionName[]).filter((name) => entryOf(name).in.includes(command));
      const flags = new Map(names.map((name) => [flagOf(name, entryOf(name)).replaceAll('-', '_'), entryOf(name)]));
      for (const [key, schema] of Object.entries(definitions[command].properties)) {
        const entry = flags.get(key);
        expect(entry, `${command} ${key}`).toBeDefined();
        const { enum: choices } = schema as { readonly enum?: readonly (string | null)[] };
        // A family's own default would be refused beside others, and so is no choice.
        for (const choice of choices ?? []) if (choice !== null) expect(entry?.choices, key).toContain(choice);
      }
    }
  });

  it('has a module for nf-core whose metadata and script agree', () => {
    const place = join(WORKFLOW, 'nf-core/modules/webgpulmm/fit');
    const meta = yaml(join(place, 'meta.yml'));
    const script = readFileSync(join(place, 'main.nf'), 'utf8');
    const emitted = [...script.matchAll(/emit: (\w+)/g)].map(([, name]) => name);
    expect(meta.output.map((one: object) => Object.keys(one)[0])).toEqual(emitted);
    expect(meta.name).toBe('webgpulmm_fit');
    expect(yaml(join(place, 'environment.yml')).dependencies[0]).toContain('nodejs');
    const flags = [...script.matchAll(/^ +--([a-z-]+) /gm)].map(([, flag]) => flag);
    const known = new Set((Object.keys(OPTIONS) as OptionName[]).map((name) => flagOf(name, entryOf(name))));
    expect(flags.length).toBeGreaterThan(4);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

describe('the image', () => {
  it('copies what the package needs, and runs without rights', () => {
    const recipe = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    const copied = [...recipe.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, words]) => words.split(' '));
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    // What is built, and what is left out of a folder, is copied by no name of its own.
    const brought = (files as string[]).filter((one) => one !== 'dist' && !one.startsWith('!'));
    for (const path of brought) expect(copied).toContain(path === 'demo/page.zip.br' ? 'demo' : path);
    expect(recipe).toMatch(/^USER node$/m);
    expect(recipe).toContain('ENTRYPOINT ["webgpu-lmm"]');
  });
});

/** A folder with a table in it. */
function temporaryFolderOf(folder: string, table: string): string {
  mkdirSync(folder, { recursive: true });
  spawnSync('cp', [table, folder]);
  return folder;
}
