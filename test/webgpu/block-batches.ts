/** Moments of models with random intercepts and slopes, from drawn rows. */
import { buildDesign } from '../../src/formula/design.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TestRandom } from '../lmm/random.ts';

export interface SlopesShape {
  readonly seed: number;
  /** Right-hand side over `x`, `z` (within levels), `age` (between levels) and the factor `level`. */
  readonly formula: string;
  readonly levels: number;
  /** Rows of a level; with `balanced` all levels have the same x and z. */
  readonly rows: number;
  readonly balanced?: boolean;
  readonly weighted?: boolean;
  readonly responses: number;
  /** Standard deviations of the intercepts and of the slopes of x and z, relative to the residual's. */
  readonly deviations: (random: TestRandom, k: number) => readonly [number, number, number];
}

export function slopesBatch(shape: SlopesShape): MomentBatch {
  const { levels, rows, responses: count } = shape;
  const random = new TestRandom(shape.seed);
  const sizes = Array.from({ length: levels }, () => (shape.balanced ? rows : 2 + random.integer(2 * rows - 3)));
  const n = sizes.reduce((sum, size) => sum + size, 0);
  const codes = Int32Array.from(sizes.flatMap((size, level) => new Array<number>(size).fill(level)));
  const x = new Float64Array(n);
  const z = new Float64Array(n);
  const age = new Float64Array(n);
  const ages = random.normals(levels);
  for (let i = 0; i < n; i++) {
    const repeated = shape.balanced && i >= rows;
    x[i] = repeated ? x[i - rows] : random.normal();
    z[i] = repeated ? z[i - rows] : random.normal();
    age[i] = ages[codes[i]];
  }
  const weights = Float64Array.from({ length: n }, () => (shape.weighted ? 20 * (0.5 + random.uniform()) : 1));
  const columns = new Map<string, Column>([
    ['x', { kind: 'numeric', values: x }],
    ['z', { kind: 'numeric', values: z }],
    ['age', { kind: 'numeric', values: age }],
    ['w', { kind: 'numeric', values: weights }],
    ['level', { kind: 'factor', levels: Array.from({ length: levels }, (_, i) => `L${i}`), codes, ordered: false }],
  ]);
  const table: Table = { rows: n, columns };
  const values = new Float64Array(count * n);
  for (let k = 0; k < count; k++) {
    const [intercept, slopeX, slopeZ] = shape.deviations(random, k);
    const scale = 10 ** (4 * random.uniform() - 2);
    // Intercepts and slopes are correlated, more or less.
    const share = random.uniform();
    const effects = Array.from({ length: levels }, () => {
      const a = random.normal();
      return [intercept * a, slopeX * (share * a + (1 - share) * random.normal()), slopeZ * random.normal()];
    });
    for (let i = 0; i < n; i++) {
      const [a, b, c] = effects[codes[i]];
      const residual = random.normal() / Math.sqrt(weights[i]);
      values[k * n + i] = scale * (1 + 0.3 * x[i] + a + b * x[i] + c * z[i] + residual);
    }
  }
  const names = Array.from({ length: count }, (_, k) => `g${k}`);
  const responses: DenseResponses = { kind: 'dense', rows: n, names, values };
  const design = buildDesign(shape.formula, table, { weights: shape.weighted ? 'w' : undefined });
  return denseMoments(design, responses).batches[0];
}
