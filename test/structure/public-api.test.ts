import { expect, it } from 'vitest';

/** Every name that users can import. A change here is a change of the contract and needs a line in CHANGELOG.md. */
const PUBLIC_NAMES = ['FitError', 'isFitError', 'simulateCells', 'simulateVisits'];

it('the browser entry exports these names and no others', async () => {
  const entry: object = await import('../../src/index.ts');
  expect(Object.keys(entry).sort()).toEqual([...PUBLIC_NAMES].sort());
});
