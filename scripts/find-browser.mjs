#!/usr/bin/env node
/**
 * Finds a Chromium or Chrome for the browser and WebGPU tests, or installs one, and prints its path.
 *
 *     node scripts/find-browser.mjs              find, else install
 *     node scripts/find-browser.mjs --no-install find only
 *
 * NO_BROWSER=1 stands for a machine without one: nothing is found, or installed.
 * Exits 0 in any case: without a browser it prints one warning line to stderr, and the tests that need one say that
 * they were skipped and why.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** Where installers put Chrome and Chromium when they are not on the PATH. */
function usualPlaces() {
  if (process.platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) => [
      join(folder, 'Google Chrome.app/Contents/MacOS/Google Chrome'),
      join(folder, 'Chromium.app/Contents/MacOS/Chromium'),
    ]);
  }
  if (process.platform === 'win32') {
    const roots = [process.env['ProgramFiles'], process.env['ProgramFiles(x86)'], process.env['LOCALAPPDATA']];
    return roots
      .filter((root) => root !== undefined)
      .flatMap((root) => [
        join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(root, 'Chromium', 'Application', 'chrome.exe'),
      ]);
  }
  return [
    '/usr/lib/chromium/chromium',
    '/usr/lib/chromium-browser/chromium-browser',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ];
}

/** True for a file that this user may run. */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Browsers on the PATH, in the order of COMMANDS. */
function onPath() {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command + suffix)));
}

/** Browsers that `npx puppeteer browsers install` left in its cache, the newest version first. */
function inPuppeteerCache() {
  const cache = process.env['PUPPETEER_CACHE_DIR'] ?? join(homedir(), '.cache', 'puppeteer');
  const found = [];
  for (const product of ['chrome', 'chromium']) {
    const folder = join(cache, product);
    if (!existsSync(folder)) continue;
    const versions = readdirSync(folder).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    for (const version of versions) {
      for (const build of listFolder(join(folder, version))) {
        const inside = join(folder, version, build);
        found.push(
          join(inside, 'chrome'),
          join(inside, 'chrome.exe'),
          join(inside, 'Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing'),
          join(inside, 'Chromium.app/Contents/MacOS/Chromium'),
        );
      }
    }
  }
  return found;
}

/** Names in a folder; none where it cannot be read. */
function listFolder(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Path of an installed browser, or null. Installs nothing. */
export function findBrowser() {
  if (process.env['NO_BROWSER'] === '1') return null;
  for (const name of ['PUPPETEER_EXECUTABLE_PATH', 'CHROME_PATH']) {
    const path = process.env[name];
    if (path !== undefined && path !== '' && isExecutable(path)) return path;
  }
  for (const candidates of [onPath, usualPlaces, inPuppeteerCache]) {
    const found = candidates().find(isExecutable);
    if (found !== undefined) return found;
  }
  return null;
}

/**
 * Path of SwiftShader's Vulkan driver manifest beside the browser, or null. As VK_ICD_FILENAMES, set before the process
 * starts, it gives WebGPU in Node a software adapter.
 */
export function vulkanIcd(browser = findBrowser()) {
  if (browser === null) return null;
  // /usr/bin/chromium is a script on Debian and Ubuntu: the libraries lie elsewhere.
  const folders = [dirname(browser), '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  try {
    folders.unshift(dirname(realpathSync(browser)));
  } catch {
    // A path that vanished meanwhile: the other folders are still worth a look.
  }
  const found = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
  return found ?? null;
}

/** Whether the Vulkan loader is there, which WebGPU in Node goes through on Linux; true where nobody needs one. */
export function hasVulkanLoader() {
  if (process.platform !== 'linux') return true;
  const folders = [
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/lib',
    '/lib',
    `/usr/lib/${LINUX_NAMES[process.arch]}-linux-gnu`,
  ];
  return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')));
}

/** Debian's names of the architectures that Node names otherwise. */
const LINUX_NAMES = { x64: 'x86_64', arm64: 'aarch64' };

/** Runs an installer, its output on stderr so that stdout carries the path only. */
function runInstaller(command, parameters) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  delete environment['PUPPETEER_SKIP_DOWNLOAD'];
  const stdio = ['ignore', 'ignore', 'inherit'];
  return spawnSync(command, parameters, { stdio, env: environment, shell: process.platform === 'win32' }).status === 0;
}

/** Installs Debian's packages, where this is a Debian and we are root. */
function installPackages(...names) {
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0;
  if (!isRoot || !existsSync('/etc/debian_version')) return false;
  process.stderr.write(`find-browser: installing ${names.join(' and ')} with apt-get\n`);
  runInstaller('apt-get', ['-qq', 'update']);
  return runInstaller('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...names]);
}

/** Installs a browser, Debian's as root, else puppeteer's, and returns its path or null. */
export function installBrowser() {
  if (installPackages('chromium')) {
    const found = findBrowser();
    if (found !== null) return found;
  }
  process.stderr.write('find-browser: installing chrome with puppeteer\n');
  runInstaller('npx', ['--no-install', 'puppeteer', 'browsers', 'install', 'chrome']);
  return findBrowser();
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const install = !process.argv.includes('--no-install') && process.env['NO_BROWSER'] !== '1';
  const browser = findBrowser() ?? (install ? installBrowser() : null);
  // The browser brings its own loader; WebGPU in Node takes the system's.
  if (install && !hasVulkanLoader()) installPackages('libvulkan1');
  if (browser === null) {
    process.stderr.write('find-browser: warning: no Chromium or Chrome, tests that need a browser will be skipped\n');
  } else {
    process.stdout.write(`${browser}\n`);
    if (!hasVulkanLoader()) {
      process.stderr.write('find-browser: warning: no libvulkan.so.1, tests of WebGPU in Node will be skipped\n');
    }
  }
}
