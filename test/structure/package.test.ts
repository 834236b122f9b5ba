import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, readText, repositoryFiles } from './source-files.ts';

interface PackageFile {
  readonly name: string;
  readonly license: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly types: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** A new dependency needs a reason in CONTRIBUTING.md, and this number needs one to grow. */
const MAXIMUM_DEPENDENCIES = 16;

const manifest = JSON.parse(readText('package.json')) as PackageFile; // our own file, its fields are checked below

describe('package.json', () => {
  it('promises an ES module without side effects, MIT, for Node 20.16 and later', () => {
    expect(manifest.name).toBe('webgpu-lmm');
    expect(manifest.type).toBe('module');
    expect(manifest.sideEffects).toBe(false);
    expect(manifest.license).toBe('MIT');
    expect(manifest.engines.node).toBe('>=20.16');
    expect(readText('LICENSE')).toMatch(/^MIT License/);
  });

  it('has one command', () => {
    expect(manifest.bin).toEqual({ 'webgpu-lmm': 'dist/cli.js' });
  });

  it('has an entry for Node, with files, and one for all else, each with its own types first', () => {
    expect(Object.keys(manifest.exports)).toEqual(['.', './steps', './parts', './statistics', './package.json']);
    const root = manifest.exports['.'];
    if (typeof root === 'string') throw new Error('exports["."] should have conditions');
    expect(Object.keys(root)).toEqual(['node', 'browser', 'default']);
    for (const entry of Object.values(root)) expect(Object.keys(entry as object)).toEqual(['types', 'default']);
    expect(root['browser']).toEqual(root['default']);
    expect(root['node']).toEqual({ types: './dist/node.d.ts', default: './dist/node.js' });
  });

  it('publishes what users need: no tests, no reference tables', () => {
    expect([...manifest.files].sort()).toEqual([
      // Sources of the site and what is generated for it stay behind; its pages travel.
      ...['!docs/.vitepress', '!docs/api', '!docs/benchmarks', '!docs/public', '!docs/reference/options'],
      ...[
        'CHANGELOG.md',
        'CONTRIBUTING.md',
        'LICENSE',
        'README.md',
        'bench/README.md',
        'demo/page.zip.br',
        'dist',
        'docs',
        'examples',
        'man',
        'workflow',
      ],
    ]);
    for (const path of ['LICENSE', 'examples']) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('depends on few packages, each with its reason in CONTRIBUTING.md', () => {
    const runtime = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    expect(runtime.length).toBeLessThanOrEqual(MAXIMUM_DEPENDENCIES);
    const contributing = readText('CONTRIBUTING.md');
    const unexplained = [...runtime, ...Object.keys(manifest.devDependencies)].filter(
      (name) => !contributing.includes(`\`${name}\``),
    );
    expect(unexplained).toEqual([]);
  });
});

describe('package-lock.json', () => {
  it('names no registry, so that any mirror serves', () => {
    expect(readText('package-lock.json')).not.toContain('"resolved"');
  });
});

describe('the repository', () => {
  it('tracks nothing built', () => {
    expect(repositoryFiles().filter((path) => /^(?:dist|node_modules|coverage)\//.test(path))).toEqual([]);
  });

  it('says where the reference tables come from', () => {
    expect(readText('test/reference/LICENSE')).toMatch(/GPL/);
  });
});
