/** Comparisons of models that cannot be fitted: words say why, and no number stands for nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rowsOf, succeed, temporaryFolder } from './command.ts';

const CONSTANT = join(temporaryFolder(), 'constant.csv');
writeFileSync(CONSTANT, 'g,x,y\na,1,5\na,2,5\nb,1,5\nb,2,5\nc,1,5\nc,2,5\n');
const [SMALL, LARGE] = ['y ~ 1 + (1 | g)', 'y ~ x + (1 | g)'];
const both = ['--formula', SMALL, '--formula', LARGE];

describe('compare, where no model has a fit,', () => {
  it.each([[[]], [['--bootstrap', '100']]])('says so of models and tests %s', async (options) => {
    const { stderr } = await succeed('compare', CONSTANT, ...both, ...options);
    expect(stderr).toContain(`model 1, ${SMALL}: no fit (the response does not vary)\n`);
    expect(stderr).toContain('model 1 in model 2: no test, as model 2 has no fit (the response does not vary)\n');
    expect(stderr).not.toMatch(/NaN|\bNA\b/);
  });

  it('says so of terms left out, and of selections', async () => {
    const ranova = await succeed('compare', CONSTANT, '--formula', LARGE, '--tests', 'ranova', '--bootstrap', '100');
    expect(ranova.stderr).toContain(
      'without (1 | g): no test, as the whole model has no fit (the response does not vary)\n',
    );
    const selected = await succeed('compare', CONSTANT, '--formula', LARGE, '--select', 'lrt');
    expect(selected.stderr).toContain('1 of 1: no fit\n');
  });

  it('gives the status of folds without a fit', async () => {
    const { stdout } = await succeed('compare', CONSTANT, ...both, '--cv', '3', '--cv-by', 'g');
    expect(rowsOf(stdout).map((row) => [row['log.score'], row['rank'], row['status']])).toEqual([
      ['NA', 'NA', 'constant'],
      ['NA', 'NA', 'constant'],
    ]);
  });
});
