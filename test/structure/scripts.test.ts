import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findBrowser, vulkanIcd } from '../../scripts/find-browser.mjs';
import { ROOT } from './source-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'scripts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Output of a script of ours. */
function runScript(name: string, parameters: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [join(ROOT, 'scripts', name), ...parameters], {
    encoding: 'utf8',
    env: { ...process.env, NO_BROWSER: '', ...environment },
  });
}

describe('find-browser', () => {
  const browser = join(folder, 'browser');
  writeFileSync(browser, '#!/bin/sh\n');
  chmodSync(browser, 0o755);
  writeFileSync(join(folder, 'vk_swiftshader_icd.json'), '{}');

  it('takes the browser that the environment names, and the software driver beside it', () => {
    const { stdout, status } = runScript('find-browser.mjs', ['--no-install'], { PUPPETEER_EXECUTABLE_PATH: browser });
    expect(stdout).toBe(`${browser}\n`);
    expect(status).toBe(0);
    expect(vulkanIcd(browser)).toBe(join(folder, 'vk_swiftshader_icd.json'));
  });

  it('passes over a browser that is not there', () => {
    const { stdout } = runScript('find-browser.mjs', ['--no-install'], {
      PUPPETEER_EXECUTABLE_PATH: join(folder, 'absent'),
      CHROME_PATH: browser,
    });
    expect(stdout).toBe(`${browser}\n`);
  });

  it('exits 0 with one line of warning where there is none, with its path where there is one', () => {
    const { stdout, stderr, status } = runScript('find-browser.mjs', ['--no-install'], {
      PUPPETEER_EXECUTABLE_PATH: '',
      CHROME_PATH: '',
      PATH: folder,
      HOME: folder,
      PUPPETEER_CACHE_DIR: folder,
    });
    expect(status).toBe(0);
    if (stdout === '') expect(stderr).toMatch(/^find-browser: warning: .*\n$/);
    else expect(stdout.trim()).not.toBe('');
  });

  it('finds nothing, and installs nothing, where the machine is to be without', () => {
    const { stdout, stderr } = runScript('find-browser.mjs', [], {
      PUPPETEER_EXECUTABLE_PATH: browser,
      NO_BROWSER: '1',
    });
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^find-browser: warning: .*\n$/);
  });

  it('imports without side effects', () => {
    const found = findBrowser();
    expect(found === null || found.length > 0).toBe(true);
    expect(vulkanIcd(null)).toBeNull();
  });
});

describe('summarise-tests', () => {
  it('counts tests, and files that did not load', () => {
    const report = join(folder, 'report.json');
    const outcomes = (...statuses: string[]) =>
      statuses.map((status) => ({ status, fullName: 'a page opens (skipped: no browser found)' }));
    const testResults = [
      { status: 'passed', assertionResults: outcomes('passed', 'passed', 'skipped') },
      { status: 'failed', assertionResults: outcomes('passed', 'failed') },
      { status: 'failed', assertionResults: [] },
    ];
    writeFileSync(report, JSON.stringify({ testResults }));
    expect(runScript('summarise-tests.mjs', [report]).stdout).toBe('1 skipped: no browser found\n3 passed, 2 failed\n');
  });

  it('counts a run that failed outside the tests', () => {
    const report = join(folder, 'passed.json');
    const testResults = [{ status: 'passed', assertionResults: [{ status: 'passed' }] }];
    writeFileSync(report, JSON.stringify({ testResults }));
    expect(runScript('summarise-tests.mjs', [report, '0']).stdout).toBe('1 passed, 0 failed\n');
    expect(runScript('summarise-tests.mjs', [report, '1']).stdout).toBe('1 passed, 1 failed\n');
  });

  it('counts a report that is not there as a failure', () => {
    expect(runScript('summarise-tests.mjs', [join(folder, 'absent.json')]).stdout).toBe('0 passed, 1 failed\n');
  });
});
