/** When an activity began, which also tells it from all others: no two of a page have the same, however coarse its clock. */

let last = 0;

/** In milliseconds since the page was loaded. */
export function startOfActivity(): number {
  last = Math.max(performance.now(), last + 0.001);
  return last;
}
