import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { makeExamples } from '../../scripts/make-examples.mjs';
import { simulateCells } from '../../src/simulate/cells.ts';
import { simulateVisits } from '../../src/simulate/visits.ts';

const FOLDER = new URL('../../examples/', import.meta.url);
/** Share of lines that may differ: engines round logarithms differently in the last digit, which can move a count. */
const DIFFERING_LINES = 0.001;
/** The examples travel with every installation. */
const MAXIMUM_BYTES = 400_000;

const examples = makeExamples({ simulateCells, simulateVisits });

describe('examples/', () => {
  it.each([...examples.keys()])('%s is what scripts/make-examples.mjs makes', (name) => {
    const bytes = readFileSync(new URL(name, FOLDER));
    const shipped = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
    const made = (examples.get(name) ?? '').split('\n');
    const seen = new Set(shipped);
    const differing = made.filter((line) => !seen.has(line)).length;
    expect(differing).toBeLessThanOrEqual(Math.floor(DIFFERING_LINES * made.length));
    expect(Math.abs(shipped.length - made.length)).toBeLessThanOrEqual(Math.floor(DIFFERING_LINES * made.length));
  });

  it('holds no other data, and little of it', () => {
    const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => statSync(new URL(name, FOLDER)).isFile() && !name.endsWith('.md'));
    expect(files.sort()).toEqual([...examples.keys()].sort());
    const bytes = files.reduce((sum, name) => sum + statSync(new URL(name, FOLDER)).size, 0);
    expect(bytes).toBeLessThan(MAXIMUM_BYTES);
  });
});
