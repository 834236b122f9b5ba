/** Path of the generated module. */
export const GENERATED: string;
/** Text of the generated module for the shaders in a folder, by default the repository's. */
export function embedShaders(folder?: string): string;
