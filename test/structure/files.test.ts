import { describe, expect, it } from 'vitest';
import { readText, repositoryFiles, sourceFiles, withoutComments } from './source-files.ts';

/** Longer files are a sign of two topics in one. */
const MAXIMUM_LINES = 400;

/** Words that only a shader has, apart from WGSL's own file type. */
const SHADER_WORDS = ['compute', 'workgroup_size', 'group\\(\\d', 'binding\\(\\d'].map((word) => `@${word}`);
const SHADER = new RegExp([...SHADER_WORDS, 'var<(?:storage|workgroup|uniform|private)'].join('|'));

/** Folders that exist on one machine only. The names are kept apart so that this file passes its own test. */
const MACHINE_FOLDERS = ['home', 'Users', 'root', 'work', 'tmp', 'mnt', 'private'].join('|');
const MACHINE_PATH = new RegExp(`(?:^|[\\s'"\`(=:])(?:/(?:${MACHINE_FOLDERS})/[\\w.@-]+|[A-Z]:\\\\+Users\\b)`, 'm');
const UNFINISHED = new RegExp(`\\b(?:${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`);

/** What skips a test, kept apart as above; and how the tests of one device do, whose names hold the reason for it. */
const SKIPS = new RegExp(`(?:${['skip', 'run'].map((start) => `${start}If`).join('|')}|\\.skip)\\(`);
const OF_DEVICE = { group: '(${' + 'on})`', skipped: `.${'skip'}If(!gpu)` };

/** Sources that are written by hand: generated ones (`*.gen.ts`) embed the shaders. */
const ownFiles = sourceFiles().filter((path) => !path.endsWith('.gen.ts'));

/** Files whose text is our own: no data, no generated text. */
const written = repositoryFiles().filter(
  (path) =>
    !path.startsWith('test/reference/') &&
    !path.startsWith('examples/') &&
    path !== 'package-lock.json' &&
    !/\.(?:gz|png|jpg|ico|h5|h5ad|parquet|woff2|bin|moments|fit)$/.test(path),
);

describe('files', () => {
  it('are found', () => {
    expect(written.length).toBeGreaterThan(20);
    expect(written).toContain('package.json');
  });

  it(`of src have at most ${MAXIMUM_LINES} lines`, () => {
    const long = ownFiles.filter((path) => readText(path).trimEnd().split('\n').length > MAXIMUM_LINES);
    expect(long).toEqual([]);
  });

  it('of src are named for their topic', () => {
    const vague = ownFiles.filter((path) => /(?:^|\/)(?:utils?|helpers?|common|misc|lib)\.(?:node\.)?ts$/.test(path));
    expect(vague).toEqual([]);
  });

  it('of src hold no WGSL: shaders live in .wgsl files', () => {
    expect(ownFiles.filter((path) => SHADER.test(withoutComments(readText(path))))).toEqual([]);
  });

  it('name no path of one machine', () => {
    expect(written.filter((path) => MACHINE_PATH.test(readText(path)))).toEqual([]);
  });

  it('leave nothing marked as unfinished', () => {
    expect(written.filter((path) => UNFINISHED.test(readText(path)))).toEqual([]);
  });
});

describe('tests', () => {
  it('that are skipped say why, by test/requirements.ts or by the device in the name of their group', () => {
    const silent = written
      .filter((path) => path.startsWith('test/') && path.endsWith('.ts') && path !== 'test/requirements.ts')
      .filter((path) => {
        const text = withoutComments(readText(path));
        const byDevice = text.includes(OF_DEVICE.group) ? text.replaceAll(OF_DEVICE.skipped, '') : text;
        return SKIPS.test(byDevice);
      });
    expect(silent).toEqual([]);
  });
});

describe('the patterns of these tests', () => {
  it('recognise what they look for', () => {
    const path = ['', 'home', 'someone', 'file'].join('/');
    expect(MACHINE_PATH.test(`read('${path}')`)).toBe(true);
    expect(MACHINE_PATH.test(['C:', 'Users', 'someone'].join('\\'))).toBe(true);
    expect(MACHINE_PATH.test('docs/work/notes and /usr/lib/chromium')).toBe(false);
    expect(SHADER.test(`${'@'}compute ${'@'}workgroup_size(64)`)).toBe(true);
    expect(UNFINISHED.test(`// ${'TO'}${'DO'}: later`)).toBe(true);
    expect(UNFINISHED.test('autodoc')).toBe(false);
  });
});
