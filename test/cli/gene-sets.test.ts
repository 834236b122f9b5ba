/** `--gene-sets`: the sets of a .gmt file by the ranks of all genes, in each split and for each test, held to limma. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { findR } from '../../scripts/find-r.mjs';
import { describeUnless, lackingInR } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { example, type Row, rowsOf, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);

/** Sets of ids and of symbols: some strong genes, every seventh one, one of too few, one that is mostly unknown. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  FIRST: Array.from({ length: 20 }, (_, g) => `gene${String(g + 1).padStart(3, '0')}`),
  SEVENTH: Array.from({ length: 12 }, (_, g) => `GENE${String(7 * g + 5).padStart(3, '0')}`),
  SMALL: ['gene001', 'gene002'],
  STRANGE: ['X1', 'X2', ...Array.from({ length: 6 }, (_, g) => `gene${String(10 * g + 31).padStart(3, '0')}`)],
};
const sets = file('sets.gmt');
const text = Object.entries(SETS)
  .map(([name, genes]) => `${name}\tof ${name}\t${genes.join('\t')}\n`)
  .join('');
writeFileSync(sets, text);

const CELLS = [
  ...['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--formula', '~ stim + (1 | donor)'],
  ...['--normalize', 'log1p-cp10k', '--quiet'],
];

/** Sets by limma, of the t statistics and degrees of freedom of a table. */
const IN_R = `
suppressMessages(library(limma))
given <- commandArgs(TRUE)
tests <- read.delim(given[1], check.names = FALSE)
z <- zscoreT(tests$t, tests$df)
sets <- lapply(strsplit(readLines(given[2]), "\\t"), function(words) words)
names(sets) <- vapply(sets, function(words) words[1], "")
index <- ids2indices(lapply(sets, function(words) words[-(1:2)]), tests$name)
index <- index[lengths(index) >= as.numeric(given[4])]
found <- cameraPR(z, index, inter.gene.cor = as.numeric(given[3]), sort = FALSE)
write.table(data.frame(set = rownames(found), genes = found$NGenes, direction = tolower(found$Direction), p = sprintf("%.17g", found$PValue),
  fdr = sprintf("%.17g", if (is.null(found$FDR)) found$PValue else found$FDR)), sep = "\\t", quote = FALSE, row.names = FALSE)
`;

function byLimma(tests: readonly (readonly [name: string, t: string, df: string])[], correlation: number, least = 5) {
  writeFileSync(file('camera.R'), IN_R);
  writeFileSync(file('tests.tsv'), `name\tt\tdf\n${tests.map((line) => line.join('\t')).join('\n')}\n`);
  // Sets of one kind of name, as limma takes them.
  const lower = text.replaceAll('GENE', 'gene');
  writeFileSync(file('lower.gmt'), lower);
  const words = [file('tests.tsv'), file('lower.gmt'), String(correlation), String(least)];
  const r = findR(['limma']);
  return rowsOf(
    execFileSync(r ?? 'R', ['--vanilla', '--no-echo', `--file=${file('camera.R')}`, '--args', ...words], {
      encoding: 'utf8',
    }),
  );
}

function expectLimma(rows: readonly Row[], expected: readonly Row[]): void {
  expect(rows.map(({ set }) => set).sort()).toEqual(expected.map(({ set }) => set).sort());
  for (const row of rows) {
    const own = expected.find(({ set }) => set === row['set']);
    expect([row['genes'], row['direction']]).toEqual([own?.['genes'], own?.['direction']]);
    for (const [column, name] of [
      ['p.value', 'p'],
      ['p.adjusted', 'fdr'],
    ]) {
      const [got, wanted] = [Number(row[column]), Number(own?.[name])];
      expect(Math.abs(got / wanted - 1), `${row['set']} ${column}: ${got}, not ${wanted}`).toBeLessThan(
        TOLERANCE.limma,
      );
    }
  }
}

