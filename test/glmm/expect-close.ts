import { expect } from 'vitest';

/** Element by element within a tolerance relative to 1 + size. */
export function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  for (let j = 0; j < wanted.length; j++) {
    expect(Math.abs(got[j] - wanted[j]) / (1 + Math.abs(wanted[j])), `element ${j}`).toBeLessThan(tolerance);
  }
}
