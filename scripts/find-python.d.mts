/** Path of a Python that has what the tests of the Python package need, or null. Installs nothing. */
export function findPython(): string | null;
