import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** TypeScript files under a folder, as paths from the root with forward slashes, in order. */
export function sourceFiles(folder = 'src'): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((name) => name.endsWith('.ts'))
    .sort();
}

/** Files of the repository that git tracks or would track, in order. */
export function repositoryFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return [...new Set(listed.split('\n'))].filter((name) => name !== '' && existsSync(join(ROOT, name))).sort();
}

/** A TypeScript text without its comments, so that prose about imports is not taken for one; lines stay where they are. */
export function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|[\s;{}(),])\/\/[^\n]*/g, '$1');
}

/** Specifiers of all static, type, re-exporting and dynamic imports, and of worker URLs, in a TypeScript text. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const patterns = [
    /\b(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(\s*['"]([^'"]+)['"]/g,
    /new URL\(\s*['"]([^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1]));
}

/** Files of src that one loads before it runs, itself among them: what it imports but for types, and what these import. */
export function loadedAtOnce(root: string): ReadonlySet<string> {
  const loaded = new Set([root]);
  // A set that grows while it is walked.
  for (const from of loaded) {
    const code = withoutComments(readText(from));
    for (const [, specifier] of code.matchAll(/^(?:import|export)\s(?!type\b)[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm)) {
      const to = resolveImport(from, specifier);
      if (to !== null) loaded.add(to);
    }
  }
  return loaded;
}

/** Path from the root of a relative import, or null for a package or a Node module. */
export function resolveImport(from: string, specifier: string): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : null;
}
