/** The code in README and docs compiles as a careful user would compile it, against the declarations that are published. */
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { PAGES, snippets } from '../docs/pages.ts';
import { ROOT } from './source-files.ts';

/** The strictest that a user may have, the declarations of packages checked too, and no types of ours for WebGPU. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  paths: { 'webgpu-lmm': [join(ROOT, 'dist/node.d.ts')], 'webgpu-lmm/*': [join(ROOT, 'dist/*.d.ts')] },
};

/** What snippets have from the text around them. */
const GIVEN = `import type { DenseResponses, MatrixSource, Table } from 'webgpu-lmm';
declare global { const cells: MatrixSource & { obs: Table }; const samples: Table; const counts: DenseResponses; }
`;

/** Text by file name: one for each block of TypeScript in these pages. */
function snippetsOf(paths: readonly string[]): Map<string, string> {
  const files = new Map([[join(ROOT, 'snippet-given.d.ts'), GIVEN]]);
  for (const page of paths) {
    snippets(page).forEach((code, i) => {
      files.set(join(ROOT, `snippet-${page.replaceAll(/\W/g, '-')}-${i}.ts`), `${code}\nexport {};\n`);
    });
  }
  return files;
}

/** Messages of the compiler on these files, and on all that they import. */
function problemsOf(files: ReadonlyMap<string, string>, options: ts.CompilerOptions): string[] {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2022);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host))
    .map(({ file, start, messageText }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
      return `${file?.fileName.replace(ROOT, '') ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
}

describe('the code in README and docs', () => {
  it('compiles, strictly, with the declarations of the package and without types of its own for WebGPU', () => {
    const strict = snippetsOf(PAGES);
    expect(strict.size).toBeGreaterThan(4);
    expect(problemsOf(strict, OPTIONS)).toEqual([]);
  });

  it('has declarations that need no types of browsers', () => {
    const program = new Map([[join(ROOT, 'snippet-node.ts'), "export { fit } from 'webgpu-lmm';\n"]]);
    expect(problemsOf(program, { ...OPTIONS, lib: ['lib.es2023.d.ts'], types: ['node'] })).toEqual([]);
  });
});
