import { expect, it } from 'vitest';

/** Every name that users can import. A change here is a change of the contract and needs a line in CHANGELOG.md. */
const PUBLIC_NAMES = [
  'ADJUSTMENTS',
  'CONTRAST_CODINGS',
  'FINISHES',
  'FitError',
  'NORMALISATIONS',
  'STATUSES',
  'accumulateMoments',
  'adjustP',
  'applyFilter',
  'augment',
  'buildDesign',
  'contrast',
  'delimitedText',
  'deserialiseMoments',
  'filterNotes',
  'filterVariables',
  'fit',
  'fitDesign',
  'fitMoments',
  'formatSummary',
  'formulaVariables',
  'glance',
  'isFitError',
  'jsonText',
  'momentsFromSums',
  'openDevice',
  'outputRows',
  'parseFilter',
  'parseFormula',
  'planFit',
  'probeDevice',
  'ranef',
  'readDelimited',
  'responseExpressions',
  'serialiseMoments',
  'simulateCells',
  'simulateVisits',
  'studentQuantile',
  'subsetDesign',
  'tidy',
  'toptable',
  'twoSidedLog10P',
  'twoSidedP',
];

it('the browser entry exports these names and no others', async () => {
  const entry: object = await import('../../src/index.ts');
  expect(Object.keys(entry).sort()).toEqual([...PUBLIC_NAMES].sort());
});
