#!/usr/bin/env node
/**
 * Finds a Chromium or Chrome for the browser and WebGPU tests, or installs one, and prints its path. Installs what other
 * tests need as well: the Vulkan loader, the software driver lavapipe, Firefox, and WebKit with a screen to draw on.
 *
 *     node scripts/find-browser.mjs              find, else install
 *     node scripts/find-browser.mjs --no-install find only
 *
 * NO_BROWSER=1 stands for a machine without browsers: nothing is found, or installed.
 * Exits 0 in any case: one warning line to stderr says what is missing, and the tests that need it say that they were
 * skipped and why.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const FIREFOX_COMMANDS = ['firefox-esr', 'firefox'];

/** Where installers put Firefox. */
function firefoxPlaces() {
  if (process.platform === 'darwin') return ['/Applications/Firefox.app/Contents/MacOS/firefox'];
  if (process.platform !== 'win32') return ['/usr/lib/firefox-esr/firefox-esr', '/usr/lib/firefox/firefox'];
  const roots = [process.env['ProgramFiles'], process.env['ProgramFiles(x86)']];
  return roots.filter((root) => root !== undefined).map((root) => join(root, 'Mozilla Firefox', 'firefox.exe'));
}

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

/** Such commands on the PATH, in their order. */
function onPath(commands) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return commands.flatMap((command) => folders.map((folder) => join(folder, command + suffix)));
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
  for (const candidates of [() => onPath(COMMANDS), usualPlaces, inPuppeteerCache]) {
    const found = candidates().find(isExecutable);
    if (found !== undefined) return found;
  }
  return null;
}

/** Path of an installed Firefox, FIREFOX_PATH before all others, or null. Installs nothing. */
export function findFirefox() {
  if (process.env['NO_BROWSER'] === '1') return null;
  const named = process.env['FIREFOX_PATH'] ?? '';
  const candidates = [...(named === '' ? [] : [named]), ...onPath(FIREFOX_COMMANDS), ...firefoxPlaces()];
  return candidates.find(isExecutable) ?? null;
}

/**
 * Paths of what runs pages in WebKit, Safari's engine, on Linux: its driver, its smallest browser, and a server of a screen that
 * nobody sees; null where one is missing. Installs nothing.
 */
export function findWebKit() {
  if (process.env['NO_BROWSER'] === '1' || process.platform !== 'linux') return null;
  const [driver, screen] = ['WebKitWebDriver', 'Xvfb'].map((name) => onPath([name]).find(isExecutable));
  const libraries = `/usr/lib/${LINUX_NAMES[process.arch]}-linux-gnu`;
  const versions = listFolder(libraries).filter(
    (name) => name.startsWith('webkit2gtk-') || name.startsWith('webkitgtk-'),
  );
  const browser = versions.map((name) => join(libraries, name, 'MiniBrowser')).find(isExecutable);
  return driver && screen && browser ? { driver, screen, browser } : null;
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

/** Path of the manifest of Mesa's software driver lavapipe, or null: a second driver, whose compiler is not SwiftShader's. */
export function lavapipeIcd() {
  const folders = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
  const names = folders.flatMap((folder) => listFolder(folder).map((name) => join(folder, name)));
  return names.find((path) => /\/lvp_icd[^/]*\.json$/.test(path)) ?? null;
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
  spawnSync(command, parameters, { stdio, env: environment, shell: process.platform === 'win32' });
}

/** Installs Debian's packages, where this is a Debian and we are root; one by one, as a relative of Debian may lack some; `options` are apt's. */
export function installPackages(names, caller = 'find-browser', options = []) {
  const isRoot = typeof process.getuid === 'function' && process.getuid() === 0;
  if (names.length === 0 || !isRoot || !existsSync('/etc/debian_version')) return;
  process.stderr.write(`${caller}: installing ${names.join(', ')} with apt-get\n`);
  const patient = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
  runInstaller('apt-get', [...patient, 'update']);
  const install = [...patient, ...options, 'install', '-y', '--no-install-recommends'];
  for (const name of names) runInstaller('apt-get', [...install, name]);
}

/** Debian's packages of what is missing here. The browsers bring loaders of their own; WebGPU in Node and Deno takes the system's. */
function missingPackages() {
  return [
    ...(findBrowser() === null ? ['chromium'] : []),
    ...(hasVulkanLoader() ? [] : ['libvulkan1']),
    ...(process.platform !== 'linux' || lavapipeIcd() !== null ? [] : ['mesa-vulkan-drivers']),
    ...(findFirefox() === null ? ['firefox-esr'] : []),
    ...(process.platform !== 'linux' || findWebKit() !== null ? [] : ['webkit2gtk-driver', 'xvfb']),
  ];
}

/** Installs puppeteer's Chrome, and returns its path or null. */
function installChrome() {
  process.stderr.write('find-browser: installing chrome with puppeteer\n');
  runInstaller('npx', ['--no-install', 'puppeteer', 'browsers', 'install', 'chrome']);
  return findBrowser();
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const install = !process.argv.includes('--no-install') && process.env['NO_BROWSER'] !== '1';
  if (install) installPackages(missingPackages());
  const browser = findBrowser() ?? (install ? installChrome() : null);
  if (browser !== null) process.stdout.write(`${browser}\n`);
  const missing = [
    ...(browser === null ? ['Chromium or Chrome'] : []),
    ...(hasVulkanLoader() ? [] : ['libvulkan.so.1']),
    ...(process.platform !== 'linux' || lavapipeIcd() !== null ? [] : ['lavapipe']),
    ...(findFirefox() === null ? ['Firefox'] : []),
    ...(process.platform !== 'linux' || findWebKit() !== null ? [] : ['WebKit']),
  ];
  if (missing.length > 0) {
    process.stderr.write(`find-browser: warning: no ${missing.join(', no ')}: tests that need them will be skipped\n`);
  }
}
