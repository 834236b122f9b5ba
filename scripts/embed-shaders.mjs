#!/usr/bin/env node
/**
 * Writes src/backend/webgpu/shaders.gen.ts, the texts of shaders/**\/*.wgsl as one module, so that neither Node nor a
 * browser has to fetch a file.
 *
 *     node scripts/embed-shaders.mjs            write
 *     node scripts/embed-shaders.mjs --check    exit 1 when the written module is not what the shaders say
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const GENERATED = join(ROOT, 'src', 'backend', 'webgpu', 'shaders.gen.ts');

/** Text of the generated module for the shaders in a folder. */
export function embedShaders(folder = join(ROOT, 'shaders')) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.wgsl'))
    .sort();
  const lines = [
    '// Written by scripts/embed-shaders.mjs from shaders/: change the .wgsl files and run it again.',
    '',
    '/** Texts of the shader modules by their path under shaders/, without the extension. */',
    'export const SHADERS: Readonly<Record<string, string>> = {',
  ];
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n');
    const escaped = text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${');
    const key = name.slice(0, -'.wgsl'.length);
    lines.push(`  ${/^[A-Za-z]\w*$/.test(key) ? key : `'${key}'`}: \`${escaped}\`,`);
  }
  lines.push('};', '');
  return lines.join('\n');
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const text = embedShaders();
  if (!process.argv.includes('--check')) writeFileSync(GENERATED, text);
  else if (readFileSync(GENERATED, 'utf8') !== text) {
    process.stderr.write('embed-shaders: the generated module is stale, run: node scripts/embed-shaders.mjs\n');
    process.exit(1);
  }
}
