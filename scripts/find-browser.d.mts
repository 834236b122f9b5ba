/** Path of an installed browser, or null. Installs nothing. */
export function findBrowser(): string | null;
/** Path of SwiftShader's Vulkan driver manifest beside the browser, or null. */
export function vulkanIcd(browser?: string | null): string | null;
/** Installs a browser and returns its path, or null. */
export function installBrowser(): string | null;
