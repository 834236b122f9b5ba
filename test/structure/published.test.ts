/** What `npm publish` would send, unpacked: its types compile, README links to what is in it, and it runs without its optional packages. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, readText } from './source-files.ts';

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-published-'));
const installed = join(folder, 'node_modules/webgpu-lmm');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packs the built package and installs it with the packages that it cannot do without, and no other. */
beforeAll(() => {
  const packing = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const packed = spawnSync('npm', packing, { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' });
  expect(packed.status, packed.stderr).toBe(0);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]; // of npm pack --json
  mkdirSync(installed, { recursive: true });
  const unpacked = spawnSync('tar', ['-xzf', filename, '--strip-components=1', '-C', 'node_modules/webgpu-lmm'], {
    cwd: folder,
  });
  expect(unpacked.status, String(unpacked.stderr)).toBe(0);
  const { packages } = JSON.parse(readText('package-lock.json')) as { packages: Record<string, LockedPackage> }; // npm's
  for (const [path, { dev, optional, devOptional }] of Object.entries(packages)) {
    if (path !== '' && !dev && !optional && !devOptional)
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
});

/** The command of the unpacked package. */
function command(...words: readonly string[]) {
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [join(installed, 'dist/cli.js'), ...words], {
    cwd: installed,
    env,
    encoding: 'utf8',
  });
}

describe('the published package', () => {
  it.each([
    ['bundlers', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
    ['Node', ts.ModuleKind.NodeNext, ts.ModuleResolutionKind.NodeNext],
  ])('has types that compile for %s, declarations checked too', (_, module, moduleResolution) => {
    const file = join(folder, 'use.mts');
    const doors = ['webgpu-lmm', 'webgpu-lmm/steps', 'webgpu-lmm/parts', 'webgpu-lmm/statistics'];
    const uses = doors.map((door, i) => `import * as door${i} from '${door}';\nconsole.log(door${i});`).join('\n');
    writeFileSync(
      file,
      `${uses}\nconst fitted: Promise<door0.FitResult> = door0.fit(await door0.readTable('a.csv'), { formula: 'y ~ x' });\nconsole.log(fitted);\n`,
    );
    const program = ts.createProgram([file], {
      ...{ target: ts.ScriptTarget.ES2022, module, moduleResolution },
      ...{
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        skipDefaultLibCheck: true,
        noEmit: true,
      },
      ...{
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
        types: [],
        customConditions: moduleResolution === ts.ModuleResolutionKind.Bundler ? ['node'] : [],
      },
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(
        ({ messageText, file: at }) => `${at?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    expect(problems).toEqual([]);
  });

  it('holds what README links to', () => {
    const links = [
      ...readFileSync(join(installed, 'README.md'), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g),
    ].map(([, path]) => path);
    expect(links.length).toBeGreaterThan(30);
    expect(links.filter((path) => !existsSync(join(installed, path)))).toEqual([]);
  });

  it('holds what its pages link to among themselves', () => {
    const guide = join(installed, 'docs/guides/single-cell.md');
    const links = [...readFileSync(guide, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(
      ([, path]) => path,
    );
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((path) => !existsSync(join(dirname(guide), path)))).toEqual([]);
  });
});

describe('the published package without its optional packages', () => {
  it('lacks them', () => {
    for (const name of ['webgpu', 'h5wasm-plugins'])
      expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false);
  });

  it('fits tables and matrices', () => {
    const table = command('fit', 'examples/visits.csv', '--formula', 'y ~ time + (time | subject)', '--quiet');
    expect(table.status, table.stderr).toBe(0);
    expect(table.stdout).toContain('sd__time');
    const made = command(
      'simulate',
      '--kind',
      'cells',
      '--genes',
      '10',
      '--cells',
      '200',
      '--donors',
      '4',
      '--out',
      join(folder, 'few.h5ad'),
    );
    expect(made.status, made.stderr).toBe(0);
    const cells = command('fit', join(folder, 'few.h5ad'), '--formula', '~ stim + (1 | donor)', '--quiet');
    expect(cells.status, cells.stderr).toBe(0);
  });

  it('says what a device needs', () => {
    const { status, stderr } = command(
      'fit',
      'examples/visits.csv',
      '--formula',
      'y ~ time + (time | subject)',
      '--backend',
      'webgpu',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*webgpu/m);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