describe('fit --gene-sets', () => {
  it('writes a table of its own, on standard output where nothing else is asked for', async () => {
    const { stdout, stderr } = await succeed(...CELLS, '--gene-sets', sets);
    const rows = rowsOf(stdout);
    expect(Object.keys(rows[0])).toEqual([
      ...['term', 'set', 'genes', 'direction', 'difference', 'statistic', 'df', 'p.value', 'log10p', 'p.adjusted'],
      ...['correlation', 'description', 'message'],
    ]);
    expect(rows.map(({ term }) => term)).toEqual(['stimstim', 'stimstim', 'stimstim']);
    expect(rows.map(({ genes }) => genes).sort()).toEqual(['12', '20', '6']);
    expect(rows.every(({ correlation }) => correlation === '0.01')).toBe(true);
    const p = rows.map((row) => Number(row['p.value']));
    expect(p).toEqual([...p].sort((a, b) => a - b));
    expect(rows.find(({ set }) => set === 'FIRST')?.['description']).toBe('of FIRST');
    expect(stderr).toMatch(
      /gene sets: the results have 3\d of the 4\d genes that the sets name.*1 of 4 sets have too few/,
    );
  });

  it('takes all tests, each split by itself, and other files and correlations', async () => {
    const packed = file('sets.gmt.gz');
    writeFileSync(packed, gzipSync(text));
    const out = file('split.tsv');
    await succeed(
      ...[...CELLS, '--split-by', 'cell_type', '--contrast', 'half=0.5 * stimstim', '--gene-sets', packed],
      ...['--gene-set-correlation', '0', '--gene-set-min', '2', '--out', `genesets=${out}`],
    );
    const rows = rowsOf(textOf(out));
    const groups = new Set(rows.map(({ split, term }) => `${split} ${term}`));
    expect([...groups]).toEqual(
      ['A half', 'A stimstim', 'B half', 'B stimstim', 'C half', 'C stimstim'].slice(0, groups.size),
    );
    expect(groups.size).toBeGreaterThan(3);
    const of = (name: string): Row[] => rows.filter(({ split, term }) => split === 'A' && term === name);
    expect(of('half').map(({ set }) => set)).toContain('SMALL');
    // Half of a coefficient has its tests.
    for (const [k, row] of of('half').entries()) {
      expect(Number(row['p.value']) / Number(of('stimstim')[k]['p.value'])).toBeCloseTo(1, 8);
    }
    expect(rows.every(({ correlation }) => correlation === '0')).toBe(true);
  });

  it('says before the fit what is wrong with the file', async () => {
    const refused = async (content: string, pattern: RegExp, code = 2): Promise<void> => {
      writeFileSync(file('wrong.gmt'), content);
      const { status, stderr } = await run([...CELLS, '--gene-sets', file('wrong.gmt')]);
      expect(stderr).toMatch(pattern);
      expect(status).toBe(code);
    };
    await refused('A\tx\n', /wrong\.gmt.*'A' has no genes|'A' has no genes.*wrong\.gmt/s);
    await refused('A\tx\tgene001\nA\tx\tgene002\n', /'A' stands in line 1 already/);
    await refused('', /no gene sets/);
    await refused('A\tx\tENSG1\tENSG2\n', /none of the 2 genes that the sets name[\s\S]*'ENSG1'/);
    const { status, stderr } = await run([...CELLS, '--gene-sets', file('absent.gmt')]);
    expect(stderr).toMatch(/absent\.gmt/);
    expect(status).toBe(1);
  });

  it('tests the sets whose genes can have the correlation, and names those without a test', async () => {
    const strong = await succeed(...CELLS, '--gene-sets', sets, '--format', 'genesets', '--gene-set-correlation=-0.15');
    const reason = 'more than 7 genes cannot all have the correlation -0.15 with each other';
    expect(strong.stderr).toContain(`2 gene sets ('FIRST' ...) are not tested: ${reason}`);
    expect(rowsOf(strong.stdout).map((row) => [row['set'], row['p.value'] === 'NA', row['message']])).toEqual([
      ['STRANGE', false, 'NA'],
      ['FIRST', true, reason],
      ['SEVENTH', true, reason],
    ]);
    const allowed = ['--format', 'genesets', '--gene-set-correlation=-0.052631'];
    const first = rowsOf((await succeed(...CELLS, '--gene-sets', sets, ...allowed)).stdout).find(
      ({ set }) => set === 'FIRST',
    );
    expect(Number(first?.['p.value'])).toBeGreaterThan(0);
    const whole = file('whole.gmt');
    const ids = Array.from({ length: 200 }, (_, g) => `gene${String(g + 1).padStart(3, '0')}`);
    writeFileSync(whole, `${text}ALL\tall\t${ids.join('\t')}\n`);
    const { stdout, stderr } = await succeed(...CELLS, '--gene-sets', whole, '--format', 'genesets');
    expect(stderr).toMatch(/gene set 'ALL' is not tested: the set has all genes with a test/);
    const all = rowsOf(stdout).find(({ set }) => set === 'ALL');
    expect([all?.['p.value'], all?.['message']]).toEqual(['NA', expect.stringContaining('none to compare it with')]);
    expect(rowsOf(stdout)[0]['message']).toBe('NA');
  });

  it('counts for the correlation the genes that have a test, which the fit tells', async () => {
    const samples = Array.from({ length: 8 }, (_, i) => `s${i}`);
    // Six of the eight genes of the set never change.
    const values = (g: number): number[] => samples.map((_, i) => (g < 6 ? 1 : Math.sin(7 * g + i * i) + i));
    const line = (cells: readonly (string | number)[]): string => `${cells.join('\t')}\n`;
    const [data, obs, own] = ['bulk.tsv', 'bulk-obs.tsv', 'own.gmt'].map(file);
    const genes = Array.from({ length: 20 }, (_, g) => `g${g}`);
    writeFileSync(data, line(['gene', ...samples]) + genes.map((name, g) => line([name, ...values(g)])).join(''));
    writeFileSync(obs, line(['sample', 'arm']) + samples.map((name, i) => line([name, i < 4 ? 'a' : 'b'])).join(''));
    writeFileSync(own, line(['FLAT', '', ...genes.slice(0, 8)]));
    const asked = ['--gene-sets', own, '--gene-set-min', '2', '--gene-set-correlation=-0.5', '--format', 'genesets'];
    const { stdout } = await succeed('fit', data, '--obs', obs, '--formula', '~ arm', ...asked);
    expect(rowsOf(stdout)).toMatchObject([{ set: 'FLAT', genes: '2', message: 'NA' }]);
    expect(Number(rowsOf(stdout)[0]['p.value'])).toBeGreaterThan(0);
  });

  it('is refused where its table goes nowhere, and its table without it', async () => {
    const nowhere = await run([...CELLS, '--gene-sets', sets, '--out', `tidy=${file('tidy.tsv')}`]);
    expect(nowhere.stderr).toMatch(/--gene-sets .*not among those that are written[\s\S]*genesets=FILE\.tsv/);
    expect(nowhere.status).toBe(2);
    const without = await run([...CELLS, '--format', 'genesets']);
    expect(without.stderr).toMatch(/needs sets of genes/);
    expect(without.status).toBe(2);
    const alone = await run([...CELLS, '--gene-set-min', '3']);
    expect(alone.stderr).toMatch(/--gene-sets/);
    expect((await run([...CELLS, '--gene-sets', sets, '--gene-set-correlation', '1'])).status).toBe(2);
    const over = await run([...CELLS, '--gene-sets', sets, '--out', `genesets=${sets}`]);
    expect(over.status).toBe(2);
    const few = await run([...CELLS, '--gene-sets', sets, '--responses', 'gene001,gene002']);
    expect(few.stderr).toMatch(/statistics of three genes, there are 2/);
    expect(few.status).toBe(2);
  });

  it('stands in the summary and in the log', async () => {
    const summary = file('summary.txt');
    const log = file('run.json');
    await succeed(...CELLS, '--gene-sets', sets, '--out', `summary=${summary}`, '--log-json', log);
    expect(textOf(summary)).toMatch(/Gene sets[\s\S]*FIRST/);
    expect(JSON.parse(textOf(log)).inputs.map(({ role }: { role: string }) => role)).toContain('geneSets');
  });
});

