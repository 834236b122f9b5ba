#!/usr/bin/env node
/**
 * Writes man/webgpu-lmm.1 from the build, whose `webgpu-lmm help --man` makes the page of the tables of options and topics: after
 * `npm run build`,
 *
 *     node scripts/man-page.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../man/webgpu-lmm.1', import.meta.url));
const COMMAND = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

mkdirSync(dirname(PAGE), { recursive: true });
writeFileSync(PAGE, execFileSync(process.execPath, [COMMAND, 'help', '--man']));
