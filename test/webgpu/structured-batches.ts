/** Moments of trials with structured residuals, of many responses each. */
import { buildDesign } from '../../src/formula/design.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { StructureName } from '../../src/types/residual.ts';
import { TestRandom } from '../lmm/random.ts';
import { trial } from '../lmm/structured/designs.ts';

export interface StructuredShape {
  readonly structure: StructureName | null;
  /** Over x, arm, visit and the factors of `trial`. */
  readonly formula: string;
  readonly seed?: number;
  readonly subjects?: number;
  readonly visits?: number;
  readonly byArm?: boolean;
  /** `~ arm` as a dispersion model. */
  readonly dispersion?: boolean;
  /** Share of the subjects' visits, and of the values of a response, that are missing. */
  readonly dropOut?: number;
  readonly missing?: number;
  readonly responses: number;
}

/** Responses with effects of subjects, correlated noise and standard deviations by visit, of scales from 0.01 to 100. */
export function structuredBatches(shape: StructuredShape): readonly MomentBatch[] {
  const { structure, formula, seed = 4, subjects = 40, visits = 4, dropOut, missing = 0, responses } = shape;
  const study = trial(seed, subjects, visits, dropOut);
  const { rows } = study.table;
  const whose = shape.byArm ? 'arm / subject' : 'subject';
  const design = buildDesign(formula, study.table, {
    residual: structure ? `${structure}(visit | ${whose})` : undefined,
    dispersion: shape.dispersion ? '~ arm' : undefined,
  });
  const random = new TestRandom(seed + 1);
  const values = new Float64Array(responses * rows);
  for (let k = 0; k < responses; k++) {
    const scale = 10 ** (4 * random.uniform() - 2);
    const level = 3 * random.normal();
    const share = random.uniform();
    const memory = random.uniform();
    const sizes = Array.from({ length: visits }, () => Math.exp(0.4 * random.normal()));
    const effects = study.subject.levels.map(() => share * random.normal());
    let before = 0;
    for (let i = 0; i < rows; i++) {
      const [s, v] = [study.subject.codes[i], study.visit.codes[i]];
      const fresh = i === 0 || study.subject.codes[i - 1] !== s;
      before = (fresh ? 0 : memory * before) + random.normal();
      const value = level + 0.5 * study.arm.codes[i] * v + sizes[v] * (effects[s] + before);
      values[k * rows + i] = random.uniform() < missing ? Number.NaN : scale * value;
    }
  }
  const names = Array.from({ length: responses }, (_, k) => `g${k}`);
  return denseMoments(design, { kind: 'dense', rows, names, values }).batches;
}

/** Multiplies the numbers by block of response k: the response times `scale`. */
export function scaleBlocks({ design, responses }: MomentBatch, k: number, scale: number): void {
  const { p, blocks: evidence } = design;
  const { blocks } = responses;
  if (!blocks || !evidence) throw new Error('no blocks');
  for (const { sums, offset, size, count } of evidence.blocks) {
    const width = sums ? ((size * (size + 1)) / 2) * (p + 1) : count * size;
    for (let i = 0; i < width; i++) {
      blocks[k * evidence.width + offset + i] *= scale * (sums && i % (p + 1) === p ? scale : 1);
    }
  }
}
