export function zippedFolder(folder: string): Uint8Array;
