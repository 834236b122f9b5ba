import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectRefusal, reference, run, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const SLEEP = reference('data/sleepstudy.csv');
const SLOPES = '(Days | Subject)';
const INTERCEPT = '(1 | Subject)';
const GOOD = ['fit', SLEEP, '--formula', `Reaction ~ Days + ${SLOPES}`];

type Case = readonly [what: string, args: readonly string[], ...says: readonly RegExp[]];

describe.concurrent('exit 2 with one message', () => {
  const formula = (text: string, ...rest: readonly string[]) => ['fit', SLEEP, '--formula', text, ...rest];
  const cases: readonly Case[] = [
    // command and options
    ['no formula', ['fit', SLEEP], /--formula/],
    ['a mistyped option', ['fit', SLEEP, '--formla', 'y ~ x'], /--formla/, /--formula/],
    ['Kenward-Roger of ML', [...GOOD, '--ml', '--ddf', 'kenward-roger'], /REML/, /--ml/],
    // columns: the right name is suggested though nothing else names it
    ['a mistyped column', formula(`Reaction ~ Dayz + ${INTERCEPT}`), /no column 'Dayz'; did you mean 'Days'\?/],
    ['a mistyped group', formula('Reaction ~ Days + (1 | Subjct)'), /did you mean 'Subject'\?/, /column 24/],
    ['a mistyped response', formula(`Reacton ~ Days + ${INTERCEPT}`), /did you mean 'Reaction'\?/],
    ['a mistyped split', [...GOOD, '--split-by', 'Subjct'], /--split-by/, /did you mean 'Subject'\?/],
    ['a mistyped filter column', [...GOOD, '--where', 'Reacton > 1'], /did you mean 'Reaction'\?/],
    [
      'a name with a blank without its back-ticks',
      formula('Reaction ~ Days since'),
      /back-ticks round a name with blanks/,
    ],
    ['a folder without a name for the file', [...GOOD, '--out', folder], /Name a file/],
    // filter, responses, factors, contrasts
    ['a filter of every row', [...GOOD, '--where', 'Days > 100'], /no row/, /--where/],
    ['a contrast of nothing', [...GOOD, '--contrast', 'a=Dayz'], /did you mean 'Days'/],
    ['a contrast that is zero', [...GOOD, '--contrast', 'a=Days - Days'], /--contrast|contrast/],
    ['a contrast named as a coefficient', [...GOOD, '--contrast', 'Days=2 * Days'], /Days/],
    [
      'missing values that must not be',
      ['fit', reference('data/sleepstudy_na.csv'), '--formula', `Reaction ~ Days + ${SLOPES}`, '--na', 'fail'],
      /'Days', row 9/,
      /--na omit/,
    ],
    [
      'a coding of a column that is not in the formula',
      ['fit', reference('data/sim_trial.csv'), '--formula', 'score ~ base + (1 | subject)', '--coding', 'trt=sum'],
      /a coding for 'trt', which the formula does not use/,
      /Add trt to the formula/,
    ],
    // residuals
    [
      'a structure without a bar',
      [...GOOD, '--residual', 'us(Subject)'],
      /'\|'/,
      /--residual, column 4/,
      /visit \| subject/,
    ],
    ['a mistyped structure', [...GOOD, '--residual', 'ar1g(Days | Subject)'], /did you mean 'ar1'/],
    ['a mistyped visit', [...GOOD, '--residual', 'us(Dayz | Subject)'], /did you mean 'Days'/, /--residual, column 4/],
    [
      'two structures for a fit',
      [...GOOD, '--residual', 'us(Days | Subject)', '--residual', 'cs(Days | Subject)'],
      /--structures/,
    ],
    ['a dispersion of nothing', [...GOOD, '--dispersion', 'Days'], /--dispersion, column 1/, /~ sex/],
    [
      'subjects with several rows at a visit',
      ['fit', reference('data/sim_trial.csv'), '--formula', 'score ~ base', '--residual', 'us(trt | visit)'],
      /'visit' '\w+' has \d+ rows at 'trt'/,
      /belongs to the random effects: \+ us\(0 \+ trt \| visit\)/,
    ],
    ['information of a kind', [...GOOD, '--information', 'fisher'], /--information/, /expected, observed/],
    [
      'an option of another command',
      [...GOOD, '--structures', 'auto'],
      /option of compare/,
      /--residual takes the one/,
    ],
    ['a structure to be found', [...GOOD, '--residual', 'auto(Days | Subject)'], /compare with --structures auto/],
    [
      'structures without visits',
      ['compare', SLEEP, '--formula', 'Reaction ~ Days', '--structures', 'us,cs'],
      /--structures us,cs|--structures 'us,cs'/,
      /--residual/,
    ],
    // outputs
    ['an unknown extension', [...GOOD, '--out', 'x.text'], /\.text/, /\.tsv/],
    ['a folder name twice', [...GOOD, '--out', `${folder}/a.csv`, '--out', `${folder}/./a.csv`], /a\.csv/],
    // weights by response belong to the bulk layout: elsewhere they must not be ignored
    ['weights by response for a table', [...GOOD, '--weights', reference('batches/sim_weighted.w.tsv')], /--weights/],
    [
      'totals without a normalisation',
      [
        'fit',
        reference('batches/sim_singlecell.h5ad'),
        '--formula',
        '~ stim + (1 | donor)',
        '--totals',
        'n',
        '--responses',
        'G0001',
      ],
      /--totals/,
    ],
    [
      'a 10x folder without annotation',
      ['fit', reference('batches/sim_singlecell'), '--formula', '~ stim + (1 | donor)'],
      /--obs/,
    ],
  ];
  it.each(cases.map(([what, args, ...says]) => ({ what, args, says })))('$what', async ({ args, says }) => {
    expectRefusal(await run(args), 2, ...says);
  });
});

