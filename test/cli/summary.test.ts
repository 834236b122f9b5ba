/** What people see: the rounded summary, on a terminal and where it is asked for. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { itUnless } from '../requirements.ts';
import { COMMAND, example, expectRefusal, reference, run, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const SLEEP = ['fit', reference('data/sleepstudy.csv'), '--formula', 'Reaction ~ Days + (Days | Subject)'];
const CELLS = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k'];
const PAIRED = [...CELLS, '--formula', '~ stim + (1 | donor) + (1 | sample)'];
const TRIAL = ['fit', example('trial.csv'), '--formula', 'score ~ base + arm * visit'];

const summary = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await succeed(...args, '--format', 'summary');
  return stdout;
};

/** The command on a terminal of some width: what it shows, without what moves the cursor. */
function onTerminal(args: readonly string[], width: number): Promise<string> {
  const quoted = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', `stty cols ${width}; ${quoted}`, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1', SHELL: '/bin/sh' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', (piece: Buffer) => (shown += piece.toString()));
    child.on('error', reject);
    child.on('close', () => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal is steered by them
      resolve(shown.replaceAll(/\x1b(?:\[[0-9;?]*[A-Za-z]|[78])/g, '').replaceAll('\r\n', '\n'));
    });
  });
}

describe('--format summary', () => {
  it('prints one model as summary() of lmer does', async () => {
    expect(await summary(...SLEEP)).toBe(`Linear mixed model fit by REML
Formula: Reaction ~ Days + (Days | Subject)

    AIC      BIC   logLik  REML criterion  df.resid
1755.63  1774.79  -871.81         1743.63       174

Scaled residuals:
    Min       1Q  Median      3Q     Max
-3.9536  -0.4634  0.0231  0.4634  5.1793

Random effects:
Groups    Name         Variance  Std.Dev.  Corr
Subject   (Intercept)    612.09    24.740
          Days            35.07     5.922  0.07
Residual                 654.94    25.592
Number of obs: 180, groups: Subject, 18

Fixed effects (tests: Kenward and Roger's degrees of freedom):
             Estimate  Std. Error     df  t value  Pr(>|t|)
(Intercept)   251.405       6.825  17.00   36.838  1.17e-17
Days           10.467       1.546  17.00    6.771   3.26e-6

R2: marginal 0.279, conditional 0.799; ICC 0.722

units of the tests: 'Days' 18 levels of 'Subject'
`);
  });

  it('shows what is asked for beside the model', async () => {
    const text = await summary(...SLEEP, '--anova', '--conf-int', '--contrast', 'week=7 * Days');
    expect(text).toMatch(/^ {13}Estimate {2}Std\. Error {2}conf\.low {2}conf\.high/m);
    expect(text).toMatch(/^Contrasts:\n.*\nweek {5}73\.27 {7}10\.82 /m);
    expect(text).toMatch(/^F tests of type III:\nterm .*\nDays .* 45\.85/m);
  });

  it('shows structures, families and models without random effects', async () => {
    const us = await summary(...TRIAL, '--residual', 'us(visit | subject)');
    expect(us).toMatch(
      /^Residuals: us\(visit \| subject\)\nVisit {3}Std\.Dev\. {2}Corr\nweek02 {5}6\.084\nweek04 {5}7\.135 {2}0\.67$/m,
    );
    const grouped = await summary(...TRIAL, '--residual', 'ar1h(visit | arm / subject)', '--dispersion', '~ base');
    expect(grouped).toMatch(/^arm {6}Visit {3}Std\.Dev\. {6}rho$/m);
    expect(grouped).toMatch(/^Log standard deviation of the residuals: ~ base\n +Estimate {2}Std\. Error$/m);
    const grades = await summary(
      'fit',
      example('grades.csv'),
      '--formula',
      'grade ~ week + (1 | patient)',
      '--family',
      'cumulative',
    );
    expect(grades).toMatch(/^Cumulative link mixed model fit by maximum likelihood \(Laplace approximation\)$/m);
    expect(grades).toMatch(/^Thresholds:\n +Estimate {2}Std\. Error\n0\|1 /m);
    expect(grades).toMatch(/z value {2}Pr\(>\|z\|\)/);
    const counts = await summary(
      'fit',
      example('counts.csv'),
      '--formula',
      'attacks ~ arm + (1 | patient)',
      '--family',
      'nbinom2',
    );
    expect(counts).toMatch(/^Family: nbinom2 \(log\)$/m);
    expect(counts).toMatch(/^Dispersion of nbinom2, size: [\d.]+$/m);
    const plain = await summary('fit', example('visits.csv'), '--formula', 'y ~ time');
    expect(plain).toMatch(/^Linear model fit by REML$/m);
    expect(plain).toMatch(/^Residual standard deviation: 6\.5165 on 339 degrees of freedom$/m);
    expect(plain).not.toContain('Random effects');
  });

  it('says what became of a model without a fit', async () => {
    const one = await run([...SLEEP, '--where', 'Days == 0', '--format', 'summary']);
    expect(one.status).toBe(3);
    expect(one.stdout).toMatch(/^Status: rank_deficient, |^Status: too_few, /m);
    expect(one.stdout).not.toMatch(/NaN|undefined|Fixed effects/);
  });

  it('prints the responses with the smallest p of many', async () => {
    const text = await summary(...PAIRED);
    expect(text).toMatch(/^Models: 199 of 200 fitted, 140 of them singular$/m);
    expect(text).toMatch(
      /^stimstim: 7 of 199 responses at FDR 5 %\nresponse {2}gene .* p {2,}FDR\ngene185 {3}GENE185 {3}0\.80605 /m,
    );
    expect(text).toMatch(/^\.\.\. and 189 more$/m);
    expect(text).toMatch(/^1 constant: gene171 \(the response does not vary\)$/m);
    const splits = await summary(...PAIRED, '--split-by', 'cell_type', '--responses', 'gene123,gene126,gene185');
    expect(splits).toMatch(/^stimstim: \d+ of \d+ models at FDR 5 %\nsplit {2}response {2}gene /m);
    const unadjusted = await summary(...PAIRED, '--adjust', 'none');
    expect(unadjusted).toMatch(/^stimstim: \d+ of 199 responses at p <= 0\.05 \(not adjusted\)$/m);
    expect(unadjusted).not.toContain('FDR');
  });

  it('goes to text files, and to no table', async () => {
    const text = await summary(...SLEEP);
    await succeed(
      ...SLEEP,
      '--out',
      file('fit.txt'),
      '--out',
      `summary=${file('fit.txt.gz')}`,
      '--out',
      file('fit.tsv'),
    );
    expect(textOf(file('fit.txt'))).toBe(text);
    expect(textOf(file('fit.txt.gz'))).toBe(text);
    expect(textOf(file('fit.tsv'))).toMatch(/^response\teffect/);
    expectRefusal(await run([...SLEEP, '--out', `summary=${file('a.tsv')}`]), 2, /is text/, /\.txt/);
    expectRefusal(await run([...SLEEP, '--out', `glance=${file('a.txt')}`]), 2, /holds the summary, not glance/);
    expectRefusal(await run(['influence', ...SLEEP.slice(1), '--out', file('a.txt')]), 2, /writes a table/);
  });
});

