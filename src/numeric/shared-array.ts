/** Arrays of zeros in memory that threads share instead of copying it, where there is such memory: pages mostly have none. */

/** Doubles. */
export function sharedFloats(length: number): Float64Array {
  return hasSharedMemory() ? new Float64Array(new SharedArrayBuffer(8 * length)) : new Float64Array(length);
}

/** Whole numbers of 32 bits. */
export function sharedIntegers(length: number): Int32Array {
  return hasSharedMemory() ? new Int32Array(new SharedArrayBuffer(4 * length)) : new Int32Array(length);
}

/** Whole numbers of 16 bits. */
export function sharedShorts(length: number): Int16Array {
  return hasSharedMemory() ? new Int16Array(new SharedArrayBuffer(2 * length)) : new Int16Array(length);
}

/** Whether threads see the memory of an array. */
export function isShared({ buffer }: Float64Array | Int32Array | Int16Array): boolean {
  return hasSharedMemory() && buffer instanceof SharedArrayBuffer;
}

function hasSharedMemory(): boolean {
  return typeof SharedArrayBuffer !== 'undefined';
}