describeUnless(lackingInR(['limma']), 'gene sets of the command are those of limma', () => {
  it('by the tests of tidy', async () => {
    const [tidy, out] = [file('r-tidy.tsv'), file('r-sets.tsv')];
    const outputs = ['--out', `tidy=${tidy}`, '--out', `genesets=${out}`];
    await succeed(
      ...CELLS,
      '--ddf',
      'satterthwaite',
      '--gene-sets',
      sets,
      ...outputs,
      '--gene-set-correlation',
      '0.05',
    );
    const tests = rowsOf(textOf(tidy)).filter(({ term }) => term === 'stimstim');
    const expected = byLimma(
      tests.map((row) => [row['response'], row['statistic'], row['df']] as const),
      0.05,
    );
    expectLimma(rowsOf(textOf(out)), expected);
  });

  it('by the moderated tests, where these are asked for', async () => {
    const [tidy, out] = [file('m-tidy.tsv'), file('m-sets.tsv')];
    const outputs = ['--out', `tidy=${tidy}`, '--out', `genesets=${out}`];
    await succeed(...CELLS, '--moderate', '--gene-sets', sets, ...outputs);
    const tests = rowsOf(textOf(tidy)).filter(({ term }) => term === 'stimstim');
    const expected = byLimma(
      tests.map((row) => [row['response'], row['statistic.moderated'], row['df.moderated']] as const),
      0.01,
    );
    expectLimma(rowsOf(textOf(out)), expected);
  });
});
