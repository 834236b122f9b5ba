export function zippedPage(folder: string): Uint8Array;
export function packedPage(folder: string): Uint8Array;
