/**
 * Draws of responses of a model with a covariance by blocks, as moments: W^(1/2) y ~ N(0, V) by block, without fixed effects, on
 * which no estimate of a covariance and no error of a coefficient depends. Blocks with rows are drawn row by row; of a pattern
 * of sums the subjects that stand for it are, and a Wishart matrix for the others (`moments/pattern-root.ts`), by Bartlett's
 * decomposition: no cost depends on the number of subjects.
 */
import { FitError } from '../../errors.ts';
import type { CovarianceBlock } from '../../moments/covariance-blocks.ts';
import { type DesignMoments, emptyResponseMoments, type ResponseMoments } from '../../moments/moments.ts';
import { CounterNormals } from '../../numeric/counter-normals.ts';
import { NO_DRAWS_OF_SERIES } from '../../types/inference.ts';
import { BlockCovariance } from './block-covariance.ts';
import { knownParameters, lowerRoot } from './block-residuals.ts';
import { covarianceParameters } from './covariance-parameters.ts';

/** One kind of blocks: its rows of Q (`members` x size x p), and how many subjects they stand for beside themselves. */
interface Drawn {
  readonly block: CovarianceBlock;
  readonly covariance: BlockCovariance;
  readonly q: Float64Array;
  readonly members: number;
  readonly others: number;
  root: Float64Array | null;
  /** members x size. */
  readonly y: Float64Array;
  /** What the other subjects add to Y'Y, size x size. */
  readonly wishart: Float64Array;
}

export class BlocksSimulator {
  private readonly drawn: readonly Drawn[];
  private readonly normals: CounterNormals;
  private readonly out: ResponseMoments;
  private readonly p: number;
  private readonly count: number;

  constructor(design: DesignMoments, seed: number) {
    if (!design.blocks) throw new RangeError('the design has no blocks of a covariance');
    const { blocks, layout } = design.blocks;
    if (layout.form === 'neighbours') {
      throw new FitError('DataError', NO_DRAWS_OF_SERIES, {
        remedy: 'Aggregate the rows of a subject, or take fewer.',
      });
    }
    const { p } = design;
    const parameters = covarianceParameters(layout, design.terms);
    this.p = p;
    this.count = parameters.count;
    this.normals = new CounterNormals(seed);
    this.out = emptyResponseMoments(design, 1);
    this.drawn = blocks.map((block) => {
      const { size, sums, count } = block;
      if (sums && !block.root) throw new RangeError('a pattern of sums without its root');
      const members = sums ? (p === 0 ? 0 : (block.root?.length ?? 0) / (size * p)) : block.rows.length / size;
      return {
        block,
        covariance: new BlockCovariance(parameters, block),
        q: (sums ? block.root : block.q) ?? block.q,
        members,
        others: count - members,
        root: null,
        y: new Float64Array(members * size),
        wishart: new Float64Array(size * size),
      };
    });
  }

  /** Moves to parameters in the units that responses shall have. */
  move(t: Float64Array): void {
    const known = knownParameters(t, this.count);
    for (const drawn of this.drawn) {
      drawn.covariance.form(known, 0, false);
      drawn.root = lowerRoot(drawn.covariance.V, drawn.block.size);
    }
  }

  /** One response, NaN where V is singular; its arrays hold until the next draw. */
  draw(stream: number, draw: number, kind: number): ResponseMoments {
    const { normals, out, p, drawn } = this;
    normals.begin(stream, draw, kind);
    out.qty.fill(0);
    for (const each of drawn) {
      const { block, q, members, root, y } = each;
      const { size } = block;
      for (let s = 0; s < members; s++) {
        const z = Float64Array.from({ length: size }, () => normals.next());
        for (let a = 0; a < size; a++) {
          let value = root ? 0 : Number.NaN;
          if (root) for (let b = 0; b <= a; b++) value += root[a * size + b] * z[b];
          y[s * size + a] = value;
          for (let c = 0; c < p; c++) out.qty[c] += q[(s * size + a) * p + c] * value;
        }
      }
      if (block.sums) this.drawOthers(each);
    }
    out.rss[0] = 0;
    for (const each of drawn) this.write(each);
    return out;
  }

  /** L A A'L', A lower triangular with chi-distributed diagonal elements; of fewer subjects than rows with fewer columns. */
  private drawOthers({ block: { size }, others, root, wishart }: Drawn): void {
    const { normals } = this;
    const columns = Math.min(size, others);
    const A = new Float64Array(size * columns);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < Math.min(a, columns); b++) A[a * columns + b] = normals.next();
      if (a < columns) A[a * columns + a] = Math.sqrt(normals.chiSquared(others - a));
    }
    const LA = new Float64Array(size * columns);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        const value = root ? root[a * size + b] : Number.NaN;
        for (let c = 0; c < columns; c++) LA[a * columns + c] += value * A[b * columns + c];
      }
    }
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += LA[a * columns + c] * LA[b * columns + c];
        wishart[a * size + b] = sum;
      }
    }
  }

  /** Residuals of the least-squares fit, and what a response has of them (as `addBlocks`). */
  private write({ block, q, members, y, wishart }: Drawn): void {
    const { p, out } = this;
    const data = out.blocks;
    if (!data) return;
    const { size, sums, offset } = block;
    for (let i = 0; i < members * size; i++) {
      for (let c = 0; c < p; c++) y[i] -= q[i * p + c] * out.qty[c];
      out.rss[0] += y[i] * y[i];
    }
    if (!sums) {
      data.set(y, offset);
      return;
    }
    let at = offset;
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        const twice = b < a ? 2 : 1;
        data.fill(0, at, at + p);
        let square = wishart[a * size + b];
        for (let s = 0; s < members; s++) {
          const [i, j] = [s * size + a, s * size + b];
          for (let c = 0; c < p; c++) data[at + c] += q[i * p + c] * y[j] + (b < a ? q[j * p + c] * y[i] : 0);
          square += y[i] * y[j];
        }
        data[at + p] = twice * square;
        at += p + 1;
      }
      out.rss[0] += wishart[a * size + a];
    }
  }
}