describe.concurrent('exit 1 with one message', () => {
  const cases: readonly Case[] = [
    ['a file that is not there', ['fit', 'nowhere.csv', '--formula', 'y ~ (1 | g)'], /nowhere\.csv: no such file/],
    ['a folder without a matrix', ['fit', folder, '--formula', '~ (1 | g)'], /no matrix\.mtx/],
    ['a folder that is not there', [...GOOD, '--out', `${folder}/nowhere/x.tsv`], /nowhere/],
  ];
  it.each(cases.map(([what, args, ...says]) => ({ what, args, says })))('$what', async ({ args, says }) => {
    expectRefusal(await run(args), 1, ...says);
  });
});

describe('outputs of a run that is refused', () => {
  it('leaves what was there as it was', async () => {
    const path = join(folder, 'kept.tsv');
    writeFileSync(path, 'kept');
    expectRefusal(await run(['fit', SLEEP, '--formula', `Reaction ~ Dayz + ${INTERCEPT}`, '--out', path]), 2);
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });

  it('refuses to write over what it reads', async () => {
    const path = join(folder, 'data.csv');
    copyFileSync(SLEEP, path);
    const args = ['--formula', `Reaction ~ Days + ${INTERCEPT}`, '--out', path];
    for (const command of ['fit', 'moments']) {
      const outcome = await run([command, path, ...args]);
      expect(readFileSync(path, 'utf8').slice(0, 20), command).toBe(readFileSync(SLEEP, 'utf8').slice(0, 20));
      expectRefusal(outcome, 2, /data\.csv/);
    }
  });

  it('writes none of several tables when one cannot be made or written', async () => {
    const first = join(folder, 'first.tsv');
    const bad = ['toptable:Dayz=' + join(folder, 'top.tsv'), 'glance=' + join(folder, 'nowhere/x.tsv')];
    for (const second of bad) {
      const outcome = await run([...GOOD, '--out', first, '--out', second]);
      expect(outcome.status).toBeGreaterThan(0);
      expect(existsSync(first), second).toBe(false);
    }
    expect(readdirSync(folder).filter((name) => /tmp|first/.test(name))).toEqual([]);
  });
});
