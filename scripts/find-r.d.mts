/** Path of an R that has these packages (by default what its tests need), or null. Installs nothing. */
export function findR(packages?: readonly string[]): string | null;
