import { describe, expect, it } from 'vitest';
import { comparedModels } from '../../src/compare/compared-models.ts';
import { compare } from '../../src/compare/comparisons.ts';
import { modelFamily } from '../../src/compare/model-family.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { runDesigns } from '../../src/prepare/prepare-moments.ts';
import { readInput } from '../../src/prepare/read-input.ts';
import { prepare } from '../../src/prepare/run.ts';
import { diskFiles } from '../../src/reading/input-files.node.ts';
import { reference } from '../cli/command.ts';
import { referenceTable } from '../formula/reference-table.ts';

const trial = referenceTable('sim_trial.csv');
const formula = 'score ~ base + trt * visit';
const residual = 'us(visit | trt / subject)';

describe('a run', () => {
  it('has designs with the residuals of its options', async () => {
    const options = { formula, residual, dispersion: '~ 0 + trt' };
    const run = await prepare(trial, options);
    const [{ design }] = runDesigns(run, formula).parts;
    expect(design.residual).toMatchObject({ text: residual, by: { name: 'trt' } });
    expect(design.dispersion?.names).toEqual(['trtplacebo', 'trtactive']);
    const split = runDesigns(
      await prepare(trial, { formula: 'score ~ visit', residual: 'cs(visit | subject)', splitBy: 'trt' }),
      'score ~ visit',
    );
    expect(split.parts.map(({ design: own }) => own.residual?.text)).toEqual([
      'cs(visit | subject)',
      'cs(visit | subject)',
    ]);
  });

  it('reads columns that only its residuals name', async () => {
    const options = {
      formula: 'score ~ base',
      residual: 'us(visit | subject)',
      dispersion: '~ trt',
      structures: 'cs,sp_exp(visit_index | subject)',
    };
    const input = await readInput(reference('data/sim_trial.csv'), options, diskFiles);
    expect([...input.table.columns.keys()]).toEqual(expect.arrayContaining(['visit', 'subject', 'trt', 'visit_index']));
    const [{ design }] = runDesigns(await prepare(input, options), options.formula).parts;
    expect(design.residual?.visit?.levels.length).toBeGreaterThan(1);
  });

  it.each([
    ['residual', 'us(visit)', 'FormulaError'],
    ['dispersion', 'trt', 'FormulaError'],
    ['residual', 3, 'OptionError'],
    ['structures', ['us'], 'OptionError'],
  ])('refuses %s: %s', async (option, value, tag) => {
    await expect(fitTable(trial, { formula, [option]: value })).rejects.toMatchObject({ tag, fields: { option } });
  });

  it('names the option in what it refuses', async () => {
    const options = { formula, residual: 'us(visitt | subject)' };
    await expect(
      readInput(reference('data/sim_trial.csv'), options, diskFiles)
        .then((input) => prepare(input, options))
        .then((run) => runDesigns(run, formula)),
    ).rejects.toMatchObject({
      tag: 'FormulaError',
      message: expect.stringContaining("no column 'visitt'; did you mean 'visit'? (“residual”, column 4)"),
      fields: { option: 'residual', position: 4 },
    });
  });
});

describe('a comparison', () => {
  it('crosses formulas with structures, on the rows of all', async () => {
    const formulas = [formula, 'score ~ base + visit'];
    const options = { structures: 'us(visit | subject),ar1', formula };
    const models = comparedModels(formulas, options);
    expect(models.map((model) => model.residual)).toEqual([
      'us(visit | subject)',
      'ar1(visit | subject)',
      'us(visit | subject)',
      'ar1(visit | subject)',
    ]);
    const { parts } = await modelFamily(await prepare(trial, options), models);
    expect(parts[0].designs.map((design) => design.residual?.structure)).toEqual(['us', 'ar1', 'us', 'ar1']);
    expect(new Set(parts[0].designs.map(({ n }) => n)).size).toBe(1);
    expect(comparedModels([formula], {})).toEqual([{ formula, residual: undefined, family: null }]);
  });

  it('needs two models', async () => {
    const formulas = [formula];
    await expect(compare(trial, { formulas })).rejects.toMatchObject({
      tag: 'OptionError',
      message: expect.stringContaining('two models'),
    });
    await expect(compare(trial, { formulas, structures: 'us,cs' })).rejects.toMatchObject({
      fields: { option: 'structures' },
    });
  });
});
