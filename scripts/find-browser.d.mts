/** Path of an installed browser, or null. Installs nothing. */
export function findBrowser(): string | null;
/** Path of an installed Firefox, or null. Installs nothing. */
export function findFirefox(): string | null;
/** Paths of what runs pages in WebKit: its driver, its smallest browser, a server of a screen; null where one is missing. */
export function findWebKit(): { readonly driver: string; readonly browser: string; readonly screen: string } | null;
/** Path of SwiftShader's Vulkan driver manifest beside the browser, or null. */
export function vulkanIcd(browser?: string | null): string | null;
/** Path of the manifest of Mesa's software driver lavapipe, or null. */
export function lavapipeIcd(): string | null;
/** Installs Debian's packages, where this is a Debian and we are root. */
export function installPackages(names: readonly string[], caller?: string, options?: readonly string[]): void;