describe('a terminal', () => {
  const missing = ['/usr/bin/script', '/bin/script'].some(existsSync) ? null : 'script (util-linux) is not there';

  itUnless(missing, 'gets the summary, and a pipe the table with all digits', async () => {
    const [shown, piped] = await Promise.all([onTerminal(SLEEP, 100), succeed(...SLEEP)]);
    expect(shown).toMatch(/^Random effects:\nGroups /m);
    // Once, below the table whose p it is about.
    expect(shown.match(/units of the tests/g)).toHaveLength(1);
    expect(piped.stdout).toMatch(/^response\teffect\tgroup\tterm\testimate/);
    expect(piped.stdout).toContain('251.4051048484');
  });

  itUnless(missing, 'is never wider than it is', async () => {
    const shown = await onTerminal([...PAIRED, '--quiet', '--no-notes'], 52);
    const lines = shown.split('\n');
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.length > 52)).toEqual([]);
    // What does not fit beside goes on below, behind the names.
    expect(lines.filter((line) => line.startsWith('gene185')).length).toBeGreaterThan(1);
  });

  itUnless(missing, 'gets tables of its own choice as they are', async () => {
    const shown = await onTerminal([...SLEEP, '--format', 'tidy', '--quiet'], 300);
    expect(shown).toMatch(/response\teffect/);
  });
});

describe('the closing lines', () => {
  it('count responses by coefficient, and statuses', async () => {
    const { stderr } = await succeed(...PAIRED, '--out', file('genes.tsv'));
    expect(stderr).toMatch(
      /^7 of 199 responses at FDR 5 % for stimstim\nfitted 199 of 200 models \(140 singular, 1 constant\) in /m,
    );
    const holm = await succeed(...PAIRED, '--adjust', 'holm', '--out', file('genes.tsv'));
    expect(holm.stderr).toMatch(/^\d+ of 199 responses at family-wise error 5 % for stimstim$/m);
  });

  it('are progress, notes are not', async () => {
    const [loud, quiet] = await Promise.all([succeed(...PAIRED), succeed(...PAIRED, '--quiet')]);
    const closing = /^(?:\d+ of 199 responses at|reading:|fitting:)/;
    const notes = loud.stderr.split('\n').filter((line) => !closing.test(line));
    // A run with a constant gene says so also when quiet.
    const timeless = (lines: readonly string[]) => lines.map((line) => line.replace(/ in [\d.]+ s, .*/, ''));
    expect(timeless(quiet.stderr.split('\n'))).toEqual(timeless(notes));
    expect(quiet.stdout).toBe(loud.stdout);
  });

  it('say nothing of one response', async () => {
    const { stderr } = await succeed(...SLEEP);
    expect(stderr).not.toContain('FDR');
  });
});
