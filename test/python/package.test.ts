/** The Python package: its own tests against the build, and the options that it is to know. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPTIONS_FILE, pythonOptions } from '../../scripts/python-options.mjs';
import { OPTIONS } from '../../src/options/entries.ts';
import { COMMAND, ROOT } from '../cli/command.ts';
import { describeUnless, findTestPython } from '../requirements.ts';

const { python, lacking } = findTestPython();
/** Some hundred runs of the command, and an installation by pip. */
const MINUTES = 10;

describe('python/src/webgpu_lmm/options.json', () => {
  it('is what scripts/python-options.mjs makes of the options', () => {
    expect(readFileSync(OPTIONS_FILE, 'utf8')).toBe(pythonOptions(OPTIONS));
  });
});

describeUnless(lacking, 'the Python package', () => {
  it(
    'passes its own tests',
    async () => {
      const child = spawn(python ?? '', ['-m', 'pytest', '-q', '-rs', join(ROOT, 'python')], {
        cwd: join(ROOT, 'python'),
        env: { ...process.env, WEBGPU_LMM: COMMAND, PYTHONDONTWRITEBYTECODE: '1' },
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => (said += String(piece)));
      const status = await new Promise((resolve) => child.on('close', resolve));
      expect(status, said).toBe(0);
      expect(said).toMatch(/\b\d\d passed/);
    },
    MINUTES * 60_000,
  );
});
