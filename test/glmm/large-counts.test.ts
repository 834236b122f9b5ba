import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { FamilySearch, type OpenObjective } from '../../src/glmm/family-search.ts';
import { LaplaceObjective } from '../../src/glmm/laplace-objective.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import { tableResponses } from '../../src/moments/table-moments.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

/** Counts of about a million in 350 rows; criteria at the optimum by mpmath, 40 digits. */
const FITS = [
  { family: 'poisson', formula: 'big ~ arm + state + offset(ltotal) + (1 | donor)', criterion: 5947.427918975767 },
  { family: 'nbinom2', formula: 'big ~ arm + state + (1 | donor)', criterion: 10221.486801361118 },
] as const;

const OBJECTIVES: Readonly<Record<string, OpenObjective>> = {
  scalar: (evidence, kernel) => new ScalarObjective(evidence, kernel),
  general: (evidence, kernel) => new LaplaceObjective(evidence, kernel),
};

describe('criteria of large counts', () => {
  const table = referenceTable('gsim_cells.csv', new URL('../reference/glmm/data/', import.meta.url).pathname);
  it.each(FITS)(
    'of family $family are exact: no digits go into the size of counts',
    ({ family, formula, criterion }) => {
      const parsed = parseFormula(formula);
      const design = buildDesign(parsed, table, {});
      const { batches } = familyMoments(design, tableResponses(parsed, table), { family, link: 'log' });
      const [{ design: moments, responses }] = batches;
      if (!moments.family || !responses.family) throw new Error('no family');
      for (const open of Object.values(OBJECTIVES)) {
        const { value } = new FamilySearch(moments.family, open).fit(responses.family, 0);
        expect(Math.abs(value - criterion)).toBeLessThan(TOLERANCE.largeCounts);
      }
    },
  );
});
