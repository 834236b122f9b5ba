/** What a failed run says to programs: WEBGPU_LMM_ERRORS=json. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { example, run, runProcess, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const VISITS = example('visits.csv');

/** The error of a run, with its exit status; nothing else may be on stderr but notes before it. */
async function failureOf(
  ...args: readonly string[]
): Promise<{ status: number | null; error: Record<string, unknown> }> {
  const { status, stdout, stderr } = await runProcess(args, { environment: { WEBGPU_LMM_ERRORS: 'json' } });
  expect(stdout).toBe('');
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  const said = JSON.parse(last) as { error: Record<string, unknown> }; // checked below, field by field
  return { status, error: said.error };
}

describe.concurrent('an error as a line of JSON', () => {
  it('has the tag, the message and the remedy of the text, and the place', async () => {
    const args = ['fit', VISITS, '--formula', 'y ~ time + (1 | subjct)'];
    const { status, error } = await failureOf(...args);
    expect(status).toBe(2);
    expect(error).toMatchObject({ tag: 'FormulaError', source: 'y ~ time + (1 | subjct)', position: 17 });
    const { stderr } = await run(args);
    expect(stderr).toContain(String(error['message']));
  });

  it('names options as the command does', async () => {
    const { status, error } = await failureOf('fit', VISITS, '--formula', 'y ~ time', '--ml', '--ddf', 'kenward-roger');
    expect(status).toBe(2);
    expect(error).toMatchObject({ tag: 'OptionError', option: 'ddf' });
    expect(`${error['message']} ${error['remedy']}`).toMatch(/--ml/);
  });

  it('tells files that cannot be read by their status', async () => {
    const path = join(folder, 'none.csv');
    const { status, error } = await failureOf('fit', path, '--formula', 'y ~ time');
    expect(status).toBe(1);
    expect(error).toMatchObject({ tag: 'DataError', path });
  });

  it.each([
    [['fit', VISITS, '--formla', 'y ~ time'], /--formla/],
    [[], /a command is needed/],
    [['fit', VISITS, '--structures', 'auto'], /--structures/],
  ])('tells misuse of the command line: %s', async (args, says) => {
    const { status, error } = await failureOf(...args);
    expect(status).toBe(2);
    expect(error['tag']).toBe('OptionError');
    expect(error['message']).toMatch(says);
    expect(error['remedy']).toMatch(/--help/);
  });
});
