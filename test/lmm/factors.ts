/** Relative covariance factors between the user's units (theta) and those of the moments (lambda). */
import type { TermSlot } from '../../src/lmm/objective.ts';
import type { DesignMoments } from '../../src/moments/moments.ts';

/** Concatenated square factors T L for theta (lower triangles by columns): z = zt T, so z L = zt (T L). */
export function lambdaOf(design: DesignMoments, theta: ArrayLike<number>): Float64Array {
  const out: number[] = [];
  let at = 0;
  for (const { q, transform } of design.terms) {
    const L = new Float64Array(q * q);
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) L[r * q + c] = theta[at++];
    for (let a = 0; a < q; a++) {
      for (let c = 0; c < q; c++) {
        let sum = 0;
        for (let b = 0; b < q; b++) sum += transform[a * q + b] * L[b * q + c];
        out.push(sum);
      }
    }
  }
  return Float64Array.from(out);
}

/** The basis element (term, a, b), a >= b, of each number. */
export function basisElements(slots: readonly TermSlot[]): { slot: TermSlot; a: number; b: number }[] {
  return slots.flatMap((slot) => {
    const out: { slot: TermSlot; a: number; b: number }[] = [];
    for (let a = 0; a < slot.q; a++) for (let b = 0; b <= a; b++) out.push({ slot, a, b });
    return out;
  });
}

/** Factors of G + h E_e, where G = lambda lambda' term by term and E_e is a symmetric basis element. */
export function perturbed(slots: readonly TermSlot[], lambda: Float64Array, e: number, h: number): Float64Array {
  const { slot, a, b } = basisElements(slots)[e];
  const { q, square } = slot;
  const G = Array.from({ length: q }, (_, i) =>
    Array.from({ length: q }, (__, j) => {
      let sum = 0;
      for (let c = 0; c < q; c++) sum += lambda[square + i * q + c] * lambda[square + j * q + c];
      return sum;
    }),
  );
  G[a][b] += h;
  if (a !== b) G[b][a] += h;
  const out = Float64Array.from(lambda);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) out[square + i * q + j] = 0;
    for (let j = 0; j <= i; j++) {
      let sum = G[i][j];
      for (let c = 0; c < j; c++) sum -= out[square + i * q + c] * out[square + j * q + c];
      out[square + i * q + j] = i === j ? Math.sqrt(sum) : sum / out[square + j * q + j];
    }
  }
  return out;
}
